"""Functions of `math` on floats: libm where CPython calls libm, its errors as exits, CPython's algorithms elsewhere."""

from __future__ import annotations

import math
from collections.abc import Callable

from accel.lower.floats import copysign, emit_float, emit_to_int, fabs, is_finite, is_nan, when_rare
from accel.lower.layout import Value
from accel.lower.text import Emitter, float_text
from accel.lower.ulp_math import emit_elementary, is_approximate

__all__ = ["emit_isclose", "emit_mathematics", "emit_near", "is_mathematics"]

_ZERO, _ONE, _INF = (float_text(v) for v in (0.0, 1.0, math.inf))
_EXPONENT = 0x7FF << 52

# Where a function of one argument has an error: a comparison of the argument, or of its magnitude ("|").
_DOMAINS = {
    "acos": ("|ogt", 1.0), "acosh": ("olt", 1.0), "asin": ("|ogt", 1.0), "atanh": ("|oge", 1.0), "cos": ("|oeq", math.inf),
    "log": ("ole", 0.0), "log10": ("ole", 0.0), "log1p": ("ole", -1.0), "log2": ("ole", 0.0), "sin": ("|oeq", math.inf),
    "tan": ("|oeq", math.inf),
}  # fmt: skip
_OVERFLOWING = ("cosh", "exp", "exp2", "expm1", "sinh")  # errors show in the result only
_TOTAL = ("asinh", "atan", "cbrt", "erf", "erfc", "tanh")  # no errors
_ROUNDINGS = ("ceil", "floor")


def is_mathematics(name: str) -> bool:
    """Whether `emit_mathematics` knows the function of `math`."""
    return name in _EMITTERS


def emit_mathematics(e: Emitter, name: str, arguments: list[str]) -> Value:
    """`math.<name>` of doubles (`ldexp`: of a double and an i64)."""
    made = _EMITTERS[name](e, *arguments)
    return made if isinstance(made, tuple) else (made,)


def _with_domain(name: str) -> Callable[[Emitter, str], str]:
    relation, bound = _DOMAINS[name]

    def emit(e: Emitter, x: str) -> str:
        tested = fabs(e, x) if relation.startswith("|") else x
        e.exit_if(e.value(f"fcmp {relation.lstrip('|')} double {tested}, {float_text(bound)}"))
        return emit_elementary(e, name, x)

    return emit


def _overflowing(name: str) -> Callable[[Emitter, str], str]:
    def emit(e: Emitter, x: str) -> str:
        result = emit_elementary(e, name, x)
        if e.leaves_early and is_approximate(e.module, name):
            e.exit_if(e.value(f"xor i1 {is_finite(e, result)}, true"))  # one operation in lanes
            return result
        go_on = when_rare(e, is_finite(e, result))
        e.exit_if(is_finite(e, x))
        e.branch(go_on)
        e.place(go_on)
        return result

    return emit


def _total(name: str) -> Callable[[Emitter, str], str]:
    return lambda e, *x: emit_elementary(e, name, *x)


def _sqrt(e: Emitter, x: str) -> str:
    e.exit_if(e.value(f"fcmp olt double {x}, {_ZERO}"))
    return e.call("double", "llvm.sqrt.f64", f"double {x}")


def _rounding(name: str) -> Callable[[Emitter, str], str]:
    return lambda e, x: emit_to_int(e, e.call("double", f"llvm.{name}.f64", f"double {x}"))


def _scaling(factor: float) -> Callable[[Emitter, str], str]:
    return lambda e, x: e.value(f"fmul double {x}, {float_text(factor)}")


def _log(e: Emitter, x: str, *base: str) -> str:
    numerator = _with_domain("log")(e, x)
    return emit_float(e, "/", numerator, _with_domain("log")(e, *base)) if base else numerator


def _rest(name: str) -> Callable[[Emitter, str, str], str]:
    """`fmod` and `remainder`: a NaN that no argument is, is an error."""

    def emit(e: Emitter, x: str, y: str) -> str:
        result = e.libm(name, f"double {x}", f"double {y}")
        made = e.value(f"and i1 {is_nan(e, result)}, {e.value(f'fcmp ord double {x}, {y}')}")
        e.exit_if(made)
        return result

    return emit


def _fma(e: Emitter, x: str, y: str, z: str) -> str:
    result = e.call("double", "llvm.fma.f64", f"double {x}", f"double {y}", f"double {z}")
    go_on = when_rare(e, is_finite(e, result))
    ordered = e.value(f"and i1 {e.value(f'fcmp ord double {x}, {y}')}, {e.value(f'fcmp ord double {z}, {_ZERO}')}")
    e.exit_if(e.value(f"and i1 {is_nan(e, result)}, {ordered}"))
    finite = e.value(f"and i1 {is_finite(e, x)}, {is_finite(e, y)}")
    e.exit_if(e.value(f"and i1 {finite}, {is_finite(e, z)}"))
    e.branch(go_on)
    e.place(go_on)
    return result


