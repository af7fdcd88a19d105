"""SIMD values: every implementation gives CPython's answer at a small size, with every width, one that does not is found, and figures are judged."""

import ast
import importlib
import pathlib
import shutil

import numpy as np
import pytest

import accel
from benchmarks.harness.check import WrongAnswerError, check, run_fresh
from benchmarks.harness.figures import LANES, find_figures
from benchmarks.harness.load import load
from benchmarks.harness.mojo import find_mojo
from benchmarks.harness.problem import Row
from benchmarks.problems import GROUPS, PROBLEMS
from benchmarks.problems.dot_simd.problem import check_sum
from benchmarks.problems.mandelbrot_simd.problem import check_counts
from benchmarks.problems.nbody_unrolled.problem import find_energy

MANDELBROT, NBODY, DOT = (PROBLEMS[name] for name in GROUPS["simd"])


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


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) if name == "flat" else name for name in NBODY.implementations])
def test_nbody(name):
    function, arguments = load_or_skip(NBODY, name, "nbody"), NBODY.cases["nbody"].make(1000)
    want = run_fresh(load(NBODY, "python", "nbody"), arguments)
    for _ in range(2):
        check(run_fresh(function, arguments), want, loose=name == "mojo", types=False)
    if name == "mojo":
        for way in function.ways:
            check(run_fresh(lambda *mine, way=way: function.run(way, *mine), arguments), want, loose=True, types=False)
    if name in ("accel", "flat"):
        assert function.accel.compiled


def test_the_energy_stays():
    p, v, m, steps, dt = NBODY.cases["nbody"].make(1000)
    assert find_energy(p, v, m) == pytest.approx(-0.169075164, abs=1e-9)
    load(NBODY, "accel", "nbody")(p, v, m, steps, dt)
    assert find_energy(p, v, m) == pytest.approx(-0.169087605, abs=1e-9)


def test_figures_of_nbody():
    over_numba, over_mojo = "n-body, pairs written out, over numba", "n-body, pairs written out, over Mojo"

    def make_rows(ratio, mojo, fault=""):
        rows = [make_row("nbody_unrolled", "unrolled over numba", "nbody", "accel", 1.0, ratio, fault)]
        return rows + [make_row("nbody_unrolled", "unrolled over numba", "nbody", "mojo", mojo)]

    assert judge(over_numba, make_rows(0.75, 1.0)) == judge(over_mojo, make_rows(0.75, 1.0)) == "holds"
    assert judge(over_numba, make_rows(0.76, 1.0)) == judge(over_mojo, make_rows(0.75, 0.9)) == "falls short"
    assert judge(over_numba, make_rows(0.5, 2.0, "KeyError: 1")) == judge(over_mojo, make_rows(0.5, 2.0, "KeyError: 1")) == "falls short"
    assert judge(over_numba, []) == judge(over_mojo, []) == "not measured"


@pytest.mark.parametrize("size", [0, 1, 77, 1000])
@pytest.mark.parametrize("case", DOT.cases)
@pytest.mark.parametrize("name", DOT.implementations)
def test_dot(name, case, size):
    function, arguments = load(DOT, name, case), DOT.cases[case].make(size)
    for _ in range(2):
        got = function(*arguments)
        check_sum(DOT, case, got, arguments)
    if name == "accel":
        assert function.accel.compiled
        with accel.disabled():
            assert function(*arguments) == got


def test_other_sums_are_found():
    arguments = DOT.cases["bf16"].make(77)
    with pytest.raises(WrongAnswerError, match="the exact one"):
        check_sum(DOT, "bf16", load(DOT, "accel", "bf16")(*arguments) + 1e-4, arguments)
    with pytest.raises(WrongAnswerError, match="the copy is another one"):
        check_sum(DOT, "bf16", None, arguments)


def test_no_kernel_chosen_by_hand(monkeypatch):
    module = importlib.import_module("benchmarks.problems.dot_simd.numpy_")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    with pytest.raises(RuntimeError, match="OPENBLAS_CORETYPE is set"):
        importlib.reload(module)


def test_figures_of_dot():
    over_numpy, rate = "dot of 4096 float32 over NumPy's a @ b", "dot of bfloat16: bytes read over copied"

    def make_rows(mine, fault=""):
        rows = [make_row("dot_simd", "dot", case, "accel", mine, None, fault) for case in DOT.cases]
        return rows + [make_row("dot_simd", "dot", case, "numpy", 10.0) for case in DOT.cases]

    assert judge(over_numpy, make_rows(13.0)) == judge(rate, make_rows(12.5)) == "holds"
    assert judge(over_numpy, make_rows(13.1)) == judge(rate, make_rows(12.6)) == "falls short"
    assert judge(over_numpy, make_rows(1.0, "KeyError: 1")) == judge(rate, make_rows(1.0, "KeyError: 1")) == "falls short"
    assert judge(over_numpy, []) == judge(rate, []) == "not measured"
