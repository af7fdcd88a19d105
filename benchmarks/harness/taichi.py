"""This module starts Taichi, in Taichi's own environment, with the arithmetic of CPython: doubles, 64-bit integers, nothing reordered."""

from typing import Any

import taichi as ti  # type: ignore[import-not-found]

F64, I64, BOOL = ti.f64, ti.i64, ti.u1

ti.init(arch=ti.cpu, default_fp=ti.f64, default_ip=ti.i64, fast_math=False, offline_cache=False, log_level=ti.ERROR)


def array(dtype: Any, ndim: int) -> Any:
    """The type of a parameter that is a NumPy array, used where it lies."""
    return ti.types.ndarray(dtype=dtype, ndim=ndim)
