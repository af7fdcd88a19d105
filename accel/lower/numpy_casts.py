"""Numbers as elements and scalars of a NumPy dtype: casts by NumPy's rules, loads and stores.

A cast that warns or raises in NumPy leaves compiled code. Nothing here branches (but for exits) or leaves a poison value behind
an exit that has been put off, so that casts can stand in strips.
"""

from __future__ import annotations

from accel.lower.convert import float_literal, int_literal
from accel.lower.layout import Value, element_type
from accel.lower.text import Emitter, float_text
from accel.types.elements import char_of
from accel.types.kinds import DTYPES, Kind, Scalar

__all__ = [
    "emit_cast",
    "emit_finite",
    "emit_store_cast",
    "emit_truth_of",
    "load_element",
    "store_element",
    "zero_text",
]


def zero_text(type_: str) -> str:
    """A zero of a component."""
    return float_text(0.0, type_) if type_ in ("half", "float", "double") else "false" if type_ == "i1" else "0"


def emit_finite(e: Emitter, type_: str, x: str) -> str:
    """Whether a float is neither infinite nor a NaN (one ordered comparison)."""
    size = e.call(type_, f"llvm.fabs.{_SUFFIX[type_]}", f"{type_} {x}")
    return e.value(f"fcmp olt {type_} {size}, {float_text(float('inf'), type_)}")


_SUFFIX = {"half": "f16", "float": "f32", "double": "f64"}


def emit_truth_of(e: Emitter, char: str, value: Value) -> str:
    """Whether a value of this dtype is not zero."""
    family, type_ = DTYPES[char].family, element_type(char)
    if family == "b":
        return value[0]
    if family in "iu":
        known = int_literal(value[0])
        if known is not None:
            return "true" if known else "false"
        return e.value(f"icmp ne {type_} {value[0]}, 0")
    parts = [e.value(f"fcmp une {type_} {part}, {zero_text(type_)}") for part in value]
    return parts[0] if len(parts) == 1 else e.value(f"or i1 {parts[0]}, {parts[1]}")


def emit_store_cast(e: Emitter, kind: Kind, value: Value, char: str) -> Value:
    """The components to store into an element of dtype `char` when a value of this kind is assigned to it.

    Floats are cut for integers; what is out of range, NaN for an integer, an overflow and complex for real leave.
    """
    return emit_cast(e, kind, value, char)


def emit_cast(e: Emitter, kind: Kind, value: Value, char: str, *, wrap: bool = False) -> Value:
    """A number of this kind as dtype `char`; `wrap` cuts NumPy integers that do not fit (`numpy.int8(numpy.int64(300))`)."""
    source, target = DTYPES[char_of(kind)], DTYPES[char]
    if source.char == target.char:
        return value
    if target.family == "b":
        return (emit_truth_of(e, source.char, value),)
    if isinstance(kind, Scalar) and source.family in "iu" and char in "fF":  # rounded once; Python's ints pass through a double
        how, type_ = ("sitofp" if source.family == "i" else "uitofp"), element_type(source.char)
        part = e.value(f"{how} {type_} {value[0]} to float")
        return (part,) if char == "f" else (part, zero_text("float"))
    if source.family == "c" and target.family != "c":
        e.exit()
        return (zero_text(element_type(char)),)
    if target.family == "c":
        part = {"F": "f", "D": "d"}[char]
        real = {"F": "f", "D": "d"}.get(source.char, source.char)
        parts = value if source.family == "c" else (value[0],)
        made = [_real(e, real, p, part, wrap=False) for p in parts]
        return (made[0], made[1] if len(made) == 2 else zero_text(element_type(char)))
    return (_real(e, source.char, value[0], char, wrap=wrap and isinstance(kind, Scalar)),)


def _real(e: Emitter, source: str, x: str, target: str, *, wrap: bool) -> str:
    if source == target:
        return x
    old, new = DTYPES[source], DTYPES[target]
    if new.family in "iu":
        return _float_to_int(e, source, x, target) if old.family == "f" else _int_to_int(e, source, x, target, wrap)
    return _float_to_float(e, source, x, target) if old.family == "f" else _int_to_float(e, source, x, target)


def _bounds(char: str) -> tuple[int, int]:
    dtype = DTYPES[char]
    bits = 1 if dtype.family == "b" else dtype.bits
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if dtype.family == "i" else (0, (1 << bits) - 1)


def _int_literal_text(known: int, char: str) -> str:
    """LLVM takes signed decimal text for all widths."""
    bits = DTYPES[char].bits
    return str(known - (1 << bits) if known >= 1 << bits - 1 else known)


def _int_to_int(e: Emitter, source: str, x: str, target: str, wrap: bool) -> str:
    old, new = DTYPES[source], DTYPES[target]
    known = int_literal(x) if old.family == "i" else None
    if known is not None and _bounds(target)[0] <= known <= _bounds(target)[1]:
        return _int_literal_text(known, target)
    if old.family == "b":
        return e.value(f"zext i1 {x} to i{new.bits}") if x not in ("true", "false") else str(int(x == "true"))
    if not wrap:
        _leave_out_of_range(e, source, x, target)
    if new.bits == old.bits:
        return x
    how = "trunc" if new.bits < old.bits else "sext" if old.family == "i" else "zext"
    return e.value(f"{how} i{old.bits} {x} to i{new.bits}")


