"""Integer arithmetic of NumPy scalars: fixed width; an overflow, about which NumPy warns, leaves unless it is asked to wrap.

Elements of arrays wrap without a warning, as in NumPy's own ufuncs (`Emitter.wraps`)."""

from __future__ import annotations

from accel.lower.convert import int_literal
from accel.lower.lane_integers import emit_floored
from accel.lower.text import Emitter
from accel.types.kinds import DTYPES

__all__ = ["emit_integer", "emit_integer_abs", "emit_integer_divmod", "emit_integer_negation"]

_PLAIN = {"+": "add", "-": "sub", "*": "mul", "&": "and", "|": "or", "^": "xor"}
_UNROLLED = 16


def emit_integer(e: Emitter, symbol: str, char: str, x: str, y: str, *, wrap: bool = False) -> str:
    """`x symbol y` of two integers of dtype `char`."""
    bits, signed = DTYPES[char].bits, DTYPES[char].family == "i"
    match symbol:
        case "+" | "-" | "*" if not (wrap or e.wraps):
            return _checked(e, symbol, bits, signed, x, y)
        case "//" | "%":
            quotient, rest = emit_integer_divmod(e, char, x, y, symbol)
            return quotient if symbol == "//" else rest
        case "**":
            return _power(e, bits, signed, x, y)
        case "<<" | ">>":
            return _shift(e, symbol, bits, signed, x, y)
    return e.value(f"{_PLAIN[symbol]} i{bits} {x}, {y}")


def _checked(e: Emitter, symbol: str, bits: int, signed: bool, x: str, y: str) -> str:
    if e.put_off and not (bits == 64 and symbol == "*"):
        return _checked_lanes(e, symbol, bits, signed, x, y)
    name = f"llvm.{'s' if signed else 'u'}{_PLAIN[symbol]}.with.overflow.i{bits}"
    pair = e.call(f"{{ i{bits}, i1 }}", name, f"i{bits} {x}", f"i{bits} {y}")
    e.exit_if(e.value(f"extractvalue {{ i{bits}, i1 }} {pair}, 1"))
    return e.value(f"extractvalue {{ i{bits}, i1 }} {pair}, 0")


def _checked_lanes(e: Emitter, symbol: str, bits: int, signed: bool, x: str, y: str) -> str:
    """As `_checked`, of plain instructions, which LLVM turns into vectors."""
    name = _PLAIN[symbol]
    if bits < 64:
        wide, how = 2 * bits, "sext" if signed else "zext"
        p, q = (e.value(f"{how} i{bits} {v} to i{wide}") for v in (x, y))
        full = e.value(f"{name} i{wide} {p}, {q}")
        made = e.value(f"trunc i{wide} {full} to i{bits}")
        e.exit_if(e.value(f"icmp ne i{wide} {e.value(f'{how} i{bits} {made} to i{wide}')}, {full}"))
        return made
    made = e.value(f"{name} i64 {x}, {y}")
    if not signed:
        e.exit_if(e.value(f"icmp ult i64 {made}, {x}" if symbol == "+" else f"icmp ult i64 {x}, {y}"))
        return made
    first = e.value(f"xor i64 {x}, {made if symbol == '+' else y}")
    second = e.value(f"xor i64 {made}, {y if symbol == '+' else x}")
    e.exit_if(e.value(f"icmp slt i64 {e.value(f'and i64 {first}, {second}')}, 0"))
    return made


def emit_integer_negation(e: Emitter, char: str, x: str) -> str:
    """`-x`; of an unsigned number only that of 0 stays."""
    if e.wraps:
        return e.value(f"sub i{DTYPES[char].bits} 0, {x}")
    return _checked(e, "-", DTYPES[char].bits, DTYPES[char].family == "i", "0", x)


def emit_integer_abs(e: Emitter, char: str, x: str, *, wrap: bool = False) -> str:
    """`abs(x)`; that of the least number leaves, or is itself."""
    dtype = DTYPES[char]
    if dtype.family == "u":
        return x
    if not (wrap or e.wraps):
        e.exit_if(e.value(f"icmp eq i{dtype.bits} {x}, {-(1 << dtype.bits - 1)}"))
    return e.call(f"i{dtype.bits}", f"llvm.abs.i{dtype.bits}", f"i{dtype.bits} {x}", "i1 false")


