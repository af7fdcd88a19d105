"""`x ** y` of floats: libm's pow, and for the exponents 2, 3 and 0.5 a quick way that gives the same bits.

glibc's pow is off by at most 0.54 units in the last place. Where the exact result lies further than 0.04 units from the
middle between two doubles, pow therefore gives the double nearest to it: the product or root that was rounded once, whose
error a fused multiply-add tells. The rest, one case in twelve, is pow's own.
"""

from __future__ import annotations

import math
import os

from accel.lower.convert import float_literal
from accel.lower.floats import fabs, is_finite, when_rare
from accel.lower.text import Emitter, float_text
from accel.lower.ulp_math import emit_elementary, is_approximate

__all__ = ["emit_float_power"]

_CERTAIN = 0.46  # units in the last place
_ZERO, _INF = float_text(0.0), float_text(math.inf)
_EXPONENT_BITS = 0x7FF0000000000000


def emit_float_power(e: Emitter, x: str, y: str) -> str:
    """`x ** y`, also `math.pow(x, y)`; what raises or is complex leaves."""
    exponent = float_literal(y)
    if is_approximate(e.module, "pow") and exponent in (2.0, 3.0):  # a product or two, to 1 ulp
        square = e.value(f"fmul double {x}, {x}")
        return _checked(e, x, y, square if exponent == 2.0 else e.value(f"fmul double {square}, {x}"))
    if exponent not in (2.0, 3.0, 0.5) or not _is_glibc():
        return _checked_pow(e, x, y)
    result, error = {2.0: _square, 3.0: _cube, 0.5: _root}[exponent](e, x)
    quick = _is_certain(e, result, error)
    start, slow, done = e.block, e.label("pow"), e.label("power")
    e.branch_if(quick, done, slow)
    e.place(slow)
    called = _checked_pow(e, x, y)
    end = e.block
    e.branch(done)
    e.place(done)
    return e.merge("double", (result, start), (called, end))


def _is_glibc() -> bool:
    try:
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    except (ValueError, OSError):
        return False


def _checked_pow(e: Emitter, x: str, y: str) -> str:
    """libm's pow. Its special cases are CPython's; a result that is not finite although the operands are is an error there
    (zero to a negative power, overflow) or a complex number."""
    return _checked(e, x, y, emit_elementary(e, "pow", x, y))


def _checked(e: Emitter, x: str, y: str, result: str) -> str:
    go_on = when_rare(e, is_finite(e, result))
    e.exit_if(e.value(f"and i1 {is_finite(e, x)}, {is_finite(e, y)}"))
    # 0.0 ** -inf: an infinity, in CPython too; (-2.0) ** nan and the like: a NaN
    e.branch(go_on)
    e.place(go_on)
    return result


def _fma(e: Emitter, a: str, b: str, c: str) -> str:
    return e.call("double", "llvm.fma.f64", f"double {a}", f"double {b}", f"double {c}")


def _minus(e: Emitter, x: str) -> str:
    return e.value(f"fneg double {x}")


def _square(e: Emitter, x: str) -> tuple[str, str]:
    """The rounded square and its error."""
    product = e.value(f"fmul double {x}, {x}")
    return product, _fma(e, x, x, _minus(e, product))


def _cube(e: Emitter, x: str) -> tuple[str, str]:
    square, lost = _square(e, x)
    product = e.value(f"fmul double {square}, {x}")
    return product, _fma(e, lost, x, _fma(e, square, x, _minus(e, product)))


def _root(e: Emitter, x: str) -> tuple[str, str]:
    """The error of a root r is (x - r * r) / (2 * r), but for a part in 2**52 of itself."""
    root = e.call("double", "llvm.sqrt.f64", f"double {x}")
    rest = _fma(e, _minus(e, root), root, x)
    return root, e.value(f"fdiv double {rest}, {e.value(f'fadd double {root}, {root}')}")


def _is_certain(e: Emitter, result: str, error: str) -> str:
    """Whether the error is below the bound and exact itself: tiny results, whose errors underflow, infinities and NaN are not."""
    size = fabs(e, result)
    bits = e.value(f"and i64 {e.value(f'bitcast double {result} to i64')}, {_EXPONENT_BITS}")
    bound = e.value(f"fmul double {e.value(f'bitcast i64 {bits} to double')}, {float_text(_CERTAIN * 2.0**-52)}")
    below = e.value(f"fcmp olt double {fabs(e, error)}, {bound}")
    plain = e.value(f"fcmp ogt double {size}, {float_text(1e-200)}")
    return e.value(f"and i1 {below}, {plain}")
