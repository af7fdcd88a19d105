"""This module learns while real calls run: each call is a measurement, and slow candidates become rare."""

from __future__ import annotations

from statistics import fmean, pstdev

from accel.tuning.strategies.strategy import Strategy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from accel.tuning.space import Candidate, Space

__all__ = ["Bandit"]

_DOUBT = 0.1  # of its time: how far a candidate that was measured once may be from it
_NEAR = 0.7  # of the new candidates are neighbours of the best


class Bandit(Strategy):
    """Thompson sampling: of each candidate a time is drawn from what is known of it, and the one with the shortest is called next.

    Candidates join one by one, the more slowly the more there are: after n calls about n ** `growth` of them. So most calls run what is known to be fast, and the
    calls together take little longer than with the winner. For programs that make many calls and can't afford a search.

    Parameters
    ----------
    growth : float, default 0.6
        How eagerly candidates join, 0 to 1.

    Examples
    --------
    >>> from accel.tuning import History, Space
    >>> Bandit(Space({"n": range(1000)}), trials=100).ask(History())
    [(0,)]
    """

    is_online = True

    def __init__(self, space: Space, *, trials: int, seed: int = 0, growth: float = 0.6) -> None:
        super().__init__(space, trials=trials, seed=seed)
        self.growth = growth

    def plan(self) -> Iterator[Sequence[Candidate]]:
        """One candidate at a time, as long as there is something to decide."""
        yield [self.space.default]
        more = True
        while True:
            known = self.history.times_ns
            if more and (not known or len(known) + len(self.history.failures) < (1 + self.history.count) ** self.growth):
                joining = self.join()
                more = bool(joining)
                if joining:
                    yield joining
                    continue
            if len(known) < 2 and not more:
                return
            yield [min(known, key=self.draw)]

    def join(self) -> list[Candidate]:
        """A candidate that is new: beside the best, or anywhere."""
        best = self.history.best()
        if best is not None and self.random.random() < _NEAR:
            near = self.space.neighbours(best)
            self.random.shuffle(near)
            if found := self.new_of(near, 1):
                return found
        return self.fresh(1)

    def draw(self, candidate: Candidate) -> float:
        """What a candidate may take, by what is known of it."""
        times = self.history.times_ns[candidate]
        spread = (pstdev(times) + _DOUBT * fmean(times)) / len(times) ** 0.5
        return self.random.gauss(self.history.time_ns(candidate), spread)
