"""Operations on Python ints held in 64 bits: whatever would not fit, or would raise, leaves compiled code first."""

from __future__ import annotations

from accel.lower.convert import as_float, int_literal
from accel.lower.lane_integers import emit_floored
from accel.lower.outlines import emit_outlined
from accel.lower.text import Emitter, float_text
from accel.types.kinds import Int

__all__ = ["checked", "emit_divmod", "emit_int", "emit_int_negation", "emit_int_quotient", "emit_power"]

_OVERFLOWING = {"+": "sadd", "-": "ssub", "*": "smul"}
_BITWISE = {"&": "and", "|": "or", "^": "xor"}
_LARGE_MULTIPLIER = 1 << 20
_ROOM = 1 << 20  # how far a product by a constant stays away from the ends of 64 bits


def checked(e: Emitter, symbol: str, x: str, y: str) -> str:
    """`x symbol y` for + - *, leaving when the result does not fit 64 bits."""
    if e.put_off and symbol != "*":
        return _checked_lanes(e, symbol, x, y)
    pair = e.call("{ i64, i1 }", f"llvm.{_OVERFLOWING[symbol]}.with.overflow.i64", f"i64 {x}", f"i64 {y}")
    e.exit_if(e.value(f"extractvalue {{ i64, i1 }} {pair}, 1"))
    return e.value(f"extractvalue {{ i64, i1 }} {pair}, 0")


def _checked_lanes(e: Emitter, symbol: str, x: str, y: str) -> str:
    """As `checked` where exits are put off: of plain instructions, which LLVM turns into vectors."""
    made = e.value(f"{'add' if symbol == '+' else 'sub'} i64 {x}, {y}")
    first = e.value(f"xor i64 {x}, {made if symbol == '+' else y}")
    second = e.value(f"xor i64 {made}, {y if symbol == '+' else x}")
    e.exit_if(e.value(f"icmp slt i64 {e.value(f'and i64 {first}, {second}')}, 0"))
    return made


def emit_int(e: Emitter, symbol: str, x: str, y: str) -> str:
    """`x symbol y` of two i64, for every symbol whose result is an int."""
    match symbol:
        case "+" | "-":
            return _sum(e, symbol, x, y)
        case "*":
            return _product(e, x, y)
        case "//" | "%":
            quotient, rest = emit_divmod(e, x, y, symbol)
            return quotient if symbol == "//" else rest
        case "**":
            return emit_power(e, x, y)
        case "<<":
            return _shift_left(e, x, y)
        case ">>":
            return _shift_right(e, x, y)
    return e.value(f"{_BITWISE[symbol]} i64 {x}, {y}")


def emit_int_negation(e: Emitter, x: str) -> str:
    """`-x`."""
    return checked(e, "-", "0", x)


def _sum(e: Emitter, symbol: str, x: str, y: str) -> str:
    """A product that was tested leaves room for a small number."""
    if symbol == "+" and int_literal(x) is not None:
        x, y = y, x
    number, room = int_literal(y), e.room.get(x, 0)
    if number is None or abs(number) > room:
        return checked(e, symbol, x, y)
    made = e.value(f"{'add' if symbol == '+' else 'sub'} i64 {x}, {y}")
    e.room[made] = room - abs(number)
    return made


def _product(e: Emitter, x: str, y: str) -> str:
    if int_literal(x) is not None:
        x, y = y, x
    factor = int_literal(y)
    if factor is None or not 1 < factor < _LARGE_MULTIPLIER:
        return checked(e, "*", x, y)
    # Comparing the factor first is off the latency path, and LLVM learns the range of the product.
    limit = ((1 << 63) - _ROOM) // factor - 1
    shifted = e.value(f"add i64 {x}, {limit}")
    e.exit_if(e.value(f"icmp ugt i64 {shifted}, {2 * limit}"), rare=True)
    made = e.value(f"mul {'' if e.put_off else 'nsw '}i64 {x}, {y}")
    e.room[made] = _ROOM
    return made


