"""sin, cos and tan to one unit in the last place.

float64: with k = round(2 x / pi), x - k pi/2 is r + t, where pi/2 is three numbers, the difference to the first exact, and t what is lost when the second is
subtracted; good up to 2**30. sin(r + t) = r + r**3 S(r**2) + t and cos(r + t) = 1 - r**2/2 + r**4 C(r**2) - r t, with S and C of degree 5 whose largest errors, relative
to sine and cosine, are least (2**-57 and 2**-59). Both are computed; the last bits of k say which, and the sign.

float32 is computed in float64: r = x - k pi (for the cosine x - (k - 1/2) pi) and r P(r**2), P of degree 4 (2**-27). That takes no more operations than float32 and both
polynomials, as r needs no second part.

`tan` is the quotient of both. In float32 sine and cosine of r = x - k pi/2, computed in float64 (degrees 3 and 4, 2**-28 and 2**-34), are rounded before they are divided.

Larger arguments are libm's. Coefficients: `python -m tests.accuracy --fit sin cos tan`.
"""

from __future__ import annotations

from accel.lower.formula import Formula, Term

__all__ = ["emit_cos", "emit_sin", "emit_tan"]

_S64 = (0.1666666666666663, -0.008333333333322005, 0.00019841269829495503, -2.7557313587622515e-06, 2.5050742308469227e-08, -1.589590477615982e-10)
_C64 = (0.041666666666666595, -0.0013888888888872895, 2.480158728874818e-05, -2.755731414862275e-07, 2.0875696572660016e-09, -1.1358310501433752e-11)
_P32 = (0.9999999946306156, -0.16666656601791802, 0.008333023253448993, -0.00019807281981573237, 2.6015963821207204e-06)
_S32 = (0.9999999967355196, -0.16666650124752674, 0.00833201116435861, -0.00019501143780638802)
_C32 = (0.9999999999433544, -0.49999999568026904, 0.04166661290545066, -0.0013886519544368482, 2.4371811822742508e-05)
_HALF_PI = (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33)
_PI = (3.141592653589793, 1.2246467991473532e-16)
_PER_HALF_PI, _PER_PI = 0.6366197723675814, 0.3183098861837907
_SHIFT = 1.5 * 2.0**52
_MOST = 2.0**30


def reduce_angle(f: Formula, x: Term) -> tuple[Term, Term, Term]:
    """Bits whose last two are those of k, r, and -t."""
    shifted = f.fma(x, _PER_HALF_PI, _SHIFT)
    k = shifted - _SHIFT
    first = f.fma(k, -_HALF_PI[0], x)
    second = k * _HALF_PI[1]
    r = first - second
    lost = f.fma(k, _HALF_PI[2], f.fma(k, _HALF_PI[1], -second))
    return f.bits(shifted), r, lost + ((r - first) + second)


def sine_of_rest(f: Formula, r: Term, z: Term, minus_t: Term) -> Term:
    """sin(r + t), given r**2; the sign of a zero is that of r."""
    return r - f.fma(r * z, f.polynomial(z, _S64), minus_t)


def cosine_of_rest(f: Formula, r: Term, z: Term, minus_t: Term) -> Term:
    """cos(r + t), given r**2."""
    high = f.fma(z, -0.5, 1.0)
    return high + f.fma(z * z, f.polynomial(z, _C64), f.fma(r, minus_t, f.fma(z, -0.5, 1.0 - high)))


def _in_double(f: Formula, x: Term, turned: bool) -> Term:
    """sin(x), or `turned` by a quarter cos(x), of float32."""
    wide = f.widened(x)
    shifted = f.fma(wide, _PER_PI, 0.5) + _SHIFT if turned else f.fma(wide, _PER_PI, _SHIFT)
    k = shifted - _SHIFT
    turns = k - 0.5 if turned else k
    r = f.fma(turns, -_PI[1], f.fma(turns, -_PI[0], wide))
    sine = r * f.polynomial(r * r, _P32)
    return f.narrowed(f.number(f.bits(sine) ^ (f.bits(shifted) << 63)))


def _emit(f: Formula, x: Term, name: str) -> Term:
    turned = name == "cos"
    if f.is_wide:
        bits, r, minus_t = reduce_angle(f, x)
        quarter, z = bits + 1 if turned else bits, r * r
        even = (quarter & 1).test("==", 0)
        made = f.select(even, sine_of_rest(f, r, z, minus_t), cosine_of_rest(f, r, z, minus_t))
        usual = f.number(f.bits(made) ^ ((quarter >> 1) << 63))
    else:
        usual = _in_double(f, x, turned)
    far = abs(x).test("<=", _MOST).inverted()
    return f.unless_rare(far, usual, lambda: f.by_libm(name, far, x))


def emit_sin(f: Formula, x: Term) -> Term:
    """sin(x)."""
    return _emit(f, x, "sin")


def emit_cos(f: Formula, x: Term) -> Term:
    """cos(x)."""
    return _emit(f, x, "cos")


def emit_tan(f: Formula, x: Term) -> Term:
    """tan(x)."""
    if f.is_wide:
        bits, r, minus_t = reduce_angle(f, x)
        z = r * r
        sine, cosine = sine_of_rest(f, r, z, minus_t), cosine_of_rest(f, r, z, minus_t)
        even, sign = (bits & 1).test("==", 0), bits << 63
    else:
        wide = f.widened(x)
        shifted = f.fma(wide, _PER_HALF_PI, _SHIFT)
        k = shifted - _SHIFT
        r = f.fma(k, -_HALF_PI[1], f.fma(k, -_HALF_PI[0], wide))
        z = r * r
        sine, cosine = f.narrowed(r * f.polynomial(z, _S32)), f.narrowed(f.polynomial(z, _C32))
        narrow = f.narrowed_bits(f.bits(shifted))
        even, sign = (narrow & 1).test("==", 0), narrow << 31
    made = f.select(even, sine, cosine) / f.select(even, cosine, sine)
    far = abs(x).test("<=", _MOST).inverted()
    return f.unless_rare(far, f.number(f.bits(made) ^ sign), lambda: f.by_libm("tan", far, x))
