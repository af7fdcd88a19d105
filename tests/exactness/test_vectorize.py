"""`@vectorize`: what the loop `out[i] = f(a[i], b[i])` gives, raises and warns, for every dtype and layout."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys
import threading
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import accel
from accel import vectorize

DTYPES = "?bBhHiIlLqQefdFD"
EDGES = [0, 1, -1, 2, 3, 7, -7, 100, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63), 0.5, -2.5, 1e300, -1e-300, math.inf, -math.inf, math.nan, 3 + 2j]


def column(char: str, count: int = 24) -> np.ndarray:
    """Elements of a dtype, edges among them."""
    dtype = np.dtype(char)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        wide = np.array([complex(x) for x in EDGES]) if dtype.kind == "c" else np.array([x for x in EDGES if not isinstance(x, complex)], object)
        if dtype.kind in "iub":
            wide = np.array([int(x) % 2 ** (8 * dtype.itemsize) if isinstance(x, int) else 5 for x in wide], object)
            made = np.array([int(x) for x in wide], np.uint64).astype(dtype.str.replace("i", "u") if dtype.kind == "i" else dtype).view(dtype)
        else:
            made = wide.astype(dtype)
    return np.resize(made, count)


def by_hand(function: Callable[..., Any], *arrays: np.ndarray) -> list[Any]:
    """What the loop in CPython gives: (results, "") up to where it raises, then the exception."""
    found: list[Any] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for elements in zip(*arrays, strict=True):
            try:
                found.append(function(*elements))
            except Exception as error:
                return [type(error).__name__, str(error)]
    return found


def same(got: Any, want: Any) -> bool:
    """Equal bits, but for the payload of NaN."""
    a, b = np.asarray(got), np.asarray(want).astype(np.asarray(got).dtype)
    if a.dtype.kind in "fc":
        numbers = a.view(a.real.dtype), b.view(b.real.dtype)
        return bool(np.all((np.isnan(numbers[0]) & np.isnan(numbers[1])) | ((numbers[0] == numbers[1]) & (np.signbit(numbers[0]) == np.signbit(numbers[1])))))
    return bool(np.array_equal(a, b))


def agree(function: Callable[..., Any], *arrays: np.ndarray, compiled: bool = True) -> Any:
    """Fail unless the ufunc gives what the loop gives."""
    twin = types.FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__)
    twin.__annotations__ = dict(function.__annotations__)
    made = vectorize(twin)
    want = by_hand(function, *arrays)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            got = made(*arrays)
        except Exception as error:
            assert [type(error).__name__, str(error)] == want
            return made
    columns = list(zip(*want, strict=True)) if made.nout > 1 else [want]
    for part, expected in zip(got if made.nout > 1 else [got], columns, strict=True):
        assert same(part, expected), f"{function.__name__}({', '.join(str(a.dtype) for a in arrays)}): {part} {expected}"
    assert made.accel.compiled or not compiled
    return made


def total(a, b):
    return a + b * 2


def ratio(a, b):
    return a / b


def floor(a, b):
    return a // b - a % b


def steps(x):
    n = 0
    while x != 1 and n < 50:
        x = x // 2 if x % 2 == 0 else 3 * x + 1
        n += 1
    return n


def pieces(x):
    if x < 0:
        return -1.0
    for k in range(4):
        if x < k:
            return x * k
        if k == 3:
            break
    else:
        return 0.5
    return 9


def both(a, b):
    return a - b, a > b


def trigonometry(x):
    return math.sin(x) * np.sqrt(x) if x > 0 else math.exp(x)


def waves(x):
    return np.spacing(x) + 1


@pytest.mark.parametrize("char", DTYPES)
def test_arithmetic_of_every_dtype(char: str) -> None:
    a, b = column(char), column(char)[::-1]
    agree(total, a, b)
    if char not in "?":
        agree(ratio, a, b)
    if char not in "?FD":
        agree(floor, a, b)


@pytest.mark.parametrize("chars", ["id", "bl", "fl", "Bf", "Dl", "eH", "?d", "qL"])
def test_dtypes_together(chars: str) -> None:
    agree(total, column(chars[0]), column(chars[1]))
    agree(both, column(chars[0]).real, column(chars[1]).real)


@pytest.mark.parametrize("char", "lhdf")
def test_control_flow(char: str) -> None:
    values = np.arange(1, 40).astype(char)
    agree(steps, values)
    agree(pieces, values - 5)
    agree(trigonometry, (values - 20) / 4)
    assert agree(waves, values, compiled=False)(values).dtype == np.spacing(values).dtype


def annotated(n: int, x: float) -> float:
    return n * n + 1 / x


def test_annotated_parameters_are_numbers_of_python() -> None:
    want = [annotated(int(n), float(x)) for n, x in zip([3, -4], [0.5, 2.0], strict=True)]
    made = vectorize(annotated)
    assert made(np.array([3, -4]), np.array([0.5, 2.0])).tolist() == want and made.accel.compiled
    assert made(np.array([3, -4], np.int8), np.array([0.5, 2.0], np.float32)).tolist() == want
    with pytest.raises(ZeroDivisionError):
        made(np.array([3]), np.array([0.0]))
    with pytest.raises(TypeError, match="takes int for `n`"):
        made(np.array([1.5]), np.array([1.0]))
    assert made(np.array([2**62]), 1.0).tolist() == [float(2**124 + 1)]


def test_results_beyond_their_array_raise() -> None:
    cube = vectorize(_cube)
    assert cube(np.array([-3, 2])).tolist() == [-27, 8]
    for n in (2**30, 2**62):
        with pytest.raises(OverflowError):
            cube(np.array([1, n]))
    with pytest.raises(OverflowError):
        cube(np.array([2**63], np.uint64))


def _cube(n: int) -> int:
    return n * n * n


def _hash(x):
    for _ in range(3):
        x = (x ^ (x >> 7)) * 73856093 - abs(x)
    return -x


def test_numpy_scalars_wrap_and_warn() -> None:
    add, inverse = vectorize(lambda a, b: a + b), vectorize(lambda x: 1 / x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # integers wrap silently, as in NumPy's own ufuncs
        assert add(np.array([2**63 - 1]), 1).tolist() == [-(2**63)]
        hashed = vectorize(_hash)(np.arange(1000, dtype=np.uint32))
    with np.errstate(over="ignore"):
        assert hashed.tolist() == [int(_hash(x)) for x in np.arange(1000, dtype=np.uint32)]
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        assert inverse(np.array([1.0, 0.0, 2.0])).tolist() == [1.0, math.inf, 0.5]
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        inverse(np.array([1.0, 0.0]))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert inverse(np.array([0.0])).tolist() == [math.inf]


def raising(x):
    if x == 700:
        raise ValueError(f"not {x}")
    return x + 1


@pytest.mark.parametrize("count", [701, 5000])
def test_an_element_that_raises(count: int) -> None:
    out = np.zeros(count)
    with pytest.raises(ValueError, match=r"not 700\.0"):
        vectorize(raising)(np.arange(float(count)), out=out)
    assert out[:700].tolist() == [x + 1 for x in range(700)] and not out[700:].any()


FACTOR: Any = 3.0


def scaled(x):
    return x * FACTOR


def test_globals_are_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    made, values = vectorize(scaled), np.arange(1000.0)
    for factor in (3.0, 2, 0.5, 3.0):
        monkeypatch.setitem(globals(), "FACTOR", factor)
        assert np.array_equal(made(values), values * factor)
    monkeypatch.setitem(globals(), "FACTOR", "text")
    with pytest.raises(TypeError):
        made(values)
    assert made.accel.counters["plain"] < 10


def test_a_value_that_lies_where_another_lay(monkeypatch: pytest.MonkeyPatch) -> None:
    made, values = vectorize(scaled), np.arange(100.0)
    monkeypatch.setitem(globals(), "FACTOR", 0.0)
    for k in range(50):
        globals()["FACTOR"] = k * 1.5 + 0.25  # the one before is freed
        found = made(values)
        assert np.array_equal(found, values * (k * 1.5 + 0.25))


def test_a_global_bound_anew_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    def changing(x):
        if x == 5:
            globals()["FACTOR"] = 10.0
        return scaled(x)

    monkeypatch.setitem(globals(), "FACTOR", 1.0)
    want = by_hand(changing, np.arange(9.0))
    monkeypatch.setitem(globals(), "FACTOR", 1.0)
    assert vectorize(changing)(np.arange(9.0)).tolist() == want


def down(n):
    return 0 if n <= 0 else 1 + down(n - 1)


def test_recursion() -> None:
    agree(down, np.array([0, 3, 200]))
    with pytest.raises(RecursionError):
        vectorize(down)(np.array([3, 10**6]))


def test_it_is_a_ufunc() -> None:
    add = vectorize(lambda a, b: a + b)
    x = np.arange(24.0).reshape(4, 6)
    assert isinstance(add, np.ufunc) and (add.nin, add.nout) == (2, 1)
    for v in (x[::-2, ::3], np.asfortranarray(x), x[:0], x[0, 0], x.T[1:5:2], x.astype(">f8"), np.broadcast_to(x[0], (3, 6))):
        assert np.array_equal(add(v, v), v + v)
    assert np.array_equal(add(x[:, :1], x[0]), x[:, :1] + x[0])
    out = np.full_like(x, -1.0)
    assert add(x, 1, out=out, where=x > 5) is out and np.array_equal(out, np.where(x > 5, x + 1, -1.0))
    assert add.reduce(x, axis=1).tolist() == x.sum(axis=1).tolist()
    assert np.array_equal(add.accumulate(x, axis=1), np.add.accumulate(x, axis=1))
    assert np.array_equal(add.outer(x[0], x[1]), np.add.outer(x[0], x[1]))
    assert add.reduceat(np.arange(8), [0, 3, 5]).tolist() == [3, 7, 18]
    at = np.zeros(4)
    add.at(at, [0, 0, 1], 1.5)
    assert at.tolist() == [3.0, 1.5, 0.0, 0.0]
    v = np.arange(9.0)
    add(v[:-1], v[1:], out=v[1:])
    assert np.array_equal(v[1:], np.arange(8.0) + np.arange(1.0, 9.0))


def test_bad_calls() -> None:
    add = vectorize(lambda a, b: a + b)
    x = np.ones(3)
    for call, error in (
        (lambda: add(x, np.ones(4)), ValueError), (lambda: add(x), TypeError), (lambda: add(x, x, out=np.ones(2)), ValueError),
        (lambda: add(x, x, out=np.broadcast_to(0.0, 3)), ValueError), (lambda: add(np.array(["a"]), x), TypeError),
        (lambda: add(np.array(["2020"], "M8[Y]"), x), TypeError), (lambda: add(x.astype("g"), x), TypeError),
        (lambda: add(np.array([1, "a"], object), 1), TypeError), (lambda: add.reduce(np.ones(0)), ValueError),
        (lambda: add(x, x, dtype="i8"), TypeError), (lambda: add(x, 10**400), OverflowError),
    ):  # fmt: skip
        with pytest.raises(error):
            call()
    assert add(np.array([1, 2.5], object), 1).tolist() == [2, 3.5]


def test_dtypes_asked_for() -> None:
    add = vectorize(lambda a, b: a + b)
    assert add(np.ones(2), 1, dtype=np.float32).dtype == np.float32
    assert add(np.ones(2), 1, dtype="i8", casting="unsafe").dtype == np.int64
    assert add(np.ones(2, "i4"), 1, signature="dd->d").dtype == np.float64
    assert add(np.ones(2, "f4"), 2).dtype == np.float32 and add(np.ones(2, "u1"), 2).dtype == np.uint8
    assert add(np.ones(2, "f4"), np.float64(2)).dtype == np.float64 and add(1, 2.5) == 3.5 and isinstance(add(1, 2.5), float)
    assert add([1, 2], 3).tolist() == [4, 5]


def test_identity() -> None:
    add = vectorize(identity=0)(lambda a, b: a + b)
    assert add.reduce(np.ones(0)) == 0.0 and add.reduce(np.arange(4), where=[True, False, True, False]) == 2
    assert add.reduce(np.ones((0, 3), "i4"), axis=0).dtype == np.int32
    with pytest.raises(ValueError, match="convert"):
        vectorize(identity="x")(lambda a, b: a + b).reduce(np.ones(0))


def in_cpython(x):
    found = [x]
    return found[0] * 2


def declared(x) -> float:
    found = [x]
    return found[0] * 2


def test_what_is_not_compiled_is_still_a_ufunc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCEL_HINTS", "1")
    with pytest.warns(accel.FallbackHint, match="in_cpython"):
        made = vectorize(in_cpython)(np.arange(3))
    assert made.dtype == object and made.tolist() == [0, 2, 4]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert vectorize(declared)(np.arange(3)).tolist() == [0.0, 2.0, 4.0]
        assert vectorize(declared)(np.arange(3)).dtype == np.float64
    with pytest.raises(accel.CompileError):
        vectorize(strict=True)(in_cpython)(np.arange(3))


@vectorize
def pickled(a):
    return a


def test_identity_of_the_object() -> None:
    assert pickle.loads(pickle.dumps(pickled)) is pickled
    assert vectorize(pickled) is pickled and pickled.__name__ == "pickled"
    assert pickled.__wrapped__(3) == 3 and pickled.__module__ == __name__


def test_explain_names_loops() -> None:
    made = vectorize(total)
    made(np.ones(2), 1)
    assert "dd->d  compiled" in made.accel.explain() and made.accel.types == ("dd->d",)


@pytest.mark.parametrize("bad", [3, int, len, lambda *a: 1, lambda: 1, lambda a, *, k=1: a, lambda **k: 1, (lambda a: (yield a))])
def test_what_can_not_be_a_ufunc(bad: Any) -> None:
    with pytest.raises(accel.DecorationError):
        vectorize(bad)


def test_disabled_runs_the_function_itself() -> None:
    made = vectorize(total)
    for values in (np.ones(5), np.ones(500)):
        made(values, 1)
        before = made.accel.counters["plain"]
        with accel.disabled():
            assert np.array_equal(made(values, 1), values + 2)
        assert made.accel.counters["plain"] == before + len(values)


def test_wrong_options() -> None:
    for options in ({"strict": 1}, {"cache": None}, {"lanes": 4}):
        with pytest.raises(accel.OptionError):
            vectorize(**options)


def test_threads_make_one_loop() -> None:
    made, found = vectorize(lambda a, b, c: a * b + c), []
    threads = [threading.Thread(target=lambda: found.append(made(np.ones(3000), 2, np.ones(3000)).sum())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [9000.0] * 8 and made.accel.counters["compiled"] + made.accel.counters["loaded"] == 1


_WARM = """
import sys, warnings, numpy
from accel import vectorize
@vectorize
def f(x):
    n = 0
    while x < 100.0:
        x, n = x * 2.0, n + 1
    return n
made = f(numpy.array([1.0, 60.0]))
print(made.tolist(), made.dtype, f.accel.counters["loaded"], "llvmlite" in sys.modules)
"""


def test_a_warm_process_needs_no_compiler(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCEL_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    (tmp_path / "program.py").write_text(_WARM)
    runs = [subprocess.run([sys.executable, str(tmp_path / "program.py")], capture_output=True, text=True, check=True).stdout for _ in range(2)]
    assert runs == ["[7, 1] int64 0 True\n", "[7, 1] int64 1 False\n"]
    monkeypatch.setenv("ACCEL", "0")
    plain = subprocess.run([sys.executable, str(tmp_path / "program.py")], capture_output=True, text=True, check=True).stdout
    assert plain == "[7, 1] int64 0 False\n"
