"""What is known while compiling: the same answers as with accel off, and machine code for each value."""

import dataclasses
import math
import subprocess
import sys

import numpy
import pytest

import accel
from accel import Comptime, comptime, comptime_assert, tile, unroll
from tests.exactness.agreement import agree_with_disabled

SCALE = 3
TABLE = (1.0, -2.0, 0.5)


def table(count):
    return numpy.sin(numpy.arange(count))


def failing(count):
    return [1, 2][count]


@accel.fn
def power(x: float, *, n: Comptime[int] = 3) -> float:
    result = 1.0
    for _ in comptime(range(n)):
        result *= x
    return result


def powers(x):
    return power(x, n=4), power(x), power(x, n=0)


def polynomial(x):
    y = 0.0
    for k, c in comptime(enumerate(TABLE)):
        y = y * x + c * (k + 1)
    return y, k, c


def convolved(x, out):
    w = comptime(table(5))
    for i in range(len(out)):
        s = 0.0
        for k in comptime(range(5)):
            s += w[k] * x[i + k]
        out[i] = s
    return out.sum()


def skipped(n):
    s = 0
    for i in range(n):
        for k in comptime((1, 2, 3)):
            if i % k == 1:
                continue
            s += i * k
        else:
            s += 1
    return s, k


def nested(n):
    s = 0
    for i in comptime(range(3)):
        for j in comptime(range(i + 1)):
            s = s * 3 + (i * 10 + j if comptime(j % 2 == 0) else n)
    return s


def early(x):
    for k in comptime(range(4)):
        if x < k:
            return k
    return -1


def scaled(x):
    return x * comptime(SCALE * 2) + comptime(math.sqrt(2.0)) + comptime(-1)


def kept(x):
    if comptime(SCALE > 2):
        y = x + 1
    else:
        y = [x, undefined]  # noqa: F821
    return y


def asserted(x):
    comptime_assert(SCALE == 3, "three")
    return x + 1


def bound_inside(n):
    s = 0
    for i in comptime(range(3)):
        i = i * n
        s += i
    return s, i


def functions(x):
    s = 0.0
    for f in comptime((math.sin, math.cos, abs)):
        s += f(x)
    return s


def inner(x):
    total = 0.0
    for k in comptime(range(3)):
        total += (lambda v: v * k)(x)  # noqa: B023
    return total


def tiled(n, m):
    t = 0
    for ii, jj in tile((n, m), (4, 8)):
        for i in ii:
            for j in jj:
                if (i + j) % 3 == 0:
                    continue
                t = (t * 3 + i * 10 + j) % 1000003
    return t


def tiles_left(n, m):
    for ii, jj in tile((n, m), (4, 8)):
        if 5 in ii:
            break
    return ii, jj


def unrolled(n, start):
    s, i = 0, -7
    for i in unroll(range(n), 4):
        if i % 5 == 2:
            continue
        s = (s * 3 + i) % 1000003
    for j in unroll(range(start, n), 3):
        s = (s + j * j) % 1000003
    for j in unroll(range(n, start, -1), 3):
        s += j
    return s, i


def unrolled_wrongly(n):
    s = 0
    for i in unroll(range(n), 100):
        s += i
    return s


def unrolled_arrays(a):
    s = 0.0
    for v in unroll(a, 4):
        s += v
    return s


def written_tuples(x, n):
    t = tuple(x * k + n for k in comptime(range(4)))
    u = tuple([a * b for a, b in comptime(((1, 2.0), (3, 4.0)))])
    return t, u, t[n]


t, buffer = "global", numpy.zeros(3)


def unbound(x):
    if comptime(SCALE < 0):
        t = x
    return t


def after_return(x):
    if x < 0:
        return t
    if comptime(True):
        return x
    t = 1
    return t


def written(x):
    w = comptime(table(3))
    w[0] = x
    return w


def changeable(x):
    v = comptime([1, 2])
    v.append(x)
    return v


def given_on(x):
    s = 0
    for k in comptime(range(2)):
        s += len(listed(x, more=[k]))
    return s


def listed(x, more):
    more.append(x)
    return more


def uneven(x):
    if x < 0:
        return tuple([a + b for a, b in comptime(((1, 2), range(5, 7)))]), x
    return x


def late(x):
    if x < 0:
        functions, generators = [], []
        for i in comptime(range(3)):
            functions.append(lambda: i)  # noqa: B023  that it is the last one is the point
            generators.append(i * k for k in (1, 2))  # noqa: B023

            def named():
                return i + 10  # noqa: B023

            functions.append(named)
        return [f() for f in functions], [list(g) for g in generators]
    return x


