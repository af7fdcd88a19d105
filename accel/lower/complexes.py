"""Operations on Python complex numbers, by CPython's formulas up to 3.13 (a real operand has the imaginary part 0.0)."""

from __future__ import annotations

from accel.lower.convert import float_literal
from accel.lower.floats import fabs, is_finite, when_rare
from accel.lower.text import Emitter, float_text

__all__ = ["Pair", "emit_complex", "emit_complex_abs", "emit_complex_quotient"]

Pair = tuple[str, str]
_ZERO, _ONE, _INF = (float_text(v) for v in (0.0, 1.0, float("inf")))
_LARGEST_POWER = 100  # exponents up to here are done by multiplication


def emit_complex(e: Emitter, symbol: str, a: Pair, b: Pair) -> Pair:
    """`a symbol b` for + - * / **."""
    match symbol:
        case "+" | "-":
            op = "fadd" if symbol == "+" else "fsub"
            return (e.value(f"{op} double {a[0]}, {b[0]}"), e.value(f"{op} double {a[1]}, {b[1]}"))
        case "*":
            return _product(e, a, b)
        case "/":
            return emit_complex_quotient(e, a, b)
    assert symbol == "**", symbol
    return _power(e, a, b)


def _product(e: Emitter, a: Pair, b: Pair) -> Pair:
    real = e.value(f"fsub double {_times(e, a[0], b[0])}, {_times(e, a[1], b[1])}")
    return (real, e.value(f"fadd double {_times(e, a[0], b[1])}, {_times(e, a[1], b[0])}"))


def _times(e: Emitter, x: str, y: str) -> str:
    return e.value(f"fmul double {x}, {y}")


def emit_complex_quotient(e: Emitter, a: Pair, b: Pair) -> Pair:
    """`a / b`: both are divided by the larger part of b first; zero leaves.

    With the parts of b (and of a) exchanged both cases are the same formula, up to the sign of the imaginary part.
    """
    real, imaginary = fabs(e, b[0]), fabs(e, b[1])
    by_real = e.value(f"fcmp oge double {real}, {imaginary}")
    large = e.select(by_real, "double", b[0], b[1])
    small = e.select(by_real, "double", b[1], b[0])
    e.exit_if(e.value(f"fcmp oeq double {large}, {_ZERO}"))  # the larger one is zero: both are
    first = e.select(by_real, "double", a[0], a[1])
    second = e.select(by_real, "double", a[1], a[0])
    ratio = e.value(f"fdiv double {small}, {large}")
    denominator = e.value(f"fadd double {large}, {_times(e, small, ratio)}")
    top = e.value(f"fadd double {first}, {_times(e, second, ratio)}")
    product = _times(e, first, ratio)
    # by real: imag - real * ratio; by imaginary: imag * ratio - real
    side = e.select(by_real, "double", e.value(f"fsub double {second}, {product}"), e.value(f"fsub double {product}, {second}"))
    quotient = (e.value(f"fdiv double {top}, {denominator}"), e.value(f"fdiv double {side}, {denominator}"))
    known = [float_literal(part) for part in b]
    if None not in known and all(part == part for part in known):
        return quotient
    # a NaN in b makes both parts NaN; with one in the part that is divided by, the formula does
    unordered = e.value(f"fcmp uno double {b[0]}, {b[1]}")
    nan = float_text(float("nan"))
    return (e.select(unordered, "double", nan, quotient[0]), e.select(unordered, "double", nan, quotient[1]))


def emit_complex_abs(e: Emitter, a: Pair) -> str:
    """`abs(a)`: libm's hypot, which leaves where it overflows."""
    result = e.libm("hypot", f"double {a[0]}", f"double {a[1]}")
    go_on = when_rare(e, is_finite(e, result))
    e.exit_if(e.value(f"and i1 {is_finite(e, a[0])}, {is_finite(e, a[1])}"))
    e.branch(go_on)
    e.place(go_on)
    return result


def _power(e: Emitter, a: Pair, b: Pair) -> Pair:
    """Small integer exponents by multiplication, others by polar coordinates."""
    known = float_literal(b[0]) if float_literal(b[1]) == 0.0 else None
    if known is not None and known == known // 1 and abs(known) <= _LARGEST_POWER:
        return _without_infinity(e, _small_power(e, a, int(known)))
    whole = e.value(f"fcmp oeq double {b[0]}, {e.call('double', 'llvm.floor.f64', f'double {b[0]}')}")
    small = e.value(f"fcmp ole double {fabs(e, b[0])}, {float_text(float(_LARGEST_POWER))}")
    real = e.value(f"fcmp oeq double {b[1]}, {_ZERO}")
    by_product = e.value(f"and i1 {real}, {e.value(f'and i1 {whole}, {small}')}")
    multiply, polar, done = e.label("multiply"), e.label("polar"), e.label("power")
    e.branch_if(by_product, multiply, polar)
    e.place(multiply)
    exponent = e.value(f"fptosi double {b[0]} to i64")
    first, first_end = _without_infinity(e, _power_loop(e, a, exponent)), e.block
    e.branch(done)
    e.place(polar)
    second, second_end = _finite(e, _polar_power(e, a, b)), e.block
    e.branch(done)
    e.place(done)
    merged = [e.merge("double", (first[k], first_end), (second[k], second_end)) for k in (0, 1)]
    return (merged[0], merged[1])


