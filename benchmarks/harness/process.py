"""This module times whole processes in turns, and runs each problem in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.harness.problem import Problem, Row, Settings

ROOT = Path(__file__).parents[2]
LIMIT_S = 900.0
FUZZ_LIMIT_S = 7200.0


class ProcessError(Exception):
    """A process that was to be timed ended badly."""


def make_environment(folder: str, root: Path = ROOT) -> dict[str, str]:
    """Environment of a timed program: the package in sight, caches in a folder of their own, byte code kept as it usually is.

    Packages of another root come before all that are in sight here.
    """
    paths = (os.environ.get("PYTHONPATH", "") if root == ROOT else "", str(root))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return environment | {
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "ACCEL_CACHE_DIR": f"{folder}/accel",
        "NUMBA_CACHE_DIR": f"{folder}/numba",
    }


def run_program(path: Path, environment: Mapping[str, str], *arguments: str) -> float:
    """Seconds from start to end of one program.

    Raises
    ------
    ProcessError
        with the last line it wrote, if it ends badly
    """
    command = [sys.executable, "-W", "ignore", str(path), *arguments]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, env=dict(environment), timeout=LIMIT_S)
    taken_s = time.perf_counter() - start
    if done.returncode:
        raise ProcessError((done.stderr.strip().splitlines() or [describe_end(done.returncode)])[-1])
    return taken_s


def describe_end(status: int) -> str:
    """How a process ended."""
    return f"killed by signal {-status}" if status < 0 else f"ended with status {status}"


def interleave_programs(
    programs: Mapping[str, Path], environment: Mapping[str, str], *, rounds: int, warm: int
) -> tuple[dict[str, list[float]], dict[str, str]]:
    """Nanoseconds of each program in each round, after `warm` runs with ``--cold``; and the faults of those that failed."""
    times: dict[str, list[float]] = {name: [] for name in programs}
    faults: dict[str, str] = {}
    for turn in range(warm + rounds):
        for name, path in programs.items():
            if name in faults:
                continue
            try:
                taken_s = run_program(path, environment, *(["--cold"] if turn < warm else []))
            except (ProcessError, subprocess.TimeoutExpired) as error:
                faults[name] = str(error)
                continue
            if turn >= warm:
                times[name].append(taken_s * 1e9)
    return {name: rounds_ns for name, rounds_ns in times.items() if name not in faults}, faults


def measure_apart(problem: Problem, settings: Settings, root: Path = ROOT) -> list[Row]:
    """Rows of a problem measured in a process of its own, where a crash costs only that problem; accel and benchmarks are those of a root."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.json")
        command = [
            sys.executable,
            "-m",
            "benchmarks",
            "--here",
            "--only",
            problem.name,
            "--json",
            str(path),
            "--programs",
            str(settings.programs),
            "--seed",
            str(settings.seed),
        ]
        command += ["--quick"] * settings.quick + ["--stand-in"] * settings.stand_in + ["--sizes"] * settings.sizes
        limit_s = FUZZ_LIMIT_S if problem.group == "checks by programs" else LIMIT_S
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=limit_s, env=make_environment(folder, root), cwd=root
            )
        except subprocess.TimeoutExpired:
            return [make_fault_row(problem, f"took longer than {limit_s:.0f} s")]
        if not path.exists():
            return [make_fault_row(problem, (done.stderr.strip().splitlines() or [describe_end(done.returncode)])[-1])]
        return [Row.from_json(fields) for fields in json.loads(path.read_text())["rows"]]


def make_fault_row(problem: Problem, fault: str) -> Row:
    """The row of a problem that could not be measured at all."""
    return Row(problem.name, problem.group, "all", "all", fault=fault)
