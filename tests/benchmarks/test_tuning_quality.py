"""Searches of stored landscapes: the files are of the kernels' spaces, the kernels are right, and the figure is judged."""

from random import Random

import pytest

from benchmarks.harness.figures import find_figures
from benchmarks.harness.problem import Row, Settings
from benchmarks.problems import PROBLEMS
from benchmarks.problems.tuning_quality import landscape as landscapes
from benchmarks.problems.tuning_quality.landscape import KERNELS, Landscape, compile_variant, load_kernel, load_landscape
from benchmarks.problems.tuning_quality.problem import SHARE, find_quality
from benchmarks.problems.tuning_quality.replay import find_excess, replay


@pytest.mark.parametrize("name", KERNELS)
def test_landscape_is_of_the_space(name):
    found = load_landscape(name)
    assert 200 <= len(found.space) <= 5000 and list(found.times) == list(found.space)
    assert min(map(len, found.times.values())) >= 5
    assert found.time_ns(min(found.times, key=found.time_ns)) == found.optimum_ns


@pytest.mark.parametrize("name", KERNELS)
def test_the_default_of_each_kernel_is_right(name):
    module = load_kernel(name)
    arguments = module.make()
    assert module.is_right(arguments, compile_variant(module)(*arguments, **module.SPACE.arguments(module.SPACE.default)))
    again = module.make()
    assert not module.is_right(again, None)


def test_another_space_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(landscapes, "FOLDER", tmp_path)
    text = (landscapes.Path(__file__).parents[2] / "benchmarks" / "results" / "landscapes" / "sort.json").read_text()
    (tmp_path / "sort.json").write_text(text.replace("Int(2, 64)", "Int(2, 65)"))
    with pytest.raises(ValueError, match="the landscape of sort is of another space"):
        load_landscape("sort")


def test_measurements_are_stored_ones():
    found = load_landscape("sort")
    history = replay(found, "racing", trials=40, seed=3)
    assert 1 < history.count <= 40
    assert all(time in found.times[c] for c, times in history.times_ns.items() for time in times)
    assert find_excess(found, history) >= 0.0
    assert replay(found, "racing", trials=40, seed=3).times_ns == history.times_ns


def test_quality_of_a_landscape_that_is_known():
    space = load_landscape("sort").space
    known = Landscape(space, {c: [100.0 + 10 * i] for i, c in enumerate(space)}, "none")
    assert known.sample((0, 0, 1), Random(1)) == 110.0
    found = find_quality(known, "random", 10)
    assert found["candidates"] == len(space) and found["measurements"] <= SHARE * len(space)
    assert found["default %"] == 0.0 and found["within"] == 1.0


def test_rows_and_a_fault():
    problem = PROBLEMS["tuning_quality"]
    rows = problem.measure(landscapes_only("random"), Settings(quick=True))
    assert [row.case for row in rows] == list(KERNELS) and not any(row.fault for row in rows)
    broken = problem.measure(landscapes_only("none"), Settings(quick=True))
    assert all("none" in row.fault for row in broken)


def landscapes_only(strategy):
    from dataclasses import replace

    return replace(PROBLEMS["tuning_quality"], implementations=(strategy,))


def judge(*rows):
    return next(f for f in find_figures(rows) if f.what == "tuning, racing: within 5 % of the best")


def test_the_figure_is_of_the_worst_kernel():
    def row(case, share):
        return Row("tuning_quality", "tuning quality", case, "racing", figures={"within": share})

    assert judge(row("sort", 1.0), row("matmul", 0.9)).verdict == "holds"
    assert judge(row("sort", 1.0), row("matmul", 0.89)).verdict == "falls short"
    assert judge().verdict == "not measured"
    assert judge(row("sort", 1.0), Row("tuning_quality", "tuning quality", "matmul", "racing", fault="ValueError: x")).verdict == "not measured"
