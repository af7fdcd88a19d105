"""Arrays of structs: records in CPython, and that compiled code does the same to them."""

import gc
import pickle
import sys
import weakref

import numpy
import pytest

import accel
from accel.types import Float32, Int16
from tests.exactness.agreement import outcome


@accel.struct
class Vec:
    x: float
    y: float = 0.0

    def dot(self, other: "Vec") -> float:
        return self.x * other.x + self.y * other.y

    def __add__(self, other: "Vec") -> "Vec":
        return Vec(self.x + other.x, self.y + other.y)

    def __mul__(self, k):
        return Vec(self.x * k, self.y * k)


@accel.struct
class Body:
    at: Vec
    mass: float = 1.0
    n: int = 1
    on: bool = True
    z: complex = 0j
    pair: tuple[int, Float32] = (1, Float32(2))
    small: Int16 = Int16(3)

    def energy(self):
        return 0.5 * self.mass * self.at.dot(self.at)

    @property
    def heavy(self):
        return self.mass > 1.5

    def push(self, dt):
        self.at.x += dt * self.mass
        self.n += 1
        return self.n

    @classmethod
    def still(cls, v):
        return cls(Vec(v, v))


def bodies(count=6):
    made = Body.array(count)
    for k in range(count):
        made[k] = Body(Vec(k + 0.5, -k), k / 2, k, k % 2 == 0, complex(k, -k), (k, Float32(k)), Int16(k))
    return made


def total(a):
    s = 0.0
    for i in range(len(a)):
        s += a[i].energy()
    return s, a.shape, a.ndim, a.size


def walked(a):
    s, n = 0.0, 0
    for b in a:
        if b.heavy and b.on:
            s += b.at.x * b.pair[0]
        n += b.n
    return s, n


def counted(a):
    s = 0
    for i, b in enumerate(a):
        s += i * b.n
    return s


def moved(a, dt):
    for i in range(a.shape[0]):
        b = a[i]
        b.at.x += dt * b.mass
        b.at = b.at * 1.5
        b.n = i
        a[i].on = i % 3 == 0
        a[i].z = i
        b.pair = (i, b.pair[1])
        b.small = b.small + b.small
        b.mass = i
    a[0] = a[-1]
    a[2] = Body(Vec(1, 2), 3)
    return a[1].at + a[2].at


def pushed(a):
    n = 0
    for i in range(len(a)):
        n += a[i].push(0.25)
    return n


def seen(a):
    b = a[0]
    before = b.mass
    a[0] = a[1]
    return before, b.mass, b.at.x


def values(a, k):
    return Body(a[k].at, a[k].mass), a[k].at + Vec(1.0), a[k].n + a[-1].n, Body.still(2.0), Vec(0.0) + a[k].at


def out_of_range(a, k):
    a[0].mass = 7.0
    return a[k].mass


def overflowing(a, k):
    for b in a:
        b.n = b.n * k
        b.mass += 1.0
    return a[0].n


def left_with_views(a, k):
    s = 0
    for i in range(len(a)):
        b = a[i]
        v = b.at
        s += k * b.n
        v.x += 1.0
        b.mass = v.x
    return s


def misfit(a):
    a[1].mass = 2.0
    a[1].mass = "3"


