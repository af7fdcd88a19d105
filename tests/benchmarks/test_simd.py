"""SIMD values: every implementation gives CPython's answer at a small size, with every width, one that does not is found, and figures are judged."""

import ast
import importlib
import pathlib
import shutil

import numpy as np
import pytest

from benchmarks.harness.check import WrongAnswerError
from benchmarks.harness.figures import LANES, find_figures
from benchmarks.harness.load import load
from benchmarks.harness.mojo import find_mojo
from benchmarks.harness.problem import Row
from benchmarks.problems import GROUPS, PROBLEMS
from benchmarks.problems.mandelbrot_simd.problem import check_counts

MANDELBROT = PROBLEMS["mandelbrot_simd"]


def load_or_skip(problem, name, case):
    if name == "c" and shutil.which("gcc") is None:
        pytest.skip("no gcc on this machine")
    if name == "mojo" and find_mojo() is None:
        pytest.skip("no mojo on this machine")
    return load(problem, name, case)


def judge(what, rows):
    return {figure.what: figure.verdict for figure in find_figures(rows)}[what]


def make_row(problem, group, case, implementation, time_ns, ratio=None, fault=""):
    return Row(problem, group, case, implementation, () if fault else (time_ns,), "", None if fault else ratio, None, fault)


@pytest.mark.parametrize("name", GROUPS["simd"])
def test_has_a_file_for_each_implementation(name):
    folder = pathlib.Path(importlib.import_module(f"benchmarks.problems.{name}").__file__).parent
    for implementation in (*PROBLEMS[name].implementations, "python"):
        ast.parse((folder / f"{implementation}_.py").read_text())


@pytest.mark.parametrize("case", LANES)
@pytest.mark.parametrize("name", MANDELBROT.implementations)
def test_mandelbrot(name, case):
    fastest = load_or_skip(MANDELBROT, name, case)
    points = MANDELBROT.cases[case].make(13)
    want = load(MANDELBROT, "python", case)(*points)
    for variant in fastest.variants:
        check_counts(fastest.run(variant, *points), want)
    check_counts(fastest(*points), want)
    if name == "accel":
        assert fastest.accel.compiled


def test_other_counts_are_found():
    with pytest.raises(WrongAnswerError, match="1 of 3 counts are not CPython's"):
        check_counts(np.array([1, 2, 4]), np.array([1, 2, 3]))


def test_figures_of_mandelbrot():
    over_c, over_mojo = "mandelbrot with SIMD values over C", "mandelbrot with SIMD values over Mojo"

    def make_rows(ratio, mojo, fault=""):
        rows = [make_row("mandelbrot_simd", "simd over C", case, "accel", 1.0, ratio, fault) for case in LANES]
        return rows + [make_row("mandelbrot_simd", "simd over C", case, "mojo", mojo) for case in LANES]

    assert judge(over_c, make_rows(1.05, 1.0)) == judge(over_mojo, make_rows(1.05, 1.0)) == "holds"
    assert judge(over_c, make_rows(1.06, 1.0)) == judge(over_mojo, make_rows(1.05, 0.9)) == "falls short"
    assert judge(over_c, make_rows(1.0, 1.0, "KeyError: 1")) == judge(over_mojo, make_rows(1.0, 1.0, "KeyError: 1")) == "falls short"
    assert judge(over_c, []) == judge(over_mojo, []) == "not measured"
