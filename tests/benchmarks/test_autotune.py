"""The benchmark of tuned calls: its kernels give the same whatever is chosen, and its figures are judged by what was measured."""

import numpy as np
import pytest

from accel.tuning import Space
from benchmarks.harness.figures import find_figures
from benchmarks.harness.problem import Row
from benchmarks.problems.autotune.kernels import KERNELS


@pytest.mark.parametrize("name", KERNELS)
def test_candidates_give_the_same(name):
    function, searched, make, *_ = KERNELS[name]
    space = Space({parameter: domain for parameter, domain in searched.items() if parameter != "default"})
    found = []
    for candidate in (space.default, *space.neighbours(space.default), tuple(size - 1 for size in space.sizes)):
        arguments = make(70)
        found.append((function(*arguments, **space.arguments(candidate)), [x.tobytes() for x in arguments]))
    assert all(one == found[0] for one in found)
    if name == "sort":
        assert np.array_equal(arguments[1], np.sort(arguments[0]))


def make_row(case, name, time_ns, ratio=None, fault=""):
    return Row("autotune", "tuned calls", case, name, (time_ns,) * 3, ratio=ratio, fault=fault)


def verdict(what, rows):
    return next(figure.verdict for figure in find_figures(rows) if figure.what.startswith(what))


@pytest.mark.parametrize("case, what, unit_ns, most", [("decided", "a decided call", 1.0, 60.0), ("first call", "a new process that finds", 1e6, 2.0)])
def test_what_is_added(case, what, unit_ns, most):
    def judged(added, fault=""):
        return verdict(what, [make_row(case, "fn", 100 * unit_ns), make_row(case, "tuned", (100 + added) * unit_ns, fault=fault)])

    assert (judged(most), judged(most + 1), judged(0, "ValueError: x"), verdict(what, [])) == ("holds", "falls short", "falls short", "not measured")


def test_sizes_not_seen():
    def judged(*ratios, fault=""):
        return verdict("tuned over default", [make_row(f"unseen {k}", "tuned", 1.0, ratio, fault) for k, ratio in enumerate(ratios)])

    assert (judged(0.8, 0.9), judged(0.9, 0.95), judged(0.5, 1.06), judged(0.5, fault="x")) == ("holds", "falls short", "falls short", "falls short")
    assert verdict("tuned over default", []) == "not measured"
