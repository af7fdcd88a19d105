"""This program imports numba."""

import numba

assert numba
