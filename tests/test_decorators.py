"""`fn`: what it takes, what it gives back, what it refuses."""

import functools
import inspect
import os
import subprocess
import sys
import warnings

import pytest

import accel
from accel import decorators


def add(a, b):
    return a + b


def make(function=add):
    """A new function object with the code of another."""
    return type(function)(function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__)


def test_bare_and_with_options():
    bare, called, strict = accel.fn(make()), accel.fn(cache=True)(make()), accel.fn(strict=True)(make())
    assert bare(1, 2) == called(1, 2) == strict(1, 2) == 3
    assert strict.accel.options.strict and not bare.accel.options.strict
    assert strict.accel.compiled and strict.accel.function is strict
    assert accel.fn()(make())(1, 2) == accel.fn(make(), strict=True)(1, 2) == 3


def test_twice_is_once():
    once = accel.fn(make())
    assert accel.fn(once) is once and accel.fn(strict=True)(once) is once


def test_wraps_of_a_decorated_function_is_another_function():
    inner = accel.fn(make())

    @accel.fn
    @functools.wraps(inner)
    def outer(a, b):
        return inner(a, b) + 1

    assert outer(1, 2) == 4 and outer.accel.function is outer and inner.accel.function is inner


def test_methods_either_way_round():
    class Scale:
        factor = 3

        @accel.fn
        def method(self, x):
            return self.factor * x

        @staticmethod
        @accel.fn
        def static(x):
            return 2 * x

        @accel.fn
        @staticmethod
        def static_below(x):
            return 2 * x

        @classmethod
        @accel.fn
        def named(cls, x):
            return cls.__name__, x

        @accel.fn
        @classmethod
        def named_below(cls, x):
            return cls.__name__, x

    for _ in range(12):
        assert Scale().method(2) == 6 and Scale.method(Scale(), 2) == 6
        assert Scale.static(2) == Scale.static_below(2) == Scale().static(2) == 4
        assert Scale.named(1) == Scale.named_below(1) == Scale().named(1) == ("Scale", 1)


@pytest.mark.parametrize("outside", [True, False])
def test_functools_cache(outside):
    def square(n):
        return n * n

    if outside:
        cached = functools.cache(accel.fn(square))
    else:
        with pytest.warns(accel.FallbackHint, match="is left as it is: put `@fn` below"):
            cached = accel.fn(functools.cache(square))
    assert cached(12) == cached(12) == 144 and cached.cache_info().hits == 1


def test_lambdas_and_closures():
    factor = 3
    tripled = accel.fn(lambda x: factor * x)
    assert [tripled(2) for _ in range(12)] == [6] * 12
    factor = 4
    assert tripled(2) == 8


@pytest.mark.parametrize(
    ("given", "what"),
    [(int, "`int` is a class"), (len, "`len` is an object of class builtin_function_or_method"), (3, "`3` is an object of class int"),
     (None, "`None` is an object of class NoneType"), ("x", "`'x'` is an object of class str"), (accel, "is an object of class module")],
)  # fmt: skip
def test_what_is_no_function_is_refused(given, what):
    with pytest.raises(accel.DecorationError, match=what):
        accel.fn(given)
    with pytest.raises(accel.DecorationError, match=what):
        accel.fn(strict=True)(given)


def test_unknown_option():
    with pytest.raises(accel.OptionError, match=r"`fn` has no option `fast`"):
        accel.fn(fast=True)


def test_generators_and_coroutines_stay_what_they_are():
    @accel.fn
    def numbers(n):
        yield from range(n)

    @accel.fn
    async def later(x):
        return x

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert list(numbers(3)) == [0, 1, 2]
    assert inspect.isgeneratorfunction(numbers) and inspect.iscoroutinefunction(later)
    with pytest.raises(accel.CompileError, match=r"it is a generator \[generator\]"):
        accel.fn(strict=True)(lambda: (yield))


def test_annotated_generator_is_enforced():
    @accel.fn
    def numbers(n: int):
        yield from range(n)

    assert list(numbers(3)) == [0, 1, 2] and inspect.isgeneratorfunction(numbers)
    with pytest.raises(TypeError, match="numbers` takes int for `n`, got str"):
        numbers("3")


