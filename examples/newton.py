"""Newton's method with derivatives that nobody wrote: where planets are on their orbits, by Kepler's equation."""

import math
import sys
import time

import numpy as np

import accel
from accel import fn
from accel.types import value_and_grad


def kepler(anomaly, eccentricity, mean):
    """Zero for the eccentric anomaly, an angle, of a planet whose mean anomaly grows evenly in time."""
    return anomaly - eccentricity * math.sin(anomaly) - mean


evaluate = value_and_grad(kepler)


@fn
def solve(eccentricity, mean):
    """The eccentric anomaly, and the number of steps it took."""
    x = mean if eccentricity < 0.8 else math.pi
    for step in range(50):
        value, slope = evaluate(x, eccentricity, mean)
        change = value / slope
        x -= change
        if abs(change) <= 1e-14 * abs(x):
            return x, step + 1
    return x, 50


@fn
def place(eccentricities, means, out):
    """The angles of many planets; the largest number of steps."""
    most = 0
    for i in range(len(means)):
        out[i], steps = solve(eccentricities[i], means[i])
        most = max(most, steps)
    return most


def make_orbits(count):
    chosen = np.random.default_rng(11)
    return 0.95 * chosen.random(count), math.pi * chosen.random(count)


def main(count="100000"):
    eccentricities, means = make_orbits(int(count))
    angles = np.empty(len(means))
    place(eccentricities[:10], means[:10], angles)
    place(eccentricities[:10], means[:10], angles)
    start = time.perf_counter()
    most = place(eccentricities, means, angles)
    took_s = time.perf_counter() - start
    short = min(500, len(means))
    plain = np.empty(short)
    with accel.disabled():
        start = time.perf_counter()
        place(eccentricities[:short], means[:short], plain)
        plain_s = (time.perf_counter() - start) * len(means) / short
    left = np.abs(angles - eccentricities * np.sin(angles) - means).max()
    print(f"{len(means)} orbits, at most {most} steps each, in {took_s * 1e3:.1f} ms: {plain_s / took_s:.0f} times as fast as CPython; the equation is off by {left:.1e} at most")
    return 0 if np.array_equal(plain, angles[:short]) and left < 1e-14 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
