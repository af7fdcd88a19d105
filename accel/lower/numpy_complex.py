"""Complex arithmetic of NumPy scalars by NumPy's formulas; what NumPy would warn about leaves."""

from __future__ import annotations

from accel.lower.layout import element_type
from accel.lower.numpy_casts import emit_finite, zero_text
from accel.lower.numpy_floats import emit_flagged, suffix_of
from accel.lower.text import Emitter, float_text

__all__ = ["Pair", "emit_complex", "emit_complex_abs"]

Pair = tuple[str, str]
Step = tuple[str, str, str]  # operands and result of one float operation


def emit_complex(e: Emitter, symbol: str, char: str, a: Pair, b: Pair) -> Pair:
    """`a symbol b` for + - * / **."""
    type_ = element_type(char)
    match symbol:
        case "+" | "-":
            name = "fadd" if symbol == "+" else "fsub"
            made = (e.value(f"{name} {type_} {a[0]}, {b[0]}"), e.value(f"{name} {type_} {a[1]}, {b[1]}"))
            _check(e, type_, made, [(a[0], b[0], made[0]), (a[1], b[1], made[1])])
            return made
        case "*":
            return _product(e, type_, a, b)
        case "/":
            return _quotient(e, type_, a, b)
    assert symbol == "**", symbol
    return _power(e, type_, a, b)


def _check(e: Emitter, type_: str, made: Pair, steps: list[Step]) -> None:
    """Leave when a step made an infinity or a NaN its operands do not explain; then a part of the result is not finite either."""
    usual = e.value(f"and i1 {emit_finite(e, type_, made[0])}, {emit_finite(e, type_, made[1])}")
    if e.put_off:
        e.exit_if(e.value(f"xor i1 {usual}, true"))
        return
    cold, go_on = e.label("special"), e.label("usual")
    e.branch_if(usual, go_on, cold, likely=True)
    e.place(cold)
    some = "false"
    for x, y, r in steps:
        special = e.value(f"xor i1 {emit_finite(e, type_, r)}, true")
        some = e.value(f"or i1 {some}, {e.value(f'and i1 {special}, {emit_flagged(e, type_, x, y, r)}')}")
    e.exit_if(some)
    e.branch(go_on)
    e.place(go_on)


def _product(e: Emitter, type_: str, a: Pair, b: Pair) -> Pair:
    pairs = ((a[0], b[0]), (a[1], b[1]), (a[0], b[1]), (a[1], b[0]))
    p = [e.value(f"fmul {type_} {x}, {y}") for x, y in pairs]
    made = (e.value(f"fsub {type_} {p[0]}, {p[1]}"), e.value(f"fadd {type_} {p[2]}, {p[3]}"))
    steps = [(x, y, r) for (x, y), r in zip(pairs, p, strict=True)]
    _check(e, type_, made, [*steps, (p[0], p[1], made[0]), (p[2], p[3], made[1])])
    return made


def _quotient(e: Emitter, type_: str, a: Pair, b: Pair) -> Pair:
    """NumPy's: with the parts exchanged both cases are one formula, up to the sign of the imaginary part.

    When result and denominator are finite, no step before overflowed and nothing was divided by zero.
    """
    suffix = suffix_of(type_)
    sizes = [e.call(type_, f"llvm.fabs.{suffix}", f"{type_} {part}") for part in b]
    by_real = e.value(f"fcmp oge {type_} {sizes[0]}, {sizes[1]}")
    large, small = e.select(by_real, type_, b[0], b[1]), e.select(by_real, type_, b[1], b[0])
    first, second = e.select(by_real, type_, a[0], a[1]), e.select(by_real, type_, a[1], a[0])
    ratio = e.value(f"fdiv {type_} {small}, {large}")
    denominator = e.value(f"fadd {type_} {large}, {e.value(f'fmul {type_} {small}, {ratio}')}")
    scale = e.value(f"fdiv {type_} {float_text(1.0, type_)}, {denominator}")
    top = e.value(f"fadd {type_} {first}, {e.value(f'fmul {type_} {second}, {ratio}')}")
    product = e.value(f"fmul {type_} {first}, {ratio}")
    side = e.select(by_real, type_, e.value(f"fsub {type_} {second}, {product}"), e.value(f"fsub {type_} {product}, {second}"))
    made = (e.value(f"fmul {type_} {top}, {scale}"), e.value(f"fmul {type_} {side}, {scale}"))
    plain = emit_finite(e, type_, denominator)
    for part in made:
        plain = e.value(f"and i1 {plain}, {emit_finite(e, type_, part)}")
    e.exit_if(e.value(f"xor i1 {plain}, true"))
    return made


def _power(e: Emitter, type_: str, a: Pair, b: Pair) -> Pair:
    """The square, or a power whose exponent is written as 1 or 3; other exponents, and powers of zero, leave."""
    zero = e.value(f"and i1 {_equals(e, type_, a[0], 0.0)}, {_equals(e, type_, a[1], 0.0)}")
    e.exit_if(zero)
    if b == (float_text(1.0, type_), zero_text(type_)):
        return a
    cube = b == (float_text(3.0, type_), zero_text(type_))
    if not cube and b != (float_text(2.0, type_), zero_text(type_)):
        two = e.value(f"and i1 {_equals(e, type_, b[0], 2.0)}, {_equals(e, type_, b[1], 0.0)}")
        e.exit_if(e.value(f"xor i1 {two}, true"))
    square = _product(e, type_, a, a)
    return _product(e, type_, a, square) if cube else square


def _equals(e: Emitter, type_: str, x: str, number: float) -> str:
    return e.value(f"fcmp oeq {type_} {x}, {float_text(number, type_)}")


def emit_complex_abs(e: Emitter, char: str, a: Pair) -> str:
    """`abs(a)`: libm's hypot; NumPy does not warn when it overflows."""
    type_ = element_type(char)
    return e.libm("hypot" if char == "D" else "hypotf", f"{type_} {a[0]}", f"{type_} {a[1]}", result=type_)
