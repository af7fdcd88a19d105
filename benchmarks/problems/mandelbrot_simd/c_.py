"""This module is the rival of `mandelbrot_lanes` in C with intrinsics, as it is."""

from benchmarks.problems.mandelbrot_lanes.c_ import f32, f64

__all__ = ["f32", "f64"]
