"""This package is ready-made kernels, written with accel's public decorators and types alone."""

from accel.kernels.products import matmul
from accel.kernels.reductions import argmax, argmin, max, mean, min, std, sum, var

__all__ = ["argmax", "argmin", "matmul", "max", "mean", "min", "std", "sum", "var"]
