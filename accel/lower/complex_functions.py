"""Functions of `cmath` by CPython's algorithms for finite arguments; others leave, except where libm treats them alike."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

from accel.lower.complexes import Pair, emit_complex_abs, emit_complex_quotient
from accel.lower.floats import copysign, fabs, is_finite
from accel.lower.layout import Value
from accel.lower.mathematics import emit_near
from accel.lower.outlines import emit_outlined
from accel.lower.text import Emitter, float_text

__all__ = ["emit_complex_function", "emit_complex_isclose"]

_LARGE = sys.float_info.max / 4.0
_SQRT_LARGE, _LOG_LARGE = math.sqrt(_LARGE), math.log(_LARGE)
_SMALLEST = sys.float_info.min
_SQRT_SMALLEST = math.sqrt(_SMALLEST)
_LN2, _LN10 = 0.6931471805599453094, 2.302585092994045684
_ONE, _ZERO, _INF = float_text(1.0), float_text(0.0), float_text(math.inf)
_SCALE_UP, _SCALE_DOWN = 2.0**53, 2.0**-27  # of the parts and of the root, where both parts are subnormal
_TURNED = {"sin": "sinh", "tan": "tanh", "asin": "asinh", "atan": "atanh"}  # f(z) = -i g(iz)


def emit_complex_function(e: Emitter, name: str, arguments: list[Value]) -> Value:
    """`cmath.<name>` of pairs of doubles (`rect`: of two doubles)."""
    match name:
        case "isfinite":
            return (e.value(f"and i1 {is_finite(e, arguments[0][0])}, {is_finite(e, arguments[0][1])}"),)
        case "isnan":
            return (e.value(f"fcmp uno double {arguments[0][0]}, {arguments[0][1]}"),)
        case "isinf":
            return (_infinite(e, (arguments[0][0], arguments[0][1])),)
        case "phase":
            return (_phase(e, (arguments[0][0], arguments[0][1]), checked=True),)
        case "polar":
            z = (arguments[0][0], arguments[0][1])
            return (emit_complex_abs(e, z), _phase(e, z, checked=False))
        case "log" if len(arguments) == 2:
            first, second = (_function(e, "log", (v[0], v[1])) for v in arguments)
            return emit_complex_quotient(e, first, second)
        case "rect":
            return _function(e, name, (arguments[0][0], arguments[1][0]))
    return _function(e, name, (arguments[0][0], arguments[0][1]))


def emit_complex_isclose(e: Emitter, a: Pair, b: Pair, relative: str, absolute: str) -> str:
    """`cmath.isclose(a, b, rel_tol=relative, abs_tol=absolute)` with tolerances that are not negative."""
    same = [e.value(f"fcmp oeq double {x}, {y}") for x, y in zip(a, b, strict=True)]
    difference = [_op(e, "fsub", x, y) for x, y in zip(a, b, strict=True)]
    sizes = [e.libm("hypot", f"double {z[0]}", f"double {z[1]}") for z in (difference, b, a)]
    infinite = e.value(f"or i1 {_infinite(e, a)}, {_infinite(e, b)}")
    both = e.value(f"and i1 {same[0]}, {same[1]}")
    return emit_near(e, both, infinite, (sizes[0], sizes[1], sizes[2]), (relative, absolute))


def _infinite(e: Emitter, z: Pair) -> str:
    parts = [e.value(f"fcmp oeq double {fabs(e, part)}, {_INF}") for part in z]
    return e.value(f"or i1 {parts[0]}, {parts[1]}")


def _phase(e: Emitter, z: Pair, *, checked: bool) -> str:
    """libm's atan2; CPython takes an underflow of it for an error in `phase`."""
    angle = e.libm("atan2", f"double {z[1]}", f"double {z[0]}")
    if checked:
        tiny = _test(e, "olt", fabs(e, angle), _SMALLEST)
        e.exit_if(e.value(f"and i1 {tiny}, {_test(e, 'une', z[1], 0.0)}"))
    return angle