def swapped(a):
    for i in range(len(a) // 2):
        left = Body(a[i].at, a[i].mass, a[i].n)
        a[i] = a[-1 - i]
        a[-1 - i] = left


CASES = [
    (total, ()), (walked, ()), (counted, ()), (moved, (0.25,)), (moved, (2,)), (pushed, ()), (seen, ()), (values, (1,)), (values, (-2,)), (out_of_range, (5,)),
    (out_of_range, (6,)), (out_of_range, (-7,)), (overflowing, (3,)), (overflowing, (2**62,)), (left_with_views, (2**62,)), (misfit, ()), (swapped, ()),
]  # fmt: skip
ARRAYS = {
    "all": lambda a: a, "every other": lambda a: a[::2], "backwards": lambda a: a[::-1], "some": lambda a: a[1:4],
}  # fmt: skip


@pytest.mark.parametrize("part", ARRAYS)
@pytest.mark.parametrize(("function", "more"), CASES, ids=[f"{function.__name__}{more}" for function, more in CASES])
def test_compiled_code_does_what_cpython_does(function, more, part):
    expected = bodies()
    with accel.disabled():
        result = outcome(function, (ARRAYS[part](expected), *more))
    compiled = accel.fn(function)
    for _ in range(3):
        given = bodies()
        assert outcome(compiled, (ARRAYS[part](given), *more)) == result
        assert given.tolist() == expected.tolist()
    assert compiled.accel.compiled or function is misfit, compiled.accel.explain()


def grid(a):
    s = 0.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            a[i, j].mass = i + 10 * j
            s += a[i, j].mass * a[j % 2, i % 2].n
    return s


def test_two_axes():
    given, expected = (bodies().reshape(2, 3) for _ in range(2))
    for turned in (False, True):
        with accel.disabled():
            result = grid(expected.T[:, :2] if turned else expected)
        compiled = accel.fn(grid)
        assert [compiled(given.T[:, :2] if turned else given) for _ in range(3)] == [result] * 3
        assert given.tolist() == expected.tolist() and compiled.accel.compiled


def test_records():
    a = bodies()
    r = a[1]
    r.at.x, r.mass = 7, 2
    assert (a[1].at.x, a["mass"][1], type(r.mass), type(r.n), type(r.on), type(r.small)) == (7.0, 2.0, float, int, bool, numpy.int16)
    assert r.energy() == 0.5 * 2.0 * (49.0 + 1.0) and r.heavy and r.pair == (1, Float32(1)) and r.z == 1 - 1j
    assert repr(r.at) == "Vec.record(x=7.0, y=-1.0)" and type(r.at + r.at) is Vec and Body.still(1.0) == r.still(1.0)
    for wrong in (lambda: setattr(r, "mass", "3"), lambda: setattr(r, "at", 1.0), lambda: setattr(r, "small", 2**15)):
        with pytest.raises(accel.ArgumentError):
            wrong()
    with pytest.raises(OverflowError):
        r.n = 2**70
    assert accel.fn(lambda b: b.energy())(r) == r.energy() and Vec(1.0) + r.at == Vec(8.0, -1.0)
    assert Body(r.at, 1.0).at == Vec(7.0, -1.0) and type(a["mass"]) is numpy.ndarray and type(a[1:]) is type(a)


def test_arrays():
    a = bodies()
    assert a[2].at == Vec(2.5, -2.0) == a[2].at and a[2].at != Vec(1.0) and a[2].at != 3 and a[0] == a[:1][0]
    b = bodies()
    b[:2] = [Body(Vec(1.0)), b[3]]
    assert b[0].at == Vec(1.0) and b[1] == b[3] and b[1].at == a[3].at
    assert a.shape == (6,) and a.dtype.names == ("at", "mass", "n", "on", "z", "pair", "small") and a.dtype is Body.dtype and Body.array((2, 3)).shape == (2, 3)
    again = pickle.loads(pickle.dumps(a))
    assert again.dtype is a.dtype and type(again) is type(a) and again.tolist() == a.tolist()
    plain = numpy.zeros(3, [("x", "d"), ("y", "d")])
    view = Vec.from_array(plain)
    view[1].x = 3.0
    assert plain["x"].tolist() == [0.0, 3.0, 0.0]
    for wrong in (numpy.zeros(3), numpy.zeros(3, [("x", "d"), ("z", "d")]), numpy.zeros(3, [("x", ">f8"), ("y", "d")]), [1.0], numpy.zeros(2, [("x", "f"), ("y", "d")])):
        with pytest.raises(accel.ArgumentError, match="takes a structured array with its fields"):
            Vec.from_array(wrong)


def test_read_only_arrays():
    a = bodies()
    a.flags.writeable = False
    reads, writes = accel.fn(total), accel.fn(pushed)
    assert [reads(a) for _ in range(3)] == [reads(bodies())] * 3 and reads.accel.compiled
    for _ in range(3):
        with pytest.raises(ValueError, match="read-only"):
            writes(a)


def test_an_array_that_becomes_another():
    """Guards look at the array itself: a dtype with the fields elsewhere is not what the code was compiled for."""
    compiled = accel.fn(total)
    assert [compiled(bodies()) for _ in range(3)] == [total(bodies())] * 3
    packed = numpy.zeros(3, numpy.dtype((Body.dtype.type, [(n, Body.dtype.fields[n][0]) for n in Body.dtype.names])))
    assert compiled(packed.view(type(bodies()))) == (0.0, (3,), 1, 3)
    assert compiled(bodies()[0:0]) == (0.0, (0,), 1, 0)


def test_what_owns_the_memory_lives_as_long():
    @accel.fn
    def last(a, n):
        b = a[0]
        for i in range(n):
            b = a[i % len(a)]
        return b.mass

    a = bodies()
    gone = weakref.ref(a)
    held = sys.getrefcount(a)
    assert [last(a, 3) for _ in range(5)] == [1.0] * 5 and sys.getrefcount(a) == held and last.accel.compiled
    del a
    gc.collect()
    assert gone() is None


def test_structs_in_arrays_are_aligned_as_in_c():
    @accel.struct
    class Inner:
        x: float
        n: Int16 = Int16(1)

    @accel.struct
    class Outer:
        flag: bool
        inner: Inner
        pair: tuple[bool, Inner]
        tail: Int16 = Int16(2)

    dtype = Outer.dtype
    assert (dtype.itemsize, [dtype.fields[name][1] for name in dtype.names], Inner.dtype.itemsize) == (56, [0, 8, 24, 48], 16)

    @accel.fn
    def total(a):
        s = 0.0
        for o in a:
            s += o.inner.x + o.pair[1].x
            o.inner.n = o.tail
        return s

    for a in (Outer.array(3), Outer.from_array(numpy.frombuffer(bytearray(56 * 3 + 1), "u1")[1:].view(Outer.dtype))):
        for k in range(3):
            a[k] = Outer(True, Inner(k), (False, Inner(10.0)))
        assert [total(a) for _ in range(3)] == [33.0] * 3 and a["inner"]["n"].tolist() == [2, 2, 2]
    assert total.accel.compiled


def test_a_constant_index_beyond_a_tuple():
    @accel.fn
    def third(t, k):
        return t[2] if k else t[-1]

    assert [third((1, 2.5), 0) for _ in range(3)] == [2.5] * 3 and third.accel.compiled
    with pytest.raises(IndexError, match="tuple index out of range"):
        third((1, 2.5), 1)


def first_of(x, a):
    b = a[0]
    for i in range(len(x)):
        x[i] = b.x + 1.0


def one_behind(x, a):
    for i in range(1, len(x)):
        x[i] = a[i - 1].x + 1.0


def one_ahead(x, a):
    for i in range(1, len(x)):
        a[i].x = x[i - 1] + 1.0


def dotted(x, a):
    v = 0.0
    for i in range(1, len(x)):
        x[i] = a[i - 1].dot(a[0]) * 0.5 + 1.0
        v = max(v, a[i].x)
    return v


def summed(x, a):
    for i in range(4):
        for j in range(len(x) - 1):
            x[i] += a[j].x
            a[i].x = x[i] * 0.5


@pytest.mark.parametrize("function", [first_of, one_behind, one_ahead, dotted, summed], ids=lambda f: f.__name__)
def test_records_that_share_memory_with_an_array(function):
    """Stores into the array are seen in the records, however the loop is compiled."""
    results = []
    compiled = accel.fn(function)
    for is_plain in (True, False, False):
        memory = numpy.zeros(2 * 100)
        memory[0] = 1.0
        a = Vec.from_array(memory.view([("x", "d"), ("y", "d")]))
        if is_plain:
            with accel.disabled():
                given = function(memory[::2], a)
        else:
            given = compiled(memory[::2], a)
        results.append((given, memory.tolist()))
    assert results[0] == results[1] == results[2] and compiled.accel.compiled