def matched(x):
    s = 0.0
    for i in comptime(range(3)):
        match (x, i):
            case (_, 1):
                s += 100.0 * i
            case (i, _):
                s += i
    return s, i


def imported(x):
    s = 0.0
    for k in comptime(range(2)):
        try:
            s += x // k
        except ZeroDivisionError as k:
            s += len(k.args)
    return s


def walrus(x):
    z = comptime(y := 3)
    return x + y + z


X = numpy.linspace(0.0, 1.0, 20)
CASES = [
    (powers, [(2.0,), (0.5,)]), (polynomial, [(2.0,)]), (convolved, [(X, numpy.zeros(16))]), (skipped, [(10,), (0,)]), (nested, [(5,), (2**62,)]),
    (early, [(0,), (2,), (9,)]), (scaled, [(1.5,), (2,)]), (kept, [(1,)]), (asserted, [(1,)]), (bound_inside, [(4,)]), (functions, [(0.5,)]), (inner, [(2.0,)]),
    (tiled, [(10, 13), (0, 5), (4, 8)]), (tiles_left, [(10, 13)]), (unrolled, [(17, 3), (0, 4), (3, -5), (-3, 2), (4, 4)]), (unrolled_wrongly, [(5,)]),
    (unrolled_arrays, [(X,)]), (written_tuples, [(0.5, 2), (3, -1), (2**62, 3)]), (matched, [(2.5,)]), (imported, [(5.0,), (5,)]), (walrus, [(1,)]), (uneven, [(1,), (-1,)]), (late, [(1,), (-1,)]), (unbound, [(1,)]), (after_return, [(1,), (-1,)]), (written, [(2.0,)]), (changeable, [(3,)]),
    (given_on, [(3,)]),
]  # fmt: skip
IN_CPYTHON = (tiles_left, unrolled_wrongly, functions, inner, matched, imported, walrus, unbound, written, changeable, given_on)


@pytest.mark.parametrize(("function", "inputs"), CASES, ids=[function.__name__ for function, _ in CASES])
def test_compiled_code_gives_what_cpython_gives(function, inputs):
    compiled = agree_with_disabled(function, inputs)
    assert compiled.accel.compiled or function in IN_CPYTHON, compiled.accel.explain()


def test_each_value_has_machine_code_of_its_own():
    @accel.fn
    def shown(x, *, mode: Comptime[object] = 1):
        return x, comptime(repr(mode) == "1"), comptime(type(mode).__name__ == "float"), comptime(str(mode) == "-0.0")

    modes = (1, 1.0, True, 0.0, -0.0, "1", None, (1, 2.0), (1.0, 2), 2**70, math.sin, float)
    for _ in range(3):
        for mode in modes:
            assert shown(3, mode=mode) == (3, repr(mode) == "1", type(mode).__name__ == "float", str(mode) == "-0.0"), mode
    assert shown(3) == (3, True, False, False) and len(shown.accel.signatures) >= len(modes) - 2
    assert shown(3, mode=[1]) == (3, False, False, False)  # not hashable: CPython does it


def test_a_failing_assertion_is_raised_when_the_call_comes_to_it():
    seen = []

    @accel.fn
    def checked(x, *, n: Comptime[int]):
        comptime_assert(n % 2 == 0, "n must be even")
        return x * n

    assert [checked(2.0, n=4) for _ in range(3)] == [8.0] * 3
    for _ in range(3):
        with pytest.raises(AssertionError, match="n must be even"):
            checked(2.0, n=3)
    assert seen == []
    with pytest.raises(TypeError, match="takes int for `n`, got str"):
        checked(2.0, n="4")


def diagnosed(function, *arguments, **named):
    """The Diagnostic of what can't be compiled; calls give what CPython gives all the same."""
    for _ in range(3):
        try:
            function(*arguments, **named)
        except Exception:
            pass
    (found,) = function.accel.diagnostics
    return found


def test_what_is_not_known():
    @accel.fn
    def local(n):
        m = n + 1
        return comptime(m * 2)

    @accel.fn
    def raising(x):
        return x + comptime(failing(7))

    @accel.fn
    def endless(x):
        for k in comptime(range(10**6)):
            x += k
        return x

    @accel.fn
    def assigned(x, *, n: Comptime[int]):
        n = n + 1
        return x * n

    @accel.fn
    def left(x):
        for k in comptime(range(3)):
            if x < k:
                break
        return k

    assert local(3) == 8 and diagnosed(local, 3).what == "`m` is not known while compiling"
    found = diagnosed(raising, 1)
    assert "evaluating `failing(7)` raises IndexError" in found.what and "failing in" in found.why and found.slug == "comptime-value"
    assert "a loop of more than 256 turns is written out" in diagnosed(endless, 1.0).what
    assert assigned(2, n=3) == 8 and "is known while compiling, and is assigned" in diagnosed(assigned, 2, n=3).what
    assert left(1) == 2 and "has a `break`" in diagnosed(left, 1).what
    for function, arguments in ((local, (3,)), (raising, (1,))):
        with pytest.raises(accel.CompileError):
            accel.fn(function.__wrapped__ if hasattr(function, "__wrapped__") else _again(function), strict=True)(*arguments)


