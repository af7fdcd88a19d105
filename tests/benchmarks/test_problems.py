"""Every problem has its files, and its implementations agree at a small size."""

import ast
import importlib
import pathlib
import shutil

import numpy as np
import pytest

from benchmarks.harness.check import WrongAnswerError, agree, check, run_fresh
from benchmarks.harness.kernels import measure_kernels
from benchmarks.harness.load import load
from benchmarks.problems import PROBLEMS

KERNELS = [problem for problem in PROBLEMS.values() if problem.measure is measure_kernels and problem.name != "fallback"]
RIVALS = [(p, name) for p in KERNELS for name in p.implementations if name in ("numpy", "c", "accel")]


@pytest.mark.parametrize(("problem", "implementation"), RIVALS, ids=lambda x: getattr(x, "name", x))
def test_answer(problem, implementation):
    if implementation == "c" and shutil.which("gcc") is None:
        pytest.skip("no gcc on this machine")
    for case, how in problem.cases.items():
        arguments = how.make(how.small)
        want = run_fresh(load(problem, "python", case), arguments)
        got = run_fresh(load(problem, implementation, case), arguments)
        check(got, want, loose=implementation in problem.loose, types=implementation == "accel")


@pytest.mark.parametrize("problem", KERNELS, ids=lambda p: p.name)
def test_has_a_file_for_each_implementation(problem):
    folder = pathlib.Path(importlib.import_module(f"benchmarks.problems.{problem.name}").__file__).parent
    for name in problem.implementations:
        ast.parse((folder / f"{name}_.py").read_text())


@pytest.mark.parametrize("name", PROBLEMS["fallback"].cases)
def test_dynamic_program(name):
    plain, decorated = (load(PROBLEMS["fallback"], how, name) for how in ("python", "accel"))
    want = plain()
    for _ in range(3):
        got = decorated()
        assert got == want
        assert type(got) is type(want)


def test_wrong_answers_are_found():
    x = np.arange(3.0)
    assert agree(x, x.copy(), loose=False)
    assert agree(np.nan, np.nan, loose=False)
    assert not agree(x, x + 1e-12, loose=False)
    assert agree(x, x + 1e-13, loose=True)
    assert not agree(None, 1.0, loose=True)
    with pytest.raises(WrongAnswerError, match="answer is float, CPython's is int"):
        check((1.0, ()), (1, ()), loose=False, types=True)
    with pytest.raises(WrongAnswerError, match="answer is 2, CPython's is 1"):
        check((2, ()), (1, ()), loose=False, types=True)
    with pytest.raises(WrongAnswerError, match="argument 0 is left with other contents"):
        check((None, (x,)), (None, (x + 1,)), loose=False, types=True)
