"""Operations on Python floats: IEEE, operation by operation, with CPython's own `//`, `%`, rounding and exact comparisons."""

from __future__ import annotations

from accel.lower.convert import float_literal, int_literal
from accel.lower.outlines import emit_outlined
from accel.lower.text import Emitter, float_text

__all__ = [
    "copysign",
    "emit_float",
    "emit_float_divmod",
    "emit_fmod",
    "emit_mixed_compare",
    "emit_round",
    "emit_to_int",
    "fabs",
    "is_finite",
    "is_nan",
    "when_rare",
]

_INSTRUCTIONS = {"+": "fadd", "-": "fsub", "*": "fmul"}
_ZERO, _ONE, _HALF, _INF = (float_text(v) for v in (0.0, 1.0, 0.5, float("inf")))
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_ORDERED = {"<": "olt", "<=": "ole", ">": "ogt", ">=": "oge", "==": "oeq", "!=": "une"}


def fabs(e: Emitter, x: str) -> str:
    """`abs(x)`."""
    return e.call("double", "llvm.fabs.f64", f"double {x}")


def copysign(e: Emitter, x: str, y: str) -> str:
    """The magnitude of `x` with the sign of `y`."""
    return e.call("double", "llvm.copysign.f64", f"double {x}", f"double {y}")


def is_finite(e: Emitter, x: str) -> str:
    """Whether `x` is neither infinite nor a NaN."""
    return e.value(f"fcmp olt double {fabs(e, x)}, {_INF}")


def is_nan(e: Emitter, x: str) -> str:
    """Whether `x` is a NaN."""
    return e.value(f"fcmp uno double {x}, {_ZERO}")


def when_rare(e: Emitter, usual: str, *, then: str = "rare") -> str:
    """Start a cold block that is entered unless `usual`; returns the label the caller has to branch to and place after it."""
    cold, go_on = e.label(then), e.label("usual")
    e.branch_if(usual, go_on, cold, likely=True)
    e.place(cold)
    return go_on


def emit_float(e: Emitter, symbol: str, x: str, y: str) -> str:
    """`x symbol y` of two doubles."""
    match symbol:
        case "+" | "-" | "*":
            return e.value(f"{_INSTRUCTIONS[symbol]} double {x}, {y}")
        case "/":
            if not float_literal(y):
                e.exit_if(e.value(f"fcmp oeq double {y}, {_ZERO}"))
            return e.value(f"fdiv double {x}, {y}")
        case "//" | "%":
            quotient, rest = emit_float_divmod(e, x, y, symbol)
            return quotient if symbol == "//" else rest
    assert symbol == "**", symbol
    from accel.lower.powers import emit_float_power

    return emit_float_power(e, x, y)


def emit_float_divmod(e: Emitter, x: str, y: str, wanted: str = "//%") -> tuple[str, str]:
    """`x // y` and `x % y`; of those not `wanted` the operand is empty.

    While the quotient is below 2**50 the remainder comes from one division and one fused multiply-add, and CPython's
    algorithm gives the very integer quotient; else that algorithm is followed.
    """
    if not float_literal(y):
        e.exit_if(e.value(f"fcmp oeq double {y}, {_ZERO}"))
    ratio, whole, rest = _quick_rest(e, x, y)
    small = e.value(f"fcmp olt double {fabs(e, ratio)}, {float_text(2.0**50)}")
    sound = e.value(f"fcmp olt double {fabs(e, rest)}, {fabs(e, y)}")
    slow, quick, done = e.label("slow"), e.label("quick"), e.label("divided")
    e.branch_if(e.value(f"and i1 {small}, {sound}"), quick, slow, likely=True)
    e.place(slow)
    arguments = [f"double {x}", f"double {y}"]
    exact = emit_outlined(e, "float_divmod", arguments, ["double", "double"], lambda i, v: _long_divmod(i, v[0], v[1]))
    slow_end = e.block
    e.branch(done)
    e.place(quick)
    flip, modulo = _modulo(e, rest, y)
    floor = e.select(flip, "double", e.value(f"fsub double {whole}, {_ONE}"), whole)
    nonzero = e.value(f"fcmp une double {floor}, {_ZERO}")
    floor = e.select(nonzero, "double", floor, copysign(e, _ZERO, ratio))
    e.branch(done)
    e.place(done)
    made = [e.merge("double", (first, quick), (second, slow_end)) for first, second in zip((floor, modulo), exact, strict=True)]
    return made[0] if "//" in wanted else "", made[1] if "%" in wanted else ""