def emit_integer_divmod(e: Emitter, char: str, x: str, y: str, wanted: str = "//%", *, cut: bool = False) -> tuple[str, str]:
    """`x // y` and `x % y`, rounded down (`cut`: towards zero, as C); of those not `wanted` the operand is empty. Zero leaves."""
    bits, signed = DTYPES[char].bits, DTYPES[char].family == "i"
    type_, divisor = f"i{bits}", int_literal(y)
    if divisor is None or divisor == 0:
        zero = e.value(f"icmp eq {type_} {y}, 0")
        e.exit_if(zero)
        y = e.select(zero, type_, "1", y) if e.put_off else y
    if not signed:
        quotient = e.value(f"udiv {type_} {x}, {y}") if "//" in wanted else ""
        return quotient, e.value(f"urem {type_} {x}, {y}") if "%" in wanted else ""
    if not cut and divisor is not None and divisor > 0:
        if divisor & (divisor - 1) == 0:
            quotient = e.value(f"ashr {type_} {x}, {divisor.bit_length() - 1}") if "//" in wanted else ""
            return quotient, e.value(f"and {type_} {x}, {divisor - 1}") if "%" in wanted else ""
        if e.leaves_early and bits == 64:
            return emit_floored(e, "//", x, divisor) if "//" in wanted else "", emit_floored(e, "%", x, divisor) if "%" in wanted else ""
    by = y
    if divisor is None or divisor == -1:
        minus = e.value(f"icmp eq {type_} {y}, -1")
        if "//" in wanted:  # the least number // -1 overflows
            least = e.value(f"icmp eq {type_} {x}, {-(1 << bits - 1)}")
            e.exit_if(e.value(f"and i1 {minus}, {least}"))
        by = e.select(minus, type_, "1", y) if "//" not in wanted or e.put_off else y
    if "//" not in wanted:
        rest = e.value(f"srem {type_} {x}, {by}")  # x % -1 is 0, as x % 1
        return "", rest if cut else _floor_rest(e, type_, rest, y)
    quotient = e.value(f"sdiv {type_} {x}, {by}")
    if by != y:
        quotient = e.select(minus, type_, e.value(f"sub {type_} 0, {x}"), quotient)
    rest = e.value(f"sub {type_} {x}, {e.value(f'mul {type_} {quotient}, {y}')}")
    adjust = _other_sign(e, type_, rest, y)
    floor = e.value(f"sub {type_} {quotient}, {e.value(f'zext i1 {adjust} to {type_}')}")
    return floor, e.select(adjust, type_, e.value(f"add {type_} {rest}, {y}"), rest) if "%" in wanted else ""


def _floor_rest(e: Emitter, type_: str, rest: str, y: str) -> str:
    return e.select(_other_sign(e, type_, rest, y), type_, e.value(f"add {type_} {rest}, {y}"), rest)


def _other_sign(e: Emitter, type_: str, rest: str, y: str) -> str:
    """Whether the rest is not 0 and has the sign the divisor has not."""
    differ = e.value(f"icmp slt {type_} {e.value(f'xor {type_} {rest}, {y}')}, 0")
    return e.value(f"and i1 {e.value(f'icmp ne {type_} {rest}, 0')}, {differ}")


def _shift(e: Emitter, symbol: str, bits: int, signed: bool, x: str, y: str) -> str:
    """By more than the width (or by a negative count): 0, to the right the sign."""
    name = "shl" if symbol == "<<" else "ashr" if signed else "lshr"
    count = int_literal(y)
    if count is not None and 0 <= count < bits:
        return e.value(f"{name} i{bits} {x}, {count}")
    inside = e.value(f"icmp ult i{bits} {y}, {bits}")
    if name == "ashr":
        return e.value(f"ashr i{bits} {x}, {e.select(inside, f'i{bits}', y, str(bits - 1))}")
    return e.select(inside, f"i{bits}", e.value(f"{name} i{bits} {x}, {e.value(f'and i{bits} {y}, {bits - 1}')}"), "0")


def _power(e: Emitter, bits: int, signed: bool, x: str, y: str) -> str:
    """By squaring, overflowing silently; a negative exponent, an error, leaves."""
    exponent = int_literal(y)
    if exponent is not None and 0 <= exponent < _UNROLLED:
        return _known_power(e, bits, x, exponent)
    if signed:
        e.exit_if(e.value(f"icmp slt i{bits} {y}, 0"))
    name = f"accel.npy_power_{bits}"
    e.module.define_once(name, _POWER.format(name=name, t=f"i{bits}"))
    return e.value(f'call i{bits} @"{name}"(i{bits} {x}, i{bits} {y})')


def _known_power(e: Emitter, bits: int, x: str, exponent: int) -> str:
    result, square = "", x
    while exponent:
        if exponent & 1:
            result = e.value(f"mul i{bits} {result}, {square}") if result else square
        exponent >>= 1
        if exponent:
            square = e.value(f"mul i{bits} {square}, {square}")
    return result or "1"


_POWER = """
define internal {t} @"{name}"({t} %x, {t} %y) nounwind willreturn memory(none) {{
entry:
  br label %head
head:
  %result = phi {t} [ 1, %entry ], [ %next, %body ]
  %square = phi {t} [ %x, %entry ], [ %more, %body ]
  %left = phi {t} [ %y, %entry ], [ %rest, %body ]
  %done = icmp eq {t} %left, 0
  br i1 %done, label %end, label %body
body:
  %odd = trunc {t} %left to i1
  %product = mul {t} %result, %square
  %next = select i1 %odd, {t} %product, {t} %result
  %more = mul {t} %square, %square
  %rest = lshr {t} %left, 1
  br label %head
end:
  ret {t} %result
}}
"""
