"""What attributes and methods of numbers give, and which classes their values are instances of."""

from __future__ import annotations

import sys
from types import FunctionType
from typing import Any

from accel.types.kinds import (
    DTYPES,
    Array,
    Bool,
    Complex,
    Constant,
    FieldArray,
    Float,
    Int,
    Kind,
    Nested,
    NoneKind,
    Range,
    Scalar,
    Static,
    Struct,
    StructArray,
    Tuple,
    Vector,
    View,
)  # fmt: skip
from accel.types.structs import Template, layout_of

__all__ = ["class_of", "instance_answer", "member_kind"]

_PARTS = {"F": "f", "D": "d"}  # dtype of a complex scalar -> that of its parts
_SIZES = ("ndim", "size", "itemsize", "nbytes")
_CLASSES: dict[type[Kind], type] = {
    Int: int, Float: float, Bool: bool, Complex: complex, NoneKind: type(None), Tuple: tuple, Range: range, Nested: FunctionType,
}  # fmt: skip


def member_kind(name: str, kinds: tuple[Kind, ...]) -> Kind | None:
    """The kind of "attribute.real" or "method.conjugate" and the like; the number comes first among `kinds`.

    Examples
    --------
    >>> str(member_kind("attribute.imag", (Scalar("F"),)))
    'numpy.float32'
    """
    what, _, member = name.partition(".")
    if len(kinds) != 1:
        return _viewed_kind(*kinds) if name == "method.view" and len(kinds) == 2 else None
    find = _attribute_kind if what == "attribute" else _method_kind
    return find(member, kinds[0])


def _attribute_kind(name: str, kind: Kind) -> Kind | None:
    match kind:
        case Scalar(char) if name in ("real", "imag"):
            return Scalar(_PARTS.get(char, char))
        case Scalar() if name in _SIZES:
            return Int()
        case Scalar() if name == "shape":
            return Tuple(())
        case Float() | Complex() if name in ("real", "imag"):
            return Float()
        case Int() | Bool() if name in ("real", "imag", "numerator", "denominator"):
            return Int()
    return None


def _method_kind(name: str, kind: Kind) -> Kind | None:
    match kind:
        case Scalar() if name in ("conjugate", "conj"):
            return kind
        case Scalar() if name == "item":
            return {"b": Bool(), "i": Int(), "u": Int(), "f": Float(), "c": Complex()}[kind.dtype.family]
        case Scalar() if name == "is_integer" and kind.dtype.family in "iuf":
            return Bool()
        case Float() | Complex() if name == "conjugate":
            return kind
        case Float() if name == "is_integer":
            return Bool()
        case Int() | Bool() if name == "is_integer" and sys.version_info >= (3, 12):
            return Bool()
        case Int() | Bool() if name in ("conjugate", "bit_length", "bit_count"):
            return Int()
    return None


def _viewed_kind(kind: Kind, seen: Kind) -> Kind | None:
    """The bits of a real number as those of another one of the same size: `x.view(numpy.uint32)`."""
    numpy: Any = sys.modules.get("numpy")
    if not isinstance(kind, Scalar) or not isinstance(seen, Static) or numpy is None or not isinstance(seen.value, type) or not issubclass(seen.value, numpy.number):
        return None
    made = next((Scalar(char) for char in DTYPES if numpy.dtype(char).type is seen.value), None)
    return made if made is not None and {kind.dtype.family, made.dtype.family} <= {*"iuf"} and kind.dtype.bits == made.dtype.bits else None


def instance_answer(kind: Kind, classes: Kind) -> bool | None:
    """What `isinstance(value of this kind, classes)` gives; None where CPython must say.

    Classes with a metaclass of their own may answer as they like. Of a generic struct are those that were made of it.

    Examples
    --------
    >>> instance_answer(Bool(), Static(int)), instance_answer(Bool(), Static((float, complex)))
    (True, False)
    """
    if isinstance(classes, Tuple) or (isinstance(classes, Static) and type(classes.value) is tuple):
        items = classes.items if isinstance(classes, Tuple) else tuple(map(Static, classes.value))
        answers = [instance_answer(kind, item) for item in items]
        return None if None in answers else any(answers)
    class_ = class_of(kind)
    if not isinstance(classes, Static) or class_ is None:
        return None
    if issubclass(type(classes.value), Template):
        layout = layout_of(class_)
        return layout is not None and layout.origin is not None and layout.origin[0] is classes.value
    return issubclass(class_, classes.value) if type(classes.value) is type else None


def class_of(kind: Kind) -> type | None:
    """The class of the values of this kind; None where they may be of any."""
    match kind:
        case Scalar() | Array() | FieldArray():
            numpy: Any = sys.modules["numpy"]
            return numpy.ndarray if not isinstance(kind, Scalar) else numpy.dtype(kind.char).type  # type: ignore[no-any-return]
        case Static(value) | Constant(value):
            return type(value)
        case Struct(value) | View(value):
            return value
        case Tuple(named=type() as named):
            return named
        case Vector(char, lanes):
            from accel.types.simd import make_vector_class

            return make_vector_class(char, lanes)  # type: ignore[no-any-return]
        case StructArray():
            from accel.types.records import array_class

            return array_class()  # type: ignore[no-any-return]
    return _CLASSES.get(type(kind))
