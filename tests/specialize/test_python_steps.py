"""Operations that NumPy does on behalf of compiled code: how they are written, and that they are the user's own."""

import warnings

import numpy
import pytest

from tests.exactness.agreement import agree, agree_compiled, decorated
from tests.specialize.plans import plan_for


def computed(a, b):
    c = a * b + 1
    c += a
    return -c, numpy.where(c > 1, c, 0.0), c.sum(axis=0), numpy.maximum(a, b)


def indexed(a, i):
    return a[a > 1.0], a[i], a[None, :]


def stored(a, m):
    a[m] = 0.0
    return a


def divided(a, b):
    x = 1
    return a / b


def failing(a, b):
    return a @ b


def test_how_they_are_written():
    steps = [step.text for step in plan_for(computed, numpy.ones(2), numpy.ones(2)).root.steps.values()]
    assert steps == [
        "return a0 * a1", "return a0 + a1", "a0 += a1; return a0", "return -a0", "return a0 > a1", "return numpy.where(a1, a2, a3)",
        "return a0.sum(axis=a1)", "return numpy.maximum(a1, a2)",
    ]  # fmt: skip
    assert [step.text for step in plan_for(indexed, numpy.ones(2), numpy.ones(2, int)).root.steps.values()][1:2] == [
        "return a0[a1]"
    ]
    assert [step.text for step in plan_for(stored, numpy.ones(2), numpy.ones(2, bool)).root.steps.values()] == [
        "a0[a1] = a2; return None"
    ]


def test_they_agree_with_numpy():
    agree_compiled(computed, lambda: (numpy.arange(4.0), numpy.arange(4.0) - 1), lambda: (numpy.arange(4), numpy.arange(4.0)))
    agree_compiled(
        indexed, lambda: (numpy.arange(4.0), numpy.array([3, -1])), lambda: (numpy.arange(4.0), numpy.array([True, False] * 2))
    )
    agree(indexed, lambda: (numpy.arange(4.0), numpy.array([9])))
    agree_compiled(stored, lambda: (numpy.arange(4.0), numpy.arange(4) > 2))
    agree(computed, lambda: (numpy.arange(4.0), numpy.arange(3.0)))


def test_warnings_and_errors_stand_in_the_users_line():
    made = decorated(divided)
    for _ in range(2):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            made(numpy.ones(2), numpy.zeros(2))
        assert [(w.category, w.filename, w.lineno) for w in caught] == [
            (RuntimeWarning, __file__, divided.__code__.co_firstlineno + 2)
        ]
    assert made.accel.compiled
    made = decorated(failing)
    made(numpy.ones(2), numpy.ones(2))
    with pytest.raises(ValueError, match="mismatch") as raised:
        made(numpy.ones(2), numpy.ones(3))
    assert [(entry.name, entry.lineno + 1) for entry in raised.traceback][-1] == ("failing", failing.__code__.co_firstlineno + 1)


def test_a_replaced_function_is_seen():
    space = {"numpy": numpy, "total": numpy.sum}
    exec(compile("def f(a):\n    return total(a)\n", __file__, "exec"), space)
    made = decorated(space["f"])
    assert made(numpy.arange(4.0)) == 6.0
    made.__globals__["total"] = numpy.prod
    assert made(numpy.arange(1.0, 5.0)) == 24.0
    made.__globals__["total"] = len
    assert made(numpy.arange(4.0)) == 4
