"""recursion, deep and mutual."""

from accel import fn


@fn
def even(n):
    return True if n == 0 else odd(n - 1)


@fn
def odd(n):
    return False if n == 0 else even(n - 1)


@fn
def fib(n, scale=1):
    if n < 2:
        return n * scale
    return fib(n - 1, scale) + fib(n=n - 2, scale=scale)


@fn
def main(n):
    return even(n), fib(n % 15), fib(n % 12, scale=2**61), fib(n % 9, 0.5)


CALLS = [
    "0",
    "7",
    "100",
    "14",
    "11",
    "True",
]
