"""This module runs the interpreter's own tests under the decorator, as their command, and reads what it found."""

import re
import subprocess
import sys

from benchmarks.harness.problem import Problem, Row, Settings
from benchmarks.harness.process import FUZZ_LIMIT_S, ROOT, describe_end

QUICK = ("--modules", "bool", "range", "augassign")
FOUND = {"modules": r"modules (\d+)", "lost": r"lost (\d+)", "crashes": r"crashes (\d+)"}


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """One row with the counts over all modules, or over a few under ``--quick``."""
    command = [sys.executable, "-m", "tests.cpython", *(QUICK if settings.quick else ())]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=FUZZ_LIMIT_S)
    found = {name: re.findall(pattern, done.stdout) for name, pattern in FOUND.items()}
    case = "few" if settings.quick else "all"
    if not all(found.values()):
        fault = (done.stderr.strip().splitlines() or [describe_end(done.returncode)])[-1]
        return [Row(problem.name, problem.group, case, "accel", fault=fault)]
    return [
        Row(problem.name, problem.group, case, "accel", figures={name: float(matches[-1]) for name, matches in found.items()})
    ]


LANGUAGE = Problem(name="language", group="checks by programs", implementations=("accel",), measure=measure)
