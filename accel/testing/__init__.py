"""Contracts: what things of one's own have to keep to, looked at from outside."""

from accel.testing.kernels import check_kernel
from accel.testing.numbers import check_numeric_type
from accel.testing.strategies import check_strategy

__all__ = ["check_kernel", "check_numeric_type", "check_strategy"]
