"""Timing in turns, rows, figures and records."""

import json

import pytest

import accel
from benchmarks.harness.check import NotCompiledError, require_compiled
from benchmarks.harness.figures import find_figures
from benchmarks.harness.kernels import measure_kernels
from benchmarks.harness.load import describe_fault, renamed_twin, twin
from benchmarks.harness.measure import interleave
from benchmarks.harness.problem import Case, Problem, Row, Settings, find_ratio, make_rows
from benchmarks.harness.report import format_row, format_time
from benchmarks.harness.results import write_record
from benchmarks.problems.dot import python_
from benchmarks.problems.fuzzer.problem import read_counts


def make_row(case, ratio, *, problem="dot", group="affine", fault=""):
    return Row(problem, group, case, "accel", () if fault else (1.0,), "numba", None if fault else ratio, None, fault)


def test_every_call_has_its_turn_in_every_round():
    calls = []
    times = interleave({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, rounds=3)
    assert {name: len(rounds) for name, rounds in times.items()} == {"a": 3, "b": 3}
    assert {"a", "b"} == set(calls)


def test_ratio_is_of_the_fastest_rounds_and_the_spread_of_paired_ones():
    ratio, quartiles = find_ratio([2.0, 4.0, 6.0], [1.0, 2.0, 2.0])
    assert ratio == 2.0
    assert quartiles[0] <= 2.0 <= quartiles[1]
    assert find_ratio([1.0], []) == (None, None)


def test_a_missing_competitor_is_a_loud_row():
    problem = Problem(
        "dot",
        "affine",
        ("python", "absent"),
        measure_kernels,
        {"dot": Case(lambda n: ([1.0] * n, [2.0] * n), full=3)},
        baseline="python",
    )
    rows = measure_kernels(problem, Settings(quick=True))
    assert [row.implementation for row in rows] == ["python", "absent"]
    assert "ModuleNotFoundError" in rows[1].fault
    assert "*** BROKEN OR MISSING" in format_row(rows[1])


def test_a_function_that_is_not_compiled_is_a_fault(monkeypatch):
    monkeypatch.setenv("ACCEL_HINTS", "0")

    def listed(n):
        return [n]

    def doubled(n):
        return 2 * n

    for function, compiled in ((accel.fn(listed), False), (accel.fn(doubled), True), (doubled, True)):
        for _ in range(3):
            function(1)
        if compiled:
            require_compiled(function)
        else:
            with pytest.raises(NotCompiledError, match=r"not compiled: cannot compile .*lists"):
                require_compiled(function)


def test_rows_survive_json():
    (row,) = make_rows(Problem("p", "g", ("numba",), measure_kernels), "c", {"numba": [1.0, 2.0, 3.0]}, {})
    assert Row.from_json(json.loads(json.dumps(row.to_json()))) == row


def test_figures_hold_fall_short_or_were_not_measured():
    figures = {figure.what: figure for figure in find_figures([make_row("dot", 1.0), make_row("axpy", 1.02)])}
    assert len(figures) == 46
    assert figures["affine loops over numba.njit"].verdict == "holds"
    assert figures["matmul, histogram, gather, sieve, collatz"].verdict == "not measured"
    slow = {figure.what: figure for figure in find_figures([make_row("dot", 1.0), make_row("axpy", 1.2)])}
    assert slow["affine loops over numba.njit"].verdict == "falls short"
    broken = {figure.what: figure for figure in find_figures([make_row("dot", 1.0), make_row("axpy", 1.0, fault="KeyError: 1")])}
    assert broken["affine loops over numba.njit"].verdict == "falls short"


def test_record(tmp_path):
    path = write_record([make_row("dot", 1.0)], find_figures([]), Settings(), tmp_path / "record.json")
    record = json.loads(path.read_text())
    assert {"date", "machine", "versions", "commit", "settings", "figures", "rows"} <= set(record)


def test_twins_leave_the_plain_function_plain():
    copy, renamed = twin(python_.dot), renamed_twin(python_.dot)
    assert copy is not python_.dot
    assert renamed.__name__ != "dot"
    assert copy([1.0], [2.0]) == renamed([1.0], [2.0]) == 2.0


def test_units_and_faults():
    assert [format_time(t) for t in (12.0, 1500.0, 2.5e6, 3e9)] == ["12 ns", "1.5 us", "2.5 ms", "3 s"]
    assert describe_fault(ValueError("bad\nmore")) == "ValueError: bad"


def test_totals_of_the_fuzzer_are_read():
    text = "programs     20\ncompiled     12 programs (60 %)\ndifferences  0  seeds []\ncrashes      1  seeds [7]\n"
    assert read_counts(text) == {"programs": 20.0, "compiled": 60.0, "differences": 0.0, "crashes": 1.0}
    assert read_counts("programs 20\n") is None