@pytest.mark.parametrize("options", [{}, {"debug": True}, {"strict": True}])
def test_annotations_are_enforced(options):
    def area(width: float, height: "float" = 2.0, *, scale: int = 1, label: object = None) -> float:
        return width * height * scale

    decorated = accel.fn(**options)(area) if options else accel.fn(area)
    for _ in range(12):
        assert decorated(3.0) == 6.0 and decorated(3) == 6.0 and decorated(3.0, scale=True) == 6.0
        for arguments, keywords, name in [(("3",), {}, "width"), ((3.0, None), {}, "height"), ((3.0,), {"scale": 1.5}, "scale")]:
            with pytest.raises(TypeError, match=f"for `{name}`, got"):
                decorated(*arguments, **keywords)


def test_fallback_gives_one_hint_and_the_same_answer():
    @accel.fn
    def squares(n):
        return [i * i for i in range(n)]

    with pytest.warns(accel.FallbackHint, match=r"cannot compile `.*squares`: list comprehensions \[unsupported-expression\]") as caught:
        assert [squares(3) for _ in range(20)] == [[0, 1, 4]] * 20
    assert len(caught) == 1 and caught[0].filename == __file__


def test_hints_never_raise_and_can_be_silenced(monkeypatch):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert accel.fn(lambda n: [n])(1) == [1]
    monkeypatch.setenv("ACCEL_HINTS", "0")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        listed = accel.fn(lambda n: [n, n])
        assert [listed(1) for _ in range(20)] == [[1, 1]] * 20
    assert caught == []


def test_strict_raises_all_faults_at_once():
    @accel.fn(strict=True)
    def several(n):
        a = {n: 1}
        b = [n]
        return a, b

    with pytest.raises(accel.CompileError, match="dicts") as caught:
        several(1)
    assert len(caught.value.diagnostics) == 2
    assert [d.line for d in caught.value.diagnostics] == [several.__code__.co_firstlineno + k for k in (2, 3)]


def test_debug_and_switches(monkeypatch):
    function = make()
    assert accel.fn(debug=True)(function) is function
    monkeypatch.setenv("ACCEL_DEBUG", "1")
    assert accel.fn(function) is function
    monkeypatch.delenv("ACCEL_DEBUG")
    monkeypatch.setenv("ACCEL", "0")
    assert accel.fn(function) is function


def test_disabled():
    def total(n):
        s = 0
        for i in range(n):
            s += i
        return s

    decorated = accel.fn(total)
    with accel.disabled():
        assert decorated(10) == 45
        assert not decorated.accel.compiled
    assert decorated(10) == 45
    assert decorated.accel.compiled


def test_compiled_after_a_tracer_has_gone():
    def total(n):
        s = 0
        for i in range(n):
            s += i
        return s

    decorated = accel.fn(total)
    sys.settrace(lambda *event: None)
    sys.settrace(None)
    assert decorated(10) == 45
    assert decorated.accel.compiled


def test_inspection():
    @accel.fn
    def total(n):
        s = 0
        for i in range(n):
            s += i
        return s

    assert total(10) == 45
    inspection = total.accel
    assert list(map(str, inspection.signatures)) == ["(int)"] and inspection.counters["compiled"] == 1
    assert "(int) -> int" in inspection.explain()
    assert "define" in inspection.llvm() and "ret" in inspection.assembler()
    inspection.disable()
    assert total(10) == 45
    inspection.enable()
    inspection.recompile()
    assert inspection.signatures == () and total(11) == 55 and total.accel.compiled


def test_unknown_interpreter_is_said_once(monkeypatch):
    monkeypatch.setattr(decorators, "_said", [])
    monkeypatch.setattr(sys, "version_info", (3, 99, 0))
    function = make()
    with pytest.warns(accel.FallbackHint, match="accel does not know") as caught:
        assert accel.fn(function) is function
        assert accel.fn(make()) is not None
    assert len(caught) == 1


def test_plain_process():
    program = "import accel\n@accel.fn\ndef f(x): return x\nassert 'accel' not in f.__dict__ and f(1) == 1"
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, "ACCEL": "0"})
