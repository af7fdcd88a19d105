"""This module is the dynamic programs, every function decorated."""

import warnings

import accel
from benchmarks.problems.fallback.problem import load_programs

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    globals().update({name: value for name, value in load_programs(accel.fn).items() if not name.startswith("__")})
