"""This module holds the called functions, undecorated."""

import types

import numpy as np


def reads(a):
    return None


def writes(a, b):
    return None


def takes(a):
    return a


def move(x):
    raise AssertionError("nothing is moved here")


SPACE = {f.__name__: f for f in (reads, writes, takes, move)} | {"never": reads, "held": types.SimpleNamespace(x=np.arange(10.0), y=np.arange(10.0))}
