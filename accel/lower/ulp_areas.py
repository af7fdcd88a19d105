"""asinh, acosh and atanh to one unit in the last place, as logarithms of a number and what roundings lost of it (`log_of_pair`).

asinh(x) = log(|x| + sqrt(x**2 + 1)); acosh(x) = log(x + sqrt(x**2 - 1)); beyond 2**500 (float32: 2**60) both are log(2 |x|). atanh(x) = log(1 + y) / 2 with
y = 2 |x| / (1 - |x|). Up to 2**-20 (float32: 2**-9) asinh(x) and atanh(x) are x - x**3 / 6 and x + x**3 / 3.
"""

from __future__ import annotations

import math

from accel.lower.formula import Formula, Term
from accel.lower.ulp_logarithms import log_of_pair

__all__ = ["emit_acosh", "emit_asinh", "emit_atanh"]

_TINY = {"double": 2.0**-20, "float": 2.0**-9}
_HUGE = {"double": 2.0**500, "float": 2.0**60}


def _square(f: Formula, x: Term, addend: float) -> tuple[Term, Term]:
    """x**2 + addend, and what that lacks."""
    square = x * x
    total = square + addend
    back = total - square
    return total, ((square - (total - back)) + (addend - back)) + f.fma(x, x, -square)


def _root(f: Formula, x: Term, lost: Term) -> tuple[Term, Term]:
    """The root of x + lost, and what that lacks."""
    root = f.call("sqrt", x)
    twice = f.select(x.test("==", 0.0), f.term(1.0, x.type), root + root)
    return root, (f.fma(-root, root, x) + lost) / twice


def _log_of_sum(f: Formula, large: Term, small: Term, lost: Term) -> Term:
    total = large + small
    return log_of_pair(f, total, ((large - total) + small) + lost)


def _unless_tiny(f: Formula, x: Term, third: float, usual: Term) -> Term:
    """`usual`; where x is small, the first two terms of the series."""
    return f.select(x.test("<", _TINY[x.type]), f.fma(x * x * x, third, x), usual)


def _unless_huge(f: Formula, x: Term, usual: Term) -> Term:
    """`usual`; where x**2 may overflow, log(2 x), infinity or NaN."""

    def rest() -> Term:
        made = log_of_pair(f, x, f.term(0.0, x.type), doublings=1.0)
        return f.select(x.test("<", math.inf), made, x)

    return f.unless_rare(x.test("<", _HUGE[x.type]).inverted(), usual, rest)


def emit_asinh(f: Formula, x: Term) -> Term:
    """asinh(x)."""
    size = abs(x)
    root, lost = _root(f, *_square(f, size, 1.0))
    made = _unless_tiny(f, size, -1.0 / 6.0, _log_of_sum(f, root, size, lost))
    return f.copysign(_unless_huge(f, size, made), x)


def emit_acosh(f: Formula, x: Term) -> Term:
    """acosh(x)."""
    root, lost = _root(f, *_square(f, x, -1.0))
    made = _log_of_sum(f, x, root, lost)
    return _unless_huge(f, x, f.select(x.test(">=", 1.0), made, math.nan))


def emit_atanh(f: Formula, x: Term) -> Term:
    """atanh(x)."""
    size = abs(x)
    twice, below = size + size, 1.0 - size
    y = twice / below
    lost = f.fma(-y, (1.0 - below) - size, f.fma(-y, below, twice)) / below
    u = y + 1.0
    back = u - y
    made = log_of_pair(f, u, ((y - (u - back)) + (1.0 - back)) + lost) * 0.5
    made = _unless_tiny(f, size, 1.0 / 3.0, made)
    rare = size.test("<", 1.0).inverted()
    return f.copysign(f.unless_rare(rare, made, lambda: f.select(size.test("==", 1.0), f.term(math.inf, x.type), math.nan)), x)