def emit_fmod(e: Emitter, x: str, y: str) -> str:
    """`fmod(x, y)` of doubles: one division and one fused multiply-add while the quotient is below 2**50, else libm's. A divisor that is
    zero gives NaN."""
    ratio, _, rest = _quick_rest(e, x, y)
    small = e.value(f"fcmp olt double {fabs(e, ratio)}, {float_text(2.0**50)}")
    sound = e.value(f"fcmp olt double {fabs(e, rest)}, {fabs(e, y)}")
    slow, done, quick = e.label("slow"), e.label("divided"), e.block
    e.branch_if(e.value(f"and i1 {small}, {sound}"), done, slow, likely=True)
    e.place(slow)
    exact = e.libm("fmod", f"double {x}", f"double {y}")
    e.branch(done)
    e.place(done)
    return copysign(e, e.merge("double", (rest, quick), (exact, slow)), x)


def _quick_rest(e: Emitter, x: str, y: str) -> tuple[str, str, str]:
    """`x / y`, the integer it is cut to and the remainder, of the sign of x. The cut quotient is one too large when the division
    was rounded up to it; that gives a remainder of the other sign, exact too."""
    ratio = e.value(f"fdiv double {x}, {y}")
    cut = e.call("double", "llvm.trunc.f64", f"double {ratio}")
    negative = e.value(f"fneg double {cut}")
    rest = e.call("double", "llvm.fma.f64", f"double {negative}", f"double {y}", f"double {x}")
    other_sign = e.value(f"fcmp olt double {e.value(f'fmul double {copysign(e, _ONE, x)}, {rest}')}, {_ZERO}")
    step = copysign(e, fabs(e, y), x)
    rest = e.select(other_sign, "double", e.value(f"fadd double {rest}, {step}"), rest)
    less = e.value(f"fsub double {cut}, {copysign(e, _ONE, ratio)}")
    return ratio, e.select(other_sign, "double", less, cut), rest


def _modulo(e: Emitter, rest: str, y: str) -> tuple[str, str]:
    """Whether the remainder has the sign y has not, and `x % y`."""
    nonzero = e.value(f"fcmp une double {rest}, {_ZERO}")
    signs = e.value(f"xor i1 {e.value(f'fcmp olt double {y}, {_ZERO}')}, {e.value(f'fcmp olt double {rest}, {_ZERO}')}")
    flip = e.value(f"and i1 {nonzero}, {signs}")
    kept = e.select(nonzero, "double", rest, copysign(e, _ZERO, y))
    return flip, e.select(flip, "double", e.value(f"fadd double {rest}, {y}"), kept)


def _long_divmod(e: Emitter, x: str, y: str) -> tuple[str, str]:
    """CPython's algorithm."""
    rest = e.libm("fmod", f"double {x}", f"double {y}")
    flip, modulo = _modulo(e, rest, y)
    quotient = e.value(f"fdiv double {e.value(f'fsub double {x}, {rest}')}, {y}")
    quotient = e.select(flip, "double", e.value(f"fsub double {quotient}, {_ONE}"), quotient)
    floor = e.call("double", "llvm.floor.f64", f"double {quotient}")
    high = e.value(f"fcmp ogt double {e.value(f'fsub double {quotient}, {floor}')}, {_HALF}")
    floor = e.select(high, "double", e.value(f"fadd double {floor}, {_ONE}"), floor)
    nonzero = e.value(f"fcmp une double {quotient}, {_ZERO}")
    return e.select(nonzero, "double", floor, copysign(e, _ZERO, e.value(f"fdiv double {x}, {y}"))), modulo


def emit_to_int(e: Emitter, x: str) -> str:
    """The i64 of a double without fraction or to be cut; what does not fit, infinities and NaN leave."""
    fits = e.value(f"fcmp olt double {fabs(e, x)}, {float_text(2.0**63)}")
    e.exit_if(e.value(f"xor i1 {fits}, true"))
    made = e.value(f"fptosi double {x} to i64")
    return e.value(f"freeze i64 {made}") if e.put_off else made


