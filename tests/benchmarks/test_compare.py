"""Two revisions of accel: which code each side runs, samples in pairs, verdicts, faults of one side."""

import os
import random
import subprocess
import sys

import pytest

from benchmarks.__main__ import main
from benchmarks.harness import compare
from benchmarks.harness.compare import (
    Comparison,
    compare_problem,
    is_comparable,
    measure_pair,
    open_sides,
    print_comparisons,
    run_git,
)
from benchmarks.harness.problem import Row, Settings
from benchmarks.harness.process import measure_apart
from benchmarks.harness.rivals import ROOT, RivalError
from benchmarks.problems import PROBLEMS

HISTOGRAM = PROBLEMS["histogram"]
FAST = tuple(10.0 + k % 3 for k in range(14))
SLOW = tuple(12.0 + k % 3 for k in range(14))
ACCEL = """
import types
def fn(function):
    {body}
    function.__dict__["accel"] = types.SimpleNamespace(compiled={compiled}, diagnostics=())
    return function
"""


@pytest.fixture
def folders(tmp_path):
    """Two accels that do nothing."""
    found = {}
    for side in compare.SIDES:
        found[side] = tmp_path / side
        found[side].mkdir()
        (found[side] / "benchmarks").symlink_to(ROOT / "benchmarks")
        put_accel(found[side])
    return found


def put_accel(folder, body="", compiled=True):
    (folder / "accel.py").write_text(ACCEL.format(body=body or "pass", compiled=compiled))


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setitem(PROBLEMS, "histogram", compare.dataclasses.replace(HISTOGRAM, cases={"histogram": compare.dataclasses.replace(HISTOGRAM.cases["histogram"], full=50)}))
    return PROBLEMS["histogram"]


def test_verdicts():
    one = Comparison("dot", "dot", FAST, SLOW)
    assert one.judge(0.01) == "slower" and one.ratio == pytest.approx(13 / 11)
    assert one.quartiles[0] <= one.ratio <= one.quartiles[1]
    assert Comparison("dot", "dot", SLOW, FAST).judge(0.01) == "faster"
    assert Comparison("dot", "dot", FAST, FAST).judge(0.01) == "no difference seen"
    assert Comparison("dot", "dot", FAST[:6], SLOW[:6]).judge(0.01) == "no difference seen", "six pairs can't decide"


def test_the_more_cases_the_surer_a_verdict_has_to_be(capsys):
    weak = Comparison("dot", "weak", (10.0,) * 8, (11.0,) * 8)  # has a probability of 1 in 256
    assert print_comparisons([weak]) == 1
    assert "slower" in capsys.readouterr().out.splitlines()[2]
    assert print_comparisons([weak] * 5) == 0
    assert "no difference seen" in capsys.readouterr().out


def test_the_table(capsys):
    found = [Comparison("dot", "dot", SLOW, FAST), Comparison("axpy", "axpy", fault="old: AttributeError: no fn")]
    assert print_comparisons(found) == 0
    _, heading, first, second, _, mean, meaning = capsys.readouterr().out.splitlines()
    assert heading.split() == ["problem", "case", "old", "new", "ratio", "quartiles", "verdict"]
    assert first.split() == ["dot", "dot", "13", "ns", "11", "ns", "0.846", "0.83", "..", "0.86", "faster"]
    assert "*** BROKEN OR MISSING: old: AttributeError: no fn" in second
    assert "geometric mean 0.846 of 1" in mean and "1% at most" in meaning
    assert print_comparisons([Comparison("axpy", "axpy", fault="new: x")]) == 1


def test_samples_are_pairs(folders, small):
    (one,) = compare_problem(small, folders, Settings(), pairs=2)
    assert one.fault == "" and len(one.old_ns) == len(one.new_ns) == 2 and min(one.old_ns + one.new_ns) > 0.0


@pytest.mark.parametrize(
    ("side", "body", "compiled", "fault"),
    [
        ("old", "raise AttributeError('no such thing')", True, "old: AttributeError: no such thing"),
        ("new", "function = lambda x, bins: None", True, "new: WrongAnswerError: argument 1 is left with other contents than CPython leaves"),
        ("new", "", False, "new: NotCompiledError: not compiled: no reason is given"),
    ],
)
def test_faults_are_of_a_side(folders, small, side, body, compiled, fault):
    put_accel(folders[side], body, compiled)
    (one,) = compare_problem(small, folders, Settings(), pairs=2)
    assert one.fault == fault


