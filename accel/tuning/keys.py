"""This module says which calls are alike: those with the same key share a decision.

A key is a tuple with an item for each argument, of what JSON can write: `("float64", 10, 7)` for an array of some 1,000 x 100 float64, `("list", 3)`, `("int",)`.
Lengths count by their bucket, the nearest power of two. Arrays whose rows lie a multiple of 4096 bytes apart, or an odd one of 2048, have a part more,
`("float64", 9, 9, "rows 4096")`: the first cache has room for a few of such rows only, so that what is fast for them tells nothing about others.
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

__all__ = ["Key", "Keyer", "PARTS", "WAYS", "bounds_of", "bucket_of", "distance_between", "has_rows", "read_key", "write_key"]

Key = tuple[tuple["Any", ...], ...]
PARTS = ("shape", "dtype", "threads")
WAYS = {"rows 4096": (4096, 0), "rows 2048": (4096, 2048)}  # what a distance in bytes leaves when it is divided
_ROWS = 4  # the bucket of an axis from which its rows may be too many for one set of the first cache
_SIZED = (list, tuple, str, bytes, bytearray, dict, set, frozenset, range)
_MOST_NAMES = _MOST_ITEMS = 256
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


def has_rows(bucket: int) -> bool:
    """Whether an axis of such a length counts when it is asked how far apart rows lie."""
    return bucket >= _ROWS


def find_way(buckets: Sequence[int], strides: Sequence[int]) -> tuple[str, ...]:
    """The name of `WAYS` for an array with these lengths and distances of its rows, if there is one.

    Examples
    --------
    >>> find_way((9, 9), (4096, 8)), find_way((9, 9), (4104, 8)), find_way((3, 9), (4096, 8))
    (('rows 4096',), (), ())
    """
    distances = [stride for bucket, stride in zip(buckets, strides, strict=True) if has_rows(bucket)]
    return next(((name,) for name, (size, rest) in WAYS.items() if any(stride and stride % size == rest for stride in distances)), ())


class Keyer:
    """Gives the key of a call.

    Parameters
    ----------
    parts : tuple of str, or callable
        "shape" (lengths of arrays and of Python's own containers, and how far apart rows lie), "dtype" (dtypes and classes), "threads" (how many `accel.parallel`
        grants), and names of parameters, whose values count. A callable takes what the function takes and returns a value that stands for the key: a number, text, or
        tuple of those.
    positions : dict of str to int or str
        Where a parameter's value is found in a call: its place among the positional arguments, or its name among the others.
    """

    def __init__(self, parts: tuple[str, ...] | Callable[..., Any], positions: Mapping[str, int | str]) -> None:
        self.function: Callable[..., Any] | None = None if isinstance(parts, tuple) else parts
        self.parts: tuple[str, ...] = parts if isinstance(parts, tuple) else ()
        self._shape, self._dtype, self._threads = [part in self.parts for part in PARTS]
        self._count_threads: Callable[[], int] | None = None
        self._named = [positions[part] for part in self.parts if part not in PARTS]
        self._items: dict[Any, tuple[Any, ...]] = {}  # of arrays: finding one anew takes microseconds

    def find(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Key:
        """The key of a call with these arguments."""
        if self.function is not None:
            return (("key", _plain(self.function(*args, **kwargs))),)
        items: list[tuple[Any, ...]] = []
        if self._shape or self._dtype:
            items += [self._item_of(value) for value in (*args, *kwargs.values())]
        items += [("value", _worth(args[place] if isinstance(place, int) else kwargs[place])) for place in self._named]
        if self._threads:
            if self._count_threads is None:
                from accel.runtime.pool import current_threads

                self._count_threads = current_threads  # an import takes microseconds, each time
            items.append(("threads", self._count_threads()))
        return tuple(items)

    def _item_of(self, value: Any) -> tuple[Any, ...]:
        shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
        if type(shape) is not tuple or dtype is None:
            return self._make_item(value, shape, None, dtype)
        strides = getattr(value, "strides", None)
        mark = type(value), shape, strides, dtype
        try:
            return self._items[mark]
        except KeyError:
            if len(self._items) < _MOST_ITEMS:
                return self._items.setdefault(mark, self._make_item(value, shape, strides, dtype))
        except TypeError:  # some other library's, which have no hash
            pass
        return self._make_item(value, shape, strides, dtype)

    def _make_item(self, value: Any, shape: Any, strides: Any, dtype: Any) -> tuple[Any, ...]:
        if isinstance(value, _SIZED):
            shape = (len(value),)
        told = (type(value).__qualname__ if dtype is None else _name_of(dtype),) if self._dtype else ()
        if not self._shape or type(shape) is not tuple:
            return told
        buckets = [bucket_of(n) for n in shape]
        return (*told, *buckets, *(find_way(buckets, strides) if type(strides) is tuple and len(strides) == len(buckets) else ()))


def distance_between(key: Key, other: Key) -> float | None:
    """How far apart two keys are: the sum of the differences of their buckets; None when they differ in anything else, such as how far apart rows lie."""
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
