"""This module is whole arrays of NumPy: all differences at once."""

import numpy as np


def gravity(positions, masses):
    apart = positions[None] - positions[:, None]
    squares = (apart**2).sum(2)
    np.fill_diagonal(squares, 1)
    return (apart * (masses / (squares * np.sqrt(squares)))[..., None]).sum(1)