def _again(function):
    from types import FunctionType

    return FunctionType(function.__code__, function.__globals__, function.__name__, None, function.__closure__)


def test_callers_must_know_the_value():
    @accel.fn
    def unknown(x, k):
        return power(x, n=k)

    @accel.fn
    def halved(x, *, n: Comptime[int]):
        return x if comptime(n <= 1) else halved(x * n, n=n // 2)

    @accel.fn
    def growing(x, *, n: Comptime[int]):
        return x if x < 0.0 else growing(x - 1.0, n=n + 1)

    assert [unknown(2.0, 3) for _ in range(3)] == [8.0] * 3 and "not known while compiling" in str(unknown.accel.diagnostics[0].what)
    assert [halved(1.0, n=16) for _ in range(3)] == [16.0 * 8 * 4 * 2] * 3 and halved.accel.compiled
    assert [growing(3.0, n=1) for _ in range(3)] == [-1.0] * 3


def test_what_was_evaluated_is_watched():
    global SCALE
    compiled = accel.fn(scaled)
    before = [compiled(1.0) for _ in range(3)]
    try:
        SCALE = 5
        after = [compiled(1.0) for _ in range(3)]
    finally:
        SCALE = 3
    assert set(before) == {6.0 + math.sqrt(2.0) - 1} and set(after) == {10.0 + math.sqrt(2.0) - 1} and compiled(1.0) == before[0]


def test_baked_arrays_are_read_only_copies():
    data = numpy.arange(3.0)

    @accel.fn
    def first():
        w = comptime(data)
        return w[0] + w[2]

    assert [first() for _ in range(3)] == [2.0] * 3


def test_in_ufuncs_and_structs():
    @accel.struct
    class Vec:
        x: float
        y: float

        def power(self, *, n: Comptime[int]):
            p = self
            for _ in comptime(range(n - 1)):
                p = Vec(p.x * self.x, p.y * self.y)
            return p

    @accel.fn
    def cubes(v):
        return v.power(n=3), comptime(dataclasses.astuple(Vec(1.0, 2.0)))

    @accel.vectorize
    def poly(x):
        y = 0.0
        for c in comptime(TABLE):
            y = y * x + c
        return y

    assert [cubes(Vec(2.0, 3.0)) for _ in range(3)] == [(Vec(8.0, 27.0), (1.0, 2.0))] * 3 and cubes.accel.compiled
    assert poly(X).tolist() == [(1.0 * x - 2.0) * x + 0.5 for x in X.tolist()]


PROGRAM = """
import accel, sys
from accel import Comptime, comptime, tile, unroll
@accel.fn
def mixed(x: float, *, n: Comptime[int]):
    s = 0.0
    for k in comptime(range(n)):
        s = s * x + comptime(k * 1.5)
    for i in unroll(range(10), 3):
        s += i
    for ii, jj in tile((5, 6), (2, 4)):
        for i in ii:
            for j in jj:
                s += i * j
    return s
print([mixed(0.5, n=n) for n in (3, 4, 3)])
"""


def make_runner(folder, text):
    """Runs a program in a new process, with a cache in its folder and further environment; the lines it prints."""
    path = folder / "program.py"
    path.write_text(text)

    def run(**extra):
        environment = {"PYTHONPATH": str(accel.__path__[0]) + "/..", "ACCEL_CACHE_DIR": str(folder), **extra}
        return subprocess.run([sys.executable, str(path)], env=environment, capture_output=True, text=True, check=True).stdout.splitlines()

    return run


def test_the_same_with_accel_off_and_in_a_warm_process(tmp_path):
    run = make_runner(tmp_path, PROGRAM + "print('llvmlite' in sys.modules)\n")
    off, cold, warm = run(ACCEL="0"), run(), run()
    assert off[0] == cold[0] == warm[0] and (off[1], cold[1], warm[1]) == ("False", "True", "False")


CALLER = """
import accel, os, sys, traceback
from accel import Comptime, comptime
@accel.fn
def scaled(x: float, y: float, *, n: Comptime[int]) -> float:
    for k in comptime(range(n)):
        x = x * comptime(int(os.environ["FACTOR"]) + k) / y
    return x
@accel.fn
def caller(x: float, y: float) -> float:
    return scaled(x, y, n=2) + scaled(x, y, n=3)
print([caller(2.0, 4.0) for _ in range(3)], len(caller.accel.signatures))
try:
    caller(2.0, 0.0)
except ZeroDivisionError:
    print([(f.name, f.line) for f in traceback.extract_tb(sys.exc_info()[2])])
print("llvmlite" in sys.modules)
"""


def test_callers_of_functions_with_known_values_are_found_in_a_warm_process(tmp_path):
    run = make_runner(tmp_path, CALLER)
    cold, warm, changed, again = run(FACTOR="3"), run(FACTOR="3"), run(FACTOR="5"), run(FACTOR="5")
    third = 2.0 * 3 / 4.0 * 4 / 4.0
    assert cold[0] == f"{[third + third * 5 / 4.0] * 3} 1"
    frames = [("<module>", "caller(2.0, 0.0)"), ("caller", "return scaled(x, y, n=2) + scaled(x, y, n=3)")]
    assert cold[1] == warm[1] == repr([*frames, ("scaled", 'x = x * comptime(int(os.environ["FACTOR"]) + k) / y')])
    assert cold[0] == warm[0] and (cold[2], warm[2]) == ("True", "False")
    sixth = 2.0 * 5 / 4.0 * 6 / 4.0
    assert changed[0] == again[0] == f"{[sixth + sixth * 7 / 4.0] * 3} 1" and changed[2] == "True"


def test_equal_texts_have_the_same_machine_code():
    @accel.fn
    def moded(x, *, mode: Comptime[str]):
        return x + 1 if comptime(mode == "up") else x - 1

    for _ in range(3):
        assert [moded(1, mode="".join(["u", "p"])), moded(1, mode="up"), moded(1, mode="upp"), moded(1, mode="".join("down"))] == [2, 2, 0, 0]
    assert len(moded.accel.signatures) == 3


def test_values_that_get_no_machine_code():
    def shifted(x, *, n: Comptime[object]):
        return x, str(n)

    compiled, strict = accel.fn(shifted), accel.fn(strict=True)(_copied(shifted))
    for _ in range(3):
        assert compiled(1, n=[2]) == (1, "[2]")
    assert "an object of class list is not hashable" in compiled.accel.diagnostics[0].what
    with pytest.raises(accel.CompileError, match="is not hashable"):
        strict(1, n=[2])

    @accel.fn
    def many(x, *, n: Comptime[int]):
        return x * comptime(n + 1)

    for _ in range(3):
        assert [many(2, n=n) for n in range(25)] == [2 * (n + 1) for n in range(25)]
    assert len(many.accel.signatures) == 16 and "gets no more" in many.accel.diagnostics[0].what


def _copied(function):
    made = _again(function)
    made.__annotations__ = dict(function.__annotations__)
    return made


def test_in_parallel_loops():
    @accel.parallelize
    def spread(x, out):
        for i in range(len(x)):
            s = 0.0
            for k in comptime(range(3)):
                s += x[i] * k
            out[i] = s

    x, out = numpy.arange(300_000.0), numpy.zeros(300_000)
    with accel.parallel(2):
        for _ in range(2):
            spread(x, out)
    assert (out == 3.0 * x).all() and "is called" not in spread.accel.explain()


CLASSES = """
import accel, os, sys
import numpy as np
from accel import Comptime, comptime
from accel.types import SIMD, Float32
@accel.fn
def scaled(x, *, lanes: Comptime[type], factors: Comptime[tuple]):
    total = 0.0
    table = comptime(np.arange(4.0) * float(os.environ["FACTOR"]))
    for i in range(0, len(x), lanes.width):
        values = lanes.load(x, i) * lanes(factors[1])
        total += float(values.reduce_add()) + table[(i + 1) % 4]
    return total
@accel.fn
def caller(x, *, lanes: Comptime[type], mode: Comptime[object]):
    y = scaled(x, lanes=lanes, factors=comptime((1, 2.5, None)))
    return y if comptime(mode == np.float32(2.0)) else -y
x = np.arange(8, dtype=np.float32)
mode = np.float32(2.0)
print(*[float(caller(x, lanes=SIMD[Float32, 4], mode=m)) for m in (mode, mode, mode, np.float32(3.0))])
print("llvmlite" in sys.modules)
"""


def test_classes_and_what_they_hold_are_known_in_a_warm_process(tmp_path):
    run = make_runner(tmp_path, CLASSES)
    cold, warm, changed, again = run(FACTOR="3"), run(FACTOR="3"), run(FACTOR="5"), run(FACTOR="5")
    assert cold[0] == warm[0] == "76.0 76.0 76.0 -76.0" and changed[0] == again[0] == "80.0 80.0 80.0 -80.0"
    assert (cold[1], warm[1]) == ("True", "False")
