"""sin, cos and tan to one unit in the last place.

With k = round(2 x / pi), x - k pi/2 is r + t, where pi/2 is three numbers, the difference to the first exact, and t what is lost when the second is
subtracted; good up to 2**30 (float32: 2**17, as 2 / pi has 24 bits there, and r would be too large). sin(r + t) = r + r**3 S(r**2) + t and
cos(r + t) = 1 - r**2/2 + r**4 C(r**2) - r t, with S and C of degree 5 whose largest errors, relative to sine and cosine, are least (2**-56 and 2**-59; float32: degree 2,
2**-26 and 2**-32). Both are computed; the last bits of k say which, and the sign.

`tan` is r + r**3 T(r**2) + t (1 + r**2), T of degree 13 (2**-55; float32: 6, 2**-27), or -1 by that.

Larger arguments are libm's. Coefficients: `python -m tests.accuracy --fit sin cos tan`.
"""

from __future__ import annotations

from accel.lower.formula import Formula, Term

__all__ = ["emit_cos", "emit_sin", "emit_tan"]

_S = {  # with the sign turned
    "double": (
        0.1666666666666663, -0.008333333333322005, 0.00019841269829495503, -2.7557313587622515e-06, 2.5050742308469227e-08, -1.589590477615982e-10,
    ),
    "float": (0.16666653752326965, -0.008332123048603535, 0.00019510055426508188),
}  # fmt: skip
_C = {
    "double": (
        0.041666666666666595, -0.0013888888888872895, 2.480158728874818e-05, -2.755731414862275e-07, 2.0875696572660016e-09, -1.1358310501433752e-11,
    ),
    "float": (0.04166664555668831, -0.0013887264067307115, 2.4427183234365657e-05),
}  # fmt: skip
_T = {
    "double": (
        0.3333333333333276, 0.13333333333416794, 0.05396825392563002, 0.021869489633908668, 0.008863218812902538, 0.0035922922536910083,
        0.001454738643223008, 0.0005951462265581514, 0.00022213895879586067, 0.00013702299676043763, -2.708928344368567e-05, 9.010034851059627e-05,
        -4.5227365714711226e-05, 2.0947864060198467e-05,
    ),
    "float": (0.3333335220813751, 0.13332581520080566, 0.05406947806477547, 0.021231546998023987, 0.010970158502459526, -8.444154809694737e-05, 0.004463795106858015),
}  # fmt: skip
_HALF_PI = {  # the second is positive, so that zeros keep their sign
    "double": (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33),
    "float": (1.570796251296997, 7.549790126404332e-08, -1.7151245100058819e-15),
}
_PER_HALF_PI = 0.6366197723675814
_SHIFT = {"double": 1.5 * 2.0**52, "float": 1.5 * 2.0**23}
_MOST = {"double": 2.0**30, "float": 2.0**17}
_SIGN = {"double": 63, "float": 31}


def _reduce(f: Formula, x: Term) -> tuple[Term, Term, Term]:
    """Bits whose last two are those of k, r, and -t."""
    shift, half_pi = _SHIFT[x.type], _HALF_PI[x.type]
    shifted = f.fma(x, _PER_HALF_PI, shift)
    k = shifted - shift
    first = f.fma(k, -half_pi[0], x)
    second = k * half_pi[1]
    r = first - second
    lost = f.fma(k, half_pi[2], f.fma(k, half_pi[1], -second))
    return f.bits(shifted), r, lost + ((r - first) + second)


def _sine(f: Formula, r: Term, z: Term, minus_t: Term) -> Term:
    """sin(r + t), given r**2; the sign of a zero is that of r."""
    return r - f.fma(r * z, f.polynomial(z, _S[r.type]), minus_t)


def _cosine(f: Formula, r: Term, z: Term, minus_t: Term) -> Term:
    """cos(r + t), given r**2."""
    high = f.fma(z, -0.5, 1.0)
    return high + f.fma(z * z, f.polynomial(z, _C[r.type]), f.fma(r, minus_t, f.fma(z, -0.5, 1.0 - high)))


def _emit(f: Formula, x: Term, name: str) -> Term:
    bits, r, minus_t = _reduce(f, x)
    quarter, z, top = bits + 1 if name == "cos" else bits, r * r, _SIGN[x.type]
    made = f.select((quarter & 1).test("==", 0), _sine(f, r, z, minus_t), _cosine(f, r, z, minus_t))
    usual = f.number(f.bits(made) ^ ((quarter >> 1) << top))
    far = abs(x).test("<=", _MOST[x.type]).inverted()
    return f.unless_rare(far, usual, lambda: f.by_libm(name, far, x))


def emit_sin(f: Formula, x: Term) -> Term:
    """sin(x)."""
    return _emit(f, x, "sin")


def emit_cos(f: Formula, x: Term) -> Term:
    """cos(x)."""
    return _emit(f, x, "cos")


def emit_tan(f: Formula, x: Term) -> Term:
    """tan(x)."""
    bits, r, minus_t = _reduce(f, x)
    z, one = r * r, f.term(1.0, x.type)
    even = (bits & 1).test("==", 0)
    tangent = r + f.fma(r * z, f.polynomial(z, _T[x.type]), -f.fma(minus_t, z, minus_t))
    made = f.select(even, tangent, one) / f.select(even, one, tangent)
    far = abs(x).test("<=", _MOST[x.type]).inverted()
    return f.unless_rare(far, f.number(f.bits(made) ^ (bits << _SIGN[x.type])), lambda: f.by_libm("tan", far, x))
