"""This module applies the scalar functions in plain Python: the loop over the elements."""

import numpy as np

from benchmarks.problems.elementwise import scalars


def over_elements(function):
    """The loop."""

    def loop(*arrays):
        return np.array([function(*elements) for elements in zip(*arrays, strict=True)])

    return loop


for _function in scalars.ALL:
    globals()[_function.__name__] = over_elements(_function)
