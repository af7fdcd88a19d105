"""This module breeds candidates: children have the values of two fast ones, and some of their own."""

from __future__ import annotations

from accel.tuning.strategies.strategy import Strategy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from accel.tuning.space import Candidate, Space

__all__ = ["Genetic"]

_CONFIRMED = 0.15  # of the trials, to measure the fastest again
_TRIES = 20  # children for each that is wanted, before chance takes over


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
        self.mutation = mutation if mutation is not None else 1 / max(1, len(space.names))

    def plan(self) -> Iterator[Sequence[Candidate]]:
        """A first generation at random, then generation by generation; at last the doubtful."""
        kept = max(3, int(_CONFIRMED * self.trials))
        step = self.fresh(min(2 * self.population, self.left - kept))
        while step:
            yield step
            parents = self.history.ranked()[: self.population]
            step = self.breed(parents, min(self.population, self.left - kept))
        yield from self.confirm()

    def breed(self, parents: Sequence[Candidate], count: int) -> list[Candidate]:
        """Children that are new; chance candidates in place of those that could not be found."""
        found: dict[Candidate, None] = {}
        for _ in range(_TRIES * count if parents else 0):
            if len(found) == count:
                break
            child = self.cross(self.choose(parents), self.choose(parents))
            if self.history.is_new(child) and child in self.space:
                found[child] = None
        return list(found) or self.fresh(count)

    def choose(self, parents: Sequence[Candidate]) -> Candidate:
        """A parent: the faster of two at random."""
        return parents[min(self.random.randrange(len(parents)), self.random.randrange(len(parents)))]

    def cross(self, one: Candidate, other: Candidate) -> Candidate:
        """A child, allowed or not."""
        places = [self.random.choice(pair) for pair in zip(one, other, strict=True)]
        for at, domain in enumerate(self.space.domains.values()):
            if self.random.random() < self.mutation:
                places[at] = self.mutate(places[at], len(domain.values), is_ordered=domain.is_ordered)
        return tuple(places)

    def mutate(self, place: int, size: int, *, is_ordered: bool) -> int:
        """Another place: a near one rather than a far one where values are in order."""
        if not is_ordered:
            return self.random.randrange(size)
        distance = 1 + int(self.random.expovariate(8 / size))
        return min(size - 1, max(0, place + self.random.choice((-distance, distance))))
