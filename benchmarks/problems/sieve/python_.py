"""This module is the sieve of Eratosthenes, as plain Python."""


def sieve(flags):
    n = len(flags)
    flags[:2] = False
    for i in range(2, int(n**0.5) + 1):
        if flags[i]:
            for j in range(i * i, n, i):
                flags[j] = False
