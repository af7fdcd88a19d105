"""A decorated function is the user's own object, whoever serves its calls."""

import copy
import dis
import functools
import gc
import inspect
import pickle
import sys
import warnings
import weakref
from types import FunctionType

import pytest

import accel
from accel.options import HOPELESS

pytestmark = pytest.mark.filterwarnings("ignore::accel.FallbackHint")


@pytest.fixture(autouse=True)
def fresh():
    HOPELESS.clear()


def area(width, height=2.0, *, scale=1):
    """Area of a rectangle."""
    return width * height * scale


def listed(x):
    return [x]


def twin(function):
    """The same function once more."""
    made = FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__)
    made.__kwdefaults__, made.__doc__ = function.__kwdefaults__, function.__doc__
    return made


def used(function, *arguments):
    """A decorated copy, called often enough to be compiled, or left to CPython for good."""
    made = accel.fn(twin(function))
    for _ in range(200):
        made(*arguments)
    return made


@pytest.mark.parametrize(("function", "compiled"), [(area, True), (listed, False)])
def test_it_is_the_function_itself(function, compiled):
    given = twin(function)
    made = accel.fn(given)
    assert made is given
    for _ in range(3):
        assert isinstance(made, FunctionType) and inspect.isfunction(made) and type(made).__name__ == "function"
        assert (made.__name__, made.__doc__, made.__module__) == (function.__name__, function.__doc__, __name__)
        assert (made.__qualname__, made.__code__, made.__globals__) == (function.__qualname__, function.__code__, globals())
        assert inspect.signature(made) == inspect.signature(function)
        assert repr(made).startswith(f"<function {function.__name__} at 0x")
        assert made(3.0) == function(3.0) == made(function.__code__.co_argcount and 3.0)
        for _ in range(100):
            made(3.0)
    assert made.accel.compiled is compiled and bool(made.accel.signatures) is compiled


def test_what_stays_in_cpython_is_a_plain_function_again():
    made = used(listed, 1)
    assert type(made) is FunctionType and made.accel.diagnostics
    made.accel.recompile()
    assert made(1) == [1] and not made.accel.signatures


def test_disabled_and_enabled_again():
    made = used(area, 1.5)
    made.accel.disable()
    assert type(made) is FunctionType and made(1.5) == 3.0
    made.accel.enable()
    assert made(1.5) == 3.0 and made.accel.signatures


def decorated_later(k):
    return k + 1


def test_call_sites_that_know_the_function_see_the_decorator():
    function = twin(decorated_later)
    function.__annotations__ = {"k": int}

    def caller():
        return function(k)

    k = 1
    for _ in range(100):  # the interpreter has specialised the call by now
        caller()
    accel.fn(function)
    k = "1"
    with pytest.raises(TypeError):
        caller()


class Row:
    def __init__(self, values):
        self.values = values

    def __getitem__(self, k):
        return self.values[k]

    @property
    def first(self):
        return self[0]


def test_special_methods_that_the_interpreter_knows():
    row, plain = Row([1, 2]), Row.__getitem__
    for _ in range(100):
        assert row[1] + row.first == 3
    Row.__getitem__ = accel.fn(twin(plain))
    Row.first = property(accel.fn(Row.first.fget))
    Row.__init__ = accel.fn(Row.__init__)
    for _ in range(100):
        assert row[1] + row.first == 3 and Row([4]).first == 4


@accel.fn
def by_name(x):
    return x * 2


def test_its_class_makes_functions():
    for made in (accel.fn(twin(area)), used(area, 1.5), used(listed, 1)):
        again = type(made)(made.__code__, globals(), "again", (3.0,), None)
        assert type(again) is FunctionType and again.__name__ == "again" and again.__defaults__ == (3.0,)


def test_pickle_and_copy():
    for _ in range(3):
        assert pickle.loads(pickle.dumps(by_name)) is by_name
        assert copy.copy(by_name) is by_name and copy.deepcopy([by_name])[0] is by_name
        by_name(2), by_name(2)


@pytest.mark.parametrize("function", [area, listed])
@pytest.mark.parametrize("calls", [0, 1, 200])
def test_it_dies_when_it_is_given_up(function, calls):
    made = accel.fn(twin(function))
    made.cycle = made
    for _ in range(calls):
        made(1.5)
    gone = weakref.ref(made)
    del made
    gc.collect()
    assert gone() is None or calls == 200  # what machine code refers to stays for good


def test_other_parts_are_noticed():
    made = used(area, 1.5)
    made.__defaults__ = (4.0,)
    assert made(1.5) == 6.0
    made.__kwdefaults__ = {"scale": 10}
    assert made(1.5) == 60.0
    made.__code__ = (lambda width, height, *, scale: (width, height, scale)).__code__
    assert made(1.5) == (1.5, 4.0, 10) == made(1.5)


def test_wrappers_around_it():
    made = used(area, 1.5)

    @functools.wraps(made)
    def wrapper(*arguments, **keywords):
        return made(*arguments, **keywords)

    assert wrapper(1.5, scale=2) == 6.0 and functools.partial(made, 1.5)(height=1.0) == 1.5
    assert list(map(made, [1.0, 2.0])) == [2.0, 4.0]
    assert functools.cache(made)(2.0) == 4.0 and wrapper.__wrapped__ is made


def down(n):
    return [n] if n == 0 else down(n - 1)


@pytest.mark.parametrize("calls", [0, 100])
def test_recursion_ends_as_in_cpython(calls, monkeypatch):
    made = accel.fn(twin(down))
    monkeypatch.setitem(globals(), "down", made)
    for _ in range(calls):
        made(1)
    assert made(100) == [0]
    with pytest.raises(RecursionError):
        made(sys.getrecursionlimit() + 10)


def test_decorating_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        accel.fn(twin(area))(2.0)


class Checked:
    @accel.fn
    def __init__(self, x: int):
        self.x = x


def test_annotations_of_init_are_enforced_at_call_sites_that_know_the_class():
    def make(x):
        return Checked(x)

    for k in range(100):
        assert make(k).x == k
    with pytest.raises(TypeError):
        make("1")


def test_calls_of_what_stays_in_cpython_are_specialised_again():
    def call_one():
        return one(1)

    def call_other():
        return other(1)

    one, other = twin(listed), accel.fn(twin(listed))
    for _ in range(200):
        call_one(), call_other()
    specialised = [
        {i.opname for i in dis.get_instructions(call, adaptive=True) if i.opname.startswith("CALL")} for call in (call_one, call_other)
    ]
    assert specialised[0] == specialised[1]
