"""What callers see in place of a tuned function: its parameters, where calls go, and the machine code for what is decided."""

import inspect
import traceback

import numpy as np
import pytest

import accel
from accel import Comptime
from accel.dispatch.dispatcher import find_dispatcher
from accel.tuning.keys import Keyer
from accel.tuning.wrappers import Wrapper


def wrap(function, *searched):
    calls = []

    def decide(*args, **kwargs):
        calls.append(("decide", args, kwargs))
        return function(*args, **kwargs, **dict.fromkeys(searched, 1))

    def give(*args, **kwargs):
        calls.append(("give", args, kwargs))
        return function(*args, **{name: 1 if value is ... else value for name, value in kwargs.items()})

    return Wrapper(function, searched, decide, give), calls


def test_calls_go_where_they_belong():
    def f(a, b=2, *, tile, c=3, unroll=4):
        return a, b, c, tile, unroll

    wrapper, calls = wrap(f, "tile", "unroll")
    assert wrapper.function(10) == (10, 2, 3, 1, 1) and calls.pop() == ("decide", (10, 2), {"c": 3})
    assert wrapper.function(10, c=5, b=6) == (10, 6, 5, 1, 1) and calls.pop() == ("decide", (10, 6), {"c": 5})
    assert wrapper.function(10, tile=7, unroll=8) == (10, 2, 3, 7, 8) and calls == []
    assert wrapper.function(10, unroll=8) == (10, 2, 3, 1, 8) and calls.pop()[0] == "give"
    assert wrapper.positions == {"a": 0, "b": 1, "c": "c"}


SHAPES = {
    "def f(a, /, b, *, n): return a, b, n": ((1, 2), {}),
    "def f(a, b=5, /, *, n): return a, b, n": ((1,), {}),
    "def f(a=1, /, b=2, *c, d, e=3, n, **g): return a, b, c, d, e, n, g": ((9, 8, 7, 6), {"d": 5, "z": 4}),
    "def f(*c, n): return c, n": ((1, 2, 3), {}),
    "def f(*, d=4, n): return d, n": ((), {"d": 2}),
    "def f(*, n): return n": ((), {}),
    "def f(*, n, **g): return n, sorted(g)": ((), {"a": 1, "decide": 2, "_decide": 3}),
    "def f(_decide, _function, isinstance, *, n, _unset=None): return _decide, _function, isinstance, n, _unset": ((1, 2, 3), {"_unset": 4}),
    "def f(self, int, *, n): return self, int, n": ((1, 2), {}),
}


@pytest.mark.parametrize("text", SHAPES)
def test_parameters_of_every_shape(text):
    space = {}
    exec(compile(text, f"<shape {len(text)}>", "exec"), space)
    args, kwargs = SHAPES[text]
    wrapper, calls = wrap(space["f"], "n")
    assert wrapper.function(*args, **kwargs) == space["f"](*args, **kwargs, n=1) and calls[0][0] == "decide"
    assert wrapper.function(*args, **kwargs, n=7) == space["f"](*args, **kwargs, n=7)
    with pytest.raises(TypeError, match="f\\(\\) .*argument"):
        wrapper.function(*args, 1, 2, 3, 4, **kwargs, n=7, m=8) if "**" not in text else wrapper.function(*args, **kwargs, n=7, _a=1, **{"n": 1})
    assert str(inspect.signature(wrapper.function)) == str(inspect.signature(space["f"]))


def test_names_and_documentation():
    def documented(x, *, n=1):
        """Does it."""

    wrapper, _ = wrap(documented, "n")
    f = wrapper.function
    assert (f.__name__, f.__qualname__, f.__doc__, f.__module__, f.__wrapped__) == (
        "documented", "test_names_and_documentation.<locals>.documented", "Does it.", __name__, documented)  # fmt: skip


def test_what_accel_tells_is_told_of_the_function_behind():
    wrapper, _ = wrap(scaled, "factor", "tile")
    assert wrapper.function.accel is scaled.accel
    assert wrapper.function.accel.function is scaled
    f, _ = decided({KEY: {"factor": 2, "tile": 5}})
    for _ in range(3):
        f(np.ones(1000), np.zeros(1000))
    assert find_dispatcher(f).entries and f.accel is scaled.accel, "its own dispatcher is nobody's business"
    assert scaled.accel.name in f.accel.explain()


def test_what_is_not_decorated_has_nothing_to_tell():
    wrapper, calls = wrap(lambda x, *, n=1: x * n, "n")
    assert not hasattr(wrapper.function, "accel")
    assert wrapper.function(3, n=2) == 6 and wrapper.function.__name__ == "<lambda>"


@accel.fn
def scaled(x, out, *, factor: Comptime[int] = 1, tile: Comptime[int] = 8):
    for i in range(len(x)):
        out[i] = x[i] * factor + tile


KEY = (("float64", 10), ("float64", 10))


def decided(decisions, function=scaled, parts=("shape", "dtype"), searched=("factor", "tile")):
    wrapper, calls = wrap(function, *searched)
    for _ in range(3):
        function(np.ones(5), np.ones(5), **dict.fromkeys(searched, 3))
    assert function.accel.compiled
    assert wrapper.compile(decisions, parts)
    return wrapper.function, calls


