"""This module measures every candidate."""

from __future__ import annotations

from accel.tuning.strategies.strategy import Strategy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from accel.tuning.space import Candidate

__all__ = ["Exhaustive"]

_STEP = 64  # candidates that are measured in turns


class Exhaustive(Strategy):
    """Measures every candidate once, in random order, then the fastest again while trials are left.

    Where there are fewer trials than candidates it is a random search that does not look twice.

    Examples
    --------
    >>> from accel.tuning import History, Space
    >>> sorted(Exhaustive(Space({"n": [1, 2, 3]}), trials=10).ask(History()))
    [(0,), (1,), (2,)]
    """

    def plan(self) -> Iterator[Sequence[Candidate]]:
        """All that are new, then the doubtful."""
        while step := self.fresh(_STEP):
            yield step
        yield from self.confirm(among=5)
