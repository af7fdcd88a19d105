"""Floats of 16 bits: every value, and rounding to nearest, ties to even."""

import math
import struct

import numpy as np
import pytest

import accel
from accel.testing import check_numeric_type
from accel.types import BFloat16, Float32, UInt16
from tests.differential.counters import require_compiled

B = BFloat16


def nearest(x):
    """The bits of the nearest one to a float32, ties to even: by fractions, not by bits."""
    if math.isnan(x) or math.isinf(x) or x == 0.0:
        return struct.unpack("<I", struct.pack("<f", x))[0] >> 16
    exponent = max(math.frexp(x)[1] - 8, -133)
    rounded = round(math.ldexp(x, -exponent))  # exact, ties to even
    made = math.ldexp(rounded, exponent)
    made = math.copysign(math.inf, made) if abs(made) >= 2.0**128 else made
    return struct.unpack("<I", struct.pack("<f", made))[0] >> 16


def test_contract():
    check_numeric_type(B, [B.of(v) for v in (0.0, -0.0, -1.5, 3.0, 3.0, math.inf, 1e-40)])


def test_nan_keeps_to_the_contract_of_operators():
    nan = B.of(math.nan)
    assert nan != nan and not nan == nan and not nan < nan and math.isnan(float(nan + 1)) and bool(nan)
    assert B.of(-math.nan).bits == 0xFFC0 and B(bits=0x7F81).bits == 0x7F81 and (B(bits=0x7F81) + 0).bits == 0x7FC0


def test_rounding():
    chosen = np.random.default_rng(5)
    halves = (chosen.integers(0, 65536, 2000, dtype=np.uint32) << 16) + 0x8000  # ties
    bits = np.concatenate([chosen.integers(0, 2**32, 5000, dtype=np.uint64).astype(np.uint32), halves, halves + 1, halves - 1, np.array([0x7F7FFFFF, 0x00000001, 0x00008001], np.uint32)])
    numbers = bits.view(np.float32)
    numbers = numbers[~np.isnan(numbers)]

    @accel.fn
    def narrow(numbers, out):
        for i in range(len(numbers)):
            out[i] = BFloat16.of(numbers[i])

    wanted = [nearest(float(x)) for x in numbers]
    for _ in range(3):
        out = B.array(len(numbers))
        narrow(numbers, out)
        assert out["bits"].tolist() == wanted
    require_compiled(narrow)


def test_every_value_widens_and_comes_back():
    every = B.from_array(np.arange(65536, dtype=np.uint16))

    @accel.fn
    def round_trip(every, out, floats):
        for i in range(len(every)):
            floats[i] = float(every[i])
            out[i] = BFloat16.of(floats[i])

    for _ in range(2):
        out, floats = B.array(65536), np.empty(65536)
        round_trip(every, out, floats)
    require_compiled(round_trip)
    wanted = (np.arange(65536, dtype=np.uint32) << 16).view(np.float32)
    is_nan = np.isnan(wanted)
    assert (floats[~is_nan] == wanted[~is_nan]).all() and np.isnan(floats[is_nan]).all()
    assert (out["bits"][~is_nan] == np.arange(65536)[~is_nan]).all() and set(out["bits"][is_nan].tolist()) == {0x7FC0, 0xFFC0}


def test_operators_are_rounded_correctly():
    chosen = np.random.default_rng(6)
    for a, b in chosen.integers(0, 65536, (300, 2)):
        one, other = B(bits=int(a)), B(bits=int(b))
        x, y = float(one), float(other)
        if not (math.isfinite(x) and math.isfinite(y)):
            continue
        for found, exact in ((one + other, x + y), (one - other, x - y)):
            if abs(exact) < 3e38 and x + y - y == x:  # where the sum of doubles is exact
                assert found.bits == nearest(exact)
        if abs(x * y) < 3e38 and (abs(x * y) > 1e-30 or x * y == 0.0):
            assert (one * other).bits == nearest(x * y)


def test_beside_numbers():
    assert B.of(1.01) + 1 == B.of(2.0) and 0.1 + B.of(0.0) == B.of(0.1) and B.of(1) + True == 2 and B.of(2) ** 3 == 8 and 7 // B.of(2) == 3
    assert np.float64(0.5) * B.of(3) == 1.5 and hash(B.of(0.5)) == hash(0.5) and B.of(B.of(3.0).operand(B.of(3.0))) == 3.0
    assert int(B.of(-2.5)) == -2 and float(-B.of(0.0)).hex() == "-0x0.0p+0" and abs(B.of(-3.5)) == 3.5 and sorted([B.of(2), B.of(1)])[0] == 1
    for wrong in (Float32(1), np.int8(1), "1", 1j):
        with pytest.raises(TypeError):
            B.of(1) + wrong
    for wrong in (lambda: B(3), lambda: B(bits=1.5), lambda: B(bits=65536)):
        with pytest.raises(TypeError, match="`BFloat16` takes"):
            wrong()


def test_in_structs_and_ufuncs():
    @accel.struct
    class Weight:
        value: BFloat16
        count: int = 1

        def grown(self, by):
            return Weight(self.value * by, self.count + 1)

    @accel.fn
    def grow(w, n):
        for _ in range(n):
            w = w.grown(1.5)
        return w

    with accel.disabled():
        wanted = grow(Weight(B.of(1)), 10)
    assert [grow(Weight(B.of(1)), 10) for _ in range(3)] == [wanted] * 3
    require_compiled(grow)

    @accel.vectorize
    def lossy(x):
        return float(BFloat16.of(x) * 3)

    assert lossy(np.array([1.01, -2.0])).tolist() == [3.03125, -6.0]


def test_arrays_of_ml_dtypes():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    plain = np.array([1.01, -2.5, math.inf], np.float32).astype(ml_dtypes.bfloat16)
    seen = B.from_array(plain)
    assert np.shares_memory(seen, plain) and seen[0].bits == UInt16(16257)
    seen[1] = B.of(0.5)
    assert float(plain[1]) == 0.5
    back = B.to_ml_dtypes(seen)
    assert back.dtype == ml_dtypes.bfloat16 and np.shares_memory(back, plain) and back.tolist() == plain.tolist()
    chosen = np.random.default_rng(7).integers(0, 65536, (2, 500), dtype=np.uint16)
    a, b = B.from_array(chosen[0]), B.from_array(chosen[1])
    with np.errstate(all="ignore"):
        wanted = chosen[0].view(ml_dtypes.bfloat16) * chosen[1].view(ml_dtypes.bfloat16)
        found = [int((a[k] * b[k]).bits) for k in range(500)]
    assert found == wanted.view("u2").tolist()


def test_what_is_no_array_of_these():
    with pytest.raises(accel.ArgumentError, match="takes a structured array with its fields"):
        B.from_array(np.zeros(3, np.float32))
