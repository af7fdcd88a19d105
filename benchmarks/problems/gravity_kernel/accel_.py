"""This module is accel's kernel."""

from accel.kernels import gravity

__all__ = ["gravity"]
