"""Who serves a call: what is compiled when, by whom, how often, and what is left to CPython."""

import threading
from types import FunctionType

import numpy as np
import pytest

import accel
from accel import pipeline
from accel.dispatch import dispatcher
from accel.dispatch.dispatcher import MOST_ENTRIES, Dispatcher, find_dispatcher
from accel.errors import CompileError, Diagnostic
from accel.options import HOPELESS

pytestmark = pytest.mark.filterwarnings("ignore::accel.FallbackHint")


@pytest.fixture(autouse=True)
def fresh():
    HOPELESS.clear()


def add(a, b):
    return a + b


def looped(n):
    total = 0
    for i in range(n):
        total += i
    return total


def item(x):
    return x[0]


def made_of(function, **options):
    copy = FunctionType(function.__code__, globals(), function.__name__, function.__defaults__, function.__closure__)
    return accel.fn(copy, **options) if options else accel.fn(copy)


def served(function):
    """A function with a dispatcher of its own, and the signatures it has compiled for."""
    asked = []

    def compile_(function, signature, options):
        asked.append(str(signature))
        return pipeline.specialize(function, signature, options)

    made = FunctionType(function.__code__, globals(), function.__name__, function.__defaults__)
    owner = Dispatcher(made, accel.options.FnOptions(), compile_=compile_)
    owner.attach()
    return made, owner, asked


def test_a_function_without_loops_waits_for_its_second_call():
    made, owner, asked = served(add)
    assert made(1, 2) == 3 and asked == []
    assert made(1, 2) == 3 and asked == ["(int, int)"]
    assert made(1.5, 2) == 3.5 and asked == ["(int, int)", "(float, int)"]
    assert made(3, 4) == 7 and made(2.5, 4) == 6.5 and len(asked) == 2
    assert [str(e.signature) for e in owner.entries] == ["(float, int)", "(int, int)"]


def test_a_function_with_loops_is_compiled_at_once():
    made, _, asked = served(looped)
    assert made(5) == 10 and asked == ["(int)"]


def test_threads_that_come_first_compile_once_and_agree():
    made, owner, asked = served(looped)
    barrier, answers = threading.Barrier(8), []

    def call():
        barrier.wait()
        answers.append(made(1000))

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [looped(1000)] * 8 and asked == ["(int)"] and len(owner.entries) == 1


def test_specialisations_are_limited():
    made = made_of(item)
    made(np.zeros(1))
    dtypes = "bBhHiIlLqQefdFD"
    for ndim in (1, 2):
        for char in dtypes:
            assert np.all(made(np.ones((1,) * ndim, char)) == 1)
    assert len(made.accel.signatures) == MOST_ENTRIES
    assert made([7]) == 7 and made("x") == "x" and made(np.ones((1, 1, 1))).shape == (1, 1)
    assert len(made.accel.signatures) == MOST_ENTRIES


def test_what_can_not_be_compiled_is_left_alone():
    def listed(x):
        return [x]

    made = accel.fn(listed)
    for k in range(100):
        assert made(k) == [k]
    assert made.accel.counters["refused"] == 1 and made.accel.diagnostics and not made.accel.signatures


def test_only_other_arguments_are_left_to_cpython():
    made = made_of(item)
    for _ in range(3):
        made(np.arange(3.0))
    for argument, first in ([4], 4), ("abc", "a"), ({0: 5}, 5), (np.array(["s"]), "s"):
        for _ in range(20):
            assert made(argument) == first
    assert made.accel.compiled and made(np.arange(3.0)) == 0.0


def test_calls_that_do_not_fit_are_told_so_by_cpython():
    made = made_of(add)
    for _ in range(3):
        made(1, 2)
    for arguments, keywords in ((), {}), ((1,), {}), ((1, 2, 3), {}), ((1, 2), {"b": 3}), ((1,), {"c": 2}):
        with pytest.raises(TypeError) as ours:
            made(*arguments, **keywords)
        with pytest.raises(TypeError) as theirs:
            add(*arguments, **keywords)
        assert str(ours.value) == str(theirs.value)


def test_a_fault_of_the_compiler_is_no_fault_of_the_program(monkeypatch):
    monkeypatch.delenv("ACCEL_FAULTS", raising=False)

    def fails(function, signature, options):
        return pipeline.specialize(function, signature, 3)

    made = FunctionType(looped.__code__, globals(), "looped")
    hints = []
    owner = Dispatcher(made, accel.options.FnOptions(), compile_=fails, hint=lambda function, found: hints.append(found))
    owner.attach()
    assert [made(4) for _ in range(50)] == [6] * 50
    assert owner.counters["failed"] >= 1 and not owner.entries
    assert hints and all("AttributeError" in found[0].what and found[0].slug == "compiler-failure" for found in hints)


def test_strict_raises_what_is_wrong():
    def refuses(function, signature, options):
        raise CompileError((Diagnostic("no", "unsupported-call"),))

    made = FunctionType(looped.__code__, globals(), "looped")
    Dispatcher(made, accel.options.FnOptions(strict=True), compile_=refuses).attach()
    for _ in range(2):
        with pytest.raises(CompileError, match="no"):
            made(4)


def test_recompile_disable_and_enable():
    made, owner, asked = served(looped)
    made(3)
    owner.recompile()
    assert not owner.entries and made(3) == 3 and asked == ["(int)", "(int)"]
    owner.disable()
    assert made(4) == 6 and made(2.5 if owner.enabled else 5) == 10 and len(asked) == 2
    owner.enable()
    assert made(5) == 10 and len(asked) == 2 and len(owner.entries) == 1


def test_the_dispatcher_of_a_function():
    made = made_of(add)
    assert find_dispatcher(made) is made.accel._dispatcher and find_dispatcher(add) is None
    assert find_dispatcher(made).function is made


def test_what_was_watched_too_often_is_left_alone(monkeypatch):
    monkeypatch.setitem(globals(), "FACTOR", 1)

    def scaled(n):
        total = 0
        for i in range(n):
            total += i * FACTOR  # noqa: F821
        return total

    made = accel.fn(FunctionType(scaled.__code__, globals(), "scaled"))
    for factor in range(30):
        monkeypatch.setitem(globals(), "FACTOR", factor)
        assert made(4) == 6 * factor == made(4)
    assert 0 < made.accel.counters["renewed"] < 30


def test_small_and_looping_code():
    assert dispatcher._has_loop(looped.__code__) and not dispatcher._has_loop(add.__code__)
    assert dispatcher._is_small(add.__code__) and not dispatcher._is_small((lambda x: abs(x)).__code__)
    assert not dispatcher._is_small(looped.__code__)
