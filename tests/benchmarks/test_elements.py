"""Functions of elements: every implementation gives CPython's answer at a small size, wrong ones are found, and figures are judged."""

import ast
import importlib
import math
import pathlib
import shutil

import numpy as np
import pytest

from benchmarks.__main__ import main, parse_arguments
from benchmarks.harness import elements
from benchmarks.harness.check import WrongAnswerError
from benchmarks.harness.elements import check_elements, has_accuracy, load_checked, make_sample, measure_elements
from benchmarks.harness.figures import LANES, find_figures
from benchmarks.harness.load import load
from benchmarks.harness.mojo import find_mojo
from benchmarks.harness.problem import Case, Problem, Row, Settings
from benchmarks.harness.rivals import is_apart
from benchmarks.problems import GROUPS, PROBLEMS

OF_ELEMENTS = [problem for problem in PROBLEMS.values() if problem.measure is measure_elements]


@pytest.mark.parametrize("problem", OF_ELEMENTS, ids=lambda p: p.name)
def test_answers(problem):
    wanted = {name for name in problem.implementations if not is_apart(name) and (name != "ulp" or has_accuracy())}
    for case, how in problem.cases.items():
        functions, faults = load_checked(problem, case, how.make(how.small))
        if shutil.which("gcc") is None:
            wanted -= {"c"}
        if find_mojo() is None:
            wanted -= {"mojo"}
        assert wanted <= set(functions), faults


@pytest.mark.parametrize("problem", [*OF_ELEMENTS, PROBLEMS["ufunc_calls"]], ids=lambda p: p.name)
def test_has_a_file_for_each_implementation(problem):
    folder = pathlib.Path(importlib.import_module(f"benchmarks.problems.{problem.name}").__file__).parent
    for name in problem.implementations:
        ast.parse((folder / f"{name}_.py").read_text())


def test_the_scalar_functions_are_right():
    from benchmarks.problems.elementwise import python_ as plain

    assert plain.day_number(1970, 1, 1) == 0
    assert plain.day_number(2000, 3, 1) == 11017
    assert plain.collatz(27) == 111
    assert plain.newton_root(2.0) == pytest.approx(math.sqrt(2.0), rel=1e-15)
    assert plain.hue(0.0, 1.0, 0.0) == 120.0
    assert plain.hue(1.0, 0.0, 0.5) == 330.0
    assert plain.hue(0.25, 0.25, 0.25) == 0.0
    assert plain.distance(0.0, 0.0, 0.0, math.pi / 2) == pytest.approx(6371.0 * math.pi / 2)
    assert plain.black_scholes(100.0, 100.0, 1.0) == pytest.approx(12.8215813, rel=1e-7)
    assert plain.gelu(0.0) == 0.0


def test_wrong_elements_are_found():
    sample, want = make_sample(lambda a, b: (a + b, a > b), (np.arange(900.0), 3.0))
    assert len(sample) < 900
    right = np.arange(900.0) + 3.0, np.arange(900.0) > 3.0
    check_elements(right, sample, want, exact=True, dtypes=True)
    with pytest.raises(WrongAnswerError, match="elements are float32"):
        check_elements((right[0].astype("f"), right[1]), sample, want, exact=True, dtypes=True)
    with pytest.raises(WrongAnswerError, match="1 results, CPython's are 2"):
        check_elements(right[0], sample, want, exact=True, dtypes=True)
    near = right[0] * (1 + 1e-12), right[1]
    check_elements(near, sample, want, exact=False, dtypes=True)
    with pytest.raises(WrongAnswerError, match="element"):
        check_elements(near, sample, want, exact=True, dtypes=True)
    with pytest.raises(WrongAnswerError, match=r"element 0 is np.float64\(-0.0\)"):
        check_elements(np.array([-0.0]), [0], [np.array([0.0])], exact=True, dtypes=True)


def test_rows_of_elements():
    problem = Problem(
        "elementwise",
        "elements",
        ("numpy", "absent"),
        measure_elements,
        {"gelu": Case(PROBLEMS["elementwise"].cases["gelu"].make, full=50)},
        "numpy",
    )
    rows = measure_elements(problem, Settings(quick=True))
    assert [row.implementation for row in rows] == ["numpy", "absent"]
    assert rows[0].ratio == 1.0
    assert "ModuleNotFoundError" in rows[1].fault


