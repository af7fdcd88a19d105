"""What makes a struct a number: it says which other numbers may stand beside it, and NumPy's scalars leave operators to it."""

from __future__ import annotations

from functools import cache

from accel.errors import DecorationError, Diagnostic
from accel.runtime.frames import find_caller
from accel.types import Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64
from accel.types.structs import Template, layout_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["INTEGERS", "arithmetic", "comparison", "forms", "numeric"]

INTEGERS: Any = (int, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64)


def numeric(number: Any) -> Any:
    """Make a number of a struct: look whether it says what a number has to say.

    Parameters
    ----------
    number : type
        A struct, or a generic one, with operators. Its body has `__promotes__ = (int, float)`, its promotion row: the classes of numbers that may stand beside
        it, and become one of these; beside all others its operators give NotImplemented. A static method `of` makes one of such a number. And it has
        `__array_ufunc__ = None`, by which NumPy's scalars leave to it what `numpy.float32(1) * x` is.

    Returns
    -------
    type
        The struct.

    Raises
    ------
    DecorationError
        For anything that is no struct, and for one that lacks one of these.

    Notes
    -----
    Storage are the fields of the struct, the dtype of arrays is `number.dtype`, and what operators do is what the methods say; `arithmetic` and `comparison` write them.
    What else a number has to keep to, for example that numbers which are equal have one hash, `accel.testing.check_numeric_type` looks at.

    Examples
    --------
    >>> import accel
    >>> from accel.types import arithmetic, numeric
    >>> @numeric
    ... @accel.struct
    ... class Turn:
    ...     degrees: int
    ...     __promotes__ = (int,)
    ...     __array_ufunc__ = None
    ...     @staticmethod
    ...     def of(degrees):
    ...         return Turn(degrees % 360)
    ...     result = of
    ...     @staticmethod
    ...     def operand(other):
    ...         return other.degrees if isinstance(other, Turn) else other if isinstance(other, int) else NotImplemented
    ...     __add__, __radd__ = arithmetic(lambda a, b: a + b)
    >>> Turn(270) + Turn(100), 180 + Turn(270)
    (Turn(degrees=10), Turn(degrees=90))
    """
    is_generic = issubclass(type(number), Template)
    written = number.written if is_generic else number
    name = getattr(written, "__qualname__", None) or repr(written)[:60]
    if not is_generic and layout_of(number) is None:
        raise _refused(f"`{name}` is no struct, and `numeric` makes numbers of structs", f"put `@struct` below `@numeric`, above `class {name}`")
    row = vars(written).get("__promotes__")
    if row is None:
        do = ("say it in the body: `__promotes__ = (int, float)`", "or `__promotes__ = ()` where only numbers of its own may")
        raise _refused(f"`{name}` has no promotion row", *do, why="a number says which other numbers may stand beside it")
    if type(row) is not tuple or not all(isinstance(item, type) for item in row):
        raise _refused(f"the promotion row of `{name}` is no tuple of classes: {row!r:.60}", "write classes of numbers: `__promotes__ = (int, float)`")
    if vars(written).get("__array_ufunc__", ...) is not None:
        raise _refused(f"`{name}` leaves operators to NumPy's scalars that stand in front of it", "write `__array_ufunc__ = None` in the body")
    if not callable(getattr(written, "of", None)):
        raise _refused(f"`{name}` has no `of`", "write a static method `of(number)` that makes one of a number of the promotion row")
    return number


def _refused(what: str, *do: str, why: str = "") -> DecorationError:
    return DecorationError(Diagnostic(what, "numeric-type", *find_caller(__file__), why=why, do=do))


def arithmetic(operation: Callable[[Any, Any], Any]) -> tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]:
    """The methods of an operator, the reflected one second: `__add__, __radd__ = arithmetic(lambda a, b: a + b)`.

    Parameters
    ----------
    operation : function
        What the operator does. It gets what the static method `operand` of the number gives for either operand.

    Returns
    -------
    tuple of function
        Methods that give `result(operation(a, b))`, another static method of the number, and NotImplemented where `operand` gives that for the other operand.

    Examples
    --------
    >>> from accel.types import arithmetic
    >>> add, radd = arithmetic(lambda a, b: a + b)
    """

    def method(self: Any, other: Any) -> Any:
        b = self.operand(other)
        return b if b is NotImplemented else self.result(operation(self.operand(self), b))

    def reflected(self: Any, other: Any) -> Any:
        a = self.operand(other)
        return a if a is NotImplemented else self.result(operation(a, self.operand(self)))

    return method, reflected


def comparison(operation: Callable[[Any, Any], bool], *, beside: bool = True) -> Callable[[Any, Any], Any]:
    """The method of a comparison: `__lt__ = comparison(lambda a, b: a < b)`.

    Parameters
    ----------
    operation : function
        The comparison of what the static method `operand` of the number gives for either operand.
    beside : bool, default True
        Whether numbers of the promotion row may stand beside one. Not for `==` where one is not equal to what it becomes.

    Returns
    -------
    function
        A method that gives `operation(a, b)`, and NotImplemented where `operand` gives that for the other operand.

    Examples
    --------
    >>> from accel.types import comparison
    >>> less = comparison(lambda a, b: a < b)
    """

    def method(self: Any, other: Any) -> Any:
        b = self.operand(other) if beside or not isinstance(other, self.__promotes__) else NotImplemented
        return b if b is NotImplemented else bool(operation(self.operand(self), b))

    return method


@cache
def forms(number: Any) -> Any:
    """The classes whose objects hold a number: the struct, and the records of its arrays.

    Examples
    --------
    >>> from accel.types import Saturating, UInt8
    >>> a = Saturating[UInt8].array(1)
    >>> isinstance(a[0], forms(Saturating[UInt8]))
    True
    """
    return number, number.dtype.type
