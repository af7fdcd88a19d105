"""A Fourier transform whose size is known while compiling: tables that Python makes are data of the machine code, and its stages are written out."""

import sys
import time

import numpy as np

import accel
from accel import Comptime, comptime, comptime_assert, fn


def reversed_bits(n):
    """The numbers below n, a power of two, each with its bits in the other order."""
    order = np.zeros(1, int)
    while len(order) < n:
        order = np.concatenate([2 * order, 2 * order + 1])
    return order


def turns(half):
    """The complex numbers by which the second half of a stage is turned."""
    return np.exp(-1j * np.pi * np.arange(half) / half)


@fn
def transform(signal, out, *, n: Comptime[int]):
    comptime_assert(n > 0 and n & (n - 1) == 0, "the size must be a power of two")
    order = comptime(reversed_bits(n))
    for k in range(n):
        out[k] = signal[order[k]]
    for stage in comptime(range(n.bit_length() - 1)):
        half = comptime(1 << stage)
        turn = comptime(turns(1 << stage))
        for start in range(0, n, 2 * half):
            for k in range(start, start + half):
                even, odd = out[k], out[k + half] * turn[k - start]
                out[k] = even + odd
                out[k + half] = even - odd
    return out


def timed(call, repeats):
    """The result of a call and its seconds, the fastest of so many."""
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = call()
        found.append(time.perf_counter() - start)
    return result, min(found)


def main(size="1024"):
    size = int(size)
    signal = np.random.default_rng(7).random(size) + 1j * np.random.default_rng(8).random(size)
    ours, ours_s = timed(lambda: transform(signal, np.empty_like(signal), n=size).copy(), 20)
    with accel.disabled():
        plain, plain_s = timed(lambda: transform(signal, np.empty_like(signal), n=size), 1)
    if not (ours == plain).all():
        print("the numbers differ")
        return 1
    _, numpy_s = timed(lambda: np.fft.fft(signal), 20)
    print(f"transform of {size} points: {plain_s / ours_s:.0f} times as fast as CPython, the numbers are the same; {ours_s / numpy_s:.1f} of the time of numpy.fft")
    print(f"largest difference from numpy.fft: {abs(ours - np.fft.fft(signal)).max():.2g}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