def _op(e: Emitter, op: str, x: str, y: str | float) -> str:
    return e.value(f"{op} double {x}, {y if isinstance(y, str) else float_text(y)}")


def _test(e: Emitter, relation: str, x: str, y: str | float) -> str:
    return e.value(f"fcmp {relation} double {x}, {y if isinstance(y, str) else float_text(y)}")


def _minus(e: Emitter, x: str) -> str:
    return e.value(f"fneg double {x}")


def _call(e: Emitter, name: str, *x: str) -> str:
    return e.libm(name, *(f"double {v}" for v in x))


def _function(e: Emitter, name: str, z: Pair) -> Pair:
    """A function of its own for each; a part that is not finite leaves."""

    def build(inner: Emitter, operands: list[str]) -> Pair:
        finite = inner.value(f"and i1 {is_finite(inner, operands[0])}, {is_finite(inner, operands[1])}")
        inner.exit_if(inner.value(f"xor i1 {finite}, true"))
        return _FUNCTIONS[name](inner, (operands[0], operands[1]))

    if name in _TURNED:
        turned = _function(e, _TURNED[name], (_minus(e, z[1]), z[0]))
        return (turned[1], _minus(e, turned[0]))
    if name == "cos":
        return _function(e, "cosh", (_minus(e, z[1]), z[0]))
    made = emit_outlined(e, f"cmath.{name}", [f"double {part}" for part in z], ["double", "double"], build)
    return (made[0], made[1])


def _branches(e: Emitter, condition: str, then: Callable[[], Pair], otherwise: Callable[[], Pair]) -> Pair:
    yes, no, done = e.label("then"), e.label("else"), e.label("done")
    e.branch_if(condition, yes, no)
    ends: list[tuple[Pair, str]] = []
    for label, arm in ((yes, then), (no, otherwise)):
        e.place(label)
        made = arm()
        ends.append((made, e.block))
        e.branch(done)
    e.place(done)
    merged = [e.merge("double", *((made[k], label) for made, label in ends)) for k in (0, 1)]
    return (merged[0], merged[1])


def _both_below(e: Emitter, sizes: Pair, bound: float) -> str:
    return e.value(f"and i1 {_test(e, 'olt', sizes[0], bound)}, {_test(e, 'olt', sizes[1], bound)}")


def _either_above(e: Emitter, sizes: Pair, bound: float) -> str:
    return e.value(f"or i1 {_test(e, 'ogt', sizes[0], bound)}, {_test(e, 'ogt', sizes[1], bound)}")


def _sqrt(e: Emitter, z: Pair) -> Pair:
    zero = e.value(f"and i1 {_test(e, 'oeq', z[0], 0.0)}, {_test(e, 'oeq', z[1], 0.0)}")
    sizes = (fabs(e, z[0]), fabs(e, z[1]))

    def root(x: str) -> str:
        return e.call("double", "llvm.sqrt.f64", f"double {x}")

    def tiny() -> Pair:
        scaled = (_op(e, "fmul", sizes[0], _SCALE_UP), _op(e, "fmul", sizes[1], _SCALE_UP))
        return (_op(e, "fmul", root(_op(e, "fadd", scaled[0], _call(e, "hypot", *scaled))), _SCALE_DOWN), _ZERO)

    def usual() -> Pair:
        eighths = (_op(e, "fdiv", sizes[0], 8.0), _op(e, "fdiv", sizes[1], 8.0))
        return (_op(e, "fmul", float_text(2.0), root(_op(e, "fadd", eighths[0], _call(e, "hypot", *eighths)))), _ZERO)

    s = _branches(e, _both_below(e, sizes, _SMALLEST), tiny, usual)[0]
    d = _op(e, "fdiv", sizes[1], _op(e, "fmul", float_text(2.0), s))
    right = _test(e, "oge", z[0], 0.0)
    real = e.select(right, "double", s, d)
    imaginary = copysign(e, e.select(right, "double", d, s), z[1])
    return (e.select(zero, "double", _ZERO, real), e.select(zero, "double", z[1], imaginary))


