"""This module is the sieve of Eratosthenes, in whole-array NumPy."""


def sieve(flags):
    n = len(flags)
    flags[:2] = False
    for i in range(2, int(n**0.5) + 1):
        if flags[i]:
            flags[i * i :: i] = False
