"""What is known while compiling: `Comptime`, `comptime`, `comptime_assert`, and loops written out, `unroll` and `tile`.

All of it is ordinary Python: with accel off, and in code that stays in CPython, these functions do what they say, at run time.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Annotated, Any, TypeVar

    T = TypeVar("T")
    Comptime = Annotated[T, "known while compiling"]
    ComptimeType: Any
else:

    class Comptime:
        """The type of parameters whose values are known while a function is compiled: each value has machine code of its own.

        `n: Comptime[int]` takes an int; what it says in brackets is enforced as it is without `Comptime`. The value must be hashable.

        Parameters
        ----------
        expected : type
            What the values are: `Comptime[int]` makes one of `int`.

        Examples
        --------
        >>> import accel
        >>> from accel import Comptime, comptime
        >>> @accel.fn
        ... def power(x: float, *, n: Comptime[int]) -> float:
        ...     result = 1.0
        ...     for _ in comptime(range(n)):
        ...         result *= x
        ...     return result
        >>> power(2.0, n=10), power(3.0, n=2)
        (1024.0, 9.0)
        """

        __slots__ = ("expected",)

        def __init__(self, expected: Any) -> None:
            self.expected = expected

        def __class_getitem__(cls, expected: Any) -> Comptime:
            return cls(expected)

        def __repr__(self) -> str:
            return f"Comptime[{getattr(self.expected, '__name__', self.expected)}]"


    ComptimeType = Comptime  # the class itself, which type checkers take for an alias

__all__ = ["Comptime", "ComptimeType", "comptime", "comptime_assert", "tile", "unroll"]


def comptime(value: T, /) -> T:
    """Evaluate an expression while compiling: its value is a constant of the machine code.

    Parameters
    ----------
    value : object
        Any expression over constants, `Comptime` parameters, names from outside the function, and the targets of loops over `comptime(...)`. Python evaluates it,
        with any package.

    Returns
    -------
    object
        The value itself; of an array a view that is read-only.

    Notes
    -----
    `for k in comptime(range(4))` writes the loop out, with `k` known in each turn. `if comptime(condition)` keeps one branch; the other one may hold what could not be
    compiled. An array becomes read-only data. What is evaluated is evaluated once for each specialisation: it should depend on nothing that changes. Names from outside that
    the expression mentions are watched. When it raises, or mentions what is not known, the function runs in CPython, and says so.

    Examples
    --------
    >>> import accel
    >>> from accel import comptime
    >>> @accel.fn
    ... def poly(x):
    ...     y = 0.0
    ...     for c in comptime((1.0, -2.0, 0.5)):
    ...         y = y * x + c
    ...     return y
    >>> poly(2.0)
    0.5
    """
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray):
        view: Any = value.view()
        view.flags.writeable = False
        return view  # type: ignore[no-any-return]
    return value


def comptime_assert(condition: object, message: str = "", /) -> None:
    """Check a condition while compiling.

    Parameters
    ----------
    condition : object
        As the argument of `comptime`.
    message : str, optional
        What the error says.

    Raises
    ------
    AssertionError
        When the condition is not true.

    Examples
    --------
    >>> from accel import comptime_assert
    >>> comptime_assert(2 + 2 == 5, "not today")
    Traceback (most recent call last):
      ...
    AssertionError: not today
    """
    if not condition:
        raise AssertionError(message)


def unroll(iterable: Iterable[T], count: int, /) -> Iterable[T]:
    """Go over `iterable`; compiled loops over ranges do `count` turns at a time.

    Parameters
    ----------
    iterable : iterable
        What the loop goes over.
    count : int
        How many turns at a time, 1 to 64.

    Returns
    -------
    iterable
        The first argument.

    Raises
    ------
    ValueError
        For a count out of range.

    Examples
    --------
    >>> from accel import unroll
    >>> list(unroll(range(5), 4))
    [0, 1, 2, 3, 4]
    """
    if not 1 <= count <= 64:
        raise ValueError(f"a loop is unrolled 1 to 64 times, not {count}")
    return iterable


def tile(lengths: tuple[int, ...], sizes: tuple[int, ...], /) -> Iterator[tuple[range, ...]]:
    """Go over the tiles of a grid, row by row: each is a range per axis.

    Parameters
    ----------
    lengths : tuple of int
        The extent of each axis.
    sizes : tuple of int
        The extent of a tile along each axis; tiles at the far ends are shorter.

    Yields
    ------
    tuple of range
        The indices of a tile.

    Raises
    ------
    ValueError
        When there are not as many sizes as lengths, or one is less than 1.

    Examples
    --------
    >>> from accel import tile
    >>> [(list(ii), list(jj)) for ii, jj in tile((3, 2), (2, 2))]
    [([0, 1], [0, 1]), ([2], [0, 1])]
    """
    if len(lengths) != len(sizes) or any(size < 1 for size in sizes):
        raise ValueError(f"tiles of {sizes} for lengths {lengths}: one size of 1 or more for each axis")
    if not lengths:
        yield ()
        return
    for start in range(0, lengths[0], sizes[0]):
        first = range(start, min(start + sizes[0], lengths[0]))
        for rest in tile(lengths[1:], sizes[1:]):
            yield (first, *rest)


Comptime.__module__ = comptime.__module__ = comptime_assert.__module__ = unroll.__module__ = tile.__module__ = "accel"
