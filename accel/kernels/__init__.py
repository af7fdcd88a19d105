"""This package is ready-made kernels, written with accel's public decorators and types alone."""

from accel.kernels.histograms import bincount, histogram
from accel.kernels.products import matmul
from accel.kernels.reductions import argmax, argmin, max, mean, min, std, sum, var
from accel.kernels.scans import cumsum

__all__ = ["argmax", "argmin", "bincount", "cumsum", "histogram", "matmul", "max", "mean", "min", "std", "sum", "var"]
