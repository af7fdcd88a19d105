"""This module is the contract of strategies: searches with simulated measurements, each step looked at."""

from __future__ import annotations

import random
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, NoReturn

from accel.tuning import Choice, History, Int, Space
from accel.tuning.strategies import find_strategy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from accel.tuning import Strategy
    from accel.tuning.space import Candidate

__all__ = ["check_strategy"]

_LISTED = 200_000  # candidates; who goes through more of a huge space would go through all


def check_strategy(strategy: str | Callable[..., Strategy], **options: Any) -> None:
    """Raise unless a strategy keeps to the contract that `accel.tuning.Strategy` is about.

    Parameters
    ----------
    strategy : str, type or callable
        A name, a subclass of `Strategy`, or what makes one.
    **options : object
        Passed on when it is made, beside `trials` and `seed`.

    Raises
    ------
    AssertionError
        With the space, and what the strategy did there.

    Notes
    -----
    Nothing real is measured: times are computed from places, with and without noise. Looked at are: each step asks for candidates of the space which have not failed, none of
    them twice at once, no more than trials are left, and leaves the history alone; when the trials are spent it asks for nothing; with the same seed and measurements it asks
    for the same, whatever the state of `random`. That holds for a single candidate, for two, for unordered values, for conditions that leave one candidate in a hundred, for 10**9
    candidates, for few trials, for equal times, when some fail, and when all but the default do. What is found is better than the default where most is, and from more trials
    than candidates comes one of the better ones, noise or not.

    Examples
    --------
    >>> from accel.testing import check_strategy
    >>> from accel.tuning import Strategy
    >>> class Twice(Strategy):
    ...     def plan(self):
    ...         yield [self.space.default]
    >>> check_strategy(Twice)
    Traceback (most recent call last):
      ...
    AssertionError: `Twice` breaks the contract of strategies: Space(n=[1, 2]), 20 trials: it never asks for the other candidate
    """
    contract = _Contract(partial(find_strategy(strategy), **options) if options else find_strategy(strategy))
    contract.check_small_spaces()
    contract.check_few_trials()
    contract.check_failures()
    contract.check_huge_space()
    contract.check_repeated()
    contract.check_found()


