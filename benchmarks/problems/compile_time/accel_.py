"""This module is accel as a compiler that remembers nothing."""

import functools

import accel

decorate = functools.partial(accel.fn, cache=False)
