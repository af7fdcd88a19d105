"""Elements of arrays as the arguments and results of a scalar function: dtypes by type character -> kinds, and back."""

from __future__ import annotations

from typing import Any

from accel.types.kinds import DTYPES, Bool, Complex, Float, Int, Kind, Scalar, Tuple, members_of

__all__ = ["char_of", "element_kind", "find_output_chars", "is_python_number"]

_PYTHON: dict[str, Kind] = {"b": Bool(), "i": Int(), "u": Int(), "f": Float(), "c": Complex()}  # by family of the dtype
_PYTHON_CHARS: dict[type[Kind], str] = {Bool: "?", Int: "l", Float: "d", Complex: "D"}
_ACCEPTED: dict[type, str] = {bool: "b", int: "iub", float: "fiub", complex: "cfiub"}  # families an annotated parameter takes


def char_of(kind: Kind) -> str:
    """Type character of the dtype whose components a number has.

    >>> char_of(Int()), char_of(Scalar("f"))
    ('l', 'f')
    """
    return kind.char if isinstance(kind, Scalar) else _PYTHON_CHARS[type(kind)]


def is_python_number(annotated: Any) -> bool:
    """Whether a parameter with this annotation takes numbers of Python's."""
    return isinstance(annotated, type) and annotated in _ACCEPTED


def element_kind(char: str, annotated: Any = None) -> Kind | None:
    """The kind of the argument an element of this dtype is: a NumPy scalar, or what its `item()` gives for a parameter that is annotated
    with a class of Python's numbers. None when there is none, or not the one it is annotated with.

    >>> str(element_kind("f")), str(element_kind("f", float)), element_kind("d", int)
    ('numpy.float32', 'float', None)
    """
    if char not in DTYPES:
        return None
    if annotated is None:
        return Scalar(char)
    if not is_python_number(annotated):
        import numpy

        return Scalar(char) if numpy.dtype(char).type is annotated else None
    family = DTYPES[char].family
    return _PYTHON[family] if family in _ACCEPTED[annotated] else None


def find_output_chars(result: Kind) -> tuple[str, ...] | None:
    """The dtypes of the arrays that take the results of a function; None for results that are no numbers. A tuple makes several.

    A number of Python's among NumPy scalars does not widen them, as in NumPy's own promotion.

    >>> find_output_chars(Tuple((Scalar("f"), Int())))
    ('f', 'l')
    """
    items = result.items if isinstance(result, Tuple) and result.items else (result,)
    found = [_output_char(item) for item in items]
    return None if None in found else tuple(c for c in found if c is not None)


def _output_char(kind: Kind) -> str | None:
    import numpy

    members = members_of(kind)
    if not members or not all(isinstance(m, (Scalar, Bool, Int, Float, Complex)) for m in members):
        return None
    scalars = [numpy.dtype(m.char) for m in members if isinstance(m, Scalar)]
    weak: list[Any] = [_PYTHON_VALUES[type(m)] for m in members if isinstance(m, (Int, Float, Complex))]
    scalars += [numpy.dtype(bool) for m in members if isinstance(m, Bool)]
    if not scalars:
        weak = [numpy.dtype(_PYTHON_CHARS[type(m)]) for m in members]
    char = str(numpy.result_type(*scalars, *weak).char)
    return char if char in DTYPES else None


_PYTHON_VALUES: dict[type[Kind], int | float | complex] = {Int: 0, Float: 0.0, Complex: 0j}