def _ldexp(e: Emitter, x: str, power: str) -> str:
    limit = 2**31 - 1
    above = e.call("i64", "llvm.smax.i64", f"i64 {power}", f"i64 {-limit}")
    within = e.value(f"trunc i64 {e.call('i64', 'llvm.smin.i64', f'i64 {above}', f'i64 {limit}')} to i32")
    result = e.libm("ldexp", f"double {x}", f"i32 {within}")
    go_on = when_rare(e, is_finite(e, result))
    e.exit_if(is_finite(e, x))
    e.branch(go_on)
    e.place(go_on)
    return result


def _frexp(e: Emitter, x: str) -> Value:
    """The exponent field is taken out and set to that of [0.5, 1); subnormals are scaled up before."""
    size = fabs(e, x)
    tiny = e.value(f"fcmp olt double {size}, {float_text(2.0**-1022)}")
    scaled = e.select(tiny, "double", e.value(f"fmul double {x}, {float_text(2.0**54)}"), x)
    bits = e.value(f"bitcast double {scaled} to i64")
    field = e.value(f"and i64 {e.value(f'lshr i64 {bits}, 52')}, {0x7FF}")
    exponent = e.value(f"sub i64 {field}, {e.select(tiny, 'i64', str(1022 + 54), '1022')}")
    mantissa = e.value(f"or i64 {e.value(f'and i64 {bits}, {_signed(~_EXPONENT)}')}, {1022 << 52}")
    fraction = e.value(f"bitcast i64 {mantissa} to double")
    nonzero = e.value(f"fcmp one double {x}, {_ZERO}")
    plain = e.value(f"and i1 {nonzero}, {is_finite(e, x)}")
    return (e.select(plain, "double", fraction, x), e.select(plain, "i64", exponent, "0"))


def _signed(value: int) -> int:
    return value if -(2**63) <= value < 2**63 else value - 2**64


def _modf(e: Emitter, x: str) -> Value:
    whole = e.call("double", "llvm.trunc.f64", f"double {x}")
    rest = e.value(f"fsub double {x}, {whole}")
    infinite = e.value(f"fcmp oeq double {fabs(e, x)}, {_INF}")
    return (copysign(e, e.select(infinite, "double", _ZERO, rest), x), whole)


def _ulp(e: Emitter, x: str) -> str:
    """The distance to the next larger double; for the largest, to the one before."""
    size = fabs(e, x)
    bits = e.value(f"bitcast double {size} to i64")
    above = e.value(f"bitcast i64 {e.value(f'add i64 {bits}, 1')} to double")
    below = e.value(f"bitcast i64 {e.value(f'sub i64 {bits}, 1')} to double")
    last = e.value(f"fcmp oeq double {above}, {_INF}")
    upward, downward = e.value(f"fsub double {above}, {size}"), e.value(f"fsub double {size}, {below}")
    return e.select(is_finite(e, x), "double", e.select(last, "double", downward, upward), size)


def _isinf(e: Emitter, x: str) -> str:
    return e.value(f"fcmp oeq double {fabs(e, x)}, {_INF}")


def emit_near(e: Emitter, same: str, infinite: str, sizes: tuple[str, str, str], tolerances: tuple[str, str]) -> str:
    """Equal, or neither infinite and the difference at most the relative tolerance of either magnitude, or the absolute one.

    `sizes` are those of the difference and of the two numbers.
    """
    relative, near = tolerances[0], e.value(f"fcmp ole double {sizes[0]}, {tolerances[1]}")
    for size in sizes[1:]:
        bound = e.value(f"fmul double {relative}, {size}")
        near = e.value(f"or i1 {near}, {e.value(f'fcmp ole double {sizes[0]}, {bound}')}")
    bounded = e.value(f"xor i1 {infinite}, true")
    return e.value(f"or i1 {same}, {e.value(f'and i1 {near}, {bounded}')}")


def emit_isclose(e: Emitter, a: str, b: str, relative: str, absolute: str) -> str:
    """`math.isclose(a, b, rel_tol=relative, abs_tol=absolute)` with tolerances that are not negative."""
    infinite = e.value(f"or i1 {_isinf(e, a)}, {_isinf(e, b)}")
    difference = fabs(e, e.value(f"fsub double {b}, {a}"))
    same = e.value(f"fcmp oeq double {a}, {b}")
    return emit_near(e, same, infinite, (difference, fabs(e, b), fabs(e, a)), (relative, absolute))


_EMITTERS: dict[str, Callable[..., str | Value]] = {
    **{name: _with_domain(name) for name in _DOMAINS},
    **{name: _overflowing(name) for name in _OVERFLOWING},
    **{name: _total(name) for name in (*_TOTAL, "atan2", "nextafter")},
    **{name: _rounding(name) for name in _ROUNDINGS},
    **{name: _rest(name) for name in ("fmod", "remainder")},
    "copysign": copysign,
    "degrees": _scaling(180.0 / math.pi),
    "fabs": fabs,
    "fma": _fma,
    "frexp": _frexp,
    "isfinite": is_finite,
    "isinf": _isinf,
    "isnan": is_nan,
    "ldexp": _ldexp,
    "log": _log,
    "modf": _modf,
    "pow": lambda e, x, y: emit_float(e, "**", x, y),
    "radians": _scaling(math.pi / 180.0),
    "sqrt": _sqrt,
    "trunc": emit_to_int,
    "ulp": _ulp,
}
