"""The contract of strategies: every one of ours keeps to it, and each way to break it is found out."""

import random
from functools import partial

import pytest

from accel.errors import OptionError
from accel.testing import check_strategy
from accel.tuning import Strategy
from accel.tuning.strategies import STRATEGIES


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name != "bayesian"])
def test_ours_keep_to_it(name):
    check_strategy(name)


@pytest.mark.slow
def test_bayesian_keeps_to_it():
    pytest.importorskip("optuna")
    check_strategy("bayesian")


def test_options_are_passed_on():
    check_strategy("racing", first=0.6)
    check_strategy(partial(Walk, step=3))
    with pytest.raises(TypeError, match="'steps'"):
        check_strategy(Walk, steps=3)
    with pytest.raises(OptionError, match="takes the name of a strategy"):
        check_strategy("fastest")


class Walk(Strategy):
    """A proper strategy; those below break one thing each."""

    def __init__(self, space, *, trials, seed=0, step=2):
        super().__init__(space, trials=trials, seed=seed)
        self.step = step

    def plan(self):
        while step := self.fresh(self.step):
            yield step
        yield from self.confirm()


class Stops(Walk):
    """Looks at nothing."""

    def ask(self, history):
        return []


class Spends(Walk):
    """Asks for what is left, and one more."""

    def ask(self, history):
        self.history = history
        return self.fresh(self.left + 1)


class GoesOn(Walk):
    """Asks for the default although nothing is left."""

    def ask(self, history):
        return super().ask(history) or [self.space.default]


class Beyond(Walk):
    """Asks for places that are not there."""

    def ask(self, history):
        return [(*self.space.default[:-1], 1000)] if history.count < self.trials else []


class Forbidden(Walk):
    """Does not look at conditions."""

    def ask(self, history):
        if history.count < self.trials:
            return [tuple(self.random.randrange(size) for size in self.space.sizes)]
        return []


class Again(Walk):
    """Asks again for what failed."""

    def ask(self, history):
        return list(history.failures)[:1] or super().ask(history)


class Doubles(Walk):
    """Asks for one candidate twice at once."""

    def ask(self, history):
        step = list(super().ask(history))
        return [*step, step[0]] if step and self.left > len(step) else step


class Lists(Walk):
    """Lists the space."""

    def plan(self):
        for candidate in list(self.space):
            yield [candidate]


class Chance(Walk):
    """Asks Python's own random numbers."""

    def plan(self):
        self.random.seed(random.random())
        yield from super().plan()


class Settles(Walk):
    """Looks at all, and throws it away."""

    def ask(self, history):
        step = super().ask(history)
        history.times_ns.clear()
        return step


class Few(Walk):
    """Looks at two candidates and is content."""

    def plan(self):
        yield self.space.neighbours(self.space.default)[:1]


class Crowd(Walk):
    """Would have real calls measure several at a time."""

    is_online = True


class Maybe(Walk):
    """Does not say whether it is on-line."""

    is_online = 1


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (Stops, "never asks for the other candidate"),
        (Spends, r"asks for \d+ when \d+ trials are left"),
        (GoesOn, "asks for 1 when 0 trials are left"),
        (Beyond, r"asks for \(1000,\), which is no candidate"),
        (Forbidden, "which is no candidate"),
        (Again, "which failed"),
        (Doubles, "asks for a candidate twice at once"),
        (Lists, "a strategy lists a space of 1000000000 candidates"),
        (Chance, "with the same seed and the same measurements it asks for other candidates"),
        (Settles, "it changes the history"),
        (Few, "nothing better than the default was found|none of the better quarter"),
        (Crowd, r"it is on-line and asks for \d+ at once"),
        (Maybe, "`is_online` is 1"),
    ],
)
def test_what_is_broken_is_found_out(broken, told):
    with pytest.raises(AssertionError, match=f"^(`{broken.__name__}` breaks the contract of strategies: .*)?({told})"):
        check_strategy(broken)


def test_the_state_of_random_numbers_is_left_alone():
    before = random.getstate()
    check_strategy(Walk)
    assert random.getstate() == before
