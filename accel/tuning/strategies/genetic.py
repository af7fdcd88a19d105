"""This module breeds candidates: children have the values of two fast ones, and some of their own."""

from __future__ import annotations

from accel.tuning.strategies.strategy import Strategy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from accel.tuning.space import Candidate, Space

__all__ = ["Genetic"]

_CONFIRMED = 0.15  # of the trials, to measure the fastest again


class Genetic(Strategy):
    """Keeps the fastest candidates as a population; children take each value from one of two parents, and some values change.

    For spaces of many parameters, where what is good about one is good about others too.

    Parameters
    ----------
    population : int, optional
        How many candidates may be parents; by default a tenth of the trials, 4 to 24.
    mutation : float, optional
        The chance of each value of a child to change; by default one value changes on average.

    Examples
    --------
    >>> from accel.tuning import History, Space
    >>> len(Genetic(Space({"n": range(1000)}), trials=100).ask(History()))
    20
    """

    def __init__(self, space: Space, *, trials: int, seed: int = 0, population: int | None = None, mutation: float | None = None) -> None:
        super().__init__(space, trials=trials, seed=seed)
        self.population = population if population is not None else min(24, max(4, trials // 10))
        self.mutation = mutation

    def plan(self) -> Iterator[Sequence[Candidate]]:
        """A first generation at random, then generation by generation; at last the doubtful."""
        kept = max(3, int(_CONFIRMED * self.trials))
        step = self.fresh(min(2 * self.population, self.left - kept))
        while step:
            yield step
            parents = self.history.ranked()[: self.population]
            step = self.beside(parents, min(self.population, self.left - kept), self.mutation)
        yield from self.confirm()