def test_decided_calls_are_answered_by_machine_code():
    f, calls = decided({KEY: {"factor": 2, "tile": 5}, (("float32", 3), ("float64", 3)): {"factor": 3, "tile": 7}})
    x, out = np.arange(1000.0), np.zeros(1000)
    for _ in range(5):
        f(x, out)
        assert out.tolist() == [2.0 * v + 5 for v in range(1000)]
    assert calls == [] and find_dispatcher(f).entries
    small = np.arange(8, dtype=np.float32)
    for _ in range(5):
        f(small, out[:8])
        assert out[:8].tolist() == [3.0 * v + 7 for v in range(8)]
    assert calls == []


def test_other_calls_are_answered_as_before():
    f, calls = decided({KEY: {"factor": 2, "tile": 5}})
    x, out = np.arange(1000.0), np.zeros(1000)
    for _ in range(4):
        f(x, out)
    odd = (
        (np.arange(300.0), np.zeros(300)), (np.arange(1000.0), np.zeros(5000)), (np.arange(1000, dtype=np.float32), np.zeros(1000)),
        (list(range(1000)), np.zeros(1000)), (np.arange(1000.0), [0.0] * 1000),
    )  # fmt: skip
    for given in odd:
        for count in range(1, 5):
            f(*given)
            assert list(given[1][:3]) == [1.0, 2.0, 3.0] and len(calls) == count
        calls.clear()
    f(x, out, factor=4, tile=0)
    assert out[2] == 8.0 and calls == []
    f(x, out, factor=4)
    assert out[2] == 9.0 and calls.pop()[0] == "give"
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'out'"):
        f(x)


@accel.fn
def copied(a, out, *, factor: Comptime[int] = 1):
    for i in range(a.shape[0]):
        out[i, 0] = a[i, 0] * factor


def test_tests_of_rows_agree_with_keys():
    parts = "shape", "dtype"
    far, near = np.zeros((64, 512)), np.zeros((64, 513))
    arrays = {
        "4096": far, "2048": np.zeros((64, 256)), "apart": near, "a part": near[:, :512], "3 * 2048": np.zeros((64, 768)), "backwards": far[::-1],
        "all one": np.lib.stride_tricks.as_strided(np.zeros(512), (64, 512), (0, 8)), "few": np.zeros((8, 512)),
    }  # fmt: skip
    keyer = Keyer(parts, {"a": 0, "out": 1})
    keys = {keyer.find((array, near), {}) for array in arrays.values()}
    assert len(keys) > 3
    for key in keys:
        wrapper, calls = wrap(copied, "factor")
        copied(near, near.copy(), factor=1)
        assert wrapper.compile({key: {"factor": 1}}, parts)
        for name, array in arrays.items():
            del calls[:]
            wrapper.function(array, near)
            wrapper.function(array, near)
            assert (calls == []) == (keyer.find((array, near), {}) == key), (name, key)


def test_what_the_function_raises_comes_out():
    f, _ = decided({KEY: {"factor": 2, "tile": 5}})
    for _ in range(4):
        with pytest.raises(IndexError, match="index 800 is out of bounds") as raised:
            f(np.arange(1000.0), np.zeros(800))
        assert traceback.extract_tb(raised.tb)[-1].line == "out[i] = x[i] * factor + tile"


def test_a_new_decision_counts_at_once():
    f, calls = decided({KEY: {"factor": 2, "tile": 5}})
    x, out = np.arange(1000.0), np.zeros(1000)
    for _ in range(4):
        f(x, out)
    wrapper, calls = wrap(scaled, "factor", "tile")
    assert wrapper.compile({KEY: {"factor": 2, "tile": 5}}, ("shape", "dtype"))
    for factor in (2, 4, 5):
        assert wrapper.compile({KEY: {"factor": factor, "tile": 0}}, ("shape", "dtype"))
        for _ in range(3):
            wrapper.function(x, out)
            assert out[3] == 3.0 * factor
    wrapper.reset()
    wrapper.function(x, out)
    assert out[3] == 4.0 and len(calls) == 1


def test_keys_of_values_and_of_scalars():
    @accel.fn
    def power(x, n, flag, *, step: Comptime[int] = 1):
        total = 0.0
        for i in range(0, n, step):
            total += x * i
        return (total, flag, step)

    wrapper, calls = wrap(power, "step")
    for _ in range(3):
        power(2.0, 10, None, step=2)
    key = (("float",), ("int",), ("NoneType",), ("value", 3))
    assert wrapper.compile({key: {"step": 5}}, ("shape", "dtype", "n"))
    for _ in range(4):
        assert wrapper.function(2.0, 9, None)[2] == 5 and wrapper.function(2.0, 11, None)[2] == 5 and calls == []
    assert wrapper.function(2.0, 12, None)[2] == 1 and len(calls) == 1
    assert wrapper.function(2, 9, None)[2] == 1 and wrapper.function(2.0, 9, True)[2] == 1


@pytest.mark.parametrize(
    "key, parts",
    [((("float64", 10), ("float64", 10), ("threads", 1)), ("shape", "dtype", "threads")), ((("list", 3), ("list", 3)), ("shape", "dtype")),
     (((">f8", 3), ("float64", 3)), ("shape", "dtype")), ((("value", "fast"),), ("x",))],
)  # fmt: skip
def test_keys_that_machine_code_does_not_ask_for(key, parts):
    wrapper, _ = wrap(scaled, "factor", "tile")
    scaled(np.ones(5), np.ones(5), factor=3)
    assert not wrapper.compile({key: {"factor": 2, "tile": 5}}, parts)


def test_functions_that_are_not_compiled_have_no_machine_code():
    def plain(x, *, n=1):
        return x

    wrapper, _ = wrap(plain, "n")
    assert not wrapper.compile({(("int",),): {"n": 1}}, ("shape", "dtype"))
