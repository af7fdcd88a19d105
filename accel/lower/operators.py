"""Operators on values of known kinds: which instructions, and when to leave; the kinds are those of `accel.types.operators`."""

from __future__ import annotations

from accel.lower.complexes import emit_complex
from accel.lower.convert import as_complex, as_float, as_int
from accel.lower.floats import emit_float, emit_mixed_compare
from accel.lower.integers import emit_int, emit_int_negation, emit_int_quotient
from accel.lower.layout import Value, components, element_type
from accel.lower.text import Emitter, float_text
from accel.lower.unions import emit_union
from accel.lower.vectors import vector_lane
from accel.types.kinds import (
    Bool,
    Complex,
    FieldArray,
    Float,
    Int,
    Kind,
    NoneKind,
    Object,
    Scalar,
    Static,
    Struct,
    Tuple,
    Vector,
    members_of,
)
from accel.types.operators import binary_kind, compare_kind, compared_fields, identity_answer, is_number, joined_kind, unary_kind
from accel.types.structs import layout_of_kind

__all__ = ["emit_binary", "emit_compare", "emit_truth", "emit_unary", "tuple_items"]

_ORDERED = {"<": "olt", "<=": "ole", ">": "ogt", ">=": "oge", "==": "oeq", "!=": "une"}
_SIGNED = {"<": "slt", "<=": "sle", ">": "sgt", ">=": "sge", "==": "eq", "!=": "ne"}
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_BITWISE = {"&": "and", "|": "or", "^": "xor"}
_ZERO = float_text(0.0)


def emit_binary(e: Emitter, symbol: str, a: Kind, b: Kind, x: Value, y: Value) -> Value:
    """`x symbol y`, of the kind `binary_kind(symbol, a, b)`."""
    if isinstance(a, Scalar) or isinstance(b, Scalar):
        from accel.lower import numpy_scalars

        return numpy_scalars.emit_binary(e, symbol, a, b, x, y)
    match binary_kind(symbol, a, b):
        case Tuple():
            return x + y
        case Bool():
            return (e.value(f"{_BITWISE[symbol]} i1 {x[0]}, {y[0]}"),)
        case Int():
            return (emit_int(e, symbol, as_int(e, a, x), as_int(e, b, y)),)
        case Float():
            if symbol == "/" and not isinstance(a, Float) and not isinstance(b, Float):
                return (emit_int_quotient(e, as_int(e, a, x), as_int(e, b, y)),)
            return (emit_float(e, symbol, as_float(e, a, x), as_float(e, b, y)),)
        case Complex():
            return emit_complex(e, symbol, as_complex(e, a, x), as_complex(e, b, y))
    raise AssertionError(f"{a} {symbol} {b}")


def emit_unary(e: Emitter, symbol: str, a: Kind, x: Value) -> Value:
    """`symbol x`, of the kind `unary_kind(symbol, a)`."""
    if symbol == "not":
        truth = emit_truth(e, a, x)
        if truth in ("true", "false"):
            return ("false" if truth == "true" else "true",)
        return (e.value(f"xor i1 {truth}, true"),)
    if isinstance(a, Scalar):
        from accel.lower import numpy_scalars

        return numpy_scalars.emit_unary(e, symbol, a, x)
    assert unary_kind(symbol, a) is not None, f"{symbol}{a}"
    if isinstance(a, (Bool, Int)):
        number = as_int(e, a, x)
        match symbol:
            case "-":
                return (emit_int_negation(e, number),)
            case "~":
                return (e.value(f"xor i64 {number}, -1"),)
        return (number,)
    return tuple(e.value(f"fneg double {part}") for part in x) if symbol == "-" else x


