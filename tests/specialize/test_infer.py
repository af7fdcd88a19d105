"""Kinds of names at every point, of results, of what is called."""

import numpy

from accel.types.kinds import Float, Int, Union
from tests.specialize.plans import instructions, plan_for, result


def straight(x):
    y = 0
    y = y + x
    return y


def branched(n, x):
    if n > 0:
        y = x
    else:
        y = n
    return y


def looped(n):
    s = 0
    for i in range(n):
        s = s + 0.5
    return s


def factorial(n):
    return 1 if n < 2 else n * factorial(n - 1)


def even(n):
    return True if n == 0 else odd(n - 1)


def odd(n):
    return False if n == 0 else even(n - 1)


def scaled(x, by=2):
    return x * by


def calls(n):
    return scaled(n), scaled(n, 0.5), scaled(by=n, x=1.5)


def late(n):
    if n > 0:
        y = n
    return y


def endless(n):
    while True:
        n += 1


def test_kinds_are_followed_from_point_to_point():
    assert (
        result(straight, 1) == "int"
        and result(straight, 0.5) == "float"
        and result(straight, numpy.float32(1)) == "numpy.float32"
    )


def test_kinds_meet_where_paths_do():
    assert result(branched, 1, 2) == "int"
    made = plan_for(branched, 1, 0.5).root.result
    assert made == Union((Float(), Int()))


def test_a_loop_runs_until_nothing_changes():
    made = plan_for(looped, 3).root
    assert made.result == Union((Float(), Int()))
    assert {state["s"][0] for state in made.entry_states.values() if "s" in state} == {
        Int(),  # in the first turn, which is written out
        Float(),  # in the others
        Union((Float(), Int())),  # behind the loop
    }
    assert {state["n"][0] for state in made.entry_states.values() if "n" in state} == {Int()}


def test_recursion_and_mutual_recursion():
    made = plan_for(factorial, 5)
    assert str(made.root.result) == "int" and made.root.recursive and len(made.functions) == 1
    made = plan_for(even, 5)
    assert str(made.root.result) == "bool" and all(typed.recursive for typed in made.functions)
    assert {typed.source.name for typed in made.functions} == {"even", "odd"}


def test_callees_are_typed_once_per_combination_of_kinds():
    made = plan_for(calls, 3)
    assert str(made.root.result) == "tuple(int, float, float)"
    kinds = [tuple(map(str, typed.kinds)) for typed in made.functions if typed.source.name == "scaled"]
    assert sorted(kinds) == [("float", "int"), ("int", "float"), ("int", "int")]
    assert not made.root.recursive


def test_guards_name_what_was_looked_up():
    made = plan_for(calls, 3)
    watched = {(guard.what, guard.name) for guard in made.guards}
    assert ("global", "scaled") in watched and any(guard.what == "function" and guard.holder is scaled for guard in made.guards)
    assert plan_for(straight, 1).guards == ()


def test_names_that_may_be_unbound_are_tested():
    made = plan_for(late, 1).root
    assert [made.maybe_unbound[id(i)] for i in instructions(made, "bound") if i.arguments == ("y",)] == [True]
    straightforward = plan_for(straight, 1).root
    assert not any(straightforward.maybe_unbound.values())


def test_what_never_returns():
    assert result(endless, 1) == "never"
