"""This module is dot products with SIMD values: of float32, and of bfloat16 kept as its bits, which are the upper half of those of a float32.

Eight registers of sums where the vectors are in the cache, which hides the latency of the additions; four where memory takes longer than they do.
"""

import accel
from accel.types import SIMD, Array, Comptime, Float32, UInt16, UInt32, simd_width

LANES = simd_width(Float32)
WIDTH_F32, WIDTH_BF16 = 8 * LANES, 4 * LANES


@accel.fn
def dot_f32(a: Array[Float32, 1], b: Array[Float32, 1], *, width: Comptime[int]) -> float:
    sums = SIMD[Float32, width](0.0)
    whole = len(a) - len(a) % width
    for i in range(0, whole, width):
        sums = SIMD[Float32, width].load(a, i).fma(SIMD[Float32, width].load(b, i), sums)
    if whole < len(a):
        sums = SIMD[Float32, width].load_tail(a, whole).fma(SIMD[Float32, width].load_tail(b, whole), sums)
    return float(sums.reduce_add())


@accel.fn
def dot_bf16(a: Array[UInt16, 1], b: Array[UInt16, 1], *, width: Comptime[int]) -> float:
    sums = SIMD[Float32, width](0.0)
    whole = len(a) - len(a) % width
    for i in range(0, whole, width):
        x = (SIMD[UInt16, width].load(a, i).cast(UInt32) << 16).bitcast(Float32)
        y = (SIMD[UInt16, width].load(b, i).cast(UInt32) << 16).bitcast(Float32)
        sums = x.fma(y, sums)
    if whole < len(a):
        x = (SIMD[UInt16, width].load_tail(a, whole).cast(UInt32) << 16).bitcast(Float32)
        y = (SIMD[UInt16, width].load_tail(b, whole).cast(UInt32) << 16).bitcast(Float32)
        sums = x.fma(y, sums)
    return float(sums.reduce_add())


@accel.fn
def f32(a: Array[Float32, 1], b: Array[Float32, 1]) -> float:
    return dot_f32(a, b, width=WIDTH_F32)


@accel.fn
def bf16(a: Array[UInt16, 1], b: Array[UInt16, 1], copy_a: Array[UInt16, 1], copy_b: Array[UInt16, 1]) -> float:
    return dot_bf16(a, b, width=WIDTH_BF16)
