"""This module says which calls are alike: those with the same key share a decision.

A key is a tuple with an item for each argument, of what JSON can write: `("float64", 10, 7)` for an array of some 1,000 x 100 float64, `("list", 3)`, `("int",)`.
Lengths count by their bucket, the nearest power of two.
"""

from __future__ import annotations

from math import isqrt

try:
    from _json import encode_basestring_ascii  # json would load its parser, too
except ImportError:  # another interpreter
    from json.encoder import encode_basestring_ascii

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    Item = tuple[Any, ...]
    Key = tuple[Item, ...]

__all__ = ["Keyer", "PARTS", "bounds_of", "bucket_of", "distance_between", "read_key", "write_key"]

PARTS = ("shape", "dtype", "threads")
_SIZED = (list, tuple, str, bytes, bytearray, dict, set, frozenset, range)
_MOST_NAMES = 256
_names: dict[Any, str] = {}


def bucket_of(length: int) -> int:
    """The exponent of the power of two next to a length; -1 for 0.

    Examples
    --------
    >>> [bucket_of(n) for n in (0, 1, 2, 1000, 1024, 1448, 1449)]
    [-1, 0, 1, 10, 10, 10, 11]
    """
    return (length * length).bit_length() // 2 if length else -1


def bounds_of(bucket: int) -> tuple[int, int]:
    """The smallest and the largest length in a bucket.

    Examples
    --------
    >>> bounds_of(10), bounds_of(0), bounds_of(-1)
    ((725, 1448), (1, 1), (0, 0))
    """
    if bucket <= 0:
        return bucket + 1, bucket + 1
    return isqrt(1 << 2 * bucket - 1) + 1, isqrt((1 << 2 * bucket + 1) - 1)


class Keyer:
    """Gives the key of a call.

    Parameters
    ----------
    parts : tuple of str, or callable
        "shape" (lengths of arrays and of Python's own containers), "dtype" (dtypes and classes), "threads" (how many `accel.parallel` grants), and names of
        parameters, whose values count. A callable takes what the function takes and returns a value that stands for the key: a number, text, or tuple of those.
    positions : dict of str to int or str
        Where a parameter's value is found in a call: its place among the positional arguments, or its name among the others.
    """

    def __init__(self, parts: tuple[str, ...] | Callable[..., Any], positions: Mapping[str, int | str]) -> None:
        self.function: Callable[..., Any] | None = None if isinstance(parts, tuple) else parts
        self.parts: tuple[str, ...] = parts if isinstance(parts, tuple) else ()
        self._shape, self._dtype, self._threads = [part in self.parts for part in PARTS]
        self._named = [positions[part] for part in self.parts if part not in PARTS]

    def find(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Key:
        """The key of a call with these arguments."""
        if self.function is not None:
            return (("key", _plain(self.function(*args, **kwargs))),)
        items: list[Item] = []
        if self._shape or self._dtype:
            items += [self._item_of(value) for value in (*args, *kwargs.values())]
        items += [("value", _worth(args[place] if isinstance(place, int) else kwargs[place])) for place in self._named]
        if self._threads:
            from accel.runtime.pool import current_threads

            items.append(("threads", current_threads()))
        return tuple(items)

    def _item_of(self, value: Any) -> Item:
        shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
        if isinstance(value, _SIZED):
            shape = (len(value),)
        name = type(value).__qualname__ if dtype is None else _name_of(dtype)
        told = (name,) if self._dtype else ()
        return (*told, *[bucket_of(n) for n in shape]) if self._shape and type(shape) is tuple else told


def distance_between(key: Key, other: Key) -> float | None:
    """How far apart two keys are: the sum of the differences of their buckets; None when they differ in anything else."""
    if len(key) != len(other):
        return None
    far = 0.0
    for item, against in zip(key, other, strict=True):
        if len(item) != len(against):
            return None
        for a, b in zip(item, against, strict=True):
            if type(a) is int and type(b) is int:
                far += abs(a - b)
            elif type(a) is not type(b) or a != b:
                return None
    return far


def _name_of(dtype: Any) -> str:
    """The name of a dtype, which NumPy needs some microseconds to find."""
    try:
        return _names[dtype]
    except (KeyError, TypeError):  # TypeError: some other library's, which has no hash
        name = str(dtype)
    if len(_names) < _MOST_NAMES and type(dtype).__hash__ is not None:
        _names[dtype] = name
    return name


def _worth(value: Any) -> Any:
    """How the value of a parameter counts: a number of things by its bucket, what can be written as it is, all else by its class."""
    if type(value) is int and value >= 0:
        return bucket_of(value)
    return value if type(value) in (bool, int, float, str, type(None)) else type(value).__qualname__


def write_key(key: Key) -> str:
    """A key as text, which is JSON.

    Examples
    --------
    >>> write_key((("float64", 10), ("value", None), ("value", True), ("value", 0.5)))
    '[["float64",10],["value",null],["value",true],["value",0.5]]'
    """
    return _write(key)


def _write(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{','.join([_write(part) for part in value])}]"
    if isinstance(value, str):
        return encode_basestring_ascii(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)


def read_key(text: str) -> Key:
    """The key that was written; one that no call has, if it makes no sense."""
    import json

    try:
        return tuple([_tuples(item) for item in json.loads(text)])
    except (ValueError, TypeError):
        return (("?",),)


def _tuples(value: Any) -> Any:
    return tuple([_tuples(part) for part in value]) if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    """What a user's function gives as a key, as JSON can write it."""
    if isinstance(value, (tuple, list)):
        return tuple([_plain(part) for part in value])
    return value if type(value) in (bool, int, float, str, type(None)) else str(value)