def emit_divmod(e: Emitter, x: str, y: str, wanted: str = "//%") -> tuple[str, str]:
    """`x // y` and `x % y`, rounded down; of those not `wanted` the operand is empty."""
    divisor = int_literal(y)
    if divisor is not None and divisor > 0 and divisor & (divisor - 1) == 0:
        quotient = e.value(f"ashr i64 {x}, {divisor.bit_length() - 1}") if "//" in wanted else ""
        return quotient, e.value(f"and i64 {x}, {divisor - 1}") if "%" in wanted else ""
    if divisor is not None and divisor > 0 and e.leaves_early:
        return emit_floored(e, "//", x, divisor) if "//" in wanted else "", emit_floored(e, "%", x, divisor) if "%" in wanted else ""
    if divisor is None or divisor == 0:
        e.exit_if(e.value(f"icmp eq i64 {y}, 0"))
    one_way = divisor is not None and divisor > 0
    if "//" not in wanted:
        return "", _rest(e, x, y, divisor, one_way)
    if divisor is None or divisor == -1:  # -2**63 // -1
        smallest, minus = e.value(f"icmp eq i64 {x}, {-(2**63)}"), e.value(f"icmp eq i64 {y}, -1")
        e.exit_if(e.value(f"and i1 {smallest}, {minus}"))
    quotient = e.value(f"sdiv i64 {x}, {y}")
    rest = e.value(f"sub i64 {x}, {e.value(f'mul i64 {quotient}, {y}')}")
    adjust = _needs_adjusting(e, rest, y, one_way)
    floor = e.value(f"sub i64 {quotient}, {e.value(f'zext i1 {adjust} to i64')}")
    return floor, e.select(adjust, "i64", e.value(f"add i64 {rest}, {y}"), rest) if "%" in wanted else ""


def _rest(e: Emitter, x: str, y: str, divisor: int | None, one_way: bool) -> str:
    by = y
    if divisor is None or divisor == -1:  # x % -1 is 0, of -2**63 too, where the machine's division traps
        by = e.select(e.value(f"icmp eq i64 {y}, -1"), "i64", "1", y)
    rest = e.value(f"srem i64 {x}, {by}")
    return e.select(_needs_adjusting(e, rest, y, one_way), "i64", e.value(f"add i64 {rest}, {y}"), rest)


def _needs_adjusting(e: Emitter, rest: str, y: str, one_way: bool) -> str:
    """Whether the rest has the sign the divisor has not."""
    if one_way:
        return e.value(f"icmp slt i64 {rest}, 0")
    other_sign = e.value(f"icmp slt i64 {e.value(f'xor i64 {rest}, {y}')}, 0")
    return e.value(f"and i1 {e.value(f'icmp ne i64 {rest}, 0')}, {other_sign}")


def emit_int_quotient(e: Emitter, x: str, y: str) -> str:
    """`x / y` as a double, correctly rounded; operands beyond 2**53, which a double may not hold, are divided bit by bit."""
    divisor = int_literal(y)
    if divisor is None or divisor == 0:
        e.exit_if(e.value(f"icmp eq i64 {y}, 0"))
    a, b = as_float(e, Int(), (x,)), as_float(e, Int(), (y,))
    if divisor and abs(divisor) & (abs(divisor) - 1) == 0:  # rounding x first and scaling then is rounding once
        return e.value(f"fdiv double {a}, {b}")
    large = [e.value(f"add i64 {v}, {1 << 53}") for v in (x, y) if not _is_small(v)]
    quick = e.value(f"fdiv double {a}, {b}")
    if not large:
        return quick
    both = large[0] if len(large) == 1 else e.value(f"or i64 {large[0]}, {large[1]}")
    usual, start = e.value(f"icmp ult i64 {both}, {1 << 54}"), e.block
    slow, done = e.label("slow"), e.label("divided")
    e.branch_if(usual, done, slow, likely=True)
    e.place(slow)
    exact = emit_outlined(e, "int_quotient", [f"i64 {x}", f"i64 {y}"], ["double"], lambda i, v: [_long_division(i, *v)])[0]
    slow_end = e.block
    e.branch(done)
    e.place(done)
    return e.merge("double", (quick, start), (exact, slow_end))


def _is_small(operand: str) -> bool:
    known = int_literal(operand)
    return known is not None and abs(known) <= 1 << 53


