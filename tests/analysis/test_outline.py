"""Functions made of pieces of another one."""

import ast

import pytest

from accel.analysis.outline import copy_attributes, make_driver, make_part, outputs_of, places_of, steps_of
from accel.analysis.parse import parse_function
from accel.dependence.loops import find_loops


def mixed(x, y, k=2):
    """Has a parallel loop and a sequential one."""
    s = t = 0
    for i in range(1, len(x), k):
        t = x[i]
        y[i] = 2 * t
        s += t
    else:
        y[0] = 7
    while k:
        k -= 1
    return s, t, i, k


@pytest.fixture(name="source")
def _source():
    return parse_function(mixed)


def test_parts(source):
    loops = find_loops(source.tree)
    (parallel,), (sequential,) = loops.parallel, loops.sequential
    assert steps_of(parallel.loop) and outputs_of(parallel) == ("t", "s") and outputs_of(sequential) == ("k",)
    part = make_part(source, parallel)
    assert part.__code__.co_varnames[:6] == ("$from", "$to", "$step", "s", "x", "y")
    assert (part.__name__, part.__code__.co_filename, part.__code__.co_firstlineno) == ("mixed", __file__, mixed.__code__.co_firstlineno)
    y = [0] * 6
    assert part(1, 4, 2, 5, [1, 2, 3, 4, 5, 6], y) == (4, 11) and y == [0, 4, 0, 8, 0, 0]
    assert make_part(source, sequential)(3) == (0,)


def test_parts_are_compiled_as_what_they_are(source):
    part = make_part(source, find_loops(source.tree).parallel[0])
    found = parse_function(part)
    assert found.code is part.__code__ and isinstance(found.tree, ast.FunctionDef)
    assert [type(s) for s in found.tree.body] == [ast.For, ast.Return]


def test_constant_steps_are_part_of_the_code():
    loop = ast.parse("for i in range(5, 0, -1): x[i] = 1").body[0]
    assert not steps_of(loop)


def test_drivers(source):
    loops = find_loops(source.tree)
    parts = {id(f.loop): make_part(source, f) for f in (*loops.parallel, *loops.sequential)}
    (parallel,) = loops.parallel
    seen = []

    def run(numbers, *values):
        seen.append(numbers)
        return 0, parts[id(parallel.loop)](numbers.start, numbers.stop, numbers.step, *values)

    runners = {id(parallel.loop): run, id(loops.sequential[0].loop): lambda k: (0, (k - 1,))}
    driver = make_driver(source, loops, runners, lambda: None)
    one, two = [0] * 6, [0] * 6
    assert driver([1, 2, 3, 4, 5, 6], one) == (12, 6, 5, 1)
    assert mixed([1, 2, 3, 4, 5, 6], two) == (12, 6, 5, 0) and one == two
    assert seen == [range(1, 6, 2)]
    with pytest.raises(UnboundLocalError):
        driver([1], [0])  # no turn: nothing is bound


def test_drivers_raise_where_the_loop_did(source):
    loops = find_loops(source.tree)
    (parallel,) = loops.parallel
    places = places_of(parallel.loop)
    number = next(n for n, place in enumerate(places, 1) if place[0] == mixed.__code__.co_firstlineno + 5)

    def fail(*values):
        def raiser():
            raise LookupError("here")

        return number, raiser

    driver = make_driver(source, loops, {id(parallel.loop): fail}, lambda: None)
    with pytest.raises(LookupError) as caught:
        driver([1, 2], [0, 0])
    assert caught.traceback[1].lineno + 1 == places[number - 1][0]


def test_attributes():
    def other():
        pass

    made = copy_attributes(other, mixed)
    assert made.__qualname__ == "mixed" and made.__doc__ == mixed.__doc__ and made.__wrapped__ is mixed
