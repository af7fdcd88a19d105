"""Points of the Mandelbrot set with vectors written by hand: several of the processor's at a time, until all their points have escaped."""

from std.sys import simd_width_of

comptime MOST = 6  # vectors at a time; one of two or four registers is taken alone


# `count` is a multiple of `vectors` times the lanes; the caller does the rest as a last, shorter array of its own.
@no_inline
def escape[
    real: DType, whole: DType, registers: Int, vectors: Int, by_numbers: Bool
](
    cr: Pointer[Scalar[real], MutAnyOrigin],
    ci: Pointer[Scalar[real], MutAnyOrigin],
    count: Int,
    limit: Int,
    out_counts: Pointer[Int32, MutAnyOrigin],
):
    comptime lanes = simd_width_of[real]() * registers
    comptime Reals = SIMD[real, lanes]
    comptime Wholes = SIMD[whole, lanes]
    for start in range(0, count, vectors * lanes):
        var a = Array[Reals, vectors](fill=0)
        var b = Array[Reals, vectors](fill=0)
        var x = Array[Reals, vectors](fill=0)
        var y = Array[Reals, vectors](fill=0)
        var turns = Array[Wholes, vectors](fill=0)
        var steps = Array[Wholes, vectors](fill=1)
        comptime for k in range(vectors):
            a[k] = cr.unsafe_load[width=lanes](start + k * lanes)
            b[k] = ci.unsafe_load[width=lanes](start + k * lanes)
        for _ in range(limit):
            var any_inside = SIMD[DType.bool, lanes](fill=False)
            var any_steps = Wholes(0)
            comptime for k in range(vectors):
                var xx = x[k] * x[k]
                var yy = y[k] * y[k]
                var xy = (x[k] + x[k]) * y[k]
                var inside = (xx + yy).le(4)
                comptime if by_numbers:  # what a point adds to its count: 1, and 0 from its escape on
                    steps[k] = inside.select(steps[k], 0)
                    turns[k] += steps[k]
                    any_steps |= steps[k]
                else:  # a point that escaped does not come back
                    turns[k] += inside.cast[whole]()
                    any_inside |= inside
                x[k] = xx - yy + a[k]
                y[k] = xy + b[k]
            comptime if by_numbers:
                any_inside = any_steps.ne(0)
            if not any_inside.reduce_or():
                break
        comptime for k in range(vectors):
            out_counts.unsafe_store(start + k * lanes, turns[k].cast[DType.int32]())


@always_inline
def run[
    real: DType, whole: DType, registers: Int, vectors: Int
](
    by_numbers: Int,
    cr: Pointer[Scalar[real], MutAnyOrigin],
    ci: Pointer[Scalar[real], MutAnyOrigin],
    count: Int,
    limit: Int,
    out_counts: Pointer[Int32, MutAnyOrigin],
):
    if by_numbers:
        escape[real, whole, registers, vectors, True](cr, ci, count, limit, out_counts)
    else:
        escape[real, whole, registers, vectors, False](cr, ci, count, limit, out_counts)


@always_inline
def choose[
    real: DType, whole: DType
](
    by_numbers: Int,
    registers: Int,
    vectors: Int,
    cr: Pointer[Scalar[real], MutAnyOrigin],
    ci: Pointer[Scalar[real], MutAnyOrigin],
    count: Int,
    limit: Int,
    out_counts: Pointer[Int32, MutAnyOrigin],
):
    comptime for k in range(1, MOST + 1):
        if registers == 1 and vectors == k:
            run[real, whole, 1, k](by_numbers, cr, ci, count, limit, out_counts)
    comptime for k in range(1, 3):
        if registers == 1 << k and vectors == 1:
            run[real, whole, 1 << k, 1](by_numbers, cr, ci, count, limit, out_counts)


@export
def escape_f64(
    by_numbers: Int,
    registers: Int,
    vectors: Int,
    cr: Pointer[Float64, MutAnyOrigin],
    ci: Pointer[Float64, MutAnyOrigin],
    count: Int,
    limit: Int,
    out_counts: Pointer[Int32, MutAnyOrigin],
) abi("C"):
    choose[DType.float64, DType.int64](by_numbers, registers, vectors, cr, ci, count, limit, out_counts)


@export
def escape_f32(
    by_numbers: Int,
    registers: Int,
    vectors: Int,
    cr: Pointer[Float32, MutAnyOrigin],
    ci: Pointer[Float32, MutAnyOrigin],
    count: Int,
    limit: Int,
    out_counts: Pointer[Int32, MutAnyOrigin],
) abi("C"):
    choose[DType.float32, DType.int32](by_numbers, registers, vectors, cr, ci, count, limit, out_counts)


@export
def lanes_f64() abi("C") -> Int:
    return simd_width_of[DType.float64]()


@export
def lanes_f32() abi("C") -> Int:
    return simd_width_of[DType.float32]()
