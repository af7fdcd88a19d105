"""SIMD values in CPython: what NumPy computes with arrays of their lanes, and what is refused."""

from __future__ import annotations

import math
import pickle
from fractions import Fraction

import numpy as np
import pytest

import accel
from accel.types import SIMD, Bool, Float32, Float64, Int8, Int32, Int64, UInt8, simd_width
from accel.types.kinds import Vector
from accel.types.lane_math import fold
from accel.types.simd import mask_kind, vector_kind

V = SIMD[Float64, 4]
I = SIMD[Int64, 4]


def lanes(value):
    return np.array(value).tolist()


def test_classes_are_made_once():
    assert SIMD[Float64, 4] is V
    assert (V.dtype, V.width, V.__name__) == (np.float64, 4, "SIMD[float64, 4]")
    assert isinstance(V(1.0), SIMD) and isinstance(V(1.0), V) and not isinstance(I(1), V)


def test_made_of_one_of_all_of_none():
    assert lanes(V(1.5)) == [1.5] * 4
    assert lanes(V(1, 2.0, np.float64(3), -0.5)) == [1, 2, 3, -0.5]
    assert lanes(V()) == [0.0] * 4
    assert repr(I.iota(3)) == "SIMD[int64, 4](3, 4, 5, 6)"


def test_operators_are_those_of_numpy():
    x, y = V(1.0, -2.0, 0.5, math.inf), V(3.0, 0.0, -0.5, math.inf)
    a, b = np.array(x), np.array(y)
    with np.errstate(all="ignore"):
        for made, expected in ((x + y, a + b), (x - y, a - b), (x * y, a * b), (x / y, a / b), (2 / x, 2 / a), (x - 1, a - 1), (-x, -a), (abs(x), abs(a))):
            assert np.array(made).tobytes() == expected.tobytes()