def _log(e: Emitter, z: Pair) -> Pair:
    sizes = (fabs(e, z[0]), fabs(e, z[1]))
    larger = _test(e, "ogt", sizes[0], sizes[1])
    most, least = e.select(larger, "double", sizes[0], sizes[1]), e.select(larger, "double", sizes[1], sizes[0])
    e.exit_if(_test(e, "oeq", most, 0.0))

    def huge() -> Pair:
        halves = (_op(e, "fdiv", sizes[0], 2.0), _op(e, "fdiv", sizes[1], 2.0))
        return (_op(e, "fadd", _call(e, "log", _call(e, "hypot", *halves)), _LN2), _ZERO)

    def tiny() -> Pair:
        scaled = (_op(e, "fmul", sizes[0], 2.0**53), _op(e, "fmul", sizes[1], 2.0**53))
        return (_op(e, "fsub", _call(e, "log", _call(e, "hypot", *scaled)), 53 * _LN2), _ZERO)

    def near_one() -> Pair:
        product = _op(e, "fmul", _op(e, "fsub", most, 1.0), _op(e, "fadd", most, 1.0))
        return (_op(e, "fdiv", _call(e, "log1p", _op(e, "fadd", product, _op(e, "fmul", least, least))), 2.0), _ZERO)

    def usual() -> Pair:
        size = _call(e, "hypot", *sizes)
        near = e.value(f"and i1 {_test(e, 'oge', size, 0.71)}, {_test(e, 'ole', size, 1.73)}")
        return _branches(e, near, near_one, lambda: (_call(e, "log", size), _ZERO))

    def not_huge() -> Pair:
        return _branches(e, _test(e, "olt", most, _SMALLEST), tiny, usual)

    real = _branches(e, _test(e, "ogt", most, _LARGE), huge, not_huge)[0]
    return (real, _call(e, "atan2", z[1], z[0]))


def _log10(e: Emitter, z: Pair) -> Pair:
    found = _function(e, "log", z)
    return (_op(e, "fdiv", found[0], _LN10), _op(e, "fdiv", found[1], _LN10))


def _without_overflow(e: Emitter, z: Pair) -> Pair:
    e.exit_if(_infinite(e, z))
    return z


def _exp(e: Emitter, z: Pair) -> Pair:
    cosine, sine = _call(e, "cos", z[1]), _call(e, "sin", z[1])

    def large() -> Pair:
        length = _call(e, "exp", _op(e, "fsub", z[0], 1.0))
        parts = [_op(e, "fmul", _op(e, "fmul", length, part), math.e) for part in (cosine, sine)]
        return (parts[0], parts[1])

    def usual() -> Pair:
        length = _call(e, "exp", z[0])
        return (_op(e, "fmul", length, cosine), _op(e, "fmul", length, sine))

    return _without_overflow(e, _branches(e, _test(e, "ogt", z[0], _LOG_LARGE), large, usual))


def _hyperbolic(real: str, imaginary: str) -> Callable[[Emitter, Pair], Pair]:
    """cosh and sinh: beyond where they overflow, one is taken off the real part and e multiplied in last."""

    def emit(e: Emitter, z: Pair) -> Pair:
        cosine, sine = _call(e, "cos", z[1]), _call(e, "sin", z[1])

        def large() -> Pair:
            less = _op(e, "fsub", z[0], copysign(e, _ONE, z[0]))
            first = _op(e, "fmul", _op(e, "fmul", cosine, _call(e, real, less)), math.e)
            return (first, _op(e, "fmul", _op(e, "fmul", sine, _call(e, imaginary, less)), math.e))

        def usual() -> Pair:
            return (_op(e, "fmul", cosine, _call(e, real, z[0])), _op(e, "fmul", sine, _call(e, imaginary, z[0])))

        return _without_overflow(e, _branches(e, _test(e, "ogt", fabs(e, z[0]), _LOG_LARGE), large, usual))

    return emit


