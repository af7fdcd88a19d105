"""This module is what follows a matrix product or a convolution: bias, activation, residual."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from accel.compile_time import Comptime, comptime
from accel.decorators import fn
from accel.kernels.arrays import find_line, flatten

__all__ = ["Epilogue"]


@fn(nogil=True)
def add_bias(made: Any, bias: Any, *, rows: int, n: int, lanes: Comptime[Any], is_relu: Comptime[bool]) -> None:
    """Add a bias to rows of `n` elements, and take 0 for what is negative then, where that is asked for."""
    for i in range(0, n, lanes.width):
        inside = lanes.iota() < n - i
        more = lanes.load(bias, i, inside)
        for row in range(rows):
            x = lanes.load(made, row * n + i, inside) + more
            if comptime(is_relu):
                x = (x < 0.0).select(0.0, x)
            x.store(made, row * n + i, inside)


class Epilogue:
    """What a kernel does with a result of a shape and dtype, checked before anything is computed.

    Attributes
    ----------
    arrays : list of ndarray
        What it reads.
    """

    def __init__(
        self, kernel: str, shape: tuple[int, ...], dtype: Any, *, bias: Any = None, activation: str | Callable[[Any], Any] | None = None, residual: Any = None
    ) -> None:
        if activation is not None and activation != "relu" and not callable(activation):
            raise ValueError(f'{kernel}: `activation` is "relu" or a function, not {activation!r}')
        self._kernel = kernel
        self._bias = None if bias is None else numpy.asarray(bias, dtype)
        self._residual = None if residual is None else numpy.asarray(residual, dtype)
        self._activation = activation
        if self._bias is not None and self._bias.shape != shape[-1:]:
            raise ValueError(f"{kernel}: `bias` has shape {self._bias.shape}, the last axis of the result {shape[-1:]}")
        if self._residual is not None and numpy.broadcast_shapes(self._residual.shape, shape) != shape:
            raise ValueError(f"{kernel}: `residual` has shape {self._residual.shape}, the result {shape}")
        self.arrays = [x for x in (self._bias, self._residual) if x is not None]

    def apply(self, made: Any) -> None:
        """Do it in place, in a C-ordered array."""
        is_relu = self._activation == "relu"
        if self._bias is not None and made.size:
            dtype, n = made.dtype.type, self._bias.size
            add_bias(made.reshape(-1), flatten(self._bias, dtype), rows=made.size // n, n=n, lanes=find_line(dtype), is_relu=is_relu)
        elif is_relu:
            numpy.maximum(made, 0, out=made)
        if callable(self._activation):
            found = numpy.asarray(self._activation(made))
            if found.shape != made.shape:
                raise ValueError(f"{self._kernel}: `activation` gave shape {found.shape} for {made.shape}")
            numpy.copyto(made, found, casting="same_kind")
        if self._residual is not None:
            made += self._residual
