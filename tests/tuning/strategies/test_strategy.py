"""What strategies are made of, and the table of them."""

from functools import partial

import pytest

from accel.errors import OptionError
from accel.tuning import Choice, History, Int, Space, Strategy
from accel.tuning.strategies import STRATEGIES, find_strategy
from accel.tuning.strategies.racing import Racing


class Steps(Strategy):
    """Asks for what it is told to."""

    steps = ()

    def plan(self):
        yield from self.steps


def make(steps, trials=10, space=None):
    made = Steps(space or Space({"n": range(10)}), trials=trials)
    made.steps = steps
    return made


def test_a_step_is_cut_to_the_trials_that_are_left():
    history = History()
    history.add((0,), 1.0)
    made = make([[(1,), (2,), (3,)]], trials=3)
    assert made.ask(history) == [(1,), (2,)]
    history.add((1,), 1.0)
    history.add((2,), 1.0)
    assert made.ask(history) == []


def test_a_step_goes_without_what_failed_and_what_it_names_twice():
    history = History()
    history.fail((1,), "raised")
    assert make([[(1,)], [], [(2,), (1,), (2,)]]).ask(history) == [(2,)]


def test_the_plan_sees_what_was_measured():
    class Looks(Strategy):
        def plan(self):
            yield [(1,)]
            yield [(2,)] if self.history.time_ns((1,)) == 5.0 else [(3,)]

    history, made = History(), Looks(Space({"n": range(9)}), trials=9)
    assert made.ask(history) == [(1,)]
    history.add((1,), 5.0)
    assert made.ask(history) == [(2,)] and made.left == 8


def test_a_strategy_without_a_plan():
    with pytest.raises(NotImplementedError):
        Strategy(Space({"n": [1]}), trials=3).ask(History())


def test_fresh_candidates_are_new_and_different():
    made = make([])
    made.history.add((0,), 1.0)
    made.history.fail((1,), "raised")
    assert sorted(made.fresh(100)) == [(n,) for n in range(2, 10)]
    assert made.fresh(0) == [] and made.fresh(-3) == []


def test_fresh_candidates_beside_known_ones_where_chance_finds_none():
    space = Space({name: Int(0, 99) for name in "abcd"}, where=lambda a, b, c, d: sum(map(bool, (a, b, c, d))) <= 1)
    made = make([], space=space)
    made.history.add(space.default, 1.0)
    assert sorted(made.fresh(9)) == [(0, 0, 0, 1), (0, 0, 1, 0), (0, 1, 0, 0), (1, 0, 0, 0)]


def test_confirmed_until_no_luck_is_left():
    made = make([])
    for place, time in enumerate((5.0, 3.0, 4.0, 9.0)):
        made.history.add((place,), time)
    steps = []
    for step in made.confirm(among=2, times=3):
        steps.append(sorted(step))
        for candidate in step:
            made.history.add(candidate, 4.5)
    assert steps[0] == [(1,), (2,)]
    assert all(len(made.history.times_ns[c]) >= 3 for c in made.history.ranked()[:2])


def test_nothing_to_confirm_when_one_candidate_works():
    made = make([])
    made.history.add((0,), 1.0)
    assert list(made.confirm()) == []


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_name_leads_to_a_class(name):
    found = find_strategy(name)
    assert issubclass(found, Strategy) and found.__module__ == f"accel.tuning.strategies.{name}"
    assert found.is_online is (name == "bandit")


def test_classes_and_makers_are_taken_as_they_are():
    maker = partial(Racing, first=0.5)
    assert find_strategy(Steps) is Steps and find_strategy(maker) is maker


@pytest.mark.parametrize("wrong", ["fastest", 3, None, int, Steps(Space({"n": [1]}), trials=1)])
def test_what_makes_no_strategy_is_refused(wrong):
    with pytest.raises(OptionError, match=r'^`strategy` takes the name of a strategy or a class, not .* \[option-value\]\n.* write one of "racing", "exhaustive"'):
        find_strategy(wrong)


def test_far_neighbours():
    space = Space({"n": Int(0, 9), "algorithm": Choice("a", "b", "c")})
    assert space.neighbours((5, 0), 4) == [(1, 0), (9, 0), (5, 1), (5, 2)]
    assert space.neighbours((5, 0)) == [(4, 0), (6, 0), (5, 1), (5, 2)]


def test_huge_spaces_find_a_default_that_conditions_allow():
    space = Space({name: Int(0, 9) for name in "abcdefghi"}, where=lambda a, b: a == b == 9)
    assert space.default[:2] == (9, 9) and space.default in space


def test_candidates_beside_others_have_their_values_when_none_changes():
    made = make([], space=Space({name: Int(0, 15) for name in "abcd"}))
    found = made.beside([(1, 1, 1, 1), (2, 2, 2, 2)], 10, mutation=0.0)
    assert len(set(found)) == 10 and {place for c in found for place in c} == {1, 2}


def test_values_change_to_near_ones_where_there_is_an_order():
    made = make([], space=Space({"n": Int(0, 99), "algorithm": Choice(*range(100))}))
    near = [abs(made._change(50, 100, is_ordered=True) - 50) for _ in range(500)]
    far = [abs(made._change(50, 100, is_ordered=False) - 50) for _ in range(500)]
    assert min(near) >= 1 and sum(near) < sum(far) and max(far) > 40


def test_a_quarter_of_those_beside_others_are_neighbours_of_the_first():
    made = make([], space=Space({name: range(100) for name in "abcd"}))
    for _ in range(20):
        found = made.beside([(50, 50, 50, 50), (90, 90, 90, 90)], 12)
        assert len(set(found)) == 12 and all(c in made.space.neighbours((50, 50, 50, 50)) for c in found[:3])


def test_beside_nothing_are_fresh_ones():
    made = make([])
    assert len(made.beside([], 3)) == 3 and made.beside([(1,)], 0) == made.beside([], -1) == []


def test_beside_nothing_new_are_fresh_ones():
    made = make([])
    assert len(made.beside([], 3)) == 3 and made.beside([(5,)], 0) == []
    made.history.add((5,), 1.0)
    assert (5,) not in made.beside([(5,)], 3, mutation=0.0)


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name != "bayesian"])
def test_it_ends_when_everything_fails(name):
    space, history = Space({"tile": range(30), "unroll": range(5)}), History()
    history.fail(space.default, "raised")
    searching = find_strategy(name)(space, trials=60)
    while step := searching.ask(history):
        for candidate in step:
            history.fail(candidate, "raised")
    assert 45 <= history.count == len(history.failures) <= 60