def test_nothing_is_measured_without_the_option(monkeypatch):
    monkeypatch.setattr(elements, "has_accuracy", lambda: False)
    assert measure_elements(PROBLEMS["functions"], Settings(quick=True)) == []


@pytest.mark.parametrize(("rival", "compiler"), [("c", shutil.which("gcc")), ("mojo", find_mojo())])
@pytest.mark.parametrize("case", LANES)
def test_every_variant_gives_the_same_counts(rival, compiler, case):
    if compiler is None:
        pytest.skip(f"no compiler of {rival} on this machine")
    problem = PROBLEMS["mandelbrot_lanes"]
    cr, ci, limit = problem.cases[case].make(13)
    escape, fastest = load(problem, "python", case), load(problem, rival, case)
    want = [escape(a, b, limit) for a, b in zip(cr, ci, strict=True)]
    for name in fastest.variants:
        assert fastest.run(name, cr, ci, limit).tolist() == want, name
    assert fastest(cr, ci, limit).tolist() == want
    assert fastest.best in fastest.variants


def make_row(problem, group, case, implementation, time_ns, ratio=None, fault=""):
    return Row(problem, group, case, implementation, () if fault else (time_ns,), "", ratio, None, fault)


def test_figures_of_ufuncs():
    rows = [
        make_row("mandelbrot_lanes", "lanes over C", case, "accel", 1.0, ratio) for case, ratio in (("f64", 1.0), ("f32", 1.05))
    ]
    rows += [make_row("ufunc_calls", "ufunc calls", "1 element", "accel", 1.0, 1.3)]
    rows += [
        make_row("elementwise", "elements", str(k), name, t)
        for k in range(8)
        for name, t in (("numba", 9.0), ("numpy", 10.0), ("ulp", 2.9))
    ]
    rows += [make_row("elementwise", "elements", str(k), "accel", 1.0, 0.5 + k / 100) for k in range(8)]
    verdicts = {figure.what: figure.verdict for figure in find_figures(rows)}
    assert verdicts["mandelbrot in lanes over C intrinsics"] == "holds"
    assert verdicts["calls of a ufunc over numpy.add"] == "falls short"
    assert verdicts["functions of elements over numba.vectorize"] == "holds"
    assert verdicts["1 ulp: functions of elements over numba"] == "holds"
    assert verdicts["1 ulp: functions of elements over numpy"] == "falls short"
    assert verdicts["1 ulp: exp log sin cos tanh over numpy"] == "not measured"
    broken = [*rows, make_row("elementwise", "elements", "9", "ulp", 0.0, fault="ValueError: wrong")]
    assert {f.what: f.verdict for f in find_figures(broken)}["1 ulp: functions of elements over numba"] == "falls short"


def judge_mojo(accel, mojo, fault=""):
    rows = []
    for case, mine, theirs in zip(LANES, accel, mojo, strict=True):
        rows.append(make_row("mandelbrot_lanes", "lanes over C", case, "accel", mine, fault=fault))
        rows.append(make_row("mandelbrot_lanes", "lanes over C", case, "mojo", theirs, fault="" if theirs else "RuntimeError: no mojo"))
    return {figure.what: figure for figure in find_figures(rows)}["mandelbrot in lanes over Mojo's SIMD"]


def test_the_figure_over_mojo():
    assert judge_mojo((1.0, 2.0), (1.0, 2.5)).verdict == "holds"
    assert judge_mojo((1.0, 2.0), (1.0, 2.5)).measured == "f64 1.00 f32 0.80"
    assert judge_mojo((1.0, 2.0), (2.0, 1.9)).verdict == "falls short"
    assert judge_mojo((1.0, 2.0), (2.0, 0.0)).verdict == "not measured"
    assert judge_mojo((1.0, 2.0), (0.0, 0.0)).verdict == "not measured"
    assert judge_mojo((1.0, 2.0), (0.0, 0.0), fault="KeyError: 1").verdict == "falls short"


def test_a_group_stands_for_its_problems(capsys, tmp_path):
    assert set(GROUPS["vectorize"]) <= set(PROBLEMS)
    assert parse_arguments(["--only", "vectorize"]).only == ["vectorize"]
    with pytest.raises(SystemExit):
        parse_arguments(["--only", "nothing"])
    assert main(["--here", "--quick", "--only", "functions", "functions", "--json", str(tmp_path / "r.json")]) == 0
    assert "record:" in capsys.readouterr().out
