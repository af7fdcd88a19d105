"""This module is accel's kernels on one thread."""

import accel
from accel.kernels import nearest_neighbours, pairwise_distances


def limited(function):
    def call(a, b):
        with accel.parallel(1):
            return function(a, b)

    return call


pairs = limited(pairwise_distances)
neighbours = limited(lambda a, b: nearest_neighbours(a, b, 10))
