"""SIMD values in machine code: operators, conversions and reductions, lane by lane. `accel.types.simd` is what they mean."""

from __future__ import annotations

from accel.lower.convert import as_float, as_int
from accel.lower.layout import Value, element_type, vector_type
from accel.lower.numpy_casts import emit_cast
from accel.lower.text import Emitter
from accel.lower.vector_lanes import as_conditions, as_mask, convert_mask, lane_type, regroup, shuffle, splat, vector_of
from accel.types.kinds import Int, Kind, Scalar, Vector
from accel.types.lane_math import fold
from accel.types.simd import mask_kind

__all__ = [
    "as_lane",
    "emit_iota",
    "intrinsic",
    "lane_operand",
    "mangled",
    "vector_binary",
    "vector_bitcast",
    "vector_cast",
    "vector_compare",
    "vector_fused",
    "vector_join",
    "vector_lane",
    "vector_lesser",
    "vector_of_scalars",
    "vector_reduction",
    "vector_select",
    "vector_shuffle",
    "vector_test",
    "vector_unary",
    "vector_with_lane",
]

_FLOATS = {"+": "fadd", "-": "fsub", "*": "fmul", "/": "fdiv"}
_INTEGERS = {"+": "add", "-": "sub", "*": "mul", "&": "and", "|": "or", "^": "xor"}
_COMPARED = {"<": ("olt", "lt"), "<=": ("ole", "le"), ">": ("ogt", "gt"), ">=": ("oge", "ge"), "==": ("oeq", "eq"), "!=": ("une", "ne")}
_ROUNDINGS = ("ceil", "floor", "rint", "sqrt", "trunc")


# -- operands


def as_lane(e: Emitter, kind: Vector, given: Kind, value: Value) -> str:
    """A number as a lane; an int that does not fit leaves."""
    if kind.char == "?":
        if kind.bits == 1:
            return value[0]
        return e.value(f"sext i1 {value[0]} to i{kind.bits}") if value[0] not in ("true", "false") else "-1" if value[0] == "true" else "0"
    if isinstance(given, Scalar):
        return value[0]
    if kind.dtype.family != "f":
        return emit_cast(e, Int(), (as_int(e, given, value),), kind.char)[0]
    wide = as_float(e, given, value)
    return wide if kind.char == "d" else e.value(f"fptrunc double {wide} to float")


def lane_operand(e: Emitter, kind: Vector, given: Kind, value: Value) -> Value:
    """An operand as a vector of a kind: it is one, a mask of another kind, or a number."""
    if isinstance(given, Vector):
        return convert_mask(e, given, kind, value)
    return splat(e, kind, as_lane(e, kind, given, value))