class _Contract:
    """The parts of the contract, for one strategy."""

    def __init__(self, make: Callable[..., Strategy]) -> None:
        self.make = make
        self.name = getattr(getattr(make, "func", make), "__name__", repr(make))

    def check_small_spaces(self) -> None:
        """One candidate, two, no parameters at all, unordered ones, and few among many combinations."""
        self.search(_one(), 20)
        self.search(Space({}), 20)
        two = Space({"n": [1, 2]})
        if (1,) not in self.search(two, 20, time=lambda places: 10.0 - places[0]).times_ns:
            self.fail(two, 20, "it never asks for the other candidate")
        self.search(_unordered(), 60)
        self.search(_tight(), 60)
        self.search(_hills(), 60, time=lambda places: 7.0)
        self.search(_hills(), 60, time=lambda places: 0.0)

    def check_few_trials(self) -> None:
        """Down to the one that measures the default."""
        for trials in (1, 2, 3, 7):
            self.search(_hills(), trials)

    def check_failures(self) -> None:
        """Some candidates fail, most do, all but the default do."""
        for share in (0.3, 0.9, 1.0):
            history = self.search(_hills(), 80, failing=share)
            if share == 1.0 and history.best() != _hills().default:
                self.fail(_hills(), 80, f"the only candidate that works is not the best of its history, but {history.best()}")

    def check_huge_space(self) -> None:
        """10**9 candidates can't be listed, with conditions or without."""
        for where in (None, lambda a, b: (a + b) % 10 == 3):
            space = _Huge({name: Int(0, 9) for name in "abcdefghi"}, where=where, default=dict.fromkeys("abcdefghi", 9) | {"b": 4})
            history = self.search(space, 80)
            if history.time_ns(history.best() or ()) >= _hill(space.default):
                self.fail(space, 80, "nothing better than the default was found, and most candidates are better")

    def check_repeated(self) -> None:
        """The same again, from another state of Python's own random numbers."""
        before = random.getstate()
        try:
            for space, noise in ((_hills(), 0.1), (_unordered(), 0.0)):
                steps = []
                for state in (1, 2):
                    random.seed(state)
                    steps.append(list(self.steps(space, 60, History(), noise=noise)))
                if steps[0] != steps[1]:
                    self.fail(space, 60, "with the same seed and the same measurements it asks for other candidates")
        finally:
            random.setstate(before)

    def check_found(self) -> None:
        """With more trials than candidates the winner is one of the better ones."""
        for space in (_hills(), _unordered()):
            for noise in (0.0, 0.1):
                trials = 3 * len(space)
                history = self.search(space, trials, noise=noise)
                better = sorted(space, key=_hill)[: max(1, len(space) // 4)]
                if history.best() not in better:
                    self.fail(space, trials, f"the best candidate of its history is {history.best()}, which is none of the better quarter")

    def search(self, space: Space, trials: int, *, time: Callable[[Candidate], float] | None = None, noise: float = 0.0, failing: float = 0.0) -> History:
        """The history of one search."""
        history = History()
        for _ in self.steps(space, trials, history, time=time, noise=noise, failing=failing):
            pass
        return history

    def steps(
        self, space: Space, trials: int, history: History, *, time: Callable[[Candidate], float] | None = None, noise: float = 0.0, failing: float = 0.0
    ) -> Iterator[list[Candidate]]:
        """What the strategy asks for, step by step, measured when it was found right."""
        measure, chance, time = Random(7), Random(5), time or _hill
        fails: dict[Candidate, bool] = {space.default: False}
        history.add(space.default, time(space.default))
        searching = self.make(space, trials=trials, seed=3)
        if type(searching.is_online) is not bool:
            self.fail(space, trials, f"`is_online` is {searching.is_online!r}")
        while True:
            step = self.look(searching, space, history, trials)
            if not step:
                return
            for candidate in step:
                if fails.setdefault(candidate, chance.random() < failing):
                    history.fail(candidate, "raised ValueError")
                else:
                    history.add(candidate, time(candidate) * (1 + noise * measure.random()))
            yield step

    def look(self, searching: Strategy, space: Space, history: History, trials: int) -> list[Candidate]:
        """The next step, if it is a proper one."""
        before = ({c: list(times) for c, times in history.times_ns.items()}, dict(history.failures), history.count)
        step = list(searching.ask(history))
        if before != (history.times_ns, history.failures, history.count):
            self.fail(space, trials, "it changes the history")
        for candidate in step:
            if candidate not in space:
                self.fail(space, trials, f"it asks for {candidate!r:.60}, which is no candidate")
            if candidate in history.failures:
                self.fail(space, trials, f"it asks for {candidate}, which failed")
        if len(set(step)) < len(step):
            self.fail(space, trials, f"it asks for a candidate twice at once: {step!r:.60}")
        if history.count + len(step) > trials:
            self.fail(space, trials, f"it asks for {len(step)} when {max(0, trials - history.count)} trials are left")
        if searching.is_online and len(step) > 1:
            self.fail(space, trials, f"it is on-line and asks for {len(step)} at once")
        return step

    def fail(self, space: Space, trials: int, what: str) -> NoReturn:
        raise AssertionError(f"`{self.name}` breaks the contract of strategies: {space}, {trials} trials: {what}")


class _Huge(Space):
    """A space that notices when it is listed."""

    def __iter__(self) -> Iterator[Candidate]:
        for count, candidate in enumerate(super().__iter__()):
            if count == _LISTED:
                raise AssertionError(f"a strategy lists a space of {len(self)} candidates")
            yield candidate


def _hill(places: Sequence[int]) -> float:
    """A time with one minimum: at the places 6, 5, 4 and so on, as far as there are such."""
    return 10.0 + sum([(place - max(1, 6 - at)) ** 2 for at, place in enumerate(places)])


def _one() -> Space:
    return Space({"n": [1]})


def _hills() -> Space:
    return Space({"tile": Int(8, 128, step=8), "unroll": Int(1, 8)})


def _unordered() -> Space:
    return Space({"algorithm": Choice(*"abcdefgh"), "padded": [False, True], "order": Choice("rows", "columns", "tiles")})


def _tight() -> Space:
    return Space({name: Int(0, 9) for name in "abcd"}, where=lambda a, b, c: a == b == c)
