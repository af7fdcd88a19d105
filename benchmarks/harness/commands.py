"""This module runs commands that check accel with random programs, and reads the counts they print."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping

from benchmarks.harness.problem import Problem, Row, Settings
from benchmarks.harness.process import FUZZ_LIMIT_S, ROOT, describe_end


def measure_command(problem: Problem, settings: Settings, arguments: list[str], patterns: Mapping[str, str]) -> list[Row]:
    """One row with the counts of `python -m` with these arguments, from a fresh seed."""
    command = [sys.executable, "-m", *arguments, "--seed", str(settings.seed)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=FUZZ_LIMIT_S)
    counts, case = read_counts(done.stdout, patterns), f"seed {settings.seed}"
    if counts is None:
        fault = (done.stderr.strip().splitlines() or [describe_end(done.returncode)])[-1]
        return [Row(problem.name, problem.group, case, "accel", fault=fault)]
    return [Row(problem.name, problem.group, case, "accel", figures=counts)]


def read_counts(text: str, patterns: Mapping[str, str]) -> dict[str, float] | None:
    """The last count each pattern finds, None where one is missing."""
    found = {name: re.findall(pattern, text, re.MULTILINE) for name, pattern in patterns.items()}
    return {name: float(matches[-1]) for name, matches in found.items()} if all(found.values()) else None
