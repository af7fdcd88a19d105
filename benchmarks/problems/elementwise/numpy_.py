"""This module holds the scalar functions as expressions of whole arrays in NumPy."""

import math

import numpy as np

try:
    from scipy.special import erf
except ImportError:
    erf = np.vectorize(math.erf, otypes=[float])


def black_scholes(price, strike, years):
    spread = 0.3 * np.sqrt(years)
    d1 = (np.log(price / strike) + (0.02 + 0.5 * 0.3 * 0.3) * years) / spread
    d2 = d1 - spread
    n1, n2 = (0.5 * (1.0 + erf(d * 0.7071067811865476)) for d in (d1, d2))
    return price * n1 - strike * np.exp(-0.02 * years) * n2


def gelu(x):
    return 0.5 * x * (1.0 + np.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))


def collatz(n):
    steps, where, n = np.zeros(len(n), np.int64), np.arange(len(n)), n.copy()
    for _ in range(500):
        where, n = where[n != 1], n[n != 1]
        if not len(n):
            break
        n = np.where(n % 2 == 0, n // 2, 3 * n + 1)
        steps[where] += 1
    return steps


def newton_root(x):
    root = 0.5 * (x + 1.0)
    for _ in range(60):
        better = 0.5 * (root + x / root)
        if np.all(np.abs(better - root) <= 4e-16 * better):
            return better
        root = better
    return root


def distance(latitude1, longitude1, latitude2, longitude2):
    a, b = np.sin(0.5 * (latitude2 - latitude1)), np.sin(0.5 * (longitude2 - longitude1))
    h = a * a + np.cos(latitude1) * np.cos(latitude2) * b * b
    return 12742.0 * np.arcsin(np.sqrt(np.minimum(h, 1.0)))


def hue(red, green, blue):
    high, low = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    span = high - low
    with np.errstate(all="ignore"):
        scale = 60.0 / span
        others = np.where(high == green, (blue - red) * scale + 120.0, (red - green) * scale + 240.0)
        angle = np.where(high == red, (green - blue) * scale, others)
    angle = np.where(angle < 0.0, angle + 360.0, angle)
    return np.where(span == 0.0, 0.0, angle)


def sigmoid_chain(x):
    for _ in range(4):
        x = 1.0 / (1.0 + np.exp(-x))
    return x


def day_number(year, month, day):
    year = year - (month <= 2)
    era = year // 400
    year_of_era = year - era * 400
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468
