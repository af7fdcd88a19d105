"""This module is the table of problems, in the order in which they are measured, and of names for several of them."""

from benchmarks.harness.problem import Problem
from benchmarks.problems.autotune.problem import AUTOTUNE
from benchmarks.problems.axpy.problem import AXPY
from benchmarks.problems.calls.problem import CALLS
from benchmarks.problems.checks.problem import CHECKS
from benchmarks.problems.collatz.problem import COLLATZ
from benchmarks.problems.compile_time.problem import COMPILE_TIME
from benchmarks.problems.conv2d.problem import CONV2D
from benchmarks.problems.dependence.problem import DEPENDENCE
from benchmarks.problems.digits_network.problem import DIGITS_NETWORK
from benchmarks.problems.distances.problem import DISTANCES
from benchmarks.problems.dot.problem import DOT
from benchmarks.problems.dot_simd.problem import DOT_SIMD
from benchmarks.problems.elementwise.problem import ELEMENTWISE
from benchmarks.problems.fallback.problem import FALLBACK
from benchmarks.problems.functions.problem import FUNCTIONS
from benchmarks.problems.fuzzer.problem import FUZZER
from benchmarks.problems.gather.problem import GATHER
from benchmarks.problems.gradient.problem import GRADIENT
from benchmarks.problems.gravity_kernel.problem import GRAVITY_KERNEL
from benchmarks.problems.histogram.problem import HISTOGRAM
from benchmarks.problems.language.problem import LANGUAGE
from benchmarks.problems.loops.problem import LOOPS
from benchmarks.problems.mandelbrot.problem import MANDELBROT
from benchmarks.problems.mandelbrot_kernel.problem import MANDELBROT_KERNEL
from benchmarks.problems.mandelbrot_lanes.problem import MANDELBROT_LANES
from benchmarks.problems.mandelbrot_simd.problem import MANDELBROT_SIMD
from benchmarks.problems.matmul_kernel.problem import MATMUL_KERNEL
from benchmarks.problems.matmul_naive.problem import MATMUL_NAIVE
from benchmarks.problems.nbody.problem import NBODY
from benchmarks.problems.nbody_unrolled.problem import NBODY_UNROLLED
from benchmarks.problems.ownership.problem import OWNERSHIP
from benchmarks.problems.reductions_kernel.problem import REDUCTIONS_KERNEL
from benchmarks.problems.region.problem import REGION
from benchmarks.problems.sieve.problem import SIEVE
from benchmarks.problems.startup.problem import STARTUP
from benchmarks.problems.stencil1d.problem import STENCIL1D
from benchmarks.problems.stencil2d.problem import STENCIL2D
from benchmarks.problems.stencil_kernel.problem import STENCIL_KERNEL
from benchmarks.problems.structs.problem import STRUCTS
from benchmarks.problems.transformer.problem import TRANSFORMER
from benchmarks.problems.tuning_quality.problem import TUNING_QUALITY
from benchmarks.problems.ufunc_calls.problem import UFUNC_CALLS

PROBLEMS: dict[str, Problem] = {
    problem.name: problem
    for problem in (
        CALLS,
        STARTUP,
        DOT,
        AXPY,
        STENCIL1D,
        STENCIL2D,
        NBODY,
        MANDELBROT,
        MATMUL_NAIVE,
        HISTOGRAM,
        GATHER,
        SIEVE,
        COLLATZ,
        CHECKS,
        MANDELBROT_LANES,
        ELEMENTWISE,
        UFUNC_CALLS,
        FUNCTIONS,
        REGION,
        LOOPS,
        DEPENDENCE,
        STRUCTS,
        OWNERSHIP,
        MANDELBROT_SIMD,
        GRADIENT,
        AUTOTUNE,
        NBODY_UNROLLED,
        DOT_SIMD,
        TUNING_QUALITY,
        MATMUL_KERNEL,
        CONV2D,
        DISTANCES,
        REDUCTIONS_KERNEL,
        TRANSFORMER,
        MANDELBROT_KERNEL,
        GRAVITY_KERNEL,
        STENCIL_KERNEL,
        DIGITS_NETWORK,
        COMPILE_TIME,
        FALLBACK,
        FUZZER,
        LANGUAGE,
    )
}

GROUPS = {
    "vectorize": ("mandelbrot_lanes", "elementwise", "ufunc_calls", "functions", "region", "loops", "dependence"),
    "parallelize": ("loops", "dependence"),
    "simd": ("mandelbrot_simd", "nbody_unrolled", "dot_simd"),
}
