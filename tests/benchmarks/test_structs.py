"""Structs: every implementation gives the plain class's answers, one that does not is found, and the figures are judged."""

import ast
import importlib
import pathlib
import shutil

import pytest

from benchmarks.harness.check import NotCompiledError, WrongAnswerError, check
from benchmarks.harness.figures import STRUCT_CALLS, STRUCT_LOOPS, find_figures
from benchmarks.harness.load import load
from benchmarks.harness.problem import Row
from benchmarks.problems import PROBLEMS
from benchmarks.problems.structs.problem import COLUMNS, STATEMENTS, WAITING, check_statement, prepare, run

STRUCTS = PROBLEMS["structs"]
CALLS, LOOPS = "structs in CPython over a class with slots", "compiled structs over arrays and floats"
LOOPS_OF = {name: WAITING if name == "c" else tuple(COLUMNS) for name in ("flat", "accel", "c")}


def test_has_a_file_for_each_implementation():
    folder = pathlib.Path(importlib.import_module("benchmarks.problems.structs").__file__).parent
    for name in STRUCTS.implementations:
        ast.parse((folder / f"{name}_.py").read_text())


@pytest.mark.parametrize("text", STATEMENTS.values())
def test_statements(text):
    plain, ours = load(STRUCTS, "python", "SPACE"), load(STRUCTS, "accel", "SPACE")
    check_statement(text, ours, plain)
    if text.startswith("Point"):
        with pytest.raises(ValueError, match="the plain class's is"):
            check_statement(text, ours | {"Point": lambda x, y: plain["Point"](x, x)}, plain)


def test_a_method_that_is_not_compiled_is_found():
    class Point:
        class norm:
            class accel:
                compiled, diagnostics = False, ()

            def __new__(cls):
                return 5.0

    with pytest.raises(NotCompiledError):
        check_statement("p.norm()", {"p": Point()}, load(STRUCTS, "python", "SPACE"))


@pytest.mark.parametrize(("name", "function"), [(name, function) for name, all_of in LOOPS_OF.items() for function in all_of])
def test_answers(name, function):
    if name == "c" and shutil.which("gcc") is None:
        pytest.skip("no gcc on this machine")
    for size in (5, STRUCTS.cases[function].small):
        arguments = STRUCTS.cases[function].make(size)
        want = run(STRUCTS, "python", function, arguments)
        for _ in range(2):
            check(run(STRUCTS, name, function, arguments), want, loose=False, types=name == "flat")
    if name != "c":
        assert load(STRUCTS, name, function).accel.compiled


def test_other_contents_are_found():
    arguments = STRUCTS.cases["move"].make(5)
    want = run(STRUCTS, "python", "move", arguments)
    with pytest.raises(WrongAnswerError, match="other contents"):
        check(run(STRUCTS, "accel", "move", (*arguments[:-1], 2e-4)), want, loose=False, types=False)


@pytest.mark.parametrize("name", ["flat", "accel"])
def test_calls_leave_the_arguments_alone(name):
    arguments = STRUCTS.cases["move"].make(5)
    before = [column.tolist() for column in arguments[:-1]]
    call, find_table = prepare(STRUCTS, name, "move", arguments)
    call()
    assert find_table().T.tolist() != before == [column.tolist() for column in arguments[:-1]]


def judge(what, ratios, fault=""):
    rows = [Row("structs", "structs", case, "accel", (1.0,), "flat", ratio) for case, ratio in ratios.items()]
    rows += [Row("structs", "structs", case, "accel", fault=fault) for case in list(ratios)[:1] if fault]
    return {figure.what: figure.verdict for figure in find_figures(rows)}[what]


@pytest.mark.parametrize(("what", "limits"), [(CALLS, STRUCT_CALLS), (LOOPS, STRUCT_LOOPS)])
def test_figures(what, limits):
    assert judge(what, limits | {"energy cached": 9.0}) == "holds"
    assert all(judge(what, limits | {case: limit + 0.01}) == "falls short" for case, limit in limits.items())
    assert judge(what, limits, fault="KeyError: 1") == "falls short"
    assert judge(what, dict(list(limits.items())[1:])) == judge(what, {}) == "not measured"
    assert set(limits) <= {*STATEMENTS, *STRUCTS.cases}
