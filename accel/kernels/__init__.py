"""This package is ready-made kernels, written with accel's public decorators and types alone."""

from accel.kernels.products import matmul

__all__ = ["matmul"]
