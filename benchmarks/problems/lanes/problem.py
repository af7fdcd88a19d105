"""This module measures the escape counts of the Mandelbrot set, one scalar function under `@vectorize`, against C with the intrinsics of the
machine and the best number of vectors, against numba, and one thread against two."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from benchmarks.harness.c import build_each
from benchmarks.harness.check import WrongAnswerError, require_compiled
from benchmarks.harness.load import describe_fault, twin
from benchmarks.harness.measure import interleave
from benchmarks.harness.problem import Problem, Row, Settings, make_rows

SIDE, LIMIT = 960, 200
GROUPS = range(1, 7)
DTYPES = {"f64": np.float64, "f32": np.float32}


def escape(cr, ci, limit):
    """How many turns a point stays inside."""
    zr = zi = 0.0
    n = 0
    while n < limit and zr * zr + zi * zi <= 4.0:
        zr, zi = zr * zr - zi * zi + cr, 2.0 * zr * zi + ci
        n += 1
    return n


def make_points(dtype: Any) -> tuple[np.ndarray, np.ndarray]:
    """A grid of points, rows one after the other."""
    re, im = np.meshgrid(np.linspace(-2.0, 0.6, SIDE), np.linspace(-1.12, 1.12, SIDE))
    return np.ascontiguousarray(re, dtype).ravel(), np.ascontiguousarray(im, dtype).ravel()


def make_rivals(case: str, points: tuple[np.ndarray, np.ndarray], out: np.ndarray) -> dict[str, Any]:
    """C, for each number of vectors."""
    places = [ctypes.c_void_p(x.ctypes.data) for x in (*points, out)]
    libraries = build_each(__file__, [f"-DGROUPS={g} -mprefer-vector-width=512" for g in GROUPS])
    functions = {f"c{g}": getattr(library, case) for g, library in zip(GROUPS, libraries, strict=True)}
    return {n: lambda f=f: f(places[0], places[1], ctypes.c_long(out.size), LIMIT, places[2]) for n, f in functions.items()}


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of both float types, then those of two threads."""
    rows: list[Row] = []
    for case, dtype in DTYPES.items():
        try:
            rows += measure_case(problem, settings, case, make_points(dtype))
        except Exception as error:
            rows.append(Row(problem.name, problem.group, case, "accel", fault=describe_fault(error)))
    return rows


def measure_case(problem: Problem, settings: Settings, case: str, points: tuple[np.ndarray, np.ndarray]) -> list[Row]:
    """One float type: checked on a sample against CPython, and whole against C."""
    import numba

    import accel

    one, two = (accel.vectorize(threads=threads)(twin(escape)) for threads in (1, 2))
    scalar = numba.njit(twin(escape))
    out, counts = np.empty(points[0].size, np.int32), np.empty(points[0].size, np.int64)

    @numba.njit
    def by_numba(re, im, limit, counts):
        for k in range(re.size):
            counts[k] = scalar(re[k], im[k], limit)

    rivals = make_rivals(case, points, out)
    sample = np.random.default_rng(17).integers(0, out.size, 2000)
    want = [escape(points[0][k], points[1][k], LIMIT) for k in sample]
    for function in (one, two):
        got = function(*points, LIMIT)
        require_compiled(function)
        for name, rival in rivals.items():
            out[:] = -1
            rival()
            if got[sample].tolist() != want or not np.array_equal(got[: out.size // 1000 * 960], out[: out.size // 1000 * 960]):
                raise WrongAnswerError(f"counts differ from those of CPython or {name}")
    calls: dict[str, Any] = {"accel": lambda: one(*points, LIMIT), "accel 2": lambda: two(*points, LIMIT)}
    calls["numba"] = lambda: by_numba(*points, LIMIT, counts)
    times = interleave(calls | rivals, rounds=settings.rounds)
    best = min(rivals, key=lambda name: min(times[name]))
    alone = {"accel": times["accel"], "numba": times["numba"], "c": times[best]}
    rows = make_rows(problem, case, alone, {})
    threads = Problem(problem.name, problem.group, ("accel", "alone"), measure, baseline="alone")
    return rows + make_rows(threads, f"{case}, 2 threads", {"accel": times["accel 2"], "alone": times["accel"]}, {})


LANES = Problem(name="lanes", group="lanes", implementations=("accel", "numba", "c"), measure=measure, baseline="c")