@pytest.mark.parametrize("side", compare.SIDES)
def test_who_dies_is_told(folders, small, side):
    put_accel(folders[side], "calls = []; plain = function; function = lambda x, bins: calls.append(1) or (plain(x, bins) if len(calls) < 4 else __import__('os').kill(__import__('os').getpid(), 9))")
    with pytest.raises(RivalError, match=f"^{side}: killed by signal 9$"):
        measure_pair(small, "histogram", small.cases["histogram"].make(50), folders, random.Random(0))


def make_problem_row(case, times=(), fault="", name="accel"):
    return Row("structs", "structs", case, name, times, fault=fault)


def test_a_problem_that_measures_itself_is_run_as_a_whole(monkeypatch, tmp_path):
    asked, folders = [], {side: tmp_path / side for side in compare.SIDES}

    def measure(problem, settings, root):
        asked.append(root.name)
        time_ns = 1.0 if root.name == "new" else 2.0
        rows = [make_problem_row("read", (time_ns, time_ns, 50.0)), make_problem_row("read", (9.0,), name="python"), make_problem_row("absent", fault="x", name="numba")]
        return [*rows, make_problem_row("new", fault="KeyError: 1") if root.name == "old" else make_problem_row("new", (1.0,))]

    monkeypatch.setattr(compare, "measure_apart", measure)
    read, new = compare.compare_whole(PROBLEMS["structs"], folders, Settings(), pairs=8)
    assert (read.case, read.old_ns, read.new_ns, read.judge(0.01)) == ("read", (2.0,) * 8, (1.0,) * 8, "faster")
    assert (new.case, new.fault) == ("new", "old: KeyError: 1")
    assert sorted(asked) == ["new"] * 8 + ["old"] * 8 and asked[::2] != asked[:1] * 8, "which is first is chance"


def test_a_problem_that_can_not_be_measured_is_one_row(monkeypatch, tmp_path):
    monkeypatch.setattr(compare, "measure_apart", lambda problem, settings, root: [make_problem_row("all", fault="ImportError: x", name="all")])
    (one,) = compare.compare_whole(PROBLEMS["structs"], {side: tmp_path / side for side in compare.SIDES}, Settings(), pairs=8)
    assert one.fault.endswith(": ImportError: x")


def test_a_problem_in_a_process_has_the_accel_of_its_root(tmp_path):
    (tmp_path / "benchmarks").symlink_to(ROOT / "benchmarks")
    (tmp_path / "accel.py").write_text("raise ImportError('the other accel')")
    (row,) = measure_apart(PROBLEMS["calls"], Settings(quick=True), tmp_path)
    assert row.fault == "ImportError: the other accel"


def test_each_side_has_its_accel_and_both_the_benchmarks_of_the_working_tree():
    if not (ROOT / ".git").exists():
        pytest.skip("not in a repository")
    with open_sides("HEAD") as sides:
        for side, root in zip(compare.SIDES, (sides["old"].parent / "tree", ROOT)):
            code = "import accel, benchmarks; print(accel.__file__); print(benchmarks.__file__)"
            environment = os.environ | {"PYTHONPATH": str(sides[side])}
            found = subprocess.run([sys.executable, "-P", "-c", code], env=environment, capture_output=True, text=True, check=True, cwd=sides[side]).stdout.split()
            assert [os.path.realpath(path) for path in found] == [os.path.realpath(path) for path in (root / "accel/__init__.py", ROOT / "benchmarks/__init__.py")]
        tree = sides["old"].parent / "tree"
        assert str(tree) in run_git("worktree", "list")
    assert not tree.exists() and str(tree) not in run_git("worktree", "list")


def test_a_revision_that_is_none(capsys):
    with pytest.raises(SystemExit):
        main(["compare", "no-such-revision", "--only", "dot"])
    assert "git: fatal: Needed a single revision" in capsys.readouterr().err


def test_what_can_be_compared():
    names = [name for name, problem in PROBLEMS.items() if is_comparable(problem)]
    assert {"dot", "mandelbrot", "elementwise", "mandelbrot_lanes"} <= set(names)
    whole = [name for name, problem in PROBLEMS.items() if compare.is_whole(problem)]
    assert {"startup", "structs", "calls", "compile_time", "fallback"} <= set(whole) and not set(whole) & set(names)
    assert not {"fuzzer", "language", "functions"} & {*names, *whole}


def test_the_command(folders, small, monkeypatch, capsys):
    if not (ROOT / ".git").exists():
        pytest.skip("not in a repository")

    @compare.contextlib.contextmanager
    def sides(revision):
        assert len(revision) == 40
        yield folders

    monkeypatch.setattr(compare, "open_sides", sides)
    monkeypatch.setattr(compare, "QUICK_PAIRS", 2)
    assert main(["compare", "HEAD", "--quick", "--only", "histogram"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("old: ") and "new: the working tree, " in said and "no difference seen" in said
