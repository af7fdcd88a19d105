"""What operators give: the kind of the result from the kinds of the operands, None where CPython must do it.

Kinds here are never unions; `joined_kind` applies a rule to the members of unions.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from itertools import product

from accel.types.kinds import (
    Array,
    Bool,
    Complex,
    FieldArray,
    Float,
    Int,
    Kind,
    Never,
    NoneKind,
    Object,
    Scalar,
    Static,
    Struct,
    Tuple,
    Vector,
    join_kinds,
    members_of,
)
from accel.types.methods import class_of
from accel.types.structs import layout_of_kind

__all__ = ["binary_kind", "compare_kind", "compared_fields", "has_truth", "identity_answer", "is_number", "joined_kind", "unary_kind"]

_ARITHMETIC = ("+", "-", "*", "/", "//", "%", "**")
_RANKS: dict[type[Kind], int] = {Bool: 0, Int: 1, Float: 2, Complex: 3}
_ORDERINGS = ("<", "<=", ">", ">=")
_SINGLETONS = (NoneKind, Bool)  # kinds whose values are compared by identity as by value


def is_number(kind: Kind) -> bool:
    """Whether a value of this kind is one of Python's own numbers."""
    return type(kind) in _RANKS


def joined_kind(rule: Callable[..., Kind | None], kinds: Sequence[Kind]) -> Kind | None:
    """The kind of an operation over all members of its operands; None if there is none, or no rule for any combination.

    Combinations without a rule are left to CPython when they occur.

    Examples
    --------
    >>> number = join_kinds(Int(), NoneKind())
    >>> str(joined_kind(lambda a, b: binary_kind("+", a, b), (number, Float())))
    'float'
    """
    found: Kind = Never()
    promised = [rule(*members) for members in product(*map(members_of, kinds))]
    if promised and all(kind is None for kind in promised):
        return None
    for kind in promised:
        joined = found if kind is None else join_kinds(found, kind)
        if joined is None:
            return None
        found = joined
    return found


def binary_kind(symbol: str, a: Kind, b: Kind) -> Kind | None:
    """The kind of `a symbol b`.

    Notes
    -----
    `Int ** Int` is `Int`: a negative exponent, whose result would be a float, leaves compiled code.

    Examples
    --------
    >>> str(binary_kind("/", Int(), Int()))
    'float'
    """
    if isinstance(a, Scalar) or isinstance(b, Scalar):
        from accel.types import promotion

        return promotion.binary_kind(symbol, a, b)
    if isinstance(a, Tuple) and isinstance(b, Tuple):
        return Tuple(a.items + b.items) if symbol == "+" else None
    if not is_number(a) or not is_number(b):
        return None
    rank = max(_RANKS[type(a)], _RANKS[type(b)])
    if symbol in ("&", "|", "^"):
        return None if rank > 1 else Int() if rank else Bool()
    if symbol in ("<<", ">>"):
        return Int() if rank <= 1 else None
    if symbol not in _ARITHMETIC:
        return None
    if rank == 3:
        return None if symbol in ("//", "%") else Complex()
    if rank == 2 or symbol == "/":
        return Float()
    return Int()


def identity_answer(a: Kind, b: Kind) -> bool | None:
    """Whether `a is b`, when the kinds alone tell.

    Examples
    --------
    >>> identity_answer(Int(), NoneKind())
    False
    """
    if isinstance(a, Static) and isinstance(b, Static):
        return a.value is b.value
    if isinstance(a, Object) or isinstance(b, Object):
        return None
    if isinstance(a, (Array, FieldArray)) and isinstance(b, (Array, FieldArray)):
        return None
    if isinstance(a, Static) or isinstance(b, Static):
        classes = class_of(a), class_of(b)
        return False if None not in classes and classes[0] is not classes[1] else None
    if type(a) is type(b):
        return True if isinstance(a, NoneKind) else None
    return False