def _leave_out_of_range(e: Emitter, source: str, x: str, target: str) -> None:
    """Leave when an integer does not fit the other dtype: one comparison."""
    (low, high), (least, most) = _bounds(source), _bounds(target)
    if least <= low and high <= most:
        return
    type_ = element_type(source)
    if DTYPES[source].family == "u":
        e.exit_if(e.value(f"icmp ugt {type_} {x}, {most}"))
    elif least == 0 and high <= most:
        e.exit_if(e.value(f"icmp slt {type_} {x}, 0"))
    elif least == 0:
        e.exit_if(e.value(f"icmp ugt {type_} {x}, {most}"))
    else:
        moved = e.value(f"sub {type_} {x}, {least}")
        e.exit_if(e.value(f"icmp ugt {type_} {moved}, {most - least}"))


def _int_to_float(e: Emitter, source: str, x: str, target: str) -> str:
    """Python's int becomes a double first, as it does in NumPy: the callers for float32 and float16 round a second time."""
    old, type_ = DTYPES[source], element_type(target)
    known = int_literal(x) if old.family == "i" else None
    if known is not None and abs(known) <= 1 << 10:
        return float_text(float(known), type_)
    how = "sitofp" if old.family == "i" else "uitofp"
    if target == "d" or old.family == "b" or old.bits <= (8 if target == "e" else 16):
        return e.value(f"{how} {element_type(source)} {x} to {type_}")
    wide = e.value(f"{how} {element_type(source)} {x} to double")
    return _float_to_float(e, "d", wide, target)


def _float_to_float(e: Emitter, source: str, x: str, target: str) -> str:
    old, new = element_type(source), element_type(target)
    if DTYPES[target].bits > DTYPES[source].bits:
        return e.value(f"fpext {old} {x} to {new}")
    known = float_literal(x) if source == "d" else None
    if known is not None and target == "f":
        import struct

        try:
            return float_text(struct.unpack("<f", struct.pack("<f", known))[0])
        except OverflowError:
            pass
    made = _double_to_half(e, x) if (source, target) == ("d", "e") else e.value(f"fptrunc {old} {x} to {new}")
    overflow = e.value(f"xor i1 {emit_finite(e, new, made)}, true")
    if e.put_off:  # infinities and NaN leave a strip too
        e.exit_if(overflow)
        return made
    e.exit_if(e.value(f"and i1 {overflow}, {emit_finite(e, old, x)}"))
    return made


def _double_to_half(e: Emitter, x: str) -> str:
    """Rounded once: through a float rounded to odd, whose last bit keeps what was lost (there is no instruction for it)."""
    near = e.value(f"fptrunc double {x} to float")
    back = e.value(f"fpext float {near} to double")
    size = e.call("double", "llvm.fabs.f64", f"double {x}")
    back_size = e.call("double", "llvm.fabs.f64", f"double {back}")
    bits = e.value(f"bitcast float {near} to i32")
    odd = e.value(f"or i32 {bits}, 1")
    even = e.value(f"icmp ne i32 {odd}, {bits}")
    below = e.value(f"sub i32 {bits}, 1")
    high = e.value(f"fcmp ogt double {back_size}, {size}")
    low = e.value(f"fcmp olt double {back_size}, {size}")
    adjusted = e.select(high, "i32", below, e.select(low, "i32", odd, bits))
    bits = e.select(even, "i32", adjusted, bits)
    return e.value(f"fptrunc float {e.value(f'bitcast i32 {bits} to float')} to half")


def _float_to_int(e: Emitter, source: str, x: str, target: str) -> str:
    """Cut; NaN and what does not fit leave."""
    new, bits = DTYPES[target], DTYPES[target].bits
    wide = x if source == "d" else e.value(f"fpext {element_type(source)} {x} to double")
    low, high = _bounds(target)
    if bits == 64:  # the double below -2**63 is far off, so the least one itself fits
        above = e.value(
            f"fcmp oge double {wide}, {float_text(float(low))}" if low else f"fcmp ogt double {wide}, {float_text(-1.0)}"
        )
    else:
        above = e.value(f"fcmp ogt double {wide}, {float_text(float(low - 1))}")
    fits = e.value(f"and i1 {above}, {e.value(f'fcmp olt double {wide}, {float_text(float(high + 1))}')}")
    e.exit_if(e.value(f"xor i1 {fits}, true"))
    made = e.value(f"fpto{'s' if new.family == 'i' else 'u'}i double {wide} to i{bits}")
    return e.value(f"freeze i{bits} {made}") if e.put_off else made


def load_element(e: Emitter, char: str, pointer: str, *, align: int = 0) -> Value:
    """The element of dtype `char` at an aligned address, or one that is a multiple of `align`."""
    family = DTYPES[char].family
    if family == "b":
        byte = e.value(f"load i8, ptr {pointer}, align 1")
        return (e.value(f"icmp ne i8 {byte}, 0"),)
    type_, size = element_type(char), DTYPES[char].size_bytes
    if family != "c":
        return (e.value(f"load {type_}, ptr {pointer}, align {align or size}"),)
    second = e.value(f"getelementptr i8, ptr {pointer}, i64 {size // 2}")
    return tuple(e.value(f"load {type_}, ptr {place}, align {align or size // 2}") for place in (pointer, second))


def store_element(e: Emitter, char: str, pointer: str, value: Value, *, align: int = 0) -> None:
    """Store the components of an element of dtype `char` at an aligned address, or one that is a multiple of `align`."""
    family = DTYPES[char].family
    if family == "b":
        e.do(f"store i8 {e.value(f'zext i1 {value[0]} to i8')}, ptr {pointer}, align 1")
        return
    type_, size = element_type(char), DTYPES[char].size_bytes
    if family != "c":
        e.do(f"store {type_} {value[0]}, ptr {pointer}, align {align or size}")
        return
    second = e.value(f"getelementptr i8, ptr {pointer}, i64 {size // 2}")
    for place, part in zip((pointer, second), value, strict=True):
        e.do(f"store {type_} {part}, ptr {place}, align {align or size // 2}")
