"""What operators give when an operand is a NumPy scalar: NumPy 2's rules, asked from NumPy itself.

The kind of a result is found by doing the operation once on ones: scalar arithmetic differs from the ufuncs in places, and no
table stays true.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import cache
from typing import Any

from accel.types.kinds import Bool, Complex, Float, Int, Kind, Scalar

__all__ = [
    "binary_kind",
    "common_char",
    "compare_kind",
    "is_operand",
    "kind_of_class",
    "sample_of",
    "scalar_loop",
    "ufunc_chars",
    "unary_kind",
]

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv, "%": operator.mod,
    "**": operator.pow, "<<": operator.lshift, ">>": operator.rshift, "&": operator.and_, "|": operator.or_, "^": operator.xor,
}  # fmt: skip
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_UNARY: dict[str, Callable[[Any], Any]] = {"-": operator.neg, "+": operator.pos, "~": operator.invert}
_PLAIN: dict[type[Kind], type] = {Int: int, Float: float, Bool: bool, Complex: complex}
_PLAIN_KINDS: dict[type, Kind] = {int: Int(), float: Float(), bool: Bool(), complex: Complex()}


def is_operand(kind: Kind) -> bool:
    """Whether a kind is a number, Python's or NumPy's."""
    return isinstance(kind, Scalar) or type(kind) in _PLAIN


def sample_of(kind: Kind) -> Any:
    """A one of this kind.

    Examples
    --------
    >>> sample_of(Scalar("d"))
    np.float64(1.0)
    """
    if isinstance(kind, Scalar):
        import numpy

        return numpy.dtype(kind.char).type(1)
    return _PLAIN[type(kind)](1)


def kind_of_class(found: type) -> Kind | None:
    """The kind of values of a class of numbers, None for other classes.

    Examples
    --------
    >>> kind_of_class(float)
    Float()
    """
    if found in _PLAIN_KINDS:
        return _PLAIN_KINDS[found]
    import numpy

    from accel.types.kinds import DTYPES

    if not issubclass(found, numpy.generic) or found.__module__ != "numpy":
        return None
    char = str(numpy.dtype(found).char)
    return Scalar(char) if char in DTYPES and numpy.dtype(char).type is found else None


def _tried_kind(function: Callable[..., Any], *kinds: Kind) -> Kind | None:
    """The kind of what `function` gives for ones of these kinds; None when it raises or gives something else."""
    import numpy

    if not all(map(is_operand, kinds)):
        return None
    try:
        with numpy.errstate(all="ignore"):
            return kind_of_class(type(function(*map(sample_of, kinds))))
    except (TypeError, ValueError, ArithmeticError):
        return None


def _python_kind(kind: Kind) -> Kind:
    """`numpy.float64` and `numpy.complex128` are subclasses of Python's classes: where those do the operation, what they are there."""
    return {"d": Float(), "D": Complex()}.get(getattr(kind, "char", ""), kind)


@cache
def binary_kind(symbol: str, a: Kind, b: Kind) -> Kind | None:
    """The kind of `a symbol b` when an operand is a NumPy scalar.

    Returns
    -------
    Kind or None
        None where CPython must do it: no such operation, or its bits can't be had.

    Notes
    -----
    Powers of floats are compiled where scalar arithmetic calls libm, and not where NumPy takes the way through arrays, whose
    `pow` is another one. Complex powers have the exponents whose value is known to be 0 to 3; others leave.

    Examples
    --------
    >>> str(binary_kind("+", Scalar("f"), Int()))
    'numpy.float32'
    >>> str(binary_kind("+", Scalar("l"), Scalar("L")))
    'numpy.float64'
    """
    function = _BINARY.get(symbol)
    kind = _tried_kind(function, a, b) if function else None
    if kind is None:
        return None
    if not isinstance(kind, Scalar):  # a Python complex number and a float64: Python's operation
        from accel.types import operators

        python = (_python_kind(a), _python_kind(b))
        return operators.binary_kind(symbol, *python) if not any(isinstance(k, Scalar) for k in python) else None
    family, through_arrays = kind.dtype.family, scalar_loop(a, b) == ""
    if through_arrays and ((symbol == "**" and family in "fc") or (symbol == "*" and family == "c")):
        return None
    if family == "b" and symbol not in ("&", "|", "^", "+", "*"):
        return None
    return kind


