"""This module chooses arguments: all exponents, what is usual, small numbers, and where formulas go another way."""

from __future__ import annotations

import numpy as np

__all__ = ["make_points"]

LIMITS = {  # where results are neither 0 nor infinite, float64 and float32
    "exp": ((-760, 720), (-105, 90)), "exp2": ((-1080, 1030), (-152, 130)), "expm1": ((-50, 720), (-20, 90)),
    "sinh": ((-715, 715), (-91, 91)), "cosh": ((-715, 715), (-91, 91)), "tanh": ((-22, 22), (-11, 11)), "erf": ((-7, 7), (-5, 5)), "erfc": ((-7, 28), (-5, 11)),
    "asin": ((-1, 1), (-1, 1)), "acos": ((-1, 1), (-1, 1)), "atanh": ((-1, 1), (-1, 1)), "asinh": ((-4, 4), (-4, 4)), "acosh": ((1, 4), (1, 4)),
}  # fmt: skip
INSIDE = ("asin", "acos", "atanh")  # few arguments are to be beyond 1
POSITIVE = ("log", "log2", "log10")
EDGES = (
    0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324, -5e-324, 1e-310, 2.2250738585072014e-308, 1.0, -1.0, 709.782712893384, 709.79, -745.13, -745.14, -708.4, 88.72283, 88.73,
    -103.97, -104.0, 1e-45, 1.1754944e-38, 3.4028235e38, 1.7976931348623157e308, 2.0**30, 2.0**30 + 64, 710.4758, -710.4759, 89.41598, 1024.0, -1074.0, 27.2265, 10.0546,
)  # fmt: skip


def make_points(name, char, count):
    """The operands of a function: arrays of about `count` elements of a dtype."""
    rng = np.random.default_rng(17)
    first = make_operand(name, char, count, rng)
    if name == "atan2":
        second = rng.permutation(make_operand(name, char, count, rng))
        count = min(len(first), len(second))
        return [first[:count], second[:count]]
    if name != "pow":
        return [first]
    exponents = rng.permutation(make_operand(name, char, count, rng))
    first = first[-len(exponents) :]
    exponents, base = exponents[: len(first)], np.abs(first)
    with np.errstate(all="ignore"):
        most = (750 if char == "d" else 105) / np.log(base.astype("d"))  # so that results are finite
        inside = (rng.uniform(-1, 1, len(base)) * most).astype(char)
    chosen = np.where((rng.random(len(base)) < 0.6) & np.isfinite(inside), inside, exponents)
    return [np.where(chosen == np.rint(chosen), first, base), chosen]


def make_operand(name, char, count, rng):
    """One array of arguments."""
    part, dtype = count // 8 + 1, np.dtype(char)
    with np.errstate(all="ignore"):
        bits = rng.integers(0, 2 ** (8 * dtype.itemsize), 2 * part, dtype=f"u{dtype.itemsize}").view(char)
        low, high = LIMITS.get(name, ((-100, 100),) * 2)[char == "f"]
        parts = [
            bits[np.isfinite(bits)],  # all exponents
            rng.uniform(low, high, 2 * part),
            rng.choice([-1, 1], part) * 10.0 ** rng.uniform(-9, 3, part),
            1 + rng.choice([-1, 1], part) * 10.0 ** rng.uniform(-16, 0, part),  # next to 1
            rng.uniform(-2, 2, part),
            np.rint(2.0 ** rng.uniform(0, 26, part)) * (np.pi / 2),  # next to zeros and poles of the trigonometric functions
            rng.integers(-2100, 2100, part // 4 + 1) * (np.log(2) / 2),  # where exponents are reduced
            np.array(EDGES),
        ]
        made = np.concatenate([p.astype(char) for p in parts])
    if name in POSITIVE:
        made = np.abs(made)
    if name in INSIDE:
        with np.errstate(all="ignore"):
            made = np.where(np.isfinite(made) & (np.abs(made) > 2), 1 / made, made)
    if name == "acosh":
        with np.errstate(all="ignore"):
            made = np.where(np.abs(made) < 0.5, 1 / made, np.where(made < 0, 1 - 1 / made, made))
    return np.where(made < -1, 1 / np.clip(made, -1e9, -1) ** 2 - 1, made).astype(char) if name == "log1p" else made
