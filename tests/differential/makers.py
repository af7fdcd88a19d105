"""What the texts of arguments may use: layouts of arrays, subclasses, objects that misbehave."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["Array", "Float", "Hostile", "Index", "Int", "readonly", "spaced", "swapped", "turned", "unaligned"]


def readonly(array: Any) -> Any:
    """A copy nobody may write to."""
    array = np.array(array)
    array.flags.writeable = False
    return array


def spaced(array: Any) -> Any:
    """The same items with a gap between neighbours."""
    array = np.asarray(array)
    return np.repeat(array, 2, axis=0)[::2] if array.ndim else array.copy()


def turned(array: Any) -> Any:
    """The same items lying backwards in memory."""
    array = np.asarray(array)
    return array[::-1].copy()[::-1] if array.ndim else array.copy()


def swapped(array: Any) -> Any:
    """The same items in the other byte order."""
    array = np.asarray(array)
    return array.astype(array.dtype.newbyteorder())


def unaligned(array: Any) -> Any:
    """The same items at an odd address."""
    array = np.asarray(array)
    memory = np.zeros(array.nbytes + 1, np.uint8)
    view = memory[1:].view(array.dtype).reshape(array.shape)
    view[...] = array
    return view


class Int(int):
    """A subclass of int with a sum of its own."""

    def __add__(self, other: Any) -> Any:
        return int(self) + other + 1000


class Float(float):
    """A subclass of float with a product of its own."""

    def __mul__(self, other: Any) -> Any:
        return float(self) * other - 0.5


class Array(np.ndarray):
    """A subclass of ndarray whose items are seen by `__getitem__`."""

    def __getitem__(self, key: Any) -> Any:
        return np.asarray(self)[key] * 2


class Index:
    """An object that stands for an integer."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value


class Hostile:
    """An object whose conversions raise."""

    def __index__(self) -> int:
        raise RuntimeError("no index")

    def __float__(self) -> float:
        raise LookupError("no float")

    def __bool__(self) -> bool:
        raise ArithmeticError("no truth")
