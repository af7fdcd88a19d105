"""This module holds the called functions, undecorated."""

import numpy as np


def add(a, b):
    return a + b


def half(a, b):
    return a * 0.5 + b


def nothing():
    return None


def first(x):
    return x[0]


class Scaler:
    def scale(self, x):
        return x * 2.0


SPACE = {"add": add, "half": half, "nothing": nothing, "first": first, "scaler": Scaler(), "x": np.arange(10.0)}