def emit_truth(e: Emitter, kind: Kind, x: Value) -> str:
    """Whether a value is true: an i1 operand."""
    match kind:
        case Bool():
            return x[0]
        case Int():
            return e.value(f"icmp ne i64 {x[0]}, 0")
        case Float():
            return e.value(f"fcmp une double {x[0]}, {_ZERO}")
        case Complex():
            parts = [e.value(f"fcmp une double {part}, {_ZERO}") for part in x]
            return e.value(f"or i1 {parts[0]}, {parts[1]}")
        case NoneKind():
            return "false"
        case Tuple(items):
            return "true" if items else "false"
    assert isinstance(kind, Scalar), kind
    from accel.lower import numpy_scalars

    truth: str = numpy_scalars.emit_truth(e, kind, x)
    return truth


def emit_compare(e: Emitter, symbol: str, a: Kind, b: Kind, x: Value, y: Value) -> Value:
    """`x symbol y`, of the kind `compare_kind(symbol, a, b)`."""
    if symbol in ("is", "is not"):
        return (_negated(e, _identity(e, a, b, x, y), symbol == "is not"),)
    if isinstance(a, Scalar) or isinstance(b, Scalar):
        from accel.lower import numpy_scalars

        return numpy_scalars.emit_compare(e, symbol, a, b, x, y)
    if isinstance(a, Struct) and a == b:
        fields = compared_fields(a)
        return (_compare_tuples(e, symbol, fields, fields, _compared(e, a, x), _compared(e, a, y)),)
    if isinstance(a, Tuple) and isinstance(b, Tuple):
        return (_compare_tuples(e, symbol, a, b, x, y),)
    if isinstance(a, Static) and isinstance(b, Static):
        return ("true" if (a.value == b.value) == (symbol == "==") else "false",)
    if not is_number(a) or not is_number(b):
        same = isinstance(a, NoneKind) and isinstance(b, NoneKind)
        return ("true" if same == (symbol == "==") else "false",)
    return (_compare_numbers(e, symbol, a, b, x, y),)


def _compare_numbers(e: Emitter, symbol: str, a: Kind, b: Kind, x: Value, y: Value) -> str:
    if isinstance(a, Complex) or isinstance(b, Complex):
        return _compare_complex(e, symbol, a, b, x, y)
    if isinstance(a, Float) and isinstance(b, Float):
        return e.value(f"fcmp {_ORDERED[symbol]} double {x[0]}, {y[0]}")
    if isinstance(a, Float):
        a, b, x, y, symbol = b, a, y, x, _MIRRORED.get(symbol, symbol)
    if isinstance(b, Float):
        if isinstance(a, Bool):
            return e.value(f"fcmp {_ORDERED[symbol]} double {as_float(e, a, x)}, {y[0]}")
        return emit_mixed_compare(e, symbol, x[0], y[0])
    if isinstance(a, Bool) and isinstance(b, Bool) and symbol in ("==", "!="):
        return e.value(f"icmp {_SIGNED[symbol]} i1 {x[0]}, {y[0]}")
    return e.value(f"icmp {_SIGNED[symbol]} i64 {as_int(e, a, x)}, {as_int(e, b, y)}")


def _compare_complex(e: Emitter, symbol: str, a: Kind, b: Kind, x: Value, y: Value) -> str:
    """== and != part by part; an int is compared with the real part exactly."""
    first = ((Float(), (x[0],)), x[1]) if isinstance(a, Complex) else ((a, x), _ZERO)
    second = ((Float(), (y[0],)), y[1]) if isinstance(b, Complex) else ((b, y), _ZERO)
    real = _compare_numbers(e, "==", first[0][0], second[0][0], first[0][1], second[0][1])
    both = e.value(f"and i1 {real}, {e.value(f'fcmp oeq double {first[1]}, {second[1]}')}")
    return _negated(e, both, symbol == "!=")


def _negated(e: Emitter, truth: str, negate: bool) -> str:
    if not negate:
        return truth
    if truth in ("true", "false"):
        return "false" if truth == "true" else "true"
    return e.value(f"xor i1 {truth}, true")


def _identity(e: Emitter, a: Kind, b: Kind, x: Value, y: Value) -> str:
    answer = identity_answer(a, b)
    if answer is not None:
        return "true" if answer else "false"
    if isinstance(a, Bool) and isinstance(b, Bool):
        return e.value(f"icmp eq i1 {x[0]}, {y[0]}")
    return e.value(f"icmp eq ptr {_object(e, a, x)}, {_object(e, b, y)}")


