"""This module is the ways in which the elements of an array lie in memory: each gives the same array, and all of the memory it lies in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["lay_out", "poisoned", "repeat_along"]

_GUARD = 0x55  # of bytes that belong to no element


def poisoned(shape: tuple[int, ...], dtype: Any) -> Any:
    """An array of what nobody should read or keep: NaN, or the greatest integer."""
    array = np.zeros(shape, dtype)
    if array.dtype.kind in "iu":
        array.fill(np.iinfo(array.dtype).max)
    elif array.dtype.kind in "fc":
        array.fill(np.nan)
    return array


def lay_out(array: Any) -> Iterator[tuple[str, Any, Any]]:
    """The layouts an array can have beside its own: what it is called, the array, and all of its memory."""
    for name, (lay, axes) in _LAYOUTS.items():
        if array.ndim >= axes and array.size and not (lay in (_misalign, _swap) and array.dtype.alignment == 1):
            yield name, *lay(array)


def repeat_along(array: Any) -> Iterator[tuple[str, Any]]:
    """The array with its first element along one axis, or along all, instead of the others: with steps of zero bytes."""
    for axis in range(array.ndim):
        yield f"zero steps along axis {axis}", np.broadcast_to(array.take([0], axis), array.shape)
    if array.ndim > 1:
        yield "zero steps along all axes", np.broadcast_to(array.ravel()[:1].reshape((1,) * array.ndim), array.shape)


def _fortran(array: Any) -> tuple[Any, Any]:
    made = np.array(array, order="F")
    return made, made


def _spread_last(array: Any) -> tuple[Any, Any]:
    return _put(array, (*array.shape[:-1], 2 * array.shape[-1]), (..., slice(None, None, 2)))


def _spread_first(array: Any) -> tuple[Any, Any]:
    return _put(array, (2 * array.shape[0], *array.shape[1:]), (slice(None, None, 2),))


def _turn(array: Any) -> tuple[Any, Any]:
    return _put(array, array.shape, (slice(None, None, -1),) * array.ndim)


def _frame(array: Any) -> tuple[Any, Any]:
    return _put(array, tuple(side + 2 for side in array.shape), (slice(1, -1),) * array.ndim)


def _put(array: Any, shape: tuple[int, ...], where: Any) -> tuple[Any, Any]:
    """The array as a part of a poisoned one."""
    memory = poisoned(shape, array.dtype)
    memory[where] = array
    return memory[where], memory


def _misalign(array: Any) -> tuple[Any, Any]:
    memory = np.full(array.nbytes + 2, _GUARD, np.uint8)
    made: Any = np.ndarray(array.shape, array.dtype, buffer=memory, offset=1)
    made[...] = array
    return made, memory


def _swap(array: Any) -> tuple[Any, Any]:
    made = array.astype(array.dtype.newbyteorder())
    return made, made


def _freeze(array: Any) -> tuple[Any, Any]:
    made = array.copy()
    made.setflags(write=False)
    return made, made


_LAYOUTS: dict[str, tuple[Callable[[Any], tuple[Any, Any]], int]] = {  # and how many axes it needs
    "in Fortran order": (_fortran, 2),
    "with twice the step along the last axis": (_spread_last, 1),
    "with twice the step along the first axis": (_spread_first, 2),
    "with negative steps": (_turn, 1),
    "inside a larger array": (_frame, 2),
    "misaligned": (_misalign, 0),
    "with swapped bytes": (_swap, 0),
    "read-only": (_freeze, 0),
}
