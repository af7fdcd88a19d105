"""Integers in lanes: divisions by constants, which processors have no vector instructions for, and what is quicker where numbers are known to be small.

`x // d` and `x % d` of an i64 and a positive constant are calls of `floored.quotient` and `floored.rest` in the text of the function on one lane, so that they are whole here. In
general they are LLVM's division, which takes one lane after the other, and a correction. Where `integer_ranges` tells that abs(x) is at most 2**50, the quotient is

    round(x / d - (d - 1) / 2 / d)

in float64: that number is at least 1 / (2 d) from where rounding turns, and off by less than (3 abs(x) / d + 1) 2**-53. Sums with 1.5 * 2**52 convert and
round. Products of numbers of 32 bits are one instruction, and so are shifts of such numbers.

So the first form of a function that divides is one for small integers (`SMALL`); a block with others is done by the second.
"""

from __future__ import annotations

from accel.lower.integer_ranges import SMALL, Range, Ranges, find_ranges, is_within
from accel.lower.regions import Regions
from accel.lower.ssa import Operation
from accel.lower.text import Emitter, float_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from accel.lower.lanes import LaneWriter

__all__ = ["emit_floored", "emit_small", "gains_from_limits", "is_floored", "write_floored"]

_QUOTIENT, _REST = "floored.quotient", "floored.rest"
_EXACT = (-(2**50), 2**50)  # what the division in float64 is right for
_MOST_DIVISOR = 2**32
_SHIFT = 1.5 * 2.0**52
_SHIFT_BITS = 0x4338 << 48
_NATURAL = (0, 2**63 - 1)


def emit_floored(e: Emitter, symbol: str, x: str, divisor: int) -> str:
    """`x // divisor` or `x % divisor`, of an i64 and a positive constant, in the function on one lane."""
    return e.call("i64", _QUOTIENT if symbol == "//" else _REST, f"i64 {x}", f"i64 {divisor}", attributes="nounwind willreturn memory(none)")


def is_floored(o: Operation) -> bool:
    """Whether an operation is one of these."""
    return o.op == "call" and o.detail in (_QUOTIENT, _REST)


def gains_from_limits(regions: Regions) -> bool:
    """Whether a form for small integers is worth while: it divides, or multiplies with a look at overflow, what may be large otherwise."""
    before, after = (find_ranges(regions, is_limited=is_limited) for is_limited in (False, True))
    operations = [o for name in regions.order for o in regions.function.blocks[name].operations if o.name in regions.varying]
    return any(_is_exact(after, o) and not _is_exact(before, o) for o in operations if is_floored(o)) or any(
        after.of_overflowing(o) is not None and before.of_overflowing(o) is None for o in operations if o.detail.startswith("llvm.smul.with.overflow.i64")
    )


def write_floored(e: Emitter, o: Operation, kind: str, x: str, divisor: str) -> str:
    """Such a division for numbers or vectors of any size: `kind` is their type, `divisor` an operand of it."""
    name = "sdiv" if o.detail == _QUOTIENT else "srem"
    made = e.value(f"{name} {kind} {x}, {divisor}")
    last = 63 if kind == "i64" else "splat (i64 63)"
    rest = made if name == "srem" else e.value(f"sub {kind} {x}, {e.value(f'mul {kind} {made}, {divisor}')}")
    sign = e.value(f"ashr {kind} {rest}, {last}")
    return e.value(f"add {kind} {made}, {sign if name == 'sdiv' else e.value(f'and {kind} {sign}, {divisor}')}")


