"""This module is a matrix product by JAX's own, added in the array of the caller."""

import jax

product = jax.jit(lambda a, b, c: c + a @ b)


def matmul(a, b, c):
    c[...] = product(a, b, c)
