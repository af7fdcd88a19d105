"""This module is NumPy's functions."""

from numpy import bincount, cumsum, histogram, sum, var

__all__ = ["bincount", "cumsum", "histogram", "sum", "var"]
