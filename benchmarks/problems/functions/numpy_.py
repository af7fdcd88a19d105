"""This module holds NumPy's elementary functions."""

import numpy as np

from benchmarks.problems.functions.problem import RANGES, WIDTHS

globals().update({f"{name}_{width}": getattr(np, name) for name in RANGES for width in WIDTHS})
