"""Arguments of a call -> Signature, without a compiler and without importing NumPy."""

from __future__ import annotations

import sys
from functools import lru_cache
from operator import itemgetter

from accel.ir import Signature
from accel.types.field_arrays import holds_array, is_held
from accel.types.frozen import find_layout
from accel.types.kinds import DTYPES, Array, Bool, Complex, FieldArray, Float, Int, Kind, NoneKind, Object, Scalar, Tuple
from accel.types.structs import Layout, named_fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FunctionType
    from typing import Any

__all__ = ["bind_arguments", "find_signature", "is_hashable", "kind_of"]

_PLAIN: dict[type, Kind] = {float: Float(), bool: Bool(), complex: Complex(), type(None): NoneKind()}
_TAKES_MORE, _TAKES_MORE_KEYWORDS = 0x04, 0x08  # CO_VARARGS, CO_VARKEYWORDS
_LARGEST_TUPLE = 16


def kind_of(value: Any) -> Kind | None:
    """The kind of an argument; None when compiled code has no business with it (an int beyond 64 bits, an array of objects).

    A value of any other class is an `Object`, which compiled code only hands on. The class is asked with `type`: `isinstance` would
    run code of the user's.
    """
    class_ = type(value)
    if class_ is int:
        return Int() if -(2**63) <= value < 2**63 else None
    if class_ in _PLAIN:
        return _PLAIN[class_]
    if class_ is tuple:
        items = [kind_of(v) for v in value] if len(value) <= _LARGEST_TUPLE else [None]
        return None if None in items else Tuple(tuple(k for k in items if k is not None))
    if issubclass(class_, tuple):
        if len(value) > _LARGEST_TUPLE or len(named_fields(class_) or ()) != len(value):
            return None
        items = [kind_of(v) for v in tuple.__iter__(value)]
        return None if None in items else Tuple(tuple([k for k in items if k is not None]), class_)
    if (layout := find_layout(class_)) is not None:
        if not is_held(layout.kind):
            return Object()
        return layout.kind if _is_whole(layout, value) else None if layout.converts else Object()
    if issubclass(class_, _vector_classes()):
        return _vector_kind(value)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        if class_ is numpy.ndarray:
            return _array_kind(value)
        if issubclass(class_, (numpy.ndarray, numpy.void)):
            return _struct_kind(value)
        if issubclass(class_, numpy.generic):
            dtype = value.dtype
            return Scalar(dtype.char) if dtype.char in DTYPES and class_ is dtype.type else None
    return None if issubclass(class_, (int, float, complex)) else Object()


def _vector_classes() -> Any:
    """`SIMD`, once it has been asked for."""
    return sys.modules["accel.types.simd"].SIMD if "accel.types.simd" in sys.modules else ()


def _vector_kind(value: Any) -> Kind | None:
    """The kind of a SIMD value that has its lanes."""
    from accel.types import simd

    shape, lanes = simd.shape_of_class(type(value)), getattr(value, "_lanes", None)
    return simd.vector_kind(*shape) if shape is not None and type(lanes) is bytes and len(lanes) == shape[1] * DTYPES[shape[0]].size_bytes else None


def _struct_kind(value: Any) -> Kind | None:
    """The kind of an array of structs, or a record of one."""
    if "accel.types.records" not in sys.modules:
        return None
    from accel.types import records

    return records.find_array_kind(value) if type(value) is records.array_class() else records.find_view_kind(value)


def _is_whole(layout: Layout, value: Any) -> bool:
    """Whether each field of a struct is set, and has a value that compiled code takes."""
    return all(_holds(field.kind, held) for held, field in zip(layout.read(value), layout.fields, strict=True))


def _holds(kind: Kind, held: Any) -> bool:
    if isinstance(kind, Tuple) and type(held) is tuple and len(held) == len(kind.items):
        return all(map(_holds, kind.items, held))
    return holds_array(kind, held) if isinstance(kind, FieldArray) else kind_of(held) == kind


def _array_kind(value: Any) -> Array | None:
    dtype, flags = value.dtype, value.flags
    if dtype.char not in DTYPES or not dtype.isnative or not flags.aligned or value.ndim > 8:
        return None
    layout = "C" if flags.c_contiguous else "F" if flags.f_contiguous else "A"
    return Array(dtype.char, value.ndim, layout, bool(flags.writeable))


def bind_arguments(
    function: FunctionType, values: tuple[Any, ...], positional: int, names: tuple[str, ...] | None
) -> list[Any] | None:
    """One value per parameter, a tuple for `*` and a dict for `**`; None when the call does not fit."""
    code = function.__code__
    parameters = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    rest = [values[code.co_argcount : positional]] if code.co_flags & _TAKES_MORE else []
    more: list[dict[str, Any]] = [{}] if code.co_flags & _TAKES_MORE_KEYWORDS else []
    if positional > code.co_argcount and not rest:
        return None
    if len(values) == len(parameters) > 1 and not (rest or more or code.co_posonlyargcount):  # what is called most: nothing is left out
        pick = _find_order(parameters, positional, names or ())
        return None if pick is None else list(pick(values))
    given = dict(zip(parameters[: code.co_argcount], values[:positional], strict=False))
    for name, value in zip(names or (), values[positional:], strict=True):
        is_parameter = name in parameters[code.co_posonlyargcount :]
        if name in given if is_parameter else not more:
            return None
        (given if is_parameter else more[0])[name] = value
    defaults = function.__defaults__ or ()
    optional = dict(zip(parameters[code.co_argcount - len(defaults) : code.co_argcount], defaults, strict=True))
    optional.update(function.__kwdefaults__ or {})
    try:
        return [*(given[n] if n in given else optional[n] for n in parameters), *rest, *more]
    except KeyError:
        return None


@lru_cache(maxsize=1024)
def _find_order(parameters: tuple[str, ...], positional: int, names: tuple[str, ...]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]] | None:
    """What picks the values of parameters, in their order, from those of a call that has one for each; None if it has not."""
    given = (*parameters[:positional], *names)
    return itemgetter(*map(given.index, parameters)) if sorted(given) == sorted(parameters) else None


def is_hashable(value: Any) -> bool:
    """Whether a value may be known while compiling."""
    try:
        hash(value)
    except Exception:  # of the user's, maybe
        return False
    return True


def find_signature(values: list[Any]) -> Signature | None:
    """The signature of bound arguments; None when one of them can't be passed to compiled code."""
    kinds = [kind_of(v) for v in values]
    return None if None in kinds else Signature(tuple(k for k in kinds if k is not None))
