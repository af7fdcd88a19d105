"""Structs whose fields are arrays of fixed shape or SIMD values: compiled code does with them what CPython does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import accel
from accel.types import SIMD, Bool, Complex64, Float16, Float32, Float64, Int8, Int64, Tensor, UInt32
from tests.differential.counters import require_compiled
from tests.exactness.agreement import agree, agree_compiled, agree_with_disabled


@accel.struct
class Inner:
    v: Tensor[Float32, 2]
    n: int = 1


@accel.struct(order=True)
class Body:
    x: Tensor[Float64, 3]
    m: Tensor[Float64, 2, 2] = ((1.0, 2.0), (3.0, 4.0))
    i: Inner = Inner((1.0, 2.0))
    b: Tensor[Bool, 2] = (True, False)
    k: Tensor[Int8, 3] = (1, 2, 3)
    c: Tensor[Complex64, 2] = (1j, 2)
    u: Tensor[UInt32, 2] = (2**32 - 1, 0)
    h: Tensor[Float16, 3] = (1.5, 2, 3)
    pair: tuple[Tensor[Float64, 2], int] = ((1.0, 2.0), 3)
    z: Tensor[Float64, 0] = ()

    def __add__(self, other: Body) -> Body:
        return Body((self.x[0] + other.x[0], self.x[1] + other.x[1], self.x[2] + other.x[2]), self.m)

    def scaled(self, factor: float) -> Body:
        return Body(self.x * factor, self.m, self.i)

    def length(self) -> float:
        total = 0.0
        for x in self.x:
            total += x * x
        return total


@accel.struct(order=True)
class Ordered:
    x: Tensor[Float64, 2]
    k: Tensor[Int8, 2, 2]


@accel.struct
class Ray:
    origin: SIMD[Float32, 4]
    t: float = 0.0

    def moved(self, by: float) -> Ray:
        return Ray(self.origin + SIMD[Float32, 4](by), self.t + by)


@accel.struct
class Lanes:
    inside: SIMD[Bool, 4]
    count: SIMD[Int64, 3]
    one: SIMD[Float64, 1]


def body(scale: float = 1.0) -> Body:
    return Body((scale, 2.0 * scale, 3.0 * scale))


def bodies(count: int = 3) -> Any:
    made = Body.array(count)
    for k in range(count):
        made[k] = body(k + 1.0)
    return made


def readonly() -> Any:
    made = bodies()
    made.flags.writeable = False
    return made


def with_body(*others: tuple[Any, ...]) -> list[Callable[[], tuple[Any, ...]]]:
    return [lambda given=given: (body(), *given) for given in others]  # type: ignore[misc]


def with_bodies(*others: tuple[Any, ...]) -> list[Callable[[], tuple[Any, ...]]]:
    return [lambda given=given: (bodies(), *given) for given in others]  # type: ignore[misc]


INDEXES = [(0,), (2,), (3,), (-3,), (-4,), (np.int64(1),), (np.uint8(2),)]
PAIRS = [(0, 1), (-1, -2), (2, 0), (0, -3)]


def test_elements() -> None:
    def at(b, i):
        return b.x[i], b.k[i], b.h[i]

    def at_two(b, i, j):
        return b.m[i, j], b.m[i][j], b.m[i]

    def known(b):
        return b.x[0], b.x[-1], b.m[1, 0], b.m[0][1], b.c[0], b.u[0], b.h[-1], b.b[1], b.pair[0][1], b.i.v[1]

    def beyond(b):
        return b.x[0], b.x[3]

    agree_compiled(at, *with_body(*INDEXES))
    agree_compiled(at_two, *with_body(*PAIRS))
    agree_compiled(known, *with_body(()))
    agree_compiled(beyond, *with_body(()))


def test_other_subscripts() -> None:
    def at(b, i):
        return b.x[i]

    def parts(b, i, j):
        return b.m[i, ...], b.m[..., j], b.m[:, j], b.m[i:], b.m[i:j], b.x[::-1]

    def of_nothing(b):
        return b.z[0]

    agree(at, *with_body((True,), (1.0,), (None,), (slice(1, 3),), ([0, 1],), (10**30,)))
    agree_compiled(parts, *with_body(*PAIRS))
    agree(of_nothing, *with_body(()))


def test_loops_and_sizes() -> None:
    def walk(b):
        total = 0.0
        for x in b.x:
            total += x
        for k, x in enumerate(b.k):
            total += k * x
        for p, q in zip(b.c, b.u, strict=True):
            total += p.real + float(q)
        for row in b.m:
            total += row[0] * row[1] + len(row)
        for _ in b.z:
            total += 1000.0
        p, q, r = b.x
        (e, f), (g, h) = b.m
        return total, p, q, r, e, f, g, h

    def sizes(b):
        return len(b.x), b.x.shape, b.m.shape, b.m.size, b.m.ndim, b.z.shape, len(b.z), b.x.dtype, b.m.T, b.m.strides, b.m.nbytes

    def wrong(b):
        p, q = b.x
        return p, q

    agree_compiled(walk, *with_body(()))
    agree_compiled(sizes, *with_body(()))
    agree(wrong, *with_body(()))


def test_whole_arrays() -> None:
    def operations(b):
        return b.x + 1, b.x * b.x, np.dot(b.x, b.x), b.x.sum(), b.x @ b.x, -b.x, b.x == b.x, np.sqrt(b.x), b.x.copy(), b.x.max()

    def builtins(b):
        return max(b.x), sum(b.x), 2.0 in b.x, 5.0 in b.x

    def given_away(b):
        named = (b.x, b)
        return named, b.x, b.m[0], isinstance(b.x, np.ndarray), b.x is None

    def truth(b):
        return bool(b.x)

    agree_compiled(operations, *with_body(()))
    agree_compiled(builtins, *with_body(()))
    agree_compiled(given_away, *with_body(()))
    agree(truth, *with_body(()))


def test_writing_is_refused() -> None:
    def element(b):
        b.x[0] = 1.0

    def in_place(b):
        x = b.x
        x += 1.0

    def field(b):
        b.x = (1.0, 2.0, 3.0)

    for function in (element, in_place, field):
        agree(function, *with_body(()))


def test_construction() -> None:
    def from_value(b, v):
        return Body(v, b.m, b.i)

    def from_numbers(b, p, q):
        return Inner((p, q)), Inner((q, b.i.v[1])), Inner(b.i.v, 3)

    def with_default(b, p, q, r):
        return Body(b.x, k=(p, q, r)), Body(b.x)

    def from_rows(b, m):
        return Body(b.x, m), Body(b.x, (m[0], b.m[1])), Body(b.x, (b.m[0], (1, 2.0)))

    values = [(1.0, 2, True), (1, 2), (1, 2, 3, 4), (1, 2, 2**60 + 1), (1, 2, 10**400), (1, 2, 1j), (1, 2, "x"), [1, 2, 3.5], 1.0, None, "abc", ((1,), 2, 3)]
    given = [(v,) for v in values]
    agree_compiled(from_value, *with_body(*given))
    arrays = [np.arange(3.0), np.arange(6.0)[::2], np.arange(4.0), np.arange(3), np.ones((3, 1)), np.arange(3.0).astype(">f8"), np.array([1, 2, None])]
    unaligned = np.frombuffer(b"\0" + np.arange(3.0).tobytes(), offset=1)
    agree_compiled(from_value, *with_body(*[(a,) for a in [*arrays, unaligned]]))
    agree_compiled(from_numbers, *with_body((1, 2.5), (1.5, 2), (True, 1e300), (2**40, 1.0), (1, float("nan"))))
    agree_compiled(with_default, *with_body((1, 2, 3), (1, 2, 128), (True, 2, 3), (-128, 2, 3), (1.0, 2, 3)))
    agree_compiled(from_rows, *with_body((np.eye(2),), (np.arange(4.0).reshape(2, 2).T,), (np.eye(3),)))


def test_what_is_constructed_is_a_copy() -> None:
    def copies(b, v):
        made = Body(v, b.m)
        v[0] = 100.0
        return made, v

    def from_record(a):
        made = Body(a[0].x, a[1].m, a[2].i)
        a[0].x[0] = 99.0
        return made, a[0].x[0]

    agree_compiled(copies, lambda: (body(), np.arange(3.0)))
    agree_compiled(from_record, *with_bodies(()))


def test_a_loop_over_structs() -> None:
    def chain(b, n):
        for k in range(n):
            b = Body((b.x[k % 3] + 1, b.x[1] * 0.5, b.x[2] - b.m[k & 1, 0]), b.m, Inner((b.i.v[1], b.i.v[0])), b.b, (b.k[1], b.k[2], b.k[0]), pair=((b.pair[0][1], 2.5), b.pair[1] + 1))
        return b

    def leaves(b, n):
        x, last = b.x, None
        for k in range(n):
            last = x[k] * 2
        return last

    agree_compiled(chain, *with_body((5,), (0,)))
    agree_compiled(leaves, *with_body((3,), (100,)))


def test_methods_and_operators() -> None:
    def use(b, c, k):
        return (b + c).scaled(k).length(), b + c, b.scaled(k)

    agree_with_disabled(use, [(body(), body(2.0), 0.5), (body(), body(float("inf")), -1.0), (body(), 3, 1.0)])


@pytest.mark.parametrize("other", [1.0, 2.0, 0.0, -0.0, float("nan")])
def test_comparisons(other: float) -> None:
    def compare(a, b):
        return a == b, a != b, a.i == b.i, (a.i, 1) == (b.i, 1), a in (b, a)

    def order(a, b):
        return a < b, a >= b

    def pair(x: float) -> Ordered:
        return Ordered((1.0, x), ((1, 2), (3, 4)))

    agree_compiled(order, lambda: (pair(1.0), pair(other)), lambda: (pair(other), pair(other)), lambda: (pair(-0.0), pair(other)))
    agree(order, lambda: (body(), body(other)), lambda: (body(), 3))
    agree_compiled(compare, lambda: (body(), body(other)), lambda: (body(other), body(other)), lambda: (body(-0.0), body(other)))


def test_functions_that_take_them() -> None:
    @accel.fn
    def total(a):
        s = 0.0
        for k in range(len(a)):
            s += a[k]
        return s

    @accel.fn
    def first(a: Tensor[Float64, 3, "readonly"], b: Body) -> float:
        return a[0] + b.x[1]

    @accel.fn
    def writes(a: Tensor[Float64, 3]) -> float:
        return a[0]

    def use(b):
        return total(b.x), total(b.m[0]), total(b.i.v), total(np.ones(3)), first(b.x, b)

    def refused(b):
        return writes(b.x)

    agree_with_disabled(use, [(body(),), (body(2.0),)])
    agree_with_disabled(refused, [(body(),)])


ORIGIN = body(3.0)


def test_a_struct_from_outside() -> None:
    def use(k):
        return ORIGIN.x[k], ORIGIN.m[0, k], ORIGIN.pair, ORIGIN

    agree_compiled(use, lambda: (1,), lambda: (-1,), lambda: (2,))


# -- arrays of structs


def test_fields_of_records() -> None:
    def change(a, i, j):
        a[i].x[j] += 2.0
        p = a[i].x
        a[i].x = (5.0, 6.0, 7.0)
        seen = p[j], p[0], len(p), p.shape
        p[1] = 9.0
        a[i].i.v[0] = 3.0
        a[i].pair = ((8.0, 9.0), 4)
        a[i].i = Inner((7.0, 7.0))
        return seen, a[i].pair, a[0] == a[i], a[i].u[0], a[i].b[1], a[i].k, a[i].i.v

    def escape(a, i):
        m = a[i].m
        return a[i].x, m[0], m.T, m[:, i - 1]

    def whole(a, k):
        a[0].x *= k
        a[1].m[0] = 9.0
        a[2].m[:, 1] = k
        return a[0].x.sum(), a[1].m, a[2].m.T, np.dot(a[0].x, a[1].x)

    agree_compiled(change, *with_bodies((0, 1), (2, -1), (3, 0), (0, 3)))
    agree_compiled(escape, *with_bodies((0,), (2,)))
    agree_compiled(whole, *with_bodies((2.0,), (2,)))


def test_memory_that_is_shared() -> None:
    def alias(a, n):
        p = a[0].x
        q = a["x"] if n < 0 else p
        s = 0.0
        for j in range(3):
            a[0].x[j] = j * 10.0
            s += p[j]
            q[j] = s
        for r in a:
            r.x[1] = 5.0
            s += a[0].x[1] + p[1] + q[1]
        return s, p

    def swap(a):
        a[0].x, a[1].x = a[1].x, a[0].x
        a[2].x = a[2].x[::-1]
        return a[0].x, a[1].x, a[2].x

    def tuples_are_values(a):
        t = a[0].pair
        a[0].pair = ((7.0, 7.0), 9)
        return t, t[0][0], a[0].pair[0][1]

    def copy_in(a, v):
        a[0].x = v
        v[0] = 7.0
        a[1].x = a[0].x
        a[0].x[1] = 5.0
        return a[1].x, a[0].x

    agree_compiled(alias, *with_bodies((3,), (0,)))
    agree_compiled(swap, *with_bodies(()))
    agree_compiled(tuples_are_values, *with_bodies(()))
    agree_compiled(copy_in, lambda: (bodies(), np.ones(3)), lambda: (bodies(), np.arange(9.0)[::4]))


def test_records_as_arguments() -> None:
    def change(r):
        p = r.x
        p[0] = 4.0
        for k in range(3):
            p[k] += r.m[0, 1]
        r.k[1] = 9
        t = r.pair
        r.pair = ((0.0, 0.0), 1)
        return p, r.x[1], r, t, r.i.v, p.T, p[1:]

    agree_compiled(change, lambda: (bodies()[1],), lambda: (bodies()[::2][1],), lambda: (bodies()[0].copy(),))


def test_a_view_of_a_record_on_one_path() -> None:
    def pick(a, i):
        p = a[0].x if i else np.ones(3)
        return p[1], p

    agree_compiled(pick, *with_bodies((0,), (1,)), lambda: (readonly(), 1), lambda: (readonly(), 0))


def test_readonly_memory() -> None:
    def read(a, i):
        p = a[i].x
        return a[i].x[0], p, p[1:]

    def write(a, i):
        p = a[i].x
        p[0] = 1.0

    agree_compiled(read, lambda: (readonly(), 0), lambda: (bodies(), 1))
    agree(write, lambda: (readonly(), 0), lambda: (bodies(), 1))


def test_memory_that_is_not_aligned() -> None:
    def make(offset: int) -> Any:
        dtype = Body.dtype
        held = np.frombuffer(bytearray(3 * dtype.itemsize + 8), np.uint8, offset=offset, count=3 * dtype.itemsize)
        return held.view(dtype).view(type(bodies()))

    def use(a):
        a[0].x[1] = 3.0
        total = 0.0
        for k in range(3):
            total += a[0].x[k] + a[1].m[0, 1]
        return total, a[0].x

    agree_compiled(use, lambda: (make(0),), lambda: (make(1),), lambda: (make(4),), lambda: (make(8),), lambda: (make(1)[::2],))

    def use_record(r):
        r.x[0] = 2.0
        return r.x[0], r.x

    agree_compiled(use_record, lambda: (make(0)[1],), lambda: (make(3)[1],))


# -- arrays of many elements


@accel.struct
class Big:
    x: Tensor[Float64, 300]
    w: Tensor[Float32, 16, 16]
    k: int = 1

    def first(self):
        return self.x[0] + self.k

    def put(self, value):
        self.x[1] = value
        return self.x[1] * self.w[3, 4]


@accel.struct
class Holder:
    big: Big
    n: float = 1.0


def big(scale: float = 1.0) -> Big:
    return Big(np.arange(300.0) * scale, np.arange(256, dtype="f").reshape(16, 16))


def bigs() -> Any:
    made = Big.array(3)
    for k in range(3):
        made[k] = big(k + 1.0)
    return made


BIG = big(2.0)


def test_many_elements_in_arrays_of_structs() -> None:
    def walk(a, i):
        total = 0.0
        for j in range(300):
            total += a[i].x[j]
        for row in a[i].w:
            for value in row:
                total += value
        a[i].x[3] = total
        return total, a[i].put(2.5), a[i].first(), a[i].x, a[i].w[2]

    agree_compiled(walk, lambda: (bigs(), 0), lambda: (bigs(), -1), lambda: (bigs(), 3))


def test_structs_with_many_elements_are_left_to_cpython() -> None:
    @accel.fn
    def second(b: Big) -> float:
        return b.x[1]

    def of_structs(b, i):
        return b.x[i], b.first(), Big(b.x, b.w, 2).k, BIG.x[i], b == BIG

    def of_records(a, i):
        a[0] = a[i]
        a[1].x = np.ones(300)
        return a[0].x[1], a[0] == a[i], Holder(a[i], 2.0), second(a[i]), second(Big(a[i].x, a[i].w))

    agree(of_structs, lambda: (big(), 0), lambda: (big(), 300))
    agree(of_records, lambda: (bigs(), 0), lambda: (bigs(), 2))
    for _ in range(4):
        assert (second(big()), second(bigs()[1])) == (1.0, 2.0)
        with pytest.raises(TypeError, match="second` takes Big for `b`, got int"):
            second(3)


# -- SIMD values


def test_lanes_as_fields() -> None:
    def use(r, n):
        for _ in range(n):
            r = Ray(r.origin * 0.5 + 1, r.t + 1)
        return r, r.moved(0.5), r.origin[n % 4], r.origin.reduce_add()

    def refused(r, v):
        return Ray(v)

    ray = Ray(SIMD[Float32, 4](1, 2, 3, 4))
    agree_with_disabled(use, [(ray, 3), (ray, 0), (Ray(SIMD[Float32, 4](float("nan")), -1.0), 2)])
    agree_with_disabled(refused, [(ray, SIMD[Float32, 4](1)), (ray, SIMD[Float32, 2](1)), (ray, SIMD[Float64, 4](1)), (ray, 1.0), (ray, (1.0, 2.0, 3.0, 4.0))])


RAY = Ray(SIMD[Float32, 4](1, 2, float("nan"), -0.0))
LANES = Lanes(SIMD[Bool, 4](True, False, False, True), SIMD[Int64, 3](1, -2, 2**63 - 1), SIMD[Float64, 1](0.1))


def test_lanes_of_structs_from_outside() -> None:
    def use(k):
        return RAY.origin, RAY.origin[k], RAY, LANES, LANES.inside[k], LANES.count + k, LANES.inside & (RAY.origin > 1), LANES.one

    agree_compiled(use, lambda: (1,), lambda: (2,), lambda: (-1,))


def test_masks_as_fields() -> None:
    def use(p, x):
        inside = x > 1.5
        p = Lanes(inside, p.count + 1, p.one)
        q = Lanes(SIMD[Float64, 4](float(x[0])) > 0.5, p.count, p.one)
        return p, q, p.inside.any(), p == q, p != p

    lanes = Lanes(SIMD[Bool, 4](), SIMD[Int64, 3](1, 2, 3), SIMD[Float64, 1](2.0))
    made = agree_with_disabled(use, [(lanes, SIMD[Float32, 4](1, 2, 3, 4)), (lanes, SIMD[Float32, 4](1))])
    require_compiled(made)


def test_lanes_in_arrays_of_structs() -> None:
    def walk(a, p):
        total = SIMD[Float32, 4](0.0)
        for k in range(len(a)):
            total += a[k].origin
            a[k].origin = a[k].origin * 2
            a[k].t += 1
        a[0] = Ray(total)
        p[0].inside = p[1].inside | (total > 3)
        p[1] = Lanes(p[0].inside, p[0].count + 5, p[1].one)
        return total, a[1].origin, a[0] == a[0], p[0].inside

    def make() -> tuple[Any, Any]:
        rays, lanes = Ray.array(3), Lanes.array(2)
        for k in range(3):
            rays[k] = Ray(SIMD[Float32, 4](k, 1, 2, 3))
        return rays, lanes

    agree_compiled(walk, make)


@pytest.mark.parametrize("other", [1.0, 2.0, -0.0, float("nan")])
def test_comparisons_of_lanes(other: float) -> None:
    def compare(a, b):
        return a == b, a != b

    def ray(x: float) -> Ray:
        return Ray(SIMD[Float32, 4](1, x, 3, 4))

    agree_compiled(compare, lambda: (ray(1.0), ray(other)), lambda: (ray(other), ray(other)), lambda: (ray(0.0), ray(other)))


# -- processes


PROGRAM = """
import accel
from accel.types import SIMD, Float32, Float64, Tensor

