"""Implementations in other processes: environments are made and found, answers are checked, rounds are timed there, what dies is told."""

import dataclasses
import os
import shutil
import sys

import numpy as np
import pytest

from benchmarks.harness import apart, check, environments, kernels, rivals, worker
from benchmarks.harness.apart import Apart, load_apart, make_link
from benchmarks.harness.check import NotCompiledError, WrongAnswerError, run_fresh
from benchmarks.harness.load import load
from benchmarks.harness.measure import interleave
from benchmarks.harness.mojo import find_mojo
from benchmarks.harness.problem import Settings
from benchmarks.harness.rivals import RIVALS, ROOT, Rival, RivalError, find_home, find_program, is_apart
from benchmarks.problems import PROBLEMS

HISTOGRAM = PROBLEMS["histogram"]
USED = [(p, name) for p in PROBLEMS.values() for name in p.implementations if name in RIVALS and is_apart(name)]


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("ACCEL_BENCH_HOME", str(tmp_path))
    monkeypatch.setattr(apart, "_links", {})
    yield tmp_path
    for link in apart._links.values():
        link.close()


def put_environment(home, name, *lines):
    """An environment whose Python is this one."""
    programs = home / name / "bin"
    programs.mkdir(parents=True)
    (programs / "python").write_text("\n".join(["#!/bin/sh", *lines, f'exec "{sys.executable}" "$@"', ""]))
    (programs / "python").chmod(0o755)
    rivals.mark_of(name).write_text("made")


def test_where_environments_are(home, monkeypatch):
    assert find_home() == home
    monkeypatch.delenv("ACCEL_BENCH_HOME")
    assert find_home() == ROOT / ".bench"


def test_who_runs_apart(monkeypatch):
    assert not any(map(is_apart, ("python", "accel", "c", "numpy", "numba", "mojo")))
    assert is_apart("jax") and is_apart("torch")
    monkeypatch.setattr(rivals.importlib.util, "find_spec", lambda name: None)
    assert is_apart("numba") and is_apart("scipy") and not is_apart("mojo")


def test_a_rival_without_its_environment_is_a_fault(home):
    problem = dataclasses.replace(HISTOGRAM, implementations=("numpy", "jax"))
    rows = kernels.measure_kernels(problem, Settings(quick=True))
    assert [(row.implementation, row.fault) for row in rows] == [("numpy", ""), ("jax", "not set up here (scripts/bench-setup --only jax)")]


def test_a_call_apart(home, monkeypatch):
    put_environment(home, "numpy")
    monkeypatch.setitem(RIVALS, "numpy", Rival(("numpy",), "numpy"))
    arguments = HISTOGRAM.cases["histogram"].make(1000)
    function = load(HISTOGRAM, "numpy", "histogram")
    assert isinstance(function, Apart)
    for _ in range(2):
        answer, (x, bins) = run_fresh(function, arguments)
        assert answer is None and (x == arguments[0]).all() and bins.sum() == 1000
    assert not arguments[1].any(), "ours are left alone"
    assert function.first_ns > 0.0
    times = interleave({"here": lambda: None, "apart": function.bind(arguments)}, rounds=3)
    assert len(times["apart"]) == len(times["here"]) == 3 and min(times["apart"]) > 0.0
    assert load(HISTOGRAM, "numpy", "histogram").link is function.link, "one process for a problem and a rival"
    with pytest.raises(RivalError, match="AttributeError: .* has no attribute 'other'"):
        load(HISTOGRAM, "numpy", "other")


def test_arguments_are_sent_once(home):
    put_environment(home, "jax")
    link = apart.Link(str(find_program("jax", "python")), os.environ | {"PYTHONPATH": str(ROOT)})
    asked, ask = [], link.ask
    link.ask = lambda command, **arguments: asked.append(command) or ask(command, **arguments)
    function = Apart(link, "dot", "numpy", "dot")
    x, y = np.arange(4.0), np.ones(4)
    assert [run_fresh(function, one)[0] for one in ((x, y), (x, y), (x, 2 * y))] == [6.0, 6.0, 12.0]
    with pytest.raises(TypeError, match="timed by what `bind` gives"):
        function(x, y)
    assert asked == ["load", "take", "fresh", "fresh", "take", "fresh"]
    link.close()
    assert not os.path.exists(link.folder)


def test_a_wrong_answer_from_there_is_one(home):
    put_environment(home, "numpy")
    function = load_named_apart("numpy", "dot", "dot")
    found = run_fresh(function, (np.ones(3), np.ones(3)))
    with pytest.raises(WrongAnswerError, match="answer is .*3.0.*, CPython's is 4.0"):
        check.check(found, (4.0, ()), loose=True, types=False)


def load_named_apart(rival, problem, case):
    RIVALS.setdefault(rival, Rival((rival,), rival))
    try:
        return load_apart(problem, rival, case)
    finally:
        RIVALS.pop(rival)


def test_a_process_that_does_not_start_says_why(home):
    put_environment(home, "jax", "echo first >&2; echo 'no such library' >&2; exit 3")
    with pytest.raises(RivalError, match="^no such library$"):
        load_apart("dot", "jax", "dot")


