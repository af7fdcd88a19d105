"""A value of a condition in `finally` that only one of the ways there has found."""

import cmath
import math

import numpy as np

from accel import fn


class Problem(ValueError):
    pass


G0 = 3


G1 = 3


class Holder(dict):
    def __enter__(self):
        return len(self)

    def __exit__(self, *error):
        self[error[0] is None] = len(self)


H = Holder()


@fn
def main(p0, p1):
    c1 = 1
    while c1 > 0:
        c1 -= 1
        v2, v3 = int((2 >= 2 >= p0)), (G0 > 0 if (2 >= G0) else (not []))
    c4 = 5
    while c4 > 0:
        c4 -= 1
        v5 = 1
        for i in range(3, -1, -1):
            p1 *= p1
        try:
            v5 = 1 << (divmod(G1, -7)[1] % 9 - 2)
            v5 += (w1 := -8)
        except (ValueError, ZeroDivisionError) as error:
            p1 = p1
        except (ArithmeticError, LookupError, ValueError, Problem) as error:
            p0 = +((((p0 % 50.0) ** 0.5) * (p0 + 1e-3)))
        finally:
            c6 = 0
            while c6 > 0:
                c6 -= 1
                p1 *= (p1 - 2)
                if G0 > 0:
                    continue
    pass
    c7 = 4
    while c7 > 0 and False:
        c7 -= 1
        p1 = p1
        if (float(int(True)) != (4 - +(3))):
            v8 = [(G0 ^ round(p0)), min((G1 | 6), G1)]
            v8.append(min((G1 | 6), G1))
            v8 = v8[-1]
            match (G0 // 2) % 3:
                case 0:
                    p0 = p1
                case v10 if v10 > v8:
                    v11 = p1
                case _:
                    v8 ^= (1 // 3)
    return ((5 - -3.0) // (abs((p0 - G1)) + 0.25))


CALLS = [
    '8.0, np.float64(-6.0)',
    '8.0, np.float64(8.46)',
    '-6.0, p1=np.float64(-6.1)',
    '4.1, np.float64(9.54)',
    '-4.2, np.float64(1.7)',
]
