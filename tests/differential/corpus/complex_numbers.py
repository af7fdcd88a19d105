"""complex arithmetic, division by nothing, parts."""

from accel import fn


@fn
def main(a, b):
    return a + b, a * b, a - b, a.real, a.imag, a.conjugate(), abs(a), a == b, a / b, a**2


CALLS = [
    "1 + 2j, 3 - 1j",
    "1 + 2j, 2",
    "complex(0.0, -0.0), 1j",
    "complex(math.inf, 1), complex(0, math.nan)",
    "1j, 0",
    "2.5, 1j",
    "3, 0j",
    "np.complex128(1j), 2",
    "1e200 + 1e200j, 1e-200j",
]
