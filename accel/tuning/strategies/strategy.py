"""This module is what every strategy is: asked again and again which candidates to measure next, until it has no more."""

from __future__ import annotations

from random import Random

from accel.tuning.strategies.estimate import make_estimate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from accel.tuning.history import History
    from accel.tuning.space import Candidate, Space

__all__ = ["Strategy"]

_TRIES = 20  # children for each that is wanted, before chance takes over
_NEAR = 0.25  # of those that are like others are neighbours of the best
_DRAWN = 3  # children for each that is wanted, half of which are chosen


class Strategy:
    """A way to search a space. To make one of your own, write `plan`, or override `ask`.

    Parameters
    ----------
    space : Space
        What is searched.
    trials : int
        How many measurements there are at most, all candidates together. The search is also ended by time; a strategy that plans ahead plans for this number.
    seed : int, default 0
        Of `self.random`; with the same seed and the same measurements a strategy asks for the same.

    Attributes
    ----------
    history : History
        What is known when a step of `plan` runs.
    is_online : bool
        Whether real calls are the measurements: each call then runs what the strategy asks for, so it asks for one candidate at a time and keeps slow ones rare.

    Notes
    -----
    What `ask` returns is measured once more each, in turns, and noted in the history: candidates that failed stand in `history.failures`, and are never to be asked
    for again. The default candidate is measured before `ask` is first called, and counts as a trial. The winner is the fastest in the history that beats the default
    beyond the noise; a strategy does not choose it. `accel.testing.check_strategy` says whether a strategy keeps to all of this.

    Examples
    --------
    >>> from accel.tuning import History, Space, Strategy
    >>> class InOrder(Strategy):
    ...     def plan(self):
    ...         for candidate in self.space:
    ...             yield [candidate]
    >>> InOrder(Space({"n": [1, 2, 3]}), trials=10).ask(History())
    [(0,)]
    """

    is_online = False

    def __init__(self, space: Space, *, trials: int, seed: int = 0) -> None:
        from accel.tuning.history import History

        self.space, self.trials, self.random = space, trials, Random(seed)
        self.history = History()
        self._steps: Iterator[Sequence[Candidate]] | None = None

    def ask(self, history: History) -> Sequence[Candidate]:
        """Return the candidates to measure next, each once more; none ends the search.

        By default the next step of `plan`, without what has failed, as far as trials are left.
        """
        self.history = history
        if self._steps is None:
            self._steps = iter(self.plan())
        while self.left > 0 and (step := next(self._steps, None)) is not None:
            wanted = [c for c in dict.fromkeys(step) if c not in history.failures]
            if wanted:
                return wanted[: self.left]
        return []

    def plan(self) -> Iterable[Sequence[Candidate]]:
        """The steps of the search, as a generator: what a `yield` gives is measured before the generator goes on, and stands in `self.history` then."""
        raise NotImplementedError

    @property
    def left(self) -> int:
        """How many trials are left."""
        return self.trials - self.history.count

    def fresh(self, count: int) -> list[Candidate]:
        """Up to `count` candidates at random about which nothing is known; beside known ones where the conditions leave too few to be found by chance."""
        known = len(self.history.times_ns) + len(self.history.failures)
        found: list[Candidate] = []
        for drawn in (2 * count, count + known):
            if len(found) < count:
                found = [c for c in self.space.sample(self.random, drawn) if self.history.is_new(c)][:count]
        if len(found) < count:
            found += self.new_of((c for k in self.history.ranked() for c in self.space.neighbours(k)), count - len(found), found)
        return found

    def beside(self, parents: Sequence[Candidate], count: int, mutation: float | None = None) -> list[Candidate]:
        """Up to `count` candidates about which nothing is known, like these, the best of which come first.

        A quarter of them are neighbours of the first, unless nothing is to change. Each value of the others is that of one of two parents, or a changed one; of three
        times as many, half of them are chosen because those like them were fast. `mutation` is the chance of each value to change; by default one changes on average.
        Where there are none to be found, they are `fresh` ones.
        """
        if count <= 0 or not parents:
            return self.fresh(max(0, count))
        if mutation is None:
            mutation = 1 / max(1, len(self.space.names))
        neighbours = self.space.neighbours(parents[0])
        self.random.shuffle(neighbours)
        near = self.new_of(neighbours, round(_NEAR * count) if mutation > 0.0 else 0)
        drawn = (self._cross(parents, mutation) for _ in range(_TRIES * _DRAWN * count))
        children = self.new_of((c for c in drawn if c in self.space), _DRAWN * (count - len(near)), near)
        by_chance = (count - len(near)) // 2
        rest = sorted(children[by_chance:], key=make_estimate(self.space, self.history, self.random))
        return [*near, *children[:by_chance], *rest][:count] or self.fresh(count)

    def new_of(self, candidates: Iterable[Candidate], count: int, taken: Iterable[Candidate] = ()) -> list[Candidate]:
        """The first `count` of these about which nothing is known, without those that are `taken`."""
        found: dict[Candidate, None] = {}
        seen = set(taken)
        for candidate in candidates:
            if len(found) >= count:
                break
            if candidate not in seen and self.history.is_new(candidate):
                found[candidate] = None
        return list(found)

    def doubtful(self, among: int, times: int) -> list[Candidate]:
        """Those of the fastest few that were measured less than `times` times: they may owe their place to luck."""
        return [c for c in self.history.ranked()[:among] if len(self.history.times_ns[c]) < times]

    def confirm(self, among: int = 3, times: int = 5) -> Iterator[Sequence[Candidate]]:
        """Steps for the end of a plan: the fastest few are measured again, until none of them is doubtful."""
        while len(self.history.times_ns) > 1 and (doubtful := self.doubtful(among, times)):
            yield doubtful

    def _cross(self, parents: Sequence[Candidate], mutation: float) -> Candidate:
        """A child, allowed or not."""
        pair = [parents[min(self.random.randrange(len(parents)), self.random.randrange(len(parents)))] for _ in range(2)]
        places = [self.random.choice(both) for both in zip(*pair, strict=True)]
        for at, domain in enumerate(self.space.domains.values()):
            if self.random.random() < mutation:
                places[at] = self._change(places[at], len(domain.values), is_ordered=domain.is_ordered)
        return tuple(places)

    def _change(self, place: int, size: int, *, is_ordered: bool) -> int:
        """Another place: a near one rather than a far one where values are in order."""
        if not is_ordered:
            return self.random.randrange(size)
        distance = 1 + int(self.random.expovariate(8 / size))
        return min(size - 1, max(0, place + self.random.choice((-distance, distance))))