def compare_kind(symbol: str, a: Kind, b: Kind) -> Kind | None:
    """The kind of `a symbol b`, the identity tests `is` and `is not` included.

    Examples
    --------
    >>> str(compare_kind("<", Int(), Float()))
    'bool'
    """
    if symbol in ("is", "is not"):
        return Bool() if identity_answer(a, b) is not None or _comparable_objects(a, b) else None
    if isinstance(a, Scalar) or isinstance(b, Scalar):
        from accel.types import promotion

        return promotion.compare_kind(symbol, a, b)
    if isinstance(a, Tuple) and isinstance(b, Tuple):
        return _compare_tuples(symbol, a, b)
    if isinstance(a, Struct) and a == b:
        return _compare_tuples(symbol, compared_fields(a), compared_fields(a))
    if isinstance(a, Static) and isinstance(b, Static):
        same = type(a.value) is type(b.value) and type(a.value) in (str, bytes)
        return Bool() if same and symbol in ("==", "!=") else None
    if symbol in ("==", "!="):
        plain = (*_RANKS, NoneKind, Tuple)
        return Bool() if type(a) in plain and type(b) in plain else None
    if symbol not in _ORDERINGS or not is_number(a) or not is_number(b):
        return None
    return None if isinstance(a, Complex) or isinstance(b, Complex) else Bool()


def compared_fields(kind: Struct) -> Tuple:
    """What the comparisons that are generated for a struct compare: its fields, without those that do not count, and of arrays and SIMD values the elements as Python's numbers."""
    return Tuple(tuple([_in_python(kind.items[k]) for k in layout_of_kind(kind).compared]))


def _in_python(kind: Kind) -> Kind:
    if isinstance(kind, Tuple):
        return Tuple(tuple(map(_in_python, kind.items)), kind.named)
    if not isinstance(kind, (FieldArray, Vector)) or kind.char in "LQ":  # which may be beyond 64 bits
        return kind
    count = kind.size if isinstance(kind, FieldArray) else kind.lanes
    return Tuple(({"b": Bool(), "f": Float(), "c": Complex()}.get(kind.dtype.family, Int()),) * count)


def _comparable_objects(a: Kind, b: Kind) -> bool:
    """Whether identity is a comparison of singletons or of pointers."""
    if isinstance(a, Object) or isinstance(b, Object):
        return all(isinstance(k, (Object, *_SINGLETONS)) for k in (a, b))
    return isinstance(a, Bool) and isinstance(b, Bool)


def _compare_tuples(symbol: str, a: Tuple, b: Tuple) -> Kind | None:
    """Items are compared for equality up to the first difference, which decides; other tuples than of plain items: CPython."""
    common = list(zip(a.items, b.items, strict=False))
    if any(isinstance(m, Scalar) for pair in common for k in pair for m in members_of(k)):
        return None
    for pair in common:
        if not isinstance(joined_kind(lambda x, y: compare_kind("==", x, y), pair), Bool):
            return None
        if symbol in _ORDERINGS and not isinstance(joined_kind(lambda x, y: compare_kind(symbol, x, y), pair), Bool):
            return None
    return Bool() if symbol in ("==", "!=", *_ORDERINGS) else None


def has_truth(kind: Kind) -> bool:
    """Whether the truth of a value of this kind is known without asking the object."""
    return is_number(kind) or isinstance(kind, (NoneKind, Scalar, Tuple))


def unary_kind(symbol: str, a: Kind) -> Kind | None:
    """The kind of `symbol a`, for `-`, `+`, `~` and `not`.

    Notes
    -----
    `~` of a bool warns from Python 3.12 on and is left to CPython there.

    Examples
    --------
    >>> str(unary_kind("-", Bool()))
    'int'
    """
    if symbol == "not":
        return Bool() if has_truth(a) else None
    if isinstance(a, Scalar):
        from accel.types import promotion

        return promotion.unary_kind(symbol, a)
    if not is_number(a):
        return None
    if symbol == "~":
        if isinstance(a, Bool) and sys.version_info >= (3, 12):
            return None
        return Int() if isinstance(a, (Bool, Int)) else None
    return Int() if isinstance(a, Bool) else a
