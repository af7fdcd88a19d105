"""The flags of the processor that floating point arithmetic sets: invalid value, division by zero, overflow (x86-64: the register MXCSR).

They stay set until somebody clears them, and any lane sets them, also one whose result nobody wants. So flags that are clear say that there
was nothing to warn about; flags that are set say nothing.
"""

from __future__ import annotations

from accel.lower.text import Emitter

__all__ = ["clear_flags", "flags_are_set", "held_text", "keep_here", "opaque_text", "pin"]

_SERIOUS = 0b001101
_ALL = 0b111111
_BITS = {"double": 64, "float": 32, "i64": 64, "i32": 32}


def _read(e: Emitter) -> str:
    place = e.slot("i32")
    e.call("void", "llvm.x86.sse.stmxcsr", f"ptr {place}")
    return e.value(f"load i32, ptr {place}")


def _letter(bits: int) -> str:
    """What LLVM calls the vector registers."""
    return "v" if bits == 512 else "x"


def clear_flags(e: Emitter) -> None:
    """Clear them all."""
    place = e.slot("i32")
    e.do(f"store i32 {e.value(f'and i32 {_read(e)}, {~_ALL}')}, ptr {place}")
    e.call("void", "llvm.x86.sse.ldmxcsr", f"ptr {place}")


def flags_are_set(e: Emitter) -> str:
    """Whether one of the three is set (an i1)."""
    return e.value(f"icmp ne i32 {e.value(f'and i32 {_read(e)}, {_SERIOUS}')}, 0")


def keep_here(e: Emitter, type_: str, vector: str, bits: int) -> str:
    """A vector, which fits a register, as it is: but computed here, and neither earlier nor later than what is so treated around it."""
    return e.value(held_text(type_, vector, bits))


def held_text(type_: str, vector: str, bits: int) -> str:
    """The instruction for that."""
    return f'call {type_} asm sideeffect "", "={_letter(bits)},0"({type_} {vector})'


def opaque_text(type_: str, vector: str, bits: int) -> str:
    """The instruction that gives a vector, which fits a register, as it is, but LLVM does not know what it is."""
    return f'call {type_} asm "", "={_letter(bits)},0"({type_} {vector})'


def pin(e: Emitter, type_: str, vector: str, width: int, bits: int) -> None:
    """Have a vector of `width` elements computed in front of what looks at the flags behind this; registers are of so many bits."""
    letter, size = _letter(bits), bits // width
    kind = f"<{width} x {type_}>"
    if type_ in ("half", "i1", "i8", "i16", "i32", "i64"):
        if type_ == "half":
            vector, kind, type_ = e.value(f"bitcast {kind} {vector} to <{width} x i16>"), f"<{width} x i16>", "i16"
        if int(type_[1:]) < size:
            vector, type_ = e.value(f"zext {kind} {vector} to <{width} x i{size}>"), f"i{size}"
            kind = f"<{width} x {type_}>"
    if type_ == "float" and 32 * width < 128:  # less than the smallest register
        vector, kind, type_ = e.value(f"fpext {kind} {vector} to <{width} x double>"), f"<{width} x double>", "double"
    parts = max(width * _BITS[type_] // bits, 1)
    for part in range(parts):
        count = width // parts
        chosen = ", ".join(f"i32 {part * count + k}" for k in range(count))
        piece = e.value(f"shufflevector {kind} {vector}, {kind} poison, <{count} x i32> <{chosen}>")
        e.do(f'call void asm sideeffect "", "{letter}"(<{count} x {type_}> {piece})')
