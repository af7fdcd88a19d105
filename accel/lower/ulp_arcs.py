"""atan and atan2 to one unit in the last place.

The quotient of both legs is brought below tan(pi/8) by one of atan(a/b) = atan(a/b), pi/4 + atan((a - b) / (a + b)), pi/2 - atan(b/a): one division, of what is
chosen before. There it is t + t**3 P(t**2), P the polynomial of least relative error: degree 10 (float64, 2**-58) or 4 (float32, 2**-28). What is added to it is two numbers.

`atan2` of legs whose sum is not from 2**-1000 to 2**1000 (float32: 2**-100 to 2**100), two zeros among them, is libm's.

Coefficients: `python -m tests.accuracy --fit atan`.
"""

from __future__ import annotations

from accel.lower.formula import Formula, Term

__all__ = ["emit_atan", "emit_atan2"]

_P = {
    "double": (
        -0.3333333333333319, 0.19999999999952386, -0.14285714280075604, 0.11111110777420047, -0.09090897584312706, 0.07692057133764352,
        -0.06663069041075062, 0.05847634486103973, -0.05038155358639701, 0.038035315176844366, -0.017875122134743782,
    ),
    "float": (-0.33333316445350647, 0.199984610080719, -0.14243310689926147, 0.10592079907655716, -0.06073613464832306),
}  # fmt: skip
_QUARTERS = {  # k pi/4 for k = 1 to 4, as two numbers
    "double": (
        (0.7853981633974483, 3.061616997868383e-17), (1.5707963267948966, 6.123233995736766e-17), (2.356194490192345, 9.184850993605148e-17),
        (3.141592653589793, 1.2246467991473532e-16),
    ),
    "float": (
        (0.7853981852531433, -2.1855695000931213e-08), (1.5707963705062866, -4.3711390001862426e-08), (2.356194496154785, 5.962440319251527e-09),
        (3.1415927410125732, -8.742278000372485e-08),
    ),
}  # fmt: skip
_LOW, _HIGH = 0.41421356237309503, 2.414213562373095  # tan(pi/8) and its inverse
_RANGE = {"double": 2.0**1000, "float": 2.0**100}


def _sum_up(f: Formula, t: Term, high: Term, low: Term) -> Term:
    z = t * t
    return high + (f.fma(t * z, f.polynomial(z, _P[t.type]), low) + t)


def emit_atan(f: Formula, x: Term) -> Term:
    """atan(x)."""
    size, (quarter, half, *_) = abs(x), _QUARTERS[x.type]
    large, middle = size.test(">", _HIGH), size.test(">", _LOW)
    above = f.select(large, f.term(-1.0, x.type), f.select(middle, size - 1.0, size))
    below = f.select(large, size, f.select(middle, size + 1.0, f.term(1.0, x.type)))
    high, low = (f.select(large, f.term(h, x.type), f.select(middle, f.term(q, x.type), 0.0)) for h, q in zip(half, quarter, strict=True))
    return f.copysign(_sum_up(f, above / below, high, low), x)


def emit_atan2(f: Formula, y: Term, x: Term) -> Term:
    """atan2(y, x)."""
    a, b, type_ = abs(y), abs(x), x.type
    one, two, three, four = _QUARTERS[type_]
    both = a + b
    large, middle = a.test(">", b * _HIGH), a.test(">", b * _LOW)
    above = f.select(large, -b, f.select(middle, a - b, a))
    below = f.select(large, a, f.select(middle, both, b))
    negative = (f.bits(x) >> (63 if f.is_wide else 31)).test("==", 1)
    t = f.number(f.bits(above / below) ^ (f.bits(x) & (-(1 << 63) if f.is_wide else -(1 << 31))))
    parts = []
    for k in range(2):
        near = f.select(large, f.term(two[k], type_), f.select(middle, f.term(one[k], type_), 0.0))
        far = f.select(large, f.term(two[k], type_), f.select(middle, f.term(three[k], type_), four[k]))
        parts.append(f.select(negative, far, near))
    made = f.copysign(_sum_up(f, t, *parts), y)
    rare = (both.test("<", _RANGE[type_]) & both.test(">", 1.0 / _RANGE[type_])).inverted()
    return f.unless_rare(rare, made, lambda: f.by_libm("atan2", rare, y, x))
