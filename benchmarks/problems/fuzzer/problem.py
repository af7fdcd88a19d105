"""This module runs the differential fuzzer as its command and reads what it found."""

import re
import subprocess
import sys

from benchmarks.harness.problem import Problem, Row, Settings
from benchmarks.harness.process import FUZZ_LIMIT_S, ROOT, describe_end

FOUND = {
    "programs": r"^programs +(\d+)",
    "differences": r"^differences +(\d+)",
    "crashes": r"^crashes +(\d+)",
    "compiled": r"^compiled .*\(([\d.]+) ?%\)",
}


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """One row with the counts of a fresh seed."""
    command = [sys.executable, "-m", "tests.differential", "--programs", str(settings.programs), "--seed", str(settings.seed)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=FUZZ_LIMIT_S)
    counts = read_counts(done.stdout)
    case = f"seed {settings.seed}"
    if counts is None:
        fault = (done.stderr.strip().splitlines() or [describe_end(done.returncode)])[-1]
        return [Row(problem.name, problem.group, case, "accel", fault=fault)]
    return [Row(problem.name, problem.group, case, "accel", figures=counts)]


def read_counts(text: str) -> dict[str, float] | None:
    """Counts of the last lines of the command, None where one is missing."""
    found = {name: re.findall(pattern, text, re.MULTILINE) for name, pattern in FOUND.items()}
    return {name: float(matches[-1]) for name, matches in found.items()} if all(found.values()) else None


FUZZER = Problem(name="fuzzer", group="checks by programs", implementations=("accel",), measure=measure)