def emit_small(writer: LaneWriter, o: Operation, group: int) -> str:
    """One group of an operation on i64 in a quicker way, if what is known of its operands allows for one; else empty."""
    if set(o.types) != {"i64"}:
        return ""
    e, ranges, kind = writer.e, writer.ranges, writer.vector("i64")
    known = [ranges.of(v, t) for v, t in zip(o.operands, o.types, strict=True)]

    def wide() -> list[str]:
        return [writer.wide(v, t, group) for v, t in zip(o.operands, o.types, strict=True)]

    if is_floored(o):
        return _divide(e, o, kind, wide()[0], known[0]) if _is_exact(ranges, o) else write_floored(e, o, kind, *wide())
    if o.op == "mul" and _are_small(*known):
        return _multiply(e, kind, *wide())
    if o.op == "ashr" and writer.mask_type != "i1" and not o.operands[1].startswith("%"):
        return _shift(writer, wide()[0], int(o.operands[1]), known[0])
    if o.op == "call" and ranges.of_overflowing(o) is not None:
        name, (x, y) = o.detail.removeprefix("llvm.s").split(".")[0], wide()
        made = _multiply(e, kind, x, y) if name == "mul" and _are_small(*known) else e.value(f"{name} {kind} {x}, {y}")
        return e.value(f"insertvalue {writer.vector(o.type)} zeroinitializer, {kind} {made}, 0")
    return ""


def _is_exact(ranges: Ranges, o: Operation) -> bool:
    return is_within(ranges.of(o.operands[0], "i64"), _EXACT) and int(o.operands[1]) <= _MOST_DIVISOR


def _are_small(*ranges: Range) -> bool:
    return all(is_within(r, SMALL) for r in ranges)


def _divide(e: Emitter, o: Operation, kind: str, x: str, known: Range) -> str:
    divisor, floats = int(o.operands[1]), kind.replace("i64", "double")
    width = floats[1:].split()[0]

    def splat(value: float) -> str:
        return f"splat (double {float_text(value)})"

    moved = e.value(f"add {kind} {x}, splat (i64 {_SHIFT_BITS})")
    number = e.value(f"fsub {floats} {e.value(f'bitcast {kind} {moved} to {floats}')}, {splat(_SHIFT)}")
    fused = e.module.declare(f"llvm.fmuladd.v{width}f64", floats, (floats,) * 3)
    ratio = e.value(f"call {floats} {fused}({floats} {number}, {floats} {splat(1.0 / divisor)}, {floats} {splat((1 - divisor) / 2 / divisor)})")
    rounded = e.value(f"fadd {floats} {ratio}, {splat(_SHIFT)}")
    quotient = e.value(f"sub {kind} {e.value(f'bitcast {floats} {rounded} to {kind}')}, splat (i64 {_SHIFT_BITS})")
    if o.detail == _QUOTIENT:
        return quotient
    by, ends = f"splat (i64 {divisor})", (known[0] // divisor, known[1] // divisor)
    product = _multiply(e, kind, quotient, by) if _are_small(ends, (divisor, divisor)) else e.value(f"mul {kind} {quotient}, {by}")
    return e.value(f"sub {kind} {x}, {product}")


def _multiply(e: Emitter, kind: str, x: str, y: str) -> str:
    """A product of numbers of 32 bits: that the upper halves are copies of the sign is what LLVM has to know, and then does not compute."""
    made = [v if v.startswith("splat") else e.value(f"ashr {kind} {e.value(f'shl {kind} {v}, splat (i64 32)')}, splat (i64 32)") for v in (x, y)]
    return e.value(f"mul {kind} {made[0]}, {made[1]}")


def _shift(writer: LaneWriter, x: str, count: int, known: Range) -> str:
    """A shift that fills with the sign, which AVX2 has for 32 bits only."""
    e, kind = writer.e, writer.vector("i64")
    if is_within(known, _NATURAL):
        return e.value(f"lshr {kind} {x}, splat (i64 {count})")
    if not is_within(known, SMALL) or count > 31:
        return ""
    halves = f"<{2 * writer.shape.width} x i32>"
    shifted = e.value(f"ashr {halves} {e.value(f'bitcast {kind} {x} to {halves}')}, splat (i32 {count})")
    return e.value(f"bitcast {halves} {shifted} to {kind}")
