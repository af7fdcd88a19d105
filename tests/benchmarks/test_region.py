"""Parallel regions: every implementation does both iterations, one that does not is found, and the figure is judged."""

import ast
import importlib
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.harness.check import WrongAnswerError
from benchmarks.harness.figures import find_figures
from benchmarks.harness.problem import Row
from benchmarks.harness.process import ROOT
from benchmarks.problems import PROBLEMS
from benchmarks.problems.region.problem import STEPS, check_regions, take_turns

REGION = PROBLEMS["region"]


def test_has_a_file_for_each_implementation():
    folder = pathlib.Path(importlib.import_module("benchmarks.problems.region").__file__).parent
    for name in REGION.implementations:
        ast.parse((folder / f"{name}_.py").read_text())


@pytest.mark.parametrize("name", REGION.implementations)
def test_regions_are_done(name):
    """In a process of its own: threads of OpenMP do not go before a fork."""
    text = f"""
from benchmarks.harness.load import load
from benchmarks.problems.region.problem import REGION, STEPS, check_regions, find_layer
for steps in STEPS.values():
    check_regions(load(REGION, {name!r}, "regions"), steps)
assert find_layer(REGION) in ("omp", "tbb", "workqueue")
"""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def regions(out, rounds, steps):
    x = np.uint64(3)
    for k in range(steps):
        x = (x * x) ^ np.uint64(k)
    out[0] = out[8] = x + np.uint64(rounds - 1)


def half(out, rounds, steps):
    regions(out, rounds, steps)
    out[8] = 0


def test_regions_that_are_not_done_are_found():
    with np.errstate(over="ignore"):
        for steps in STEPS.values():
            check_regions(regions, steps)
            with pytest.raises(WrongAnswerError, match="iterations left"):
                check_regions(half, steps)


def test_turns():
    called = []
    times = take_turns({name: lambda *_, name=name: called.append(name) for name in "ab"}, 0, rounds=2)
    assert called == ["b", "b", "a", "a", "a", "a", "b", "b"]
    assert {name: len(rounds) for name, rounds in times.items()} == {"a": 2, "b": 2}


def judge(mine, theirs, fault=""):
    rows = [
        Row("region", "region", "empty, omp", "accel", () if fault else mine, fault=fault),
        Row("region", "region", "empty, omp", "numba", theirs),
    ]
    return next(figure for figure in find_figures(rows) if figure.what == "empty region of two threads over numba")


def test_the_figure_is_of_the_medians():
    theirs = (9.0, 10.0, 11.0)
    assert judge((1.0, 2.0, 9.0), theirs).verdict == "holds"
    assert judge((1.0, 4.0, 4.0), theirs).verdict == "falls short"
    assert judge((), theirs, fault="KeyError: 1").verdict == "falls short"
    assert {f.what: f.verdict for f in find_figures([])}["empty region of two threads over numba"] == "not measured"