def _long_division(e: Emitter, x: str, y: str) -> str:
    """Bits of the quotient are added below its integer part until there are 55; whether a rest is left joins the last one.
    Such an integer is rounded to double as the exact quotient is."""
    a = e.call("i64", "llvm.abs.i64", f"i64 {x}", "i1 false")
    b = e.call("i64", "llvm.abs.i64", f"i64 {y}", "i1 false")
    quotient, rest, scale = e.slot("i64"), e.slot("i64"), e.slot("double")
    first = e.value(f"udiv i64 {a}, {b}")
    e.do(f"store i64 {first}, ptr {quotient}")
    product = e.value(f"mul i64 {first}, {b}")
    e.do(f"store i64 {e.value(f'sub i64 {a}, {product}')}, ptr {rest}")
    e.do(f"store double {float_text(1.0)}, ptr {scale}")
    head, body, end = e.label("bits"), e.label("bit"), e.label("enough")
    e.branch(head)
    e.place(head)
    bits, left, factor = (e.value(f"load {t}, ptr {p}") for t, p in (("i64", quotient), ("i64", rest), ("double", scale)))
    short = e.value(f"icmp ult i64 {bits}, {1 << 54}")
    e.branch_if(e.value(f"and i1 {short}, {e.value(f'icmp ne i64 {left}, 0')}"), body, end)
    e.place(body)
    double = e.value(f"shl i64 {left}, 1")
    once = e.value(f"icmp uge i64 {double}, {b}")
    e.do(f"store i64 {e.select(once, 'i64', e.value(f'sub i64 {double}, {b}'), double)}, ptr {rest}")
    shifted, bit = e.value(f"shl i64 {bits}, 1"), e.value(f"zext i1 {once} to i64")
    e.do(f"store i64 {e.value(f'or i64 {shifted}, {bit}')}, ptr {quotient}")
    e.do(f"store double {e.value(f'fmul double {factor}, {float_text(0.5)}')}, ptr {scale}")
    e.branch(head)
    e.place(end)
    inexact = e.value(f"icmp ne i64 {left}, 0")
    sticky = e.value(f"or i64 {bits}, {e.value(f'zext i1 {inexact} to i64')}")
    size = e.value(f"fmul double {e.value(f'uitofp i64 {sticky} to double')}, {factor}")
    negative = e.value(f"icmp slt i64 {e.value(f'xor i64 {x}, {y}')}, 0")
    return e.select(negative, "double", e.value(f"fneg double {size}"), size)


def _shift_left(e: Emitter, x: str, y: str) -> str:
    count = int_literal(y)
    if count is None or not 0 <= count < 64:
        e.exit_if(e.value(f"icmp ugt i64 {y}, 63"))
    result = e.value(f"shl i64 {x}, {y}")
    e.exit_if(e.value(f"icmp ne i64 {e.value(f'ashr i64 {result}, {y}')}, {x}"))
    return result


def _shift_right(e: Emitter, x: str, y: str) -> str:
    count = int_literal(y)
    if count is None or count < 0:
        e.exit_if(e.value(f"icmp slt i64 {y}, 0"))
    if count is not None and count >= 0:
        return e.value(f"ashr i64 {x}, {min(count, 63)}")
    return e.value(f"ashr i64 {x}, {e.call('i64', 'llvm.umin.i64', f'i64 {y}', 'i64 63')}")


def emit_power(e: Emitter, x: str, y: str) -> str:
    """`x ** y` by squaring; a negative exponent, which gives a float, leaves."""
    exponent = int_literal(y)
    if exponent is not None and 0 <= exponent < 64:
        return _known_power(e, x, exponent)
    e.exit_if(e.value(f"icmp slt i64 {y}, 0"))
    if int_literal(x) == 2:
        return _shift_left(e, "1", y)
    return _power_loop(e, x, y)


def _known_power(e: Emitter, x: str, exponent: int) -> str:
    result, square = "", x
    while exponent:
        if exponent & 1:
            result = checked(e, "*", result, square) if result else square
        exponent >>= 1
        if exponent:
            square = checked(e, "*", square, square)
    return result or "1"


def _power_loop(e: Emitter, x: str, y: str) -> str:
    """The base is squared only while more bits follow, so that a square that does not fit means a result that doesn't."""
    result, square, left = e.slot("i64"), e.slot("i64"), e.slot("i64")
    for place, value in ((result, "1"), (square, x), (left, y)):
        e.do(f"store i64 {value}, ptr {place}")
    head, body, multiply, after, again, end = (e.label(f"power_{n}") for n in ("head", "body", "mul", "after", "again", "end"))
    e.branch(head)
    e.place(head)
    exponent = e.value(f"load i64, ptr {left}")
    e.branch_if(e.value(f"icmp sgt i64 {exponent}, 0"), body, end)
    e.place(body)
    base = e.value(f"load i64, ptr {square}")
    e.branch_if(e.value(f"trunc i64 {exponent} to i1"), multiply, after)
    e.place(multiply)
    e.do(f"store i64 {checked(e, '*', e.value(f'load i64, ptr {result}'), base)}, ptr {result}")
    e.branch(after)
    e.place(after)
    rest = e.value(f"lshr i64 {exponent}, 1")
    e.do(f"store i64 {rest}, ptr {left}")
    e.branch_if(e.value(f"icmp eq i64 {rest}, 0"), end, again)
    e.place(again)
    e.do(f"store i64 {checked(e, '*', base, base)}, ptr {square}")
    e.branch(head)
    e.place(end)
    return e.value(f"load i64, ptr {result}")