def test_a_process_that_dies_costs_its_own_row_only(home, monkeypatch):
    put_environment(home, "numpy")
    monkeypatch.setitem(RIVALS, "numpy", Rival(("numpy",), "numpy"))
    function = load(HISTOGRAM, "numpy", "histogram")
    call = function.bind(HISTOGRAM.cases["histogram"].make(10))
    function.link.process.kill()
    faults = {}
    times = interleave({"here": lambda: None, "apart": call}, rounds=3, faults=faults)
    assert faults == {"apart": "killed by signal 9"} and len(times["here"]) == 3 and times["apart"] == []
    with pytest.raises(RivalError, match="killed by signal 9"):
        interleave({"apart": call}, rounds=1)
    again = load(HISTOGRAM, "numpy", "histogram")
    assert again.link is not function.link, "the next case has a new process"
    function.link.close()


def test_a_process_that_hangs_is_ended_by_its_alarm(home, monkeypatch):
    put_environment(home, "jax", "exec 'sh' -c 'kill -ALRM $$'")
    with pytest.raises(RivalError, match="took longer than 300 s"):
        load_apart("dot", "jax", "dot")


def test_functions_under_accel_have_to_be_compiled_there(tmp_path):
    link = make_link(ROOT, tmp_path)
    compiled = Apart(link, "dot", "accel", "dot")
    for _ in range(2):
        assert run_fresh(compiled, (np.ones(3), np.ones(3)))[0] == 3.0
    check.require_compiled(compiled)
    function = Apart(link, "fallback", "accel", "generator")
    run_fresh(function, ())
    with pytest.raises(RivalError, match="NotCompiledError: not compiled"):
        check.require_compiled(function)
    link.close()
    assert issubclass(NotCompiledError, Exception)


def test_what_a_library_prints_is_no_answer(capfd, monkeypatch):
    monkeypatch.setattr(worker.Worker, "load", lambda self, **names: print("noise") or {"time_ns": 1})
    monkeypatch.setattr(sys, "stdin", ['["load", {}]\n', '["nonsense", {}]\n'])
    monkeypatch.setattr(worker, "skip_table", lambda: None)
    monkeypatch.setattr(worker.gc, "disable", lambda: None)
    saved = os.dup(1)
    try:
        worker.main()
    finally:
        os.dup2(saved, 1)
        os.close(saved)
    answers = capfd.readouterr().out.splitlines()
    assert [line for line in answers if line.startswith("{")] == ['{"time_ns": 1}', '{"fault": "AttributeError: \'Worker\' object has no attribute \'nonsense\'"}']


@pytest.mark.parametrize(("problem", "name"), USED, ids=lambda x: getattr(x, "name", x))
def test_each_rival_has_a_file(problem, name):
    assert (ROOT / "benchmarks" / "problems" / problem.name / f"{name}_.py").is_file()


@pytest.mark.slow
@pytest.mark.parametrize(("problem", "name"), USED, ids=lambda x: getattr(x, "name", x))
def test_each_rival_is_right(problem, name):
    if find_program(name, "python") is None:
        pytest.skip(f"{name} is not set up here")
    from benchmarks.harness import elements

    how = elements.load_checked if problem.measure is elements.measure_elements else kernels.load_checked
    for case, made in problem.cases.items():
        functions, faults = how(dataclasses.replace(problem, implementations=(name,)), case, made.make(made.small))
        assert list(functions) == [name] and faults == {}


def test_environments_are_made_once(home, monkeypatch):
    steps = []

    def run(command, said, limit_s=None):
        steps.append(command[1:] if "pip" not in command else command[2:4])
        if "venv" in command:
            put_folder = home / "taichi" / "bin"
            put_folder.mkdir(parents=True)

    monkeypatch.setattr(environments, "run_step", run)
    assert environments.make_environment("taichi")
    assert steps == [["-m", "venv", str(home / "taichi")], ["pip", "install"], ["-c", "import taichi"]]
    assert not environments.make_environment("taichi") and len(steps) == 3
    monkeypatch.setitem(RIVALS, "taichi", Rival(("taichi==1",), "taichi"))
    assert environments.make_environment("taichi") and len(steps) == 6, "another recipe"


def test_an_environment_that_fails_is_left_out(home, capsys):
    def run(command, said, limit_s=None):
        shutil.os.makedirs(home / "codon", exist_ok=True)
        raise environments.subprocess.CalledProcessError(1, command)

    real, environments.run_step = environments.run_step, run
    try:
        assert environments.main(["--only", "codon"]) == 1
    finally:
        environments.run_step = real
    assert f"codon: left out: codon can't be installed (needs Codon itself: set CODON_DIR); {home}/codon.log says why" in capsys.readouterr().out
    assert not (home / "codon").exists() and (home / "codon.log").exists()


def test_without_names_a_failure_is_no_error(home, capsys):
    def make(name):
        if name == "codon":
            raise RivalError("codon can't be installed")
        return name != "jax"

    assert environments.main([], make) == 0
    said = capsys.readouterr().out.splitlines()
    assert len(said) == len(RIVALS) and "codon: left out: codon can't be installed" in said
    assert "jax: is there" in said and "torch: made" in said


def test_mojo_of_the_environment(home, monkeypatch):
    monkeypatch.setenv("PATH", str(home))
    monkeypatch.delenv("ACCEL_MOJO", raising=False)
    put_environment(home, "mojo")
    assert find_mojo() is None
    shutil.copy(home / "mojo" / "bin" / "python", home / "mojo" / "bin" / "mojo")
    assert find_mojo() == str(home / "mojo" / "bin" / "mojo")