def emit_mixed_compare(e: Emitter, symbol: str, i: str, y: str) -> str:
    """`i symbol y` of an i64 and a double, exactly.

    Rounding is monotonic: when the rounded int is less or greater, so is the int; only equality needs a second look.
    """
    known = int_literal(i)
    if known is not None and abs(known) <= 1 << 53:
        return e.value(f"fcmp {_ORDERED[symbol]} double {float_text(float(known))}, {y}")
    rounded = e.value(f"sitofp i64 {i} to double")
    same = e.value(f"fcmp oeq double {rounded}, {y}")
    cut = e.call("i64", "llvm.fptosi.sat.i64.f64", f"double {y}")
    fits = e.value(f"fcmp une double {y}, {float_text(2.0**63)}")
    exact = _icmp(e, "eq", i, cut)
    equal = e.value(f"and i1 {same}, {e.value(f'and i1 {fits}, {exact}')}")
    match symbol:
        case "==":
            return equal
        case "!=":
            return e.value(f"xor i1 {equal}, true")
        case "<" | "<=":
            beyond = e.value(f"or i1 {e.value(f'xor i1 {fits}, true')}, {_icmp(e, 'slt', i, cut)}")
            strict = e.value(f"fcmp olt double {rounded}, {y}")
        case _:
            beyond = e.value(f"and i1 {fits}, {_icmp(e, 'sgt', i, cut)}")
            strict = e.value(f"fcmp ogt double {rounded}, {y}")
    answer = e.value(f"or i1 {strict}, {e.value(f'and i1 {same}, {beyond}')}")
    return e.value(f"or i1 {answer}, {equal}") if symbol in ("<=", ">=") else answer


def _icmp(e: Emitter, relation: str, a: str, b: str) -> str:
    return e.value(f"icmp {relation} i64 {a}, {b}")


def emit_round(e: Emitter, x: str, scale: str) -> str:
    """`round(x, digits)` where `scale` is 10.0**digits and 0 <= digits <= 22, correctly rounded.

    CPython goes through decimal digits, ties to even.

    With p = x * 10**digits and its exact error, the nearest integer k to the exact product is found; k and 10**digits are
    doubles, so k / 10**digits is rounded once, as reading the digits is. Beyond 2**54 there are no digits to drop.
    """
    product = e.value(f"fmul double {x}, {scale}")
    size = fabs(e, product)
    go_on = when_rare(e, e.value(f"fcmp olt double {size}, {float_text(2.0**51)}"))
    # between 2**51 and 2**54 k might not be exact; beyond (infinities and NaN included) x itself is the answer
    e.exit_if(e.value(f"fcmp olt double {size}, {float_text(2.0**54)}"))
    e.branch(go_on)
    e.place(go_on)
    negative = e.value(f"fneg double {product}")
    error = e.call("double", "llvm.fma.f64", f"double {x}", f"double {scale}", f"double {negative}")
    nearest = e.call("double", "llvm.roundeven.f64", f"double {product}")
    rest = e.value(f"fsub double {product}, {nearest}")
    nearest = _correct_nearest(e, nearest, rest, error)
    digits_value = copysign(e, e.value(f"fdiv double {nearest}, {scale}"), x)
    usual = e.value(f"fcmp olt double {size}, {float_text(2.0**51)}")
    return e.select(usual, "double", digits_value, x)


def _correct_nearest(e: Emitter, nearest: str, rest: str, error: str) -> str:
    """`rest + error` is the exact distance from `nearest`: at +-0.5 the error decides, as it does just beside it."""
    up = e.value(f"fcmp oge double {rest}, {_HALF}")
    down = e.value(f"fcmp ole double {rest}, {float_text(-0.5)}")
    more, less = e.value(f"fcmp ogt double {error}, {_ZERO}"), e.value(f"fcmp olt double {error}, {_ZERO}")
    raised = e.value(f"fadd double {nearest}, {_ONE}")
    lowered = e.value(f"fsub double {nearest}, {_ONE}")
    nearest = e.select(e.value(f"and i1 {up}, {more}"), "double", raised, nearest)
    return e.select(e.value(f"and i1 {down}, {less}"), "double", lowered, nearest)
