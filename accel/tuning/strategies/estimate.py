"""This module guesses what a candidate takes before it is measured: what those like it took."""

from __future__ import annotations

from math import exp, log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from accel.tuning.history import History
    from accel.tuning.space import Candidate, Space

__all__ = ["make_estimate"]

_REACH = 0.2  # the distance at which what a candidate took counts for a third
_OTHER = 0.6  # how far apart two values without an order are; the ends of those in order are 1 apart
_MOST = 256  # candidates that are asked: half of them the fastest, the others at random


def make_estimate(space: Space, history: History, random: Random) -> Callable[[Candidate], float]:
    """What gives a number for a candidate, smaller for those that are expected to be faster: the mean of the logarithms of known times, near ones counting more.

    Examples
    --------
    >>> from random import Random
    >>> from accel.tuning import History, Int, Space
    >>> space, history = Space({"tile": Int(1, 9)}), History()
    >>> for place, time_ns in ((0, 900.0), (4, 500.0), (8, 100.0)):
    ...     history.add((place,), time_ns)
    >>> estimate = make_estimate(space, history, Random(0))
    >>> estimate((7,)) < estimate((5,)) < estimate((1,))
    True
    """
    asked = history.ranked()
    if len(asked) > _MOST:
        asked = asked[: _MOST // 2] + random.sample(asked[_MOST // 2 :], _MOST // 2)
    known = [(candidate, log(max(history.time_ns(candidate), 1e-9))) for candidate in asked]
    scales = [1 / max(1, len(domain.values) - 1) if domain.is_ordered else 0.0 for domain in space.domains.values()]

    def estimate(candidate: Candidate) -> float:
        total = weights = 0.0
        for other, logarithm in known:
            far = 0.0
            for place, against, scale in zip(candidate, other, scales, strict=True):
                if place != against:
                    far += abs(place - against) * scale if scale else _OTHER
            weight = exp(-far / _REACH)
            total += weight * logarithm
            weights += weight
        return total / weights if weights else 0.0

    return estimate
