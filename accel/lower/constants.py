"""Constants as operands."""

from __future__ import annotations

import struct
from typing import Any

from accel.lower.layout import Value
from accel.lower.text import float_text
from accel.lower.vector_lanes import lane_type
from accel.types.kinds import Bool, Complex, FieldArray, Float, Int, Kind, Scalar, Struct, Tuple, Vector

__all__ = ["constant_value"]


def constant_value(kind: Kind, value: Any) -> Value:
    """The operands of a value known while compiling.

    >>> constant_value(Int(), 3)
    ('3',)
    """
    match kind:
        case Int():
            return (str(value),)
        case Float():
            return (float_text(value),)
        case Bool():
            return ("true" if value else "false",)
        case Complex():
            return (float_text(value.real), float_text(value.imag))
        case Tuple(items):
            return tuple(c for item, part in zip(items, value, strict=True) for c in constant_value(item, part))
        case Struct(names=names, items=items):
            return tuple(c for item, name in zip(items, names, strict=True) for c in constant_value(item, getattr(value, name)))
        case FieldArray(char):
            return tuple(c for part in value.ravel() for c in _scalar(Scalar(char), part))
        case Vector():
            return _vector(kind, value._wide())
        case Scalar():
            return _scalar(kind, value)
    return ()


def _vector(kind: Vector, lanes: Any) -> Value:
    true = {0: "", 1: "true"}.get(kind.bits, "-1")
    texts = [(true if lane else "false" if kind.bits == 1 else "0") if kind.bits else _scalar(Scalar(kind.char), lane)[0] for lane in lanes]
    groups = [texts[first : first + kind.group] for first in range(0, kind.lanes, kind.group)]
    return tuple(f"<{', '.join(f'{lane_type(kind)} {text}' for text in group)}>" for group in groups)


def _scalar(kind: Scalar, value: Any) -> Value:
    family = kind.dtype.family
    if family == "b":
        return ("true" if value else "false",)
    if family in "iu":
        return (str(int(value)),)
    if kind.char == "e":
        bits = struct.unpack("<H", value.tobytes())[0]
        return (f"0xH{bits:04X}",)
    if family == "f":
        return (float_text(float(value)),)
    return (float_text(float(value.real)), float_text(float(value.imag)))
