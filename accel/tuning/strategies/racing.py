"""This module lets candidates race: the better part goes on, is measured more often, and brings its neighbours along."""

from __future__ import annotations

from accel.tuning.strategies.strategy import Strategy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from accel.tuning.space import Candidate, Space

__all__ = ["Racing"]

_FINAL = 0.15  # of the trials, for the heats at the end
_HEATS = ((8, 2), (4, 3), (3, 5))  # how many of the fastest go on, and from how many measurements each is judged
_STEP = 0.1  # of the trials, for those that join at a time, and 24 at most
_SLOWER = 0.8  # of the runners go on when others join
_FEWEST = 4  # runners


class Racing(Strategy):
    """Successive halving: a broad sample is measured once, the better part goes on and is measured again, more and more often, until few are left.

    While the slower ones drop out, others join that are like those still running: with the values of two of them, some nearby ones, and neighbours of the fastest. Few trials
    are spent on what is slow, and many on what is beside the fast and on telling it apart.

    Parameters
    ----------
    first : float, default 0.2
        The share of the trials that the broad sample takes.

    Examples
    --------
    >>> from accel.tuning import History, Space
    >>> len(Racing(Space({"n": range(1000)}), trials=50).ask(History()))
    10
    """

    def __init__(self, space: Space, *, trials: int, seed: int = 0, first: float = 0.2) -> None:
        super().__init__(space, trials=trials, seed=seed)
        self.first = first

    def plan(self) -> Iterator[Sequence[Candidate]]:
        """The broad sample; those that join, while the slower ones drop out; then the heats."""
        kept, step = max(3, int(_FINAL * self.trials)), min(24, max(2, int(_STEP * self.trials)))
        joining = self.fresh(max(4, int(self.first * self.trials)))
        running = len(joining) / 2
        while joining:
            yield joining
            running = max(_FEWEST, running)
            joining = self.beside(self.history.ranked()[: int(running)], min(step, self.left - kept))
            running *= _SLOWER
        for among, times in _HEATS:
            yield from self.confirm(among, times)
