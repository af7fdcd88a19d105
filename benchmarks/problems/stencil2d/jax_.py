"""This module is a five-point blur of a picture by JAX, copied into the array of the caller."""

import jax


@jax.jit
def blur(src):
    return 0.2 * (src[1:-1, 1:-1] + src[:-2, 1:-1] + src[2:, 1:-1] + src[1:-1, :-2] + src[1:-1, 2:])


def stencil2d(src, dst):
    dst[1:-1, 1:-1] = blur(src)
