"""The price of options by simulation: a function of the number of a path, which makes its own random bits, made a ufunc.

Each path is a walk of 64 steps up or down, both as likely, as in the model of Jarrow and Rudd. Its 64 random bits are the number of the path,
mixed by multiplications and shifts that wrap at 64 bits: the finaliser of SplitMix64 (Steele, Lea and Flood, 2014). A path has the same bits
whatever the order in which paths are done.
"""

import math
import sys
import time

import numpy as np

from accel import vectorize

STEPS = 64
GOLDEN, FIRST, SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def mix(number):
    """64 random bits of a number, of class numpy.uint64."""
    number = (number ^ (number >> 30)) * FIRST
    number = (number ^ (number >> 27)) * SECOND
    return number ^ (number >> 31)


@vectorize
def payoffs(path, price, strike, up, down):
    """What a European and an Asian call option pay on one path, before discounting."""
    total = 0.0
    bits = mix(path * GOLDEN + 1)
    for _ in range(STEPS):
        if bits & 1:
            price *= up
        else:
            price *= down
        bits >>= 1
        total += price
    return max(price - strike, 0.0), max(total / STEPS - strike, 0.0)


def parameters(price=100.0, strike=105.0, rate=0.03, volatility=0.25, years=1.0):
    """Operands of `payoffs` beside the path; steps up and down are as likely."""
    step = years / STEPS
    drift, spread = (rate - 0.5 * volatility * volatility) * step, volatility * math.sqrt(step)
    return price, strike, math.exp(drift + spread), math.exp(drift - spread)


def closed_form(price=100.0, strike=105.0, rate=0.03, volatility=0.25, years=1.0):
    """The price of the European option by the formula of Black and Scholes."""
    spread = volatility * math.sqrt(years)
    d = (math.log(price / strike) + rate * years) / spread + spread / 2
    normal = [0.5 * (1.0 + math.erf(x / math.sqrt(2.0))) for x in (d, d - spread)]
    return price * normal[0] - strike * math.exp(-rate * years) * normal[1]


def simulate(paths):
    """Prices of the European and the Asian option, and the standard error of the first."""
    european, asian = payoffs(np.arange(paths, dtype=np.uint64), *parameters())
    discount = math.exp(-0.03)
    return discount * european.mean(), discount * asian.mean(), discount * european.std() / math.sqrt(paths)


def timed(call):
    """The result of a call and its seconds, the fastest of five."""
    found = []
    for _ in range(5):
        start = time.perf_counter()
        result = call()
        found.append(time.perf_counter() - start)
    return result, min(found)


def compare(paths, sample=1000):
    """Times of one path in CPython and in the ufunc, and whether the first paths have the same numbers."""
    numbers = np.arange(paths, dtype=np.uint64)
    found, all_s = timed(lambda: payoffs(numbers, *parameters()))
    with np.errstate(over="ignore"):  # the class numpy.uint64 warns where it wraps
        start = time.perf_counter()
        plain = [payoffs.__wrapped__(number, *parameters()) for number in numbers[:sample]]
        plain_s = (time.perf_counter() - start) / sample
    return (
        plain_s,
        all_s / paths,
        all(np.array_equal(a[:sample], b) for a, b in zip(found, zip(*plain, strict=True), strict=True)),
    )


def main(paths=1_000_000):
    european, asian, error = simulate(paths)
    print(f"{paths} paths: European {european:.4f} ± {error:.4f} (formula {closed_form():.4f}), Asian {asian:.4f}")
    plain_s, compiled_s, same = compare(paths)
    numbers = "the same" if same else "DIFFERENT"
    print(f"{plain_s / compiled_s:.0f} times as fast as CPython, which did 1000 of the paths; the numbers are {numbers}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
