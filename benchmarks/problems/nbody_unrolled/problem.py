"""This module makes the arguments of the sun and its four giants: loops written out while compiling, against the loops over arrays.

All do the same operations in the same order, so that places and speeds are CPython's bit by bit, and the energy is; but for Mojo, which may add three
squares in another order: places and speeds to 1e-9.
"""

import math
from typing import Any

import numpy as np

from benchmarks.harness.kernels import bind, load_checked
from benchmarks.harness.measure import interleave
from benchmarks.harness.problem import Case, Problem, Row, Settings, make_rows

ROUNDS = 4  # times as many as elsewhere
DAYS, SUN = 365.24, 4.0 * math.pi * math.pi  # of a year; mass in units in which the constant of gravitation is 1
BODIES = (  # place in astronomical units, speed in those a day, mass in suns
    ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 1.0),
    (
        (4.84143144246472090e00, -1.16032004402742839e00, -1.03622044471123109e-01),
        (1.66007664274403694e-03, 7.69901118419740425e-03, -6.90460016972063023e-05),
        9.54791938424326609e-04,
    ),
    (
        (8.34336671824457987e00, 4.12479856412430479e00, -4.03523417114321381e-01),
        (-2.76742510726411899e-03, 4.99852801234917238e-03, 2.30417297573763929e-05),
        2.85885980666130812e-04,
    ),
    (
        (1.28943695621391310e01, -1.51111514016986312e01, -2.23307578892655734e-01),
        (2.96460137564761618e-03, 2.37847173959480950e-03, -2.96589568540237556e-05),
        4.36624404335156298e-05,
    ),
    (
        (1.53796971148509165e01, -2.59193146099879641e01, 1.79258772950371181e-01),
        (2.68067772490389322e-03, 1.62824170038242295e-03, -9.51592254519715870e-05),
        5.15138902046611451e-05,
    ),
)


def make(size: int) -> tuple[Any, ...]:
    """Places, speeds and masses, steps, length of a step; all together stand still."""
    places, speeds, masses = (np.array(column) for column in zip(*BODIES, strict=True))
    speeds, masses = speeds * DAYS, masses * SUN
    speeds[0] = -(masses[1:] @ speeds[1:]) / SUN
    return places, speeds, masses, size, 0.01


def find_energy(places: np.ndarray, speeds: np.ndarray, masses: np.ndarray) -> float:
    """What moves, less what attracts."""
    pairs = [(i, j) for i in range(len(masses)) for j in range(i + 1, len(masses))]
    held = sum(float(masses[i] * masses[j] / np.linalg.norm(places[i] - places[j])) for i, j in pairs)
    return float(0.5 * (masses * (speeds * speeds).sum(axis=1)).sum()) - held


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of the one case."""
    rows: list[Row] = []
    for case, how in problem.cases.items():
        arguments = how.make(how.size(settings))
        functions, faults = load_checked(problem, case, arguments)
        calls = {name: bind(function, arguments) for name, function in functions.items()}
        rows += make_rows(problem, case, interleave(calls, rounds=ROUNDS * settings.rounds), faults)
    return rows


NBODY_UNROLLED = Problem(
    name="nbody_unrolled",
    group="unrolled over numba",
    implementations=("numba", "accel", "flat", "mojo"),
    measure=measure,
    cases={"nbody": Case(make, small=1000, full=2000)},
    loose=("mojo",),
)
