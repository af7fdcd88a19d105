"""Loops on two threads: every implementation gives CPython's answer, one processor measures nothing, and figures are judged."""

import ast
import importlib
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from benchmarks.harness import measure
from benchmarks.harness.figures import COMPUTING, MOVING, find_figures
from benchmarks.harness.load import load
from benchmarks.harness.problem import Row, Settings
from benchmarks.harness.process import ROOT
from benchmarks.problems import GROUPS, PROBLEMS
from benchmarks.problems.dependence import problem as dependence

LOOPS = PROBLEMS["loops"]
COMPUTE, MOVE, PROOFS = (
    "loops that compute, two threads over one",
    "loops that wait for memory over C + OpenMP",
    "independence of loops, 5,000 fresh nests",
)


def test_has_a_file_for_each_implementation():
    folder = pathlib.Path(importlib.import_module("benchmarks.problems.loops").__file__).parent
    for name in LOOPS.implementations:
        ast.parse((folder / f"{name}_.py").read_text())


@pytest.mark.parametrize("name", LOOPS.implementations)
def test_answers(name):
    """In a process of its own: threads of OpenMP do not go before a fork."""
    if name == "c" and shutil.which("gcc") is None:
        pytest.skip("no gcc on this machine")
    text = f"""
from benchmarks.harness.check import check, run_fresh
from benchmarks.harness.load import load
from benchmarks.problems.loops.problem import LOOPS
for case, how in LOOPS.cases.items():
    for size in (5, how.small):
        arguments = how.make(size)
        want = run_fresh(load(LOOPS, "python", case), arguments)
        check(run_fresh(load(LOOPS, {name!r}, case), arguments), want, loose=False, types=True)
"""
    environment = os.environ | {"NUMBA_NUM_THREADS": "2"}  # on one processor too
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=120, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("case", ["stencil", "triad", "histogram", "forces", "product"])
def test_the_outermost_loop_is_parallel(case):
    function = load(LOOPS, "accel", case)
    assert [what for _, what in function.accel.loops] == ["parallel"]


def test_one_processor_measures_nothing(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0})
    rows = LOOPS.measure(LOOPS, Settings(quick=True))
    assert [row.figures for row in rows] == [{"processors": 1}]
    assert {judge(rows)[what] for what in (COMPUTE, MOVE)} == {"not measured"}


def test_with_rests_every_turn_begins_with_a_call_that_is_not_timed(monkeypatch):
    monkeypatch.setattr(measure, "choose_loops", lambda call: 3)
    calls = []
    for rest_s, count in ((0.0, 3), (1e-4, 4)):
        calls.clear()
        times = measure.interleave({"a": lambda: calls.append("a")}, rounds=2, rest_s=rest_s)
        assert len(times["a"]) == 2
        assert len(calls) == 2 * count


def make_rows(times, fault=""):
    rows = []
    for case, by_name in times.items():
        for name, time_ns in by_name.items():
            broken = fault if name == "accel" else ""
            rows.append(Row("loops", "parallelize", case, name, () if broken else (time_ns,), fault=broken))
    return rows


def judge(rows):
    return {figure.what: figure.verdict for figure in find_figures(rows)}


def test_loops_that_compute_are_judged_by_what_threads_gain():
    good = {case: {"accel": 1.0, "alone": 1.9, "c": 0.1} for case in COMPUTING}
    assert judge(make_rows(good))[COMPUTE] == "holds"
    assert judge(make_rows(good | {"product": {"accel": 1.0, "alone": 1.7}}))[COMPUTE] == "falls short"
    assert judge(make_rows(good, fault="KeyError: 1"))[COMPUTE] == "falls short"
    assert judge(make_rows({"forces": good["forces"]}))[COMPUTE] == "not measured"


def test_loops_that_wait_for_memory_are_judged_against_c():
    good = {case: {"accel": 1.0, "alone": 1.0, "c": 1.0} for case in MOVING}
    assert judge(make_rows(good))[MOVE] == "holds"
    assert judge(make_rows(good | {"triad": {"accel": 1.1, "c": 1.0}}))[MOVE] == "falls short"
    assert judge(make_rows({case: {"accel": 1.0} for case in MOVING}))[MOVE] == "not measured"


def judge_proofs(nests, false, proven):
    counts = {"nests": nests, "false proofs": false, "independent": 1000.0, "proven": proven}
    return judge([Row("dependence", "checks by programs", "seed 1", "accel", figures=counts)])[PROOFS]


def test_proofs_are_judged():
    assert judge_proofs(5000.0, 0.0, 950.0) == "holds"
    assert judge_proofs(5000.0, 0.0, 949.0) == "falls short"
    assert judge_proofs(100.0, 0.0, 900.0) == "not measured"
    assert judge_proofs(100.0, 1.0, 1000.0) == "falls short"
    broken = [Row("dependence", "checks by programs", "seed 1", "accel", fault="ImportError: no")]
    assert judge(broken)[PROOFS] == "falls short"


def test_totals_of_the_nests_are_read():
    text = "100 nests, 0 false proofs\n45 independent, 44 proven: 97.8 %\n8.0 ms per nest; 3 took more than 5 ms, the slowest 9 ms (seed 4)\n"
    assert dependence.read_counts(text) == {"nests": 100.0, "false proofs": 0.0, "independent": 45.0, "proven": 44.0}
    assert dependence.read_counts("100 nests\n") is None


def test_the_command_is_run():
    (row,) = dependence.measure(PROBLEMS["dependence"], Settings(programs=3, seed=7))
    assert not row.fault
    assert row.figures["nests"] == 3


def test_a_command_that_ends_badly_is_a_fault(monkeypatch):
    monkeypatch.setattr(sys, "executable", "false")
    (row,) = dependence.measure(PROBLEMS["dependence"], Settings(programs=3, seed=7))
    assert row.fault == "ended with status 1"


def test_the_group():
    assert GROUPS["parallelize"] == ("loops", "dependence")
