"""What the texts of arguments may use: layouts of arrays, subclasses, objects that misbehave."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["Array", "Float", "Hostile", "Index", "Int", "column", "readonly", "records", "spaced", "swapped", "turned", "unaligned"]


_EDGES = [
    0.0,
    -0.0,
    np.nan,
    np.inf,
    -np.inf,
    1.0,
    -1.0,
    1e300,
    -1e300,
    3e38,
    -3e38,
    1e-310,
    5e-324,
    1e-40,
    2.0**31,
    2.0**53,
    2.0**63,
    -(2.0**63),
]


def column(char: str, length: int, seed: int, wild: float = 0.0) -> Any:
    """Random elements of a dtype, small ones with values that come again; extreme with probability `wild`."""
    rng = np.random.default_rng(seed)
    if char == "?":
        return rng.random(length) < 0.5
    extreme = rng.random(length) < wild
    if char in "efd":
        small = np.where(rng.random(length) < 0.5, rng.integers(-9, 12, length), rng.normal(size=length) * 4)
        with np.errstate(all="ignore"):
            return np.where(extreme, rng.choice(_EDGES, length), small).astype(char)
    limits = np.iinfo(char)
    edges = [limits.min, limits.max, limits.min + 1, limits.max - 1, limits.max // 2, limits.max // 3, limits.min // 2]
    small = rng.integers(0 if char in "BHILQ" else -9, 12, length)
    return np.array(
        [edges[int(e)] if x else int(s) for s, x, e in zip(small, extreme, rng.integers(0, len(edges), length), strict=True)],
        char,
    )


def records(*structs: Any) -> Any:
    """An array of structs, all of one class."""
    array = type(structs[0]).array(len(structs))
    for index, struct in enumerate(structs):
        array[index] = struct
    return array


def fixed(array: Any) -> Any:
    """An array nobody may write to, of the same class."""
    array = array.copy()
    array.flags.writeable = False
    return array


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
