"""This module is accel's kernels."""

from accel.kernels import bincount, cumsum, histogram, sum, var

__all__ = ["bincount", "cumsum", "histogram", "sum", "var"]