def _tanh(e: Emitter, z: Pair) -> Pair:
    def large() -> Pair:
        factor = _op(e, "fmul", _op(e, "fmul", float_text(4.0), _call(e, "sin", z[1])), _call(e, "cos", z[1]))
        shrunk = _call(e, "exp", _op(e, "fmul", float_text(-2.0), fabs(e, z[0])))
        return (copysign(e, _ONE, z[0]), _op(e, "fmul", factor, shrunk))

    def usual() -> Pair:
        tx, ty = _call(e, "tanh", z[0]), _call(e, "tan", z[1])
        cx = _op(e, "fdiv", _ONE, _call(e, "cosh", z[0]))
        product = _op(e, "fmul", tx, ty)
        denominator = _op(e, "fadd", _ONE, _op(e, "fmul", product, product))
        real = _op(e, "fmul", tx, _op(e, "fadd", _ONE, _op(e, "fmul", ty, ty)))
        imaginary = _op(e, "fmul", _op(e, "fmul", _op(e, "fdiv", ty, denominator), cx), cx)
        return (_op(e, "fdiv", real, denominator), imaginary)

    return _branches(e, _test(e, "ogt", fabs(e, z[0]), _LOG_LARGE), large, usual)


def _large_log(e: Emitter, z: Pair) -> str:
    halves = (_op(e, "fdiv", z[0], 2.0), _op(e, "fdiv", z[1], 2.0))
    return _op(e, "fadd", _call(e, "log", _call(e, "hypot", *halves)), _LN2 * 2.0)


def _roots(e: Emitter, first: Pair, second: Pair) -> tuple[Pair, Pair]:
    return _function(e, "sqrt", first), _function(e, "sqrt", second)


def _cross(e: Emitter, op: str, a: tuple[str, str], b: tuple[str, str]) -> str:
    return _op(e, op, _op(e, "fmul", *a), _op(e, "fmul", *b))


def _acos(e: Emitter, z: Pair) -> Pair:
    def large() -> Pair:
        size = _large_log(e, z)
        left = _minus(e, copysign(e, size, z[1]))
        right = copysign(e, size, _minus(e, z[1]))
        return (_call(e, "atan2", fabs(e, z[1]), z[0]), e.select(_test(e, "olt", z[0], 0.0), "double", left, right))

    def usual() -> Pair:
        s1, s2 = _roots(e, (_op(e, "fsub", _ONE, z[0]), _minus(e, z[1])), (_op(e, "fadd", _ONE, z[0]), z[1]))
        real = _op(e, "fmul", float_text(2.0), _call(e, "atan2", s1[0], s2[0]))
        return (real, _call(e, "asinh", _cross(e, "fsub", (s2[0], s1[1]), (s2[1], s1[0]))))

    return _branches(e, _either_above(e, (fabs(e, z[0]), fabs(e, z[1])), _LARGE), large, usual)


def _acosh(e: Emitter, z: Pair) -> Pair:
    def large() -> Pair:
        return (_large_log(e, z), _call(e, "atan2", z[1], z[0]))

    def usual() -> Pair:
        s1, s2 = _roots(e, (_op(e, "fsub", z[0], _ONE), z[1]), (_op(e, "fadd", z[0], _ONE), z[1]))
        real = _call(e, "asinh", _cross(e, "fadd", (s1[0], s2[0]), (s1[1], s2[1])))
        return (real, _op(e, "fmul", float_text(2.0), _call(e, "atan2", s1[1], s2[0])))

    return _branches(e, _either_above(e, (fabs(e, z[0]), fabs(e, z[1])), _LARGE), large, usual)


