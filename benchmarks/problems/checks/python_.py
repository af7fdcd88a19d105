"""This module holds small loops that need checks to be exact, as plain Python."""

import math


def int_sum(n):
    total = 0
    for i in range(n):
        total += i * i - 3 * i
    return total


def recurrence(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, (a + b) % 1000003
    return a


def floor_division(n):
    total = 0
    for i in range(1, n):
        total += (37 * i - 5000) // (i % 5 - 7)
    return total


def float_division(x):
    total = 0.0
    for i in range(len(x)):
        total += 1.0 / float(x[i])
    return total


def shifts(n):
    x = 123456789
    for _ in range(n):
        x ^= x << 13 & 0x7FFFFFFF
        x ^= x >> 17
        x ^= x << 5 & 0x7FFFFFFF
    return x


def gcd_sum(n):
    total = 0
    for i in range(1, n):
        a, b = i, 360360
        while b:
            a, b = b, a % b
        total += a
    return total


def power(n):
    total = 0
    for i in range(n):
        total += i**2
    return total


def backwards(x):
    total = 0.0
    for i in range(len(x)):
        total += x[-1 - i]
    return total


def array_ints(x):
    total = 0
    for i in range(len(x)):
        total += int(x[i])
    return total


def numpy_ints(x):
    total = x[0]
    for i in range(1, len(x)):
        total += x[i]
    return total


def prefix(x):
    for i in range(1, len(x)):
        x[i] = (x[i] + x[i - 1]) * 0.5


def roots(x):
    total = 0.0
    for i in range(len(x)):
        total += math.sqrt(x[i])
    return total


def largest(x):
    best = x[0]
    for value in x:
        if value > best:
            best = value
    return best


def convert(x):
    total = 0
    for i in range(len(x)):
        total += int(x[i] * 1000.0) % 7
    return total
