"""This module opens parallel regions of two threads with numba, on the layer it chooses: OpenMP where there is no TBB."""

import numba
import numpy as np

numba.set_num_threads(2)


@numba.njit(parallel=True)
def regions(out, rounds, steps):
    for r in range(rounds):
        for i in numba.prange(2):
            x = np.uint64(3)
            for k in range(steps):
                x = (x * x) ^ np.uint64(k)
            out[8 * i] = x + np.uint64(r)


regions(np.zeros(16, np.uint64), 2, 1)
LAYER = numba.threading_layer()
