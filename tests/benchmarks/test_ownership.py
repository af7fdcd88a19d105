"""Calls inside `accel.disabled()`: functions that do not check are found, and the figure is judged."""

import ast
import importlib
import pathlib

import pytest

import accel
from benchmarks.harness.figures import find_figures
from benchmarks.harness.load import load
from benchmarks.harness.problem import Row
from benchmarks.problems import PROBLEMS
from benchmarks.problems.ownership.problem import STATEMENTS, check_space

OWNERSHIP = PROBLEMS["ownership"]


@pytest.mark.parametrize("name", OWNERSHIP.implementations)
def test_each_implementation(name):
    folder = pathlib.Path(importlib.import_module("benchmarks.problems.ownership").__file__).parent
    ast.parse((folder / f"{name}_.py").read_text())
    space = dict(load(OWNERSHIP, name, "SPACE"))
    with accel.disabled():
        check_space(space, name)
        for texts in STATEMENTS.values():
            for _ in range(3):
                exec(texts.get(name) or texts[""], space)
    for other in set(OWNERSHIP.implementations) - {name}:
        with pytest.raises(ValueError, match="refused are"), accel.disabled():
            check_space(space, other)


def judge(borrowed, plain, fault=""):
    times = {"Borrowed": (borrowed, plain), "Inout, Inout": (60.0, 55.0), "Owned": (60.0, 60.0), "Owned, move": (150.0, 60.0)}
    rows = [
        Row("ownership", "ownership", case, name, () if fault else (time, time + 9.0), fault=fault)
        for case, pair in times.items()
        for name, time in zip(("accel", "types"), pair, strict=True)
    ]
    return next(figure for figure in find_figures(rows) if figure.what == "checks of ownership in CPython")


def test_the_figure_is_of_nanoseconds():
    assert judge(150.0, 60.0).verdict == "holds" and judge(150.0, 40.0).verdict == "falls short"
    assert judge(150.0, 60.0, fault="KeyError: 1").verdict == "falls short"
    assert judge(150.0, 60.0).measured == "Borrowed 90.00 Inout, Inout 5.00 Owned 0.00 Owned, move 90.00"
    assert {f.what: f.verdict for f in find_figures([])}["checks of ownership in CPython"] == "not measured"
