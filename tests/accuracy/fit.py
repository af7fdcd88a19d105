"""This module fits the polynomials of `accel.lower`'s formulas: Remez's exchange in 40 digits."""

from __future__ import annotations

import mpmath
from mpmath import mp, mpf

from accel.lower.formula import to_float32

__all__ = ["fit"]

GRID = 1200


def _exchange(target, weight, low, high, powers):
    """Coefficients of the given powers that make the largest weighted error least, and that error."""
    count = len(powers) + 1
    grid = [(low + high) / 2 - (high - low) / 2 * mpmath.cos(mpmath.pi * (k + mpf(1) / 2) / GRID) for k in range(GRID)]
    known = [(x, target(x), weight(x)) for x in grid]
    nodes = [grid[k * (GRID - 1) // (count - 1)] for k in range(count)]
    found, level = None, mpf(0)

    def turn(x):  # powers that are all odd or more change their sign at 0, and so do the errors in turn
        return mpmath.sign(x) ** (powers[0] % 2)

    for _ in range(40):
        rows = [[x**p for p in powers] + [turn(x) * (-1) ** k / weight(x)] for k, x in enumerate(nodes)]
        solved = mpmath.lu_solve(mpmath.matrix(rows), mpmath.matrix([target(x) for x in nodes]))
        found = [solved[k] for k in range(len(powers))]
        errors = [(sum(c * x**p for c, p in zip(found, powers, strict=True)) - t) * w * turn(x) for x, t, w in known]
        peaks = []  # the largest error of each sign in turn
        for k, error in enumerate(errors):
            if peaks and (error > 0) == (errors[peaks[-1]] > 0):
                if abs(error) > abs(errors[peaks[-1]]):
                    peaks[-1] = k
            else:
                peaks.append(k)
        while len(peaks) > count:
            peaks.remove(peaks[0] if abs(errors[peaks[0]]) < abs(errors[peaks[-1]]) else peaks[-1])
        level = max(abs(e) for e in errors)
        if len(peaks) < count:
            break
        nodes = [grid[k] for k in peaks]
        if level < abs(solved[len(powers)]) * mpf("1.0005"):
            break
    return found, level


def fit(target, interval, degree, *, weight=lambda x: mpf(1), single=False, known=()):
    """Coefficients 0 to `degree` of a polynomial near `target`, rounded to floats (of 24 bits if `single`), and its largest error times `weight`.

    The first coefficients are `known`: those of the series, where that is what keeps small arguments right.
    """
    with mp.workdps(40):
        low, high = map(mpf, interval)
        rest = range(len(known), degree + 1)
        found, _ = _exchange(lambda x: target(x) - sum(mpf(c) * x**p for p, c in enumerate(known)), weight, low, high, rest)
        made = [*known, *(to_float32(float(c)) if single else float(c) for c in found)]
        grid = [low + (high - low) * k / 999 for k in range(1, 999)]
        error = max(abs((sum(mpf(c) * x**p for p, c in enumerate(made)) - target(x)) * weight(x)) for x in grid)
        return tuple(made), float(error)
