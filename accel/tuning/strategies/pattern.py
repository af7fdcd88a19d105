"""This module goes from the best candidates to better neighbours, until none is better."""

from __future__ import annotations

from accel.tuning.strategies.strategy import Strategy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from accel.tuning.space import Candidate, Space

__all__ = ["Pattern"]

_BEGUN = 0.2  # of the trials, for candidates at random
_CONFIRMED = 0.15  # of the trials, to measure the fastest again


class Pattern(Strategy):
    """Measures some candidates at random, then all neighbours of the best few, again and again until no neighbour is better; then begins anew elsewhere.

    For spaces in which good candidates lie side by side, such as sizes of tiles.

    Parameters
    ----------
    starts : int, default 3
        How many of the best have their neighbours measured in each step.

    Examples
    --------
    >>> from accel.tuning import History, Space
    >>> len(Pattern(Space({"n": range(1000)}), trials=50).ask(History()))
    10
    """

    def __init__(self, space: Space, *, trials: int, seed: int = 0, starts: int = 3) -> None:
        super().__init__(space, trials=trials, seed=seed)
        self.starts = starts

    def plan(self) -> Iterator[Sequence[Candidate]]:
        """A sample, the neighbours of the best of it and so on, another sample when that has come to its end."""
        kept = int(_CONFIRMED * self.trials)
        known = self.history.ranked()
        while (room := self.left - kept) > 0 and (sample := self.fresh(min(room, max(4, int(_BEGUN * self.trials))))):
            yield sample
            found = [*known, *sample]
            known = []
            while (room := self.left - kept) > 0:
                best = self.history.ranked(found)[: self.starts]
                step = self.new_of((n for c in best for n in self.space.neighbours(c)), room)
                if not step:
                    break
                yield step
                found = [*best, *step]
        yield from self.confirm()
