"""This module runs random loop nests against the analysis of dependences, as their command, and reads what it found."""

import re
import subprocess
import sys

from benchmarks.harness.problem import Problem, Row, Settings
from benchmarks.harness.process import FUZZ_LIMIT_S, ROOT, describe_end

NESTS = 5000
FOUND = {
    "nests": r"^(\d+) nests",
    "false proofs": r"(\d+) false proofs$",
    "independent": r"^(\d+) independent",
    "proven": r"(\d+) proven",
}


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """One row with the counts of a fresh seed."""
    nests = min(NESTS, settings.programs)
    command = [sys.executable, "-m", "tests.dependence", "--nests", str(nests), "--seed", str(settings.seed)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=FUZZ_LIMIT_S)
    counts, case = read_counts(done.stdout), f"seed {settings.seed}"
    if counts is None:
        fault = (done.stderr.strip().splitlines() or [describe_end(done.returncode)])[-1]
        return [Row(problem.name, problem.group, case, "accel", fault=fault)]
    return [Row(problem.name, problem.group, case, "accel", figures=counts)]


def read_counts(text: str) -> dict[str, float] | None:
    """Counts of the last lines of the command, None where one is missing."""
    found = {name: re.findall(pattern, text, re.MULTILINE) for name, pattern in FOUND.items()}
    return {name: float(matches[-1]) for name, matches in found.items()} if all(found.values()) else None


DEPENDENCE = Problem(name="dependence", group="checks by programs", implementations=("accel",), measure=measure)
