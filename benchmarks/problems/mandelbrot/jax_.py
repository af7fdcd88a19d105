"""This module is the Mandelbrot set, one point and a picture, compiled by JAX; the counts are copied into the array of the caller."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax


def count(cr, ci, limit):
    """Turns until a point, or each of many, has left; those that have left stay where they are."""

    def goes_on(state):
        n, x, y, _ = state
        return (n < limit) & jnp.any(x * x + y * y <= 4.0)

    def turn(state):
        n, x, y, counts = state
        inside = x * x + y * y <= 4.0
        moved = x * x - y * y + cr, 2.0 * x * y + ci
        return n + 1, jnp.where(inside, moved[0], x), jnp.where(inside, moved[1], y), counts + inside

    zero = jnp.zeros(jnp.shape(cr + ci))
    return lax.while_loop(goes_on, turn, (0, zero, zero, jnp.zeros(zero.shape, jnp.int64)))[3]


compiled = jax.jit(count)


def escape(cr, ci, limit):
    return int(compiled(cr, ci, limit))


def picture(xs, ys, limit, counts):
    counts[...] = np.asarray(compiled(xs[None, :], ys[:, None], limit))
