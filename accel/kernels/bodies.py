"""This module is `gravity`, and its machine code: one body that is attracted in each lane, all that attract it one after the other."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy

from accel.compile_time import Comptime, comptime
from accel.decorators import fn
from accel.kernels.arrays import check_out, find_dtype, is_plain, to_read
from accel.kernels.sharing import share
from accel.threads import num_threads
from accel.types import SIMD, simd_width

__all__ = ["gravity"]

_BLOCK = 256  # bodies whose attractions are added up by themselves: part of what results are
_SHARED = 1 << 16  # pairs that are worth several threads


def gravity(positions: Any, masses: Any, *, softening: float = 0.0, G: float = 1.0, out: Any = None) -> Any:  # noqa: N803  the constant has this name
    """The acceleration of each body by the gravity of all others: `G * sum(m[j] * (r[j] - r[i]) / (abs(r[j] - r[i])**2 + softening**2)**1.5)` over j != i.

    Parameters
    ----------
    positions : array_like, (n, 3)
        Where the bodies are, of float32 or float64, or what NumPy promotes to these. Any strides.
    masses : array_like, (n,)
        Their masses.
    softening : float, default 0.0
        The length below which attraction fades (Plummer's).
    G : float, default 1.0
        The gravitational constant in the units of the others: 6.6743e-11 for metres, kilograms and seconds.
    out : ndarray, (n, 3), optional
        Where the result goes. It may share memory with the others.

    Returns
    -------
    ndarray, (n, 3)
        The accelerations.

    Raises
    ------
    TypeError
        For other dtypes; for a `softening` or `G` that is no number; for an `out` that is no array, or can't hold the result.
    ValueError
        When shapes do not fit; for a `softening` that is negative, or not finite; when `out` is read-only.

    Notes
    -----
    *Accuracy.* With d = r[j] - r[i], rounded, e = softening**2 and q = 1 / sqrt(fma(d_z, d_z, fma(d_y, d_y, fma(d_x, d_x, e)))), it is
    `total = fma((m[j] * q) * (q * q), d, total)` in the order of j, from 0.0 on for every 256 bodies, whose totals are added in order; G comes last. The error is at
    most `(280 + n / 256) * u` times the sum of the magnitudes of all terms, u = 2**-24 or 2**-53, where nothing overflows or is subnormal.

    *Determinism.* The bits depend on the bodies and their order alone: not on the number of threads, the strides or the instruction set.

    *Threads.* As many as `accel.num_threads()` says, from 65,536 pairs on; they share the bodies that are attracted.

    A body does not attract itself. Two bodies at one place give NaN, unless there is softening: their attraction has no direction. Bodies whose squared distance is
    too large for the dtype do not attract each other. Nothing warns.

    Examples
    --------
    >>> from accel.kernels import gravity
    >>> gravity([[0.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.0, 2.0, 0.0]], [4.0, 1.0, 1.0])[0]
    array([0.25, 0.25, 0.  ])
    """
    places, weights = numpy.asarray(positions), numpy.asarray(masses)
    dtype = find_dtype("gravity", places, weights)
    if places.ndim != 2 or places.shape[1] != 3:
        raise ValueError(f"gravity: `positions` has shape {places.shape}, not (n, 3)")
    if weights.shape != places.shape[:1]:
        raise ValueError(f"gravity: `masses` has shape {weights.shape}, and there are {len(places)} bodies")
    length, constant = _find_number("softening", softening), _find_number("G", G)
    if not (0 <= length < math.inf):
        raise ValueError(f"gravity: `softening` is {length}, not a length of at least 0")
    if out is not None:
        check_out("gravity", out, places.shape, dtype)
    direct = out is not None and is_plain(out, dtype)
    bodies = numpy.empty((len(places), 4), dtype)
    bodies[:, :3], bodies[:, 3] = places, weights
    made = out if direct else numpy.empty(places.shape, dtype)
    _attract(to_read(bodies), made.reshape(-1), length * length, constant)
    if out is None or direct:
        return made
    numpy.copyto(out, made, casting="same_kind")
    return out


def _find_number(name: str, given: Any) -> float:
    try:
        return float(given)
    except (TypeError, ValueError):
        raise TypeError(f"gravity: `{name}` must be a number, not {given!r}") from None


def _attract(bodies: Any, out: Any, square: float, constant: float) -> None:
    n, lanes = out.size // 3, _choose_lanes(out.dtype.type)
    groups = -(-n // lanes.width)
    threads = min(num_threads(), groups) if n * n >= _SHARED else 1
    share(lambda first, end: attract(bodies, out, first=first, end=end, n=n, square=square, constant=constant, lanes=lanes), groups, threads)


@cache
def _choose_lanes(dtype: Any) -> Any:
    of: Any = SIMD.__class_getitem__
    return of((dtype, simd_width(dtype)))


@fn(nogil=True)
def add_block(
    bodies: Any, x: Any, y: Any, z: Any, *, begin: int, end: int, square: Any, first: int, lanes: Comptime[Any], is_own: Comptime[bool]
) -> tuple[Any, Any, Any]:  # fmt: skip
    """What the bodies from `begin` to `end` add to the accelerations of those in the lanes, which are some of them if `is_own`: from `first` on."""
    right, up, near = lanes(0.0), lanes(0.0), lanes(0.0)
    apart = lanes.iota() + lanes(first - begin)
    for j in range(begin, end):
        dx, dy, dz = lanes(bodies[4 * j]) - x, lanes(bodies[4 * j + 1]) - y, lanes(bodies[4 * j + 2]) - z
        q = 1.0 / dz.fma(dz, dy.fma(dy, dx.fma(dx, square))).sqrt()
        force = (bodies[4 * j + 3] * q) * (q * q)
        if comptime(is_own):
            force = (apart == 0.0).select(0.0, force)
            apart = apart - 1.0
        right, up, near = force.fma(dx, right), force.fma(dy, up), force.fma(dz, near)
    return right, up, near


@fn(nogil=True)
def attract(bodies: Any, out: Any, *, first: int, end: int, n: int, square: float, constant: float, lanes: Comptime[Any]) -> None:
    """The accelerations of some groups of bodies, as many as there are lanes: no group is in two blocks."""
    softened = lanes(square)
    for i in range(first * lanes.width, end * lanes.width, lanes.width):
        inside = lanes.iota() < n - i
        x, y, z = tuple(lanes.load(bodies, 4 * i + axis, inside, stride=4) for axis in comptime(range(3)))
        ax, ay, az = lanes(0.0), lanes(0.0), lanes(0.0)
        for begin in range(0, n, comptime(_BLOCK)):
            if begin <= i < begin + comptime(_BLOCK):
                bx, by, bz = add_block(bodies, x, y, z, begin=begin, end=min(begin + comptime(_BLOCK), n), square=softened, first=i, lanes=lanes, is_own=True)
            else:
                bx, by, bz = add_block(bodies, x, y, z, begin=begin, end=min(begin + comptime(_BLOCK), n), square=softened, first=i, lanes=lanes, is_own=False)
            ax, ay, az = ax + bx, ay + by, az + bz
        (ax * constant).store(out, 3 * i, inside, stride=3)
        (ay * constant).store(out, 3 * i + 1, inside, stride=3)
        (az * constant).store(out, 3 * i + 2, inside, stride=3)
