"""This module is the product of lists."""

import contextlib


def product(a, b):
    columns = list(zip(*b, strict=True))
    return [[sum(x * y for x, y in zip(row, column, strict=True)) for column in columns] for row in a]


def limited(threads):
    return contextlib.nullcontext()
