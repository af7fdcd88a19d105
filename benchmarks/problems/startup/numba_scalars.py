"""This program calls a function of scalars under numba with its cache."""

import numba


@numba.njit(cache=True)
def f(x, n):
    s = 0.0
    for i in range(n):
        s += x * i
    return s


assert f(2.0, 100000) == 9999900000.0