def _object(e: Emitter, kind: Kind, x: Value) -> str:
    """The address of an object or of the singleton a value stands for."""
    if isinstance(kind, Object):
        return x[0]
    if isinstance(kind, NoneKind):
        return e.module.external("_Py_NoneStruct")
    return e.select(x[0], "ptr", e.module.external("_Py_TrueStruct"), e.module.external("_Py_FalseStruct"))


def _compared(e: Emitter, kind: Struct, value: Value) -> Value:
    """The components of those fields that count when structs are compared."""
    parts = tuple_items(kind, value)
    return tuple(c for k in layout_of_kind(kind).compared for c in _in_python(e, *parts[k]))


def _in_python(e: Emitter, kind: Kind, value: Value) -> Value:
    """The components of a field, where it holds arrays those of Python's numbers."""
    if isinstance(kind, Tuple):
        return tuple(c for item, part in tuple_items(kind, value) for c in _in_python(e, item, part))
    if isinstance(kind, Vector) and kind.char not in "LQ":
        value = tuple(vector_lane(e, kind, value, str(k)) for k in range(kind.lanes))
    if not isinstance(kind, (FieldArray, Vector)) or kind.char in "?dDlqLQ":
        return value
    wanted, how = ("double", "fpext") if kind.dtype.family in "fc" else ("i64", "sext" if kind.dtype.family == "i" else "zext")
    return tuple(e.value(f"{how} {element_type(kind.char)} {part} to {wanted}") for part in value)


def tuple_items(kind: Struct | Tuple, value: Value) -> list[tuple[Kind, Value]]:
    """The items of a tuple, or the fields of a struct, with their kinds."""
    found, at = [], 0
    for item in kind.items:
        width = len(components(item))
        found.append((item, value[at : at + width]))
        at += width
    return found


def _compare_tuples(e: Emitter, symbol: str, a: Tuple, b: Tuple, x: Value, y: Value) -> str:
    """The first pair of items that are not equal decides, else the lengths do."""
    pairs = list(zip(tuple_items(a, x), tuple_items(b, y), strict=False))
    if symbol in ("==", "!=") and len(a.items) != len(b.items):
        return "true" if symbol == "!=" else "false"
    lengths = (len(a.items), len(b.items))
    by_length = {
        "<": lengths[0] < lengths[1],
        "<=": lengths[0] <= lengths[1],
        ">": lengths[0] > lengths[1],
        ">=": lengths[0] >= lengths[1],
    }
    answer = "true" if by_length.get(symbol, symbol == "==") else "false"
    for (first_kind, first), (second_kind, second) in reversed(pairs):
        kinds, values = (first_kind, second_kind), (first, second)
        equal = _compare_items(e, "==", kinds, values)
        decided = {"==": "false", "!=": "true"}.get(symbol) or _compare_items(e, symbol, kinds, values)
        answer = e.select(equal, "i1", answer, decided)
    return answer


def _compare_items(e: Emitter, symbol: str, kinds: tuple[Kind, Kind], values: tuple[Value, Value]) -> str:
    """One comparison of two items. An object that is in both tuples equals itself, even a NaN: two NaN leave."""

    def compare(k: tuple[Kind, ...], v: tuple[Value, ...]) -> Value:
        if symbol == "==" and all(isinstance(kind, (Float, Complex)) for kind in k):
            nans = [_unordered(e, value) for value in v]
            e.exit_if(e.value(f"and i1 {nans[0]}, {nans[1]}"))
        return emit_compare(e, symbol, k[0], k[1], v[0], v[1])

    def rule(*k: Kind) -> Kind | None:
        return compare_kind(symbol, *k)

    assert joined_kind(rule, kinds) == Bool(), members_of(kinds[0])
    return emit_union(e, rule, compare, kinds, values, Bool())[0]


def _unordered(e: Emitter, value: Value) -> str:
    return e.value(f"fcmp uno double {value[0]}, {value[-1]}")
