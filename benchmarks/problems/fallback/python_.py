"""This module is the dynamic programs, undecorated."""

from benchmarks.problems.fallback.problem import load_programs

globals().update({name: value for name, value in load_programs().items() if not name.startswith("__")})
