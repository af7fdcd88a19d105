"""This module says which programs are started, and times them from start to end."""

import tempfile
from pathlib import Path

from benchmarks.harness.problem import Problem, Row, Settings, make_rows
from benchmarks.harness.process import interleave_programs, make_environment

HERE = Path(__file__).parent
PROGRAMS = {
    "import": {"python": "empty.py", "numpy": "numpy_import.py", "numba": "numba_import.py", "accel": "accel_import.py"},
    "light": {"accel": "accel_light.py"},
    "scalars": {"python": "python_scalars.py", "numba": "numba_scalars.py", "accel": "accel_scalars.py"},
    "arrays": {"python": "python_arrays.py", "numba": "numba_arrays.py", "accel": "accel_arrays.py"},
}
COLD_RUNS = 3


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of each program after three cold runs; every program of every case has its turn in each round."""
    programs = {f"{case} {name}": HERE / file for case, files in PROGRAMS.items() for name, file in files.items()}
    with tempfile.TemporaryDirectory() as folder:
        times, faults = interleave_programs(
            programs, make_environment(folder), rounds=5 if settings.quick else 15, warm=COLD_RUNS
        )
    rows: list[Row] = []
    for case in PROGRAMS:
        start = f"{case} "
        rows += make_rows(
            problem,
            case,
            {name.removeprefix(start): t for name, t in times.items() if name.startswith(start)},
            {name.removeprefix(start): fault for name, fault in faults.items() if name.startswith(start)},
        )
    return rows


STARTUP = Problem(name="startup", group="startup", implementations=("python", "numpy", "numba", "accel"), measure=measure)
