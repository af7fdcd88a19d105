"""This module is counting values by JAX, added in the array of the caller."""

import jax

add = jax.jit(lambda x, bins: bins.at[x].add(1))


def histogram(x, bins):
    bins[...] = add(x, bins)