def vector_of_scalars(e: Emitter, kind: Vector, given: list[tuple[Kind, Value]]) -> Value:
    """`SIMD[...](...)`."""
    if not given:
        return ("zeroinitializer",) * (kind.lanes // kind.group)
    lanes = [as_lane(e, kind, *one) for one in given]
    return vector_of(e, kind, lanes) if len(lanes) > 1 else splat(e, kind, lanes[0])


def intrinsic(e: Emitter, name: str, result: str, *operands: tuple[str, str], suffix: str = "") -> str:
    """A call of an intrinsic whose name ends in the type of its vectors: operands are types and texts."""
    full = f"{name}.{suffix or mangled(result)}"
    callee = e.module.declare(full, result, tuple([type_ for type_, _ in operands]))
    return e.value(f"call {result} {callee}({', '.join(f'{type_} {text}' for type_, text in operands)})")


def mangled(type_: str) -> str:
    """How intrinsics spell a vector type.

    >>> mangled("<8 x float>")
    'v8f32'
    """
    if type_ == "ptr":
        return "p0"
    count, element = type_[1:-1].split(" x ")
    return f"v{count}{ {'float': 'f32', 'double': 'f64', 'ptr': 'p0'}.get(element, element) }"


# -- arithmetic


def vector_binary(e: Emitter, symbol: str, kind: Vector, x: Value, y: Value) -> Value:
    """`x symbol y`."""
    return tuple(_binary(e, symbol, kind, a, b) for a, b in zip(x, y, strict=True))


def _binary(e: Emitter, symbol: str, kind: Vector, x: str, y: str) -> str:
    type_ = vector_type(kind)
    if kind.dtype.family == "f":
        return e.value(f"{_FLOATS[symbol]} {type_} {x}, {y}")
    if symbol in _INTEGERS:
        return e.value(f"{_INTEGERS[symbol]} {type_} {x}, {y}")
    return _shifted(e, symbol, kind, x, y) if symbol in ("<<", ">>") else _divided(e, symbol, kind, x, y)


def _shifted(e: Emitter, symbol: str, kind: Vector, x: str, y: str) -> str:
    """Bits that are shifted out are lost, however far."""
    type_, bits, signed = vector_type(kind), kind.dtype.bits, kind.dtype.family == "i"
    fits = e.value(f"icmp ult {type_} {y}, splat (i{bits} {bits})")
    if symbol == ">>" and signed:
        most = e.value(f"select <{kind.group} x i1> {fits}, {type_} {y}, {type_} splat (i{bits} {bits - 1})")
        return e.value(f"ashr {type_} {x}, {most}")
    count = e.value(f"select <{kind.group} x i1> {fits}, {type_} {y}, {type_} zeroinitializer")
    made = e.value(f"{'shl' if symbol == '<<' else 'lshr'} {type_} {x}, {count}")
    return e.value(f"select <{kind.group} x i1> {fits}, {type_} {made}, {type_} zeroinitializer")


def _divided(e: Emitter, symbol: str, kind: Vector, x: str, y: str) -> str:
    """Rounded down; by 0 it is 0, and the least integer by -1 is itself."""
    type_, bits, signed, flags = vector_type(kind), kind.dtype.bits, kind.dtype.family == "i", f"<{kind.group} x i1>"
    none = e.value(f"icmp eq {type_} {y}, zeroinitializer")
    unsafe = none
    if signed:
        least = e.value(f"icmp eq {type_} {x}, splat (i{bits} {-(1 << bits - 1)})")
        minus = e.value(f"icmp eq {type_} {y}, splat (i{bits} -1)")
        unsafe = e.value(f"or {flags} {none}, {e.value(f'and {flags} {least}, {minus}')}")
    divisor = e.value(f"select {flags} {unsafe}, {type_} splat (i{bits} 1), {type_} {y}")
    quotient = e.value(f"{'s' if signed else 'u'}div {type_} {x}, {divisor}")
    rest = e.value(f"sub {type_} {x}, {e.value(f'mul {type_} {quotient}, {divisor}')}")
    made = quotient if symbol == "//" else rest
    if signed:
        apart = e.value(f"icmp slt {type_} {e.value(f'xor {type_} {rest}, {divisor}')}, zeroinitializer")
        off = e.value(f"and {flags} {apart}, {e.value(f'icmp ne {type_} {rest}, zeroinitializer')}")
        other = e.value(f"sub {type_} {quotient}, splat (i{bits} 1)") if symbol == "//" else e.value(f"add {type_} {rest}, {divisor}")
        made = e.value(f"select {flags} {off}, {type_} {other}, {type_} {made}")
    return e.value(f"select {flags} {none}, {type_} zeroinitializer, {type_} {made}")


def vector_unary(e: Emitter, symbol: str, kind: Vector, x: Value) -> Value:
    """`-x`, `+x`, `~x`, and the functions "abs", "sqrt" and those that round."""
    return tuple(_unary(e, symbol, kind, part) for part in x)


def _unary(e: Emitter, symbol: str, kind: Vector, x: str) -> str:
    type_, family = vector_type(kind), kind.dtype.family
    match symbol:
        case "~":
            return e.value(f"xor {type_} {x}, splat ({lane_type(kind)} {'true' if kind.bits == 1 else -1})")
        case "-":
            return e.value(f"fneg {type_} {x}") if family == "f" else e.value(f"sub {type_} zeroinitializer, {x}")
        case "abs" if family == "f":
            return intrinsic(e, "llvm.fabs", type_, (type_, x))
        case "abs" if family == "i":
            return intrinsic(e, "llvm.abs", type_, (type_, x), ("i1", "false"))
        case _ if symbol in _ROUNDINGS:
            return intrinsic(e, f"llvm.{symbol}", type_, (type_, x))
    return x


def vector_fused(e: Emitter, kind: Vector, x: Value, y: Value, z: Value) -> Value:
    """`x * y + z`, rounded once."""
    type_ = vector_type(kind)
    return tuple(intrinsic(e, "llvm.fma", type_, (type_, a), (type_, b), (type_, c)) for a, b, c in zip(x, y, z, strict=True))


def vector_lesser(e: Emitter, kind: Vector, x: Value, y: Value, name: str) -> Value:
    """`min(x, y)` or `max(x, y)` as Python has them: the second one only when it is less, or greater."""
    type_, flags = vector_type(kind), f"<{kind.group} x i1>"
    made = []
    for a, b, condition in zip(x, y, _compared(e, "<" if name == "min" else ">", kind, y, x), strict=True):
        made.append(e.value(f"select {flags} {condition}, {type_} {b}, {type_} {a}"))
    return tuple(made)


# -- comparisons and masks


def vector_compare(e: Emitter, symbol: str, kind: Vector, x: Value, y: Value) -> Value:
    """`x symbol y`, a mask."""
    if kind.char == "?":
        different = vector_binary(e, "^", kind, x, y)
        return different if symbol == "!=" else vector_unary(e, "~", kind, different)
    return as_mask(e, mask_kind(kind), _compared(e, symbol, kind, x, y))


def _compared(e: Emitter, symbol: str, kind: Vector, x: Value, y: Value) -> list[str]:
    ordered, plain = _COMPARED[symbol]
    sign = "" if plain in ("eq", "ne") else "s" if kind.dtype.family == "i" else "u"
    how = f"fcmp {ordered}" if kind.dtype.family == "f" else f"icmp {sign}{plain}"
    return [e.value(f"{how} {vector_type(kind)} {a}, {b}") for a, b in zip(x, y, strict=True)]


def vector_select(e: Emitter, mask: Vector, flags: Value, kind: Vector, x: Value, y: Value) -> Value:
    """The lanes of `x` where the mask holds, else of `y`."""
    type_, parts = vector_type(kind), as_conditions(e, mask, flags, kind.group)
    return tuple(e.value(f"select <{kind.group} x i1> {m}, {type_} {a}, {type_} {b}") for m, a, b in zip(parts, x, y, strict=True))


def vector_test(e: Emitter, name: str, kind: Vector, value: Value) -> str:
    """`any`, `all` (an i1) or `count` (an i64) of a mask."""
    if name == "count":
        total = ""
        for part in as_conditions(e, kind, value, kind.group):
            bits = e.value(f"bitcast <{kind.group} x i1> {part} to i{kind.group}")
            ones = e.value(f"zext i{kind.group} {bits} to i64") if kind.group < 64 else bits
            one = e.call("i64", "llvm.ctpop.i64", f"i64 {ones}")
            total = e.value(f"add i64 {total}, {one}") if total else one
        return total
    joined = value[0]
    for part in value[1:]:
        joined = e.value(f"{'or' if name == 'any' else 'and'} {vector_type(kind)} {joined}, {part}")
    (condition,) = as_conditions(e, kind, (joined,), kind.group)
    word = e.value(f"bitcast <{kind.group} x i1> {condition} to i{kind.group}")
    return e.value(f"icmp {'ne' if name == 'any' else 'eq'} i{kind.group} {word}, {0 if name == 'any' else -1 if kind.group > 1 else 'true'}")


# -- other lanes, other dtypes


def vector_shuffle(e: Emitter, kind: Vector, value: Value, made: Vector, lanes: list[int]) -> Value:
    """These lanes, in their order."""
    return shuffle(e, lane_type(kind), value, kind.group, lanes, made.group)


def vector_join(e: Emitter, kind: Vector, x: Value, y: Value, made: Vector) -> Value:
    """The lanes of one, then of the other."""
    return convert_mask(e, Vector(made.char, made.lanes, kind.group, kind.bits), made, (*x, *y)) if kind.bits else regroup(e, lane_type(kind), (*x, *y), kind.group, made.group)


def vector_lane(e: Emitter, kind: Vector, value: Value, lane: str) -> str:
    """The lane with a number that is in range, as a NumPy scalar."""
    element = lane_type(kind)
    if lane.isdigit():
        number = int(lane)
        held = e.value(f"extractelement {vector_type(kind)} {value[number // kind.group]}, i64 {number % kind.group}")
    else:
        flat = value if kind.bits != 1 else tuple(e.value(f"zext {vector_type(kind)} {part} to <{kind.group} x i8>") for part in value)
        element = "i8" if kind.bits == 1 else element
        room = e.slot(f"[{kind.lanes} x {element}]", align=8)
        for k, part in enumerate(flat):
            place = e.value(f"getelementptr {element}, ptr {room}, i64 {k * kind.group}")
            e.do(f"store <{kind.group} x {element}> {part}, ptr {place}, align 1")
        held = e.value(f"load {element}, ptr {e.value(f'getelementptr {element}, ptr {room}, i64 {lane}')}")
    return held if not kind.bits or element == "i1" else e.value(f"icmp ne {element} {held}, 0")


def vector_with_lane(e: Emitter, kind: Vector, value: Value, lane: int, given: tuple[Kind, Value]) -> Value:
    """The same but for one lane."""
    made, at = list(value), lane // kind.group
    made[at] = e.value(f"insertelement {vector_type(kind)} {value[at]}, {lane_type(kind)} {as_lane(e, kind, *given)}, i64 {lane % kind.group}")
    return tuple(made)


def vector_cast(e: Emitter, kind: Vector, value: Value, made: Vector) -> Value:
    """The numbers as another dtype."""
    if kind.char == made.char:
        return convert_mask(e, kind, made, value) if kind.bits else value
    if kind.char == "?":
        return _cast_mask(e, kind, value, made)
    if made.char == "?":
        other = mask_kind(kind)
        return convert_mask(e, other, made, vector_compare(e, "!=", kind, value, ("zeroinitializer",) * len(value)))
    group = min(kind.group, made.group)
    parts = regroup(e, lane_type(kind), value, kind.group, group)
    old, new = f"<{group} x {lane_type(kind)}>", f"<{group} x {lane_type(made)}>"
    cast = tuple(_cast(e, kind, made, part, old, new) for part in parts)
    return regroup(e, lane_type(made), cast, group, made.group)


def _cast_mask(e: Emitter, kind: Vector, value: Value, made: Vector) -> Value:
    if made.dtype.family == "f" or kind.bits != made.dtype.bits or kind.group != made.group:
        one = "1.0" if made.dtype.family == "f" else "1"
        return vector_select(e, kind, value, made, splat(e, made, one), ("zeroinitializer",) * (made.lanes // made.group))
    return tuple(e.value(f"sub {vector_type(made)} zeroinitializer, {part}") for part in value)


def _cast(e: Emitter, kind: Vector, made: Vector, x: str, old: str, new: str) -> str:
    source, target = kind.dtype, made.dtype
    if source.family == "f" and target.family == "f":
        return e.value(f"{'fpext' if target.bits > source.bits else 'fptrunc'} {old} {x} to {new}")
    if target.family == "f":
        return e.value(f"{'sitofp' if source.family == 'i' else 'uitofp'} {old} {x} to {new}")
    if source.family == "f":
        name = f"llvm.fpto{'s' if target.family == 'i' else 'u'}i.sat"
        return intrinsic(e, name, new, (old, x), suffix=f"{mangled(new)}.{mangled(old)}")
    if source.bits == target.bits:
        return x
    how = "trunc" if target.bits < source.bits else "sext" if source.family == "i" else "zext"
    return e.value(f"{how} {old} {x} to {new}")


def vector_bitcast(e: Emitter, kind: Vector, value: Value, made: Vector) -> Value:
    """The bits as another dtype of the same size."""
    if lane_type(kind) == lane_type(made):
        return value
    return tuple(e.value(f"bitcast {vector_type(kind)} {part} to {vector_type(made)}") for part in value)


def emit_iota(e: Emitter, kind: Vector, given: Kind, start: Value) -> Value:
    """`start`, `start + 1`, and so on."""
    is_float = kind.dtype.family == "f"
    counted = vector_of(e, kind, [f"{k}.0" if is_float else str(k) for k in range(kind.lanes)])
    return vector_binary(e, "+", kind, splat(e, kind, as_lane(e, kind, given, start)), counted)


# -- reductions


def vector_reduction(e: Emitter, how: str, kind: Vector, value: Value) -> str:
    """A reduction, in the order of `accel.types.lane_math.fold`: by halves of all vectors while there are two, then within one."""
    while len(value) % 2 == 0:
        half = len(value) // 2
        value = _joined(e, how, kind, value[:half], value[half:])
    if len(value) > 1:
        one = Vector(kind.char, 1, 1)
        lanes = [(vector_of(e, one, [vector_lane(e, kind, value, str(k))])[0],) for k in range(kind.group * len(value))]
        (last,) = fold(lanes, lambda a, b: _joined(e, how, one, a, b))
        return e.value(f"extractelement <1 x {element_type(kind.char)}> {last}, i64 0")
    count, (whole,) = kind.group, value
    while count > 1:
        half = count // 2
        upper = [half + k if k < half else -1 for k in range(kind.group)]
        (high,) = shuffle(e, lane_type(kind), (whole,), kind.group, upper, kind.group)
        (whole,) = _joined(e, how, kind, (whole,), (high,))
        count = half
    return e.value(f"extractelement {vector_type(kind)} {whole}, i64 0")


def _joined(e: Emitter, how: str, kind: Vector, x: Value, y: Value) -> Value:
    return vector_lesser(e, kind, x, y, how) if how in ("min", "max") else vector_binary(e, how, kind, x, y)
