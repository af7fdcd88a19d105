"""Numbers, operators and the functions of `builtins`, `math`, `cmath`."""

import cmath
import math

import numpy as np

from tests.features.row import Section

values = Section("Values")
operators = Section("Operators")
builtins_ = Section("Builtins")
mathematics = Section("Mathematics")


@values.row("int, float, bool, complex, None", (3, 2.5, True, 1j, None))
def scalars(i, f, b, c, n):
    return i + 1, f * 2, not b, c * c, n


@values.row("an int beyond 64 bits: CPython goes on there", (2**62,))
def big(n):
    return n * n + 1


@values.row("an int constant beyond 64 bits on a side path", (5,), (-5,))
def big_constant(n):
    if n < 0:
        return n + 0x1_0000_0000_0000_0000
    return n + 1


@values.row("NumPy scalars of every dtype", lambda: (np.int8(100), np.float32(1.5), np.uint64(2**64 - 1), np.complex64(2j), np.bool_(True)))
def numpy_scalars(i, f, u, c, b):
    return i + i, f * f, u + np.uint64(1), c * c, b & b


@values.row("tuples of them, nested too", ((1, (2.5, True)),))
def tuples(t):
    a, (b, c) = t
    return t[0], (b, a), c, t[-1]


@values.row("a name that is an int on one path and a float on another", (3, True), (3, False))
def union(n, wide):
    x = n
    if wide:
        x = n + 0.5
    return x * 2


@values.row("a name that is None or a number", (3,), (-3,))
def optional(n):
    found = None
    if n > 0:
        found = n
    return 0 if found is None else found


@operators.row("+ - * / // % ** with Python's rules and errors", (7, -3), (7.5, -2.0), (7, 0))
def arithmetic(a, b):
    return a + b, a - b, a * b, a / b, a // b, a % b, a ** 2


@operators.row("<< >> & | ^ ~", (1234, 3), (-5, 2))
def bits(a, b):
    return a << b, a >> b, a & b, a | b, a ^ b, ~a


@operators.row("+x -x ~x `not x`", (5,), (-5,))
def unary(a):
    return +a, -a, ~a, not a


@operators.row("every augmented form", (100, 7))
def augmented(a, b):
    a += b
    a -= 2
    a *= 3
    a //= 2
    a %= 1000
    a **= 2
    a <<= 2
    a >>= 1
    a &= 0xFFFF
    a |= 1
    a ^= 5
    a /= 2
    return a


@operators.row("comparisons, chained ones too", (1, 2, 3), (3.5, 2, 1))
def comparisons(a, b, c):
    return a < b < c, a == b, a != b, a >= b, a > b <= c, 0 < a <= 3 != b


@operators.row("`is`, `is not` with None and bools", (None,), (3,))
def identity(x):
    return x is None, x is not None


@operators.row("`in`, `not in` a tuple", (3,), (7,))
def membership(x):
    return x in (1, 2, 3), x not in (7, 8)


@operators.row("`and`, `or`, `not`, short-circuit", (0, 5), (3, 0))
def logic(a, b):
    return a and b, a or b, not a, a > 0 and b / a > 1


@operators.row("conditional expressions", (3,), (-3,))
def conditional(x):
    return x if x > 0 else -x


@operators.row("the walrus", (10,))
def walrus(n):
    total = 0
    while (n := n - 1) > 0:
        total += n
    return total


@operators.row("constants folded in the source, floats of every form", (2.0,))
def constants(x):
    return x + 1e-3, x * 0x10, -1, 1_000, 3j


@builtins_.row("abs, of complex numbers too", (-3, -2.5, 3 + 4j))
def abs_(i, f, c):
    return abs(i), abs(f), abs(c), abs(True)


@builtins_.row("min, max", (3, 2.5))
def min_max(a, b):
    return min(a, b), max(a, b, 1), min((a, b)), max((a, b, 7))


@builtins_.row("sum, with a start too", (3, 2.5))
def sum_(a, b):
    return sum((a, b)), sum((a, b), 1), sum((a, b), start=10), sum((a, a))


@builtins_.row("len of tuples, arrays, ranges", lambda: (np.zeros(4), (1, 2)))
def len_(a, t):
    return len(a), len(t), len(range(3, 9))


