"""This module is the rival of `mandelbrot_lanes` in Mojo with vectors written by hand, as it is."""

from benchmarks.problems.mandelbrot_lanes.mojo_ import f32, f64

__all__ = ["f32", "f64"]
