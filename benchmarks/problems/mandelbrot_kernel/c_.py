"""This module is the rival of `mandelbrot_lanes` in C with intrinsics: one to six registers at a time, the fastest of them for the points at hand."""

from benchmarks.problems.mandelbrot_lanes.c_ import build_all
from benchmarks.problems.mandelbrot_lanes.variants import Fastest

f64, f32 = map(Fastest, build_all().values())
deep = Fastest(f64.variants)