@builtins_.row("int, float, bool, complex", (3.7, 4))
def conversions(f, i):
    return int(f), float(i), bool(i), complex(f, i), int(), float(), bool(), complex()


@builtins_.row('`float("inf")` and other numbers of texts that are known', (3.7, 4))
def of_texts(f, i):
    return min(float("inf"), f), max(f, float("-1e400")), i + int(" 1_000 ")


@builtins_.row("complex with `real=` and `imag=`", (3.7, 4))
def complex_keywords(f, i):
    return complex(real=f, imag=i), complex(f, imag=i), complex(imag=f)


@builtins_.row("round, with digits too", (3.14159, 12345))
def round_(f, i):
    return round(f), round(f, 2), round(i, -2), round(f, ndigits=3), round(number=f), round(f, None)


@builtins_.row("divmod, pow", (17, 5), (17, 0))
def divmod_pow(a, b):
    return divmod(a, b), pow(a, b), pow(a, 2, 7), pow(base=a, exp=b), pow(a, b, mod=5)


@builtins_.row("isinstance", (3, 2.5, None))
def isinstance_(i, f, n):
    return isinstance(i, int), isinstance(f, (int, float)), isinstance(n, type(None)), isinstance(i, bool), type(f) is float


@builtins_.row("isinstance of NumPy scalars and arrays", lambda: (np.float64(2.5), np.zeros(2)))
def isinstance_numpy(x, a):
    return isinstance(x, float), isinstance(x, np.floating), isinstance(a, np.ndarray), isinstance(x, (int, np.integer))


@builtins_.row("isinstance of a name of several kinds", (3, True), (3, False))
def isinstance_union(n, wide):
    x = n
    if wide:
        x = n + 0.5
    return 1 if isinstance(x, int) else 2


@builtins_.row("attributes and methods of numbers", (3.5, 2 + 3j, 7))
def attributes(f, c, i):
    return c.real, c.imag, c.conjugate(), f.real, i.imag, f.conjugate(), i.conjugate(), i.real, f.imag, i.numerator, i.denominator


@builtins_.row("f.is_integer(), i.bit_length(), i.bit_count()", (3.5, 77))
def methods(f, i):
    return f.is_integer(), i.bit_length(), i.bit_count()


@mathematics.row("`math`", (0.5, 3))
def math_(x, n):
    return math.sin(x), math.sqrt(x), math.floor(x), math.gcd(12, n), math.hypot(x, n), math.comb(9, n), math.isclose(x, n), math.pi


@mathematics.row("`math` with keyword arguments", (0.5, 3))
def math_keywords(x, n):
    return math.isclose(x, n, rel_tol=0.1), math.isclose(x, n, abs_tol=5.0), math.prod((x, n), start=2)


@mathematics.row("`cmath`", (1 + 2j,))
def cmath_(z):
    return cmath.sqrt(z), cmath.exp(z), cmath.phase(z), cmath.polar(z), cmath.rect(2.0, 0.5), cmath.isclose(z, z)


@mathematics.row("domain errors are CPython's", (-1.0,), (4.0,))
def domain(x):
    return math.sqrt(x)


@mathematics.row("NumPy's ufuncs on scalars", lambda: (np.float64(0.5), np.float32(2.0), np.int64(5)))
def ufuncs(x, y, i):
    return np.sin(x), np.sqrt(y), np.maximum(x, y), np.abs(i), np.exp(x), np.hypot(x, y), np.floor(x)


@mathematics.row("NumPy's scalar types as functions", (300, 2.5))
def numpy_types(i, f):
    return np.int16(i), np.float32(f), np.uint8(7), np.complex128(f), np.bool_(i)


@mathematics.row("attributes and methods of NumPy scalars", lambda: (np.float64(0.5), np.complex128(2 + 1j), np.int32(5)))
def scalar_attributes(x, c, i):
    return x.real, c.imag, c.conjugate(), x.conj(), i.imag, c.real, i.item(), x.item()


@mathematics.row("more attributes of NumPy scalars", lambda: (np.float64(0.5),))
def scalar_attributes_2(x):
    return x.ndim, x.size, x.shape, x.itemsize, x.nbytes
