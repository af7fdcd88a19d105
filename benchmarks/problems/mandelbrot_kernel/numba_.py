"""This module is the rival of `mandelbrot_lanes` by numba: a ufunc of one point."""

from benchmarks.problems.mandelbrot_lanes.numba_ import f32, f64

__all__ = ["deep", "f32", "f64"]

deep = f64
