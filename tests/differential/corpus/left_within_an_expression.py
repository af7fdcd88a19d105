"""CPython goes on in the middle of an expression: what was evaluated before is not evaluated again."""

import numpy as np

from accel import fn


@fn
def more(a):
    a[0] += 1
    return a[0]


@fn
def main(a, n):
    s = 0
    for i in range(n):
        if i % 2:
            s += more(a) * 10 + a[0] - [n, i][1] + (n := n + 1) * sum([i, n])
            s = (a[0], more(a), max([a[0], s]))[1] + s
        else:
            a[more(a) - a[0]] += len([a[0], i]) + more(a)
    return s, n


CALLS = ["np.arange(3), 4", "np.arange(3.0), 4", "np.array([2.5]), 0", "np.arange(3), 6"]
