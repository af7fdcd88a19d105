"""This module is a loop over all pairs by numba, in the dtype of the bodies."""

import math

import numba
import numpy as np


@numba.njit
def attract(positions, masses, out):
    n = len(masses)
    zero, one = masses.dtype.type(0), masses.dtype.type(1)
    for i in range(n):
        ax = ay = az = zero
        for j in range(n):
            if i != j:
                dx, dy, dz = positions[j, 0] - positions[i, 0], positions[j, 1] - positions[i, 1], positions[j, 2] - positions[i, 2]
                q = one / math.sqrt(dx * dx + dy * dy + dz * dz)
                force = masses[j] * q * (q * q)
                ax += force * dx
                ay += force * dy
                az += force * dz
        out[i, 0] = ax
        out[i, 1] = ay
        out[i, 2] = az


def gravity(positions, masses):
    out = np.empty_like(positions)
    attract(positions, masses, out)
    return out