@accel.struct
class Body:
    x: Tensor[Float64, 3]
    v: SIMD[Float32, 4]

    def at(self, i):
        row = self.x
        return row[i], self

@accel.fn
def total(a, b, i):
    s = 0.0
    for x in b.x:
        s += x
    p = b.x
    return s + a[0].x[1], p[i], b.v

b = Body([1, 2, 3], SIMD[Float32, 4](1, 2, 3, 4))
a = Body.array(2)
a[0] = b
for _ in range(5):
    print(b.at(1), total(a, b, 2))
try:
    b.at(3)
except IndexError as error:
    print(error)
"""


def test_the_same_with_accel_off_and_in_a_warm_process(tmp_path) -> None:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM + "import sys\nprint('llvmlite' in sys.modules, hasattr(total, 'accel') and total.accel.compiled)\n")

    def run(**extra: str) -> list[str]:
        environment = {"PYTHONPATH": str(accel.__path__[0]) + "/..", "ACCEL_CACHE_DIR": str(tmp_path), **extra}
        return subprocess.run([sys.executable, str(path)], env=environment, capture_output=True, text=True, check=True).stdout.splitlines()

    off, cold, warm = run(ACCEL="0"), run(), run()
    assert off[:-1] == cold[:-1] == warm[:-1] and (cold[-1], warm[-1]) == ("True True", "False True")