def _without_infinity(e: Emitter, value: Pair) -> Pair:
    """CPython raises for an infinite part."""
    infinite = [e.value(f"fcmp oeq double {fabs(e, part)}, {_INF}") for part in value]
    e.exit_if(e.value(f"or i1 {infinite[0]}, {infinite[1]}"))
    return value


def _finite(e: Emitter, value: Pair) -> Pair:
    """CPython raises for an infinite part; a NaN part may stand for an error of libm, so it is left to CPython too."""
    both = e.value(f"and i1 {is_finite(e, value[0])}, {is_finite(e, value[1])}")
    e.exit_if(e.value(f"xor i1 {both}, true"))
    return value


def _small_power(e: Emitter, a: Pair, exponent: int) -> Pair:
    result, square, left = (_ONE, _ZERO), a, abs(exponent)
    while left:
        if left & 1:
            result = _product(e, result, square)
        left >>= 1
        if left:
            square = _product(e, square, square)
    return result if exponent > 0 else emit_complex_quotient(e, (_ONE, _ZERO), result)


def _power_loop(e: Emitter, a: Pair, exponent: str) -> Pair:
    places = [e.slot("double") for _ in range(4)]
    left = e.slot("i64")
    for place, value in zip(places, (_ONE, _ZERO, *a), strict=True):
        e.do(f"store double {value}, ptr {place}")
    e.do(f"store i64 {e.call('i64', 'llvm.abs.i64', f'i64 {exponent}', 'i1 true')}, ptr {left}")
    head, body, multiply, after, end = (e.label(f"cpower_{n}") for n in ("head", "body", "mul", "after", "end"))
    e.branch(head)
    e.place(head)
    bits = e.value(f"load i64, ptr {left}")
    e.branch_if(e.value(f"icmp eq i64 {bits}, 0"), end, body)
    e.place(body)
    square = (e.value(f"load double, ptr {places[2]}"), e.value(f"load double, ptr {places[3]}"))
    e.branch_if(e.value(f"trunc i64 {bits} to i1"), multiply, after)
    e.place(multiply)
    result = (e.value(f"load double, ptr {places[0]}"), e.value(f"load double, ptr {places[1]}"))
    for place, value in zip(places[:2], _product(e, result, square), strict=True):
        e.do(f"store double {value}, ptr {place}")
    e.branch(after)
    e.place(after)
    for place, value in zip(places[2:], _product(e, square, square), strict=True):
        e.do(f"store double {value}, ptr {place}")
    e.do(f"store i64 {e.value(f'lshr i64 {bits}, 1')}, ptr {left}")
    e.branch(head)
    e.place(end)
    result = (e.value(f"load double, ptr {places[0]}"), e.value(f"load double, ptr {places[1]}"))
    invert, kept, done = e.label("invert"), e.label("kept"), e.label("cpower")
    e.branch_if(e.value(f"icmp sgt i64 {exponent}, 0"), kept, invert)
    e.place(invert)
    inverse, inverse_end = emit_complex_quotient(e, (_ONE, _ZERO), result), e.block
    e.branch(done)
    e.place(kept)
    e.branch(done)
    e.place(done)
    return (
        e.merge("double", (inverse[0], inverse_end), (result[0], kept)),
        e.merge("double", (inverse[1], inverse_end), (result[1], kept)),
    )


def _polar_power(e: Emitter, a: Pair, b: Pair) -> Pair:
    """The exponent is not 0 here; a base of zero leaves (0 or an error)."""
    zero = e.value(f"and i1 {e.value(f'fcmp oeq double {a[0]}, {_ZERO}')}, {e.value(f'fcmp oeq double {a[1]}, {_ZERO}')}")
    e.exit_if(zero)
    size = e.libm("hypot", f"double {a[0]}", f"double {a[1]}")
    length = e.libm("pow", f"double {size}", f"double {b[0]}")
    angle = e.libm("atan2", f"double {a[1]}", f"double {a[0]}")
    phase = _times(e, angle, b[0])
    if float_literal(b[1]) != 0.0:
        some = e.value(f"fcmp une double {b[1]}, {_ZERO}")
        shrunk = e.value(f"fdiv double {length}, {e.libm('exp', f'double {_times(e, angle, b[1])}')}")
        turned = e.value(f"fadd double {phase}, {_times(e, b[1], e.libm('log', f'double {size}'))}")
        length, phase = e.select(some, "double", shrunk, length), e.select(some, "double", turned, phase)
    real = _times(e, length, e.libm("cos", f"double {phase}"))
    return (real, _times(e, length, e.libm("sin", f"double {phase}")))
