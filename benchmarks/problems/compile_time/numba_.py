"""This module is numba as a compiler that remembers nothing."""

import numba

decorate = numba.njit