@cache
def compare_kind(symbol: str, a: Kind, b: Kind) -> Kind | None:
    """The kind of `a symbol b` for a comparison with a NumPy scalar.

    Examples
    --------
    >>> str(compare_kind("<", Scalar("l"), Float()))
    'numpy.bool'
    """
    function = _COMPARE.get(symbol)
    kind = _tried_kind(function, a, b) if function else None
    if kind is None or isinstance(kind, Scalar):
        return kind
    python = (_python_kind(a), _python_kind(b))
    if any(isinstance(k, Scalar) for k in python):
        return None
    from accel.types import operators

    return operators.compare_kind(symbol, *python)


@cache
def unary_kind(symbol: str, a: Kind) -> Kind | None:
    """The kind of `symbol a` of a NumPy scalar.

    Examples
    --------
    >>> str(unary_kind("-", Scalar("b"))), unary_kind("-", Scalar("?"))
    ('numpy.int8', None)
    """
    if symbol == "not":
        return Bool()
    function = _UNARY.get(symbol)
    return _tried_kind(function, a) if function else None


def _can_take(char: str, other: Kind) -> bool:
    """Whether the scalar arithmetic of one dtype takes the other operand (`convert_to_*` in NumPy's scalarmath)."""
    import numpy

    family = Scalar(char).dtype.family
    match other:
        case Bool() | Int():
            return True
        case Float():
            return family in "fc"
        case Complex():
            return family == "c"
        case Scalar():
            return bool(numpy.can_cast(other.char, char, "safe"))
    return False


@cache
def scalar_loop(a: Kind, b: Kind) -> str:
    """Type character in which NumPy's scalar arithmetic computes, "" where it goes through arrays and ufuncs.

    It does for a `numpy.bool` on the left, and where the dtype of the result is that of neither operand.

    Examples
    --------
    >>> scalar_loop(Scalar("h"), Int()), scalar_loop(Scalar("b"), Scalar("B"))
    ('h', '')
    """
    for kind, other in () if a == Scalar("?") else ((a, b), (b, a)):
        if isinstance(kind, Scalar) and kind.char != "?" and _can_take(kind.char, other):
            return kind.char
    return ""


def _descriptor(kind: Kind) -> Any:
    import numpy

    if isinstance(kind, Scalar):
        return numpy.dtype(kind.char)
    return numpy.dtype("?") if isinstance(kind, Bool) else _PLAIN[type(kind)]


@cache
def ufunc_chars(name: str, kinds: tuple[Kind, ...]) -> tuple[str, ...]:
    """Type characters of the loop a ufunc takes for these operands, inputs first; () if there is none known here.

    Examples
    --------
    >>> ufunc_chars("sqrt", (Int(),))
    ('d', 'd')
    """
    import numpy

    from accel.types.kinds import DTYPES

    ufunc = getattr(numpy, name, None)
    if not isinstance(ufunc, numpy.ufunc) or ufunc.nin != len(kinds) or not all(map(is_operand, kinds)):
        return ()
    try:
        found = ufunc.resolve_dtypes((*map(_descriptor, kinds), *[None] * ufunc.nout))
    except TypeError:
        return ()
    chars = tuple(str(d.char) for d in found)
    return chars if all(c in DTYPES for c in chars) else ()


def common_char(symbol: str, a: Kind, b: Kind) -> str:
    """Type character in which operands are compared, "" for integers that are compared exactly.

    Examples
    --------
    >>> common_char("<", Scalar("f"), Float()), common_char("<", Scalar("L"), Int())
    ('f', '')
    """
    loop = scalar_loop(a, b)
    if loop:
        integers = Scalar(loop).dtype.family in "iu"
        return "" if integers and (isinstance(a, Int) or isinstance(b, Int)) else loop
    names = {"<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal", "==": "equal", "!=": "not_equal"}
    chars = ufunc_chars(names[symbol], (a, b))
    return chars[0] if chars[0] == chars[1] else ""
