"""This module lets candidates race: the better part goes on, is measured more often, and brings its neighbours along."""

from __future__ import annotations

from accel.tuning.strategies.strategy import Strategy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from accel.tuning.space import Candidate, Space

__all__ = ["Racing"]

_CONFIRMED = 0.15  # of the trials, to measure the fastest again
_MOST = 5  # measurements of a candidate, after which its time is believed


class Racing(Strategy):
    """Successive halving: a broad sample is measured once, the better part goes on and is measured again, until one is left.

    Each round also measures neighbours of those that are left: far ones at first, then nearer ones. The trials that remain go to the neighbours of the winner, and
    to another race when none of them is better. Few trials are spent on what is slow, and many on telling apart what is fast.

    Parameters
    ----------
    first : float, default 0.3
        The share of the trials that the broad sample takes.

    Examples
    --------
    >>> from accel.tuning import History, Space
    >>> len(Racing(Space({"n": range(1000)}), trials=50).ask(History()))
    15
    """

    def __init__(self, space: Space, *, trials: int, seed: int = 0, first: float = 0.3) -> None:
        super().__init__(space, trials=trials, seed=seed)
        self.first = first

    def plan(self) -> Iterator[Sequence[Candidate]]:
        """Races, until the trials are spent or nothing is new; then the doubtful."""
        kept = max(3, int(_CONFIRMED * self.trials))
        known = self.history.ranked()
        while (room := self.left - kept) > 0 and (sample := self.fresh(min(room, max(4, int(self.first * self.trials))))):
            yield sample
            yield from self.race([*known, *sample], kept)
            known = []
        yield from self.confirm(times=_MOST)

    def race(self, sample: Sequence[Candidate], kept: int) -> Iterator[Sequence[Candidate]]:
        """One race among a sample and what lies beside its best; leaves `kept` trials."""
        left = max(1, len(sample) // 4)
        distance = max(1, max(self.space.sizes, default=1) // 4)
        found, times = list(sample), 2
        while (room := self.left - kept) > 0:
            best = self.history.ranked(found)[:left]
            again = [c for c in best if left > 1 and len(self.history.times_ns[c]) < min(times, _MOST)]
            near = [n for c in best for n in self.space.neighbours(c, distance)]
            self.random.shuffle(near)
            new = self.new_of(near, max(1, min(room // 2, 2 * left + 4)))
            if not new and left == distance == 1:
                break
            yield [*again, *new]
            found += new
            left, distance, times = max(1, left // 2), max(1, distance // 2), times + 1
