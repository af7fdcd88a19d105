"""A low-pass filter as a signal processor without floats does it: fixed-point numbers that saturate, over samples of 16 bits."""

import math
import sys
import time

import numpy as np

import accel
from accel.types import Fixed

Number = Fixed[32, 24]  # from -128 to 128, in steps of 2**-24


@accel.struct
class Biquad:
    """y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2]"""

    b0: Number
    b1: Number
    b2: Number
    a1: Number
    a2: Number


def low_pass(frequency, quality=0.7071):
    """The coefficients of a second-order filter, by the bilinear transform; the frequency is that of the corner, in turns per sample."""
    k = math.tan(math.pi * frequency)
    scale = 1.0 / (1.0 + k / quality + k * k)
    return k * k * scale, 2.0 * k * k * scale, k * k * scale, 2.0 * (k * k - 1.0) * scale, (1.0 - k / quality + k * k) * scale


@accel.fn
def run(filter, samples, out):
    x1 = x2 = y1 = y2 = Number.of(0)
    for i in range(len(samples)):
        x = Number.of(int(samples[i]) / 2048.0)  # full scale is 16
        y = (filter.b0 * x).add(filter.b1 * x1).add(filter.b2 * x2).subtract(filter.a1 * y1).subtract(filter.a2 * y2)
        x1, x2, y1, y2 = x, x1, y, y1
        out[i] = min(max(round(float(y) * 2048.0), -32768), 32767)
    return y1


def run_in_floats(coefficients, samples):
    b0, b1, b2, a1, a2 = coefficients
    x1 = x2 = y1 = y2 = 0.0
    out = []
    for x in samples.tolist():
        y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2
        x1, x2, y1, y2 = x, x1, y, y1
        out.append(y)
    return np.array(out)


def make_samples(count):
    """A slow wave with noise on it, up to the ends of the range."""
    t = np.arange(count)
    wave = 20000.0 * np.sin(2.0 * np.pi * t / 400.0) + 9000.0 * np.random.default_rng(3).standard_normal(count)
    return np.clip(wave, -32768, 32767).astype(np.int16)


def main(count="200000"):
    samples = make_samples(int(count))
    coefficients = low_pass(0.01)
    filter, out = Biquad(*map(Number.of, coefficients)), np.empty(len(samples), np.int16)
    run(filter, samples[:100], out)
    run(filter, samples[:100], out)
    start = time.perf_counter()
    last = run(filter, samples, out)
    took_s = time.perf_counter() - start
    short = min(2000, len(samples))
    plain = np.empty(short, np.int16)
    with accel.disabled():
        start = time.perf_counter()
        run(filter, samples[:short], plain)
        plain_s = (time.perf_counter() - start) * len(samples) / short
    away = np.abs(out - run_in_floats(coefficients, samples)).max()
    print(f"{len(samples)} samples in {took_s * 1e3:.1f} ms, {plain_s / took_s:.0f} times as fast as CPython; the last output is {float(last):.6f}")
    print(f"farthest from a filter in floats: {away:.2f} of a step")
    return 0 if np.array_equal(out[:short], plain) and away < 1.0 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