def test_nothing_warns():
    with np.errstate(all="raise"):
        assert lanes(V(1.0) / 0.0) == [math.inf] * 4
        assert lanes(SIMD[Int8, 2](127) + 1) == [-128, -128]
        assert lanes(I(5) // 0) == [0] * 4


def test_integers():
    x = SIMD[Int32, 4](-7, 7, -8, 2**31 - 1)
    assert lanes(x // 2) == [-4, 3, -4, 2**30 - 1]
    assert lanes(x % 4) == [1, 3, 0, 3]
    assert lanes(x << 33) == [0] * 4
    assert lanes(x >> 40) == [-1, 0, -1, 0]
    assert lanes(~x & 3) == [2, 0, 3, 0]


def test_numpy_scalars_on_the_left():
    assert isinstance(np.float64(2.0) * V(1.0), V)


def test_masks():
    x = V(1.0, 5.0, 3.0, math.nan)
    mask = x < 4.0
    assert (type(mask), lanes(mask)) == (SIMD[Bool, 4], [True, False, True, False])
    assert (mask.any(), mask.all(), mask.count()) == (True, False, 2)
    assert lanes(mask.select(x, 0.0)) == [1.0, 0.0, 3.0, 0.0]
    assert lanes(mask.select(-1, I.iota())) == [-1, 1, -1, 3]
    assert lanes(~mask | (x == 1.0)) == [True, True, False, True]


def test_masks_are_true_when_all_lanes_are():
    x, y = V(1.0, 2.0, 3.0, 4.0), V(1.0, 2.0, 3.0, 5.0)
    assert x == V(1.0, 2.0, 3.0, 4.0)
    assert not x == y  # noqa: SIM201
    assert not x != y  # noqa: SIM202  some are equal
    assert (x, 1) == (V(1.0, 2.0, 3.0, 4.0), 1) and (x, 1) != (y, 1)


def test_minimum_is_that_of_python():
    x, y = V(1.0, math.nan, 2.0, -0.0), V(2.0, 1.0, math.nan, 0.0)
    assert repr(x.min(y)) == repr(V(*[min(a, b) for a, b in zip(x, y, strict=True)]))
    assert repr(x.max(y)) == repr(V(*[max(a, b) for a, b in zip(x, y, strict=True)]))


def test_other_lanes():
    x = I(10, 20, 30, 40)
    assert lanes(x.shuffle(3, 0)) == [40, 10]
    assert lanes(x.reverse()) == [40, 30, 20, 10]
    assert lanes(x.slice(2, 1)) == [20, 30]
    assert lanes(x.join(-x)) == [10, 20, 30, 40, -10, -20, -30, -40]
    assert lanes(x.with_lane(-1, 7)) == [10, 20, 30, 7]
    assert (x[1], x[-1], len(x), list(x)) == (20, 40, 4, [10, 20, 30, 40])
    with pytest.raises(IndexError, match="out of bounds"):
        x[4]


def test_casts():
    x = V(-2.9, 300.0, math.nan, -math.inf)
    assert lanes(x.cast(Int8)) == [-2, 127, 0, -128]
    assert lanes(x.cast(UInt8)) == [0, 255, 0, 0]
    assert lanes(x.cast(Int64)) == [-2, 300, 0, -(2**63)]
    assert lanes(x.cast(Bool)) == [True] * 4
    assert lanes(I(300).cast(Int8)) == [44] * 4
    assert lanes((x < 0).cast(Float32)) == [1.0, 0.0, 0.0, 1.0]
    assert lanes(SIMD[Float32, 2](1.0).bitcast(Int32)) == [0x3F800000] * 2


def test_reductions_go_by_halves():
    assert fold(list(range(8)), lambda a, b: (a, b)) == (((0, 4), (2, 6)), ((1, 5), (3, 7)))
    assert SIMD[Float32, 4](1e8, 1.0, -1e8, 1.0).reduce_add() == np.float32(2.0)
    assert type(SIMD[Float32, 4](1.0).reduce_add()) is np.float32
    assert (I(3, 1, 4, 1).reduce_min(), I(3, 1, 4, 1).reduce_max(), I(3, 1, 4, 1).reduce_mul()) == (1, 4, 12)


@pytest.mark.parametrize("dtype, digits", [(Float64, 53), (Float32, 24)])
def test_fused_is_rounded_once(dtype, digits):
    rng = np.random.default_rng(7)
    x, y, z = (dtype(rng.standard_normal()) for _ in range(3))
    for scale in (1.0, 2.0**-digits, 2.0**digits):
        exact = Fraction(float(x)) * Fraction(float(y)) + Fraction(float(z) * scale)
        made = SIMD[dtype, 1](x).fma(y, dtype(float(z) * scale))[0]
        assert abs(Fraction(float(made)) - exact) <= abs(Fraction(float(np.spacing(made)))) / 2


def test_fused_at_the_edges():
    def fused(x, y, z):
        return repr(float(SIMD[Float64, 1](x).fma(y, z)[0]))

    assert fused(1e300, 1e300, -math.inf) == "-inf"
    assert fused(1e300, 1e300, 0.0) == "inf"
    assert fused(0.0, -1.0, 0.0) == "0.0"
    assert fused(0.0, -1.0, -0.0) == "-0.0"
    assert fused(0.0, math.inf, 1.0) == "nan"
    assert fused(math.inf, 1.0, -math.inf) == "nan"
    assert fused(5e-324, 0.5, 0.0) == "0.0"
    assert fused(-5e-324, 0.75, 0.0) == "-5e-324"


def test_memory():
    a = np.arange(10.0)
    assert lanes(V.load(a, 3)) == [3, 4, 5, 6]
    assert lanes(V.load(a, 9, stride=-3)) == [9, 6, 3, 0]
    assert lanes(V.load(a, 8, I.iota(8) < 10)) == [8, 9, 0, 0]
    assert lanes(V.load_tail(a, 8)) == [8, 9, 0, 0]
    assert lanes(V.gather(a, I(9, 0, 5, 5))) == [9, 0, 5, 5]
    V(-1.0).store_tail(a, 8)
    V(-2.0).store(a, 0, stride=2)
    V(1.0, 2.0, 3.0, 4.0).scatter(a, I(1, 1, 3, 3))
    assert a.tolist() == [-2, 2, -2, 4, -2, 5, -2, 7, -1, -1]


def test_prefetching_changes_nothing_wherever_it_points():
    @accel.fn(strict=True)
    def total(a, far: int):
        sums = V(0.0)
        for i in range(0, len(a), 4):
            V.prefetch(a, i + far)
            sums += V.load(a, i)
        return sums

    a = np.arange(16.0)
    for far in (8, 0, -100, 2**40, -(2**62)):
        assert lanes(V.prefetch(a, far) or V(0.0)) == [0.0] * 4
        assert lanes(total(a, far)) == [24, 28, 32, 36] and lanes(total(a[::-1], far)) == [36, 32, 28, 24]
    with pytest.raises(TypeError):
        V.prefetch(np.arange(4), 0)
    with pytest.raises(TypeError):
        V.prefetch(a, 0.5)


def test_lanes_outside_of_the_array():
    a = np.arange(6.0)
    for access in (lambda: V.load(a, 3), lambda: V.load(a, -1), lambda: V.load_tail(a, -1), lambda: V.gather(a, I(6)), lambda: V(0.0).store(a, 3)):
        with pytest.raises(IndexError, match="of an array of 6 elements"):
            access()
    a.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        V(0.0).store(a, 0)


@pytest.mark.parametrize(
    "make, what",
    [
        (lambda: SIMD[float, 4], "there are no lanes of `float`"),
        (lambda: SIMD[np.complex128, 4], "there are no lanes of `complex128`"),
        (lambda: SIMD[Float64, 0], "0 is no number of lanes"),
        (lambda: SIMD[Float64, 4.0], r"4\.0 is no number of lanes"),
        (lambda: SIMD[Float64], "the number of lanes is missing"),
    ],
)
def test_classes_that_there_are_not(make, what):
    with pytest.raises(accel.AnnotationError, match=what) as raised:
        make()
    assert raised.value.diagnostics[0].slug == "simd-type"
    assert raised.value.diagnostics[0].filename.endswith("test_simd.py")


@pytest.mark.parametrize(
    "use, what",
    [
        (lambda: V(1.0, 2.0), "takes 4 lanes or one for all, got 2"),
        (lambda: SIMD(1.0), "without the type of the lanes"),
        (lambda: I(1.5), "`float` is no lane"),
        (lambda: V(np.float32(1)), "`float32` is no lane"),
        (lambda: V(1.0) + SIMD[Float64, 8](1.0), r"`\+` of `SIMD\[float64, 4\]` and `SIMD\[float64, 8\]`"),
        (lambda: V(1.0) + I(1), "write `x.cast"),
        (lambda: I(1) / 2, "`/` of `SIMD"),
        (lambda: V(1.0) // 2, "`//` of `SIMD"),
        (lambda: (V(1.0) < 2) + True, r"`\+` of `SIMD\[bool, 4\]`"),
        (lambda: bool(V(1.0)), r"write `\(x != 0\).any"),
        (lambda: V(1.0).select(1.0, 2.0), "`select` of"),
        (lambda: (V(1.0) < 2).select(1.0, 2.0), "`select` takes lanes as many"),
        (lambda: V.load(np.arange(9), 0), "got `ndarray` of int64 with 1 axes"),
        (lambda: V.load([1.0] * 9, 0), "got `list`"),
        (lambda: V.load(np.arange(9.0), 0, I(1)), "the mask of"),
        (lambda: V.gather(np.arange(9.0), V(1.0)), "the indices of"),
        (lambda: V(1.0).bitcast(Int32), "have other bits"),
        (lambda: V(1.0).cast(complex), "there are no lanes of `complex`"),
        (lambda: (V(1.0) < 2).iota(), "masks do not count"),
    ],
)
def test_what_is_refused(use, what):
    with pytest.raises(accel.ArgumentError, match=what) as raised:
        use()
    found = raised.value.diagnostics[0]
    assert (found.slug, found.filename.endswith("test_simd.py")) == ("simd-argument", True)


def test_ints_that_do_not_fit():
    with pytest.raises(OverflowError, match="out of bounds"):
        SIMD[UInt8, 4](256)
    with pytest.raises(OverflowError, match="out of bounds"):
        SIMD[UInt8, 4](1) + 256


def test_other_operands_are_left_to_python():
    with pytest.raises(TypeError, match="unsupported operand"):
        V(1.0) + "a"
    with pytest.raises(TypeError, match="unhashable"):
        hash(V(1.0))


def test_pickled_and_converted():
    x = V(1.0, -0.0, math.nan, 3.0)
    assert repr(pickle.loads(pickle.dumps(x))) == repr(x)
    assert np.asarray(x, np.float32).dtype == np.float32
    with pytest.raises(ValueError, match="without a copy"):
        np.array(x, copy=False)


def test_width_of_the_machine(monkeypatch):
    for name, bits in (("x86-64", 128), ("x86-64-v3", 256), ("x86-64-v4", 512)):
        monkeypatch.setenv("ACCEL_CPU", name)
        assert (simd_width(Float32), simd_width(Float64), simd_width(UInt8)) == (bits // 32, bits // 64, bits // 8)
        assert vector_kind("f", 24) == Vector("f", 24, {128: 4, 256: 8, 512: 8}[bits])
        assert mask_kind(vector_kind("d", 8)).bits == (1 if bits == 512 else 64)
    with pytest.raises(accel.ArgumentError, match="no lanes of"):
        simd_width(complex)


def test_annotations_are_enforced():
    @accel.fn
    def half(x: SIMD[Float64, 4]) -> SIMD[Float64, 4]:
        return x * 0.5

    with pytest.raises(TypeError, match=r"half` takes SIMD\[float64, 4\] for `x`, got SIMD\[float64, 8\]"):
        half(SIMD[Float64, 8](1.0))
    assert lanes(half(V(3.0))) == [1.5] * 4


def test_annotations_as_texts():
    @accel.fn
    def half(x: "SIMD[Float64, 4]"):
        return x * 0.5

    width = 4

    @accel.fn
    def local(x: "SIMD[Float64, width]"):
        return x * 0.5

    with pytest.raises(TypeError, match="takes SIMD"):
        half(SIMD[Float64, 8](1.0))
    assert lanes(local(SIMD[Float64, width * 2](1.0))) == [0.5] * 8  # a name that is not one of the module tells nothing