def _asinh(e: Emitter, z: Pair) -> Pair:
    def large() -> Pair:
        size = _large_log(e, z)
        upper, lower = copysign(e, size, z[0]), _minus(e, copysign(e, size, _minus(e, z[0])))
        return (e.select(_test(e, "oge", z[1], 0.0), "double", upper, lower), _call(e, "atan2", z[1], fabs(e, z[0])))

    def usual() -> Pair:
        s1, s2 = _roots(e, (_op(e, "fadd", _ONE, z[1]), _minus(e, z[0])), (_op(e, "fsub", _ONE, z[1]), z[0]))
        real = _call(e, "asinh", _cross(e, "fsub", (s1[0], s2[1]), (s2[0], s1[1])))
        return (real, _call(e, "atan2", z[1], _cross(e, "fsub", (s1[0], s2[0]), (s1[1], s2[1]))))

    return _branches(e, _either_above(e, (fabs(e, z[0]), fabs(e, z[1])), _LARGE), large, usual)


def _atanh(e: Emitter, z: Pair) -> Pair:
    """Reduced to a real part that is not negative, by atanh(z) = -atanh(-z)."""
    negative = _test(e, "olt", z[0], 0.0)
    x, y = (e.select(negative, "double", _minus(e, part), part) for part in z)
    size = fabs(e, y)

    def large() -> Pair:
        h = _call(e, "hypot", _op(e, "fdiv", x, 2.0), _op(e, "fdiv", y, 2.0))
        real = _op(e, "fdiv", _op(e, "fdiv", _op(e, "fdiv", x, 4.0), h), h)
        return (real, _minus(e, copysign(e, float_text(math.pi / 2.0), _minus(e, y))))

    def pole() -> Pair:
        e.exit_if(_test(e, "oeq", size, 0.0))
        roots = [e.call("double", "llvm.sqrt.f64", f"double {v}") for v in (size, _call(e, "hypot", size, float_text(2.0)))]
        real = _minus(e, _call(e, "log", _op(e, "fdiv", *roots)))
        angle = _op(e, "fdiv", _call(e, "atan2", float_text(2.0), _minus(e, size)), 2.0)
        return (real, copysign(e, angle, y))

    def usual() -> Pair:
        less, more = _op(e, "fsub", _ONE, x), _op(e, "fadd", _ONE, x)
        square = _op(e, "fmul", size, size)
        quotient = _op(e, "fdiv", _op(e, "fmul", float_text(4.0), x), _op(e, "fadd", _op(e, "fmul", less, less), square))
        below = _op(e, "fsub", _op(e, "fmul", less, more), square)
        angle = _call(e, "atan2", _op(e, "fmul", float_text(-2.0), y), below)
        return (_op(e, "fdiv", _call(e, "log1p", quotient), 4.0), _op(e, "fdiv", _minus(e, angle), 2.0))

    def near() -> Pair:
        at_pole = e.value(f"and i1 {_test(e, 'oeq', x, 1.0)}, {_test(e, 'olt', size, _SQRT_SMALLEST)}")
        return _branches(e, at_pole, pole, usual)

    made = _branches(e, _either_above(e, (x, size), _SQRT_LARGE), large, near)
    parts = [e.select(negative, "double", _minus(e, part), part) for part in made]
    return (parts[0], parts[1])


def _rect(e: Emitter, z: Pair) -> Pair:
    length, angle = z
    straight = _test(e, "oeq", angle, 0.0)
    real = e.select(straight, "double", length, _op(e, "fmul", length, _call(e, "cos", angle)))
    return (real, e.select(straight, "double", _op(e, "fmul", length, angle), _op(e, "fmul", length, _call(e, "sin", angle))))


_FUNCTIONS: dict[str, Callable[[Emitter, Pair], Pair]] = {
    "acos": _acos, "acosh": _acosh, "asinh": _asinh, "atanh": _atanh, "cosh": _hyperbolic("cosh", "sinh"), "exp": _exp,
    "log": _log, "log10": _log10, "rect": _rect, "sinh": _hyperbolic("sinh", "cosh"), "sqrt": _sqrt, "tanh": _tanh,
}  # fmt: skip
