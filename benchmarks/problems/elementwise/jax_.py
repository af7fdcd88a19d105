"""This module compiles the scalar functions, as expressions of whole arrays, with JAX."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax


def jit(function):
    """The compiled function, whose answer is an array of NumPy."""
    compiled = jax.jit(function)
    return lambda *arguments: np.asarray(compiled(*arguments))


@jit
def black_scholes(price, strike, years):
    spread = 0.3 * jnp.sqrt(years)
    d1 = (jnp.log(price / strike) + (0.02 + 0.5 * 0.3 * 0.3) * years) / spread
    d2 = d1 - spread
    n1, n2 = (0.5 * (1.0 + lax.erf(d * 0.7071067811865476)) for d in (d1, d2))
    return price * n1 - strike * jnp.exp(-0.02 * years) * n2


@jit
def gelu(x):
    return 0.5 * x * (1.0 + jnp.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))


@jit
def collatz(n):
    def turn(state):
        k, n, steps = state
        goes_on = n != 1
        return k + 1, jnp.where(goes_on, jnp.where(n % 2 == 0, n // 2, 3 * n + 1), n), steps + goes_on

    return lax.while_loop(lambda state: (state[0] < 500) & jnp.any(state[1] != 1), turn, (0, n, jnp.zeros_like(n)))[2]


@jit
def newton_root(x):
    def turn(state):
        k, root, _ = state
        better = 0.5 * (root + x / root)
        return k + 1, better, jnp.any(jnp.abs(better - root) > 4e-16 * better)

    return lax.while_loop(lambda state: (state[0] < 60) & state[2], turn, (0, 0.5 * (x + 1.0), True))[1]


@jit
def distance(latitude1, longitude1, latitude2, longitude2):
    a, b = jnp.sin(0.5 * (latitude2 - latitude1)), jnp.sin(0.5 * (longitude2 - longitude1))
    h = a * a + jnp.cos(latitude1) * jnp.cos(latitude2) * b * b
    return 12742.0 * jnp.arcsin(jnp.sqrt(jnp.minimum(h, 1.0)))


@jit
def hue(red, green, blue):
    high, low = jnp.maximum(jnp.maximum(red, green), blue), jnp.minimum(jnp.minimum(red, green), blue)
    span = high - low
    scale = 60.0 / span
    others = jnp.where(high == green, (blue - red) * scale + 120.0, (red - green) * scale + 240.0)
    angle = jnp.where(high == red, (green - blue) * scale, others)
    angle = jnp.where(angle < 0.0, angle + 360.0, angle)
    return jnp.where(span == 0.0, 0.0, angle)


@jit
def sigmoid_chain(x):
    for _ in range(4):
        x = 1.0 / (1.0 + jnp.exp(-x))
    return x


@jit
def day_number(year, month, day):
    year = year - (month <= 2)
    era = year // 400
    year_of_era = year - era * 400
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468
