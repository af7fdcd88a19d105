"""Copies of functions for values known while compiling: as many as there are candidates."""

import numpy as np
import pytest

import accel
from accel import Comptime
from accel.dispatch.dispatcher import find_dispatcher
from accel.tuning import Record, Space
from accel.tuning.variants import Variants


@accel.fn
def scaled(x, *, factor: Comptime[int] = 1, shift=0):
    total = 0
    for i in range(len(x)):
        total += x[i] * factor + shift
    return total


@pytest.mark.slow
def test_each_combination_has_machine_code_of_its_own():
    space = Space({"factor": list(range(18)), "shift": [0, 1]})
    variants, x = Variants(scaled, space), np.arange(5)
    for candidate in space:
        arguments = space.arguments(candidate)
        function = variants.find(arguments)
        assert [function(x, **arguments) for _ in range(3)] == [10 * arguments["factor"] + 5 * arguments["shift"]] * 3
        assert variants.find(arguments | {"shift": 1}) is function and len(find_dispatcher(function).entries) >= 1
    assert variants.find(space.arguments(space.default)) is scaled
    assert variants.find({"factor": True, "shift": 0}) is not variants.find({"factor": 1, "shift": 0})


def test_functions_without_such_values_are_themselves():
    @accel.fn
    def plain(x, *, shift=0):
        return x + shift

    space = Space({"shift": [0, 1]})
    assert Variants(plain, space).find({"shift": 1}) is plain
    assert Variants(len, space).find({"shift": 1}) is len


@pytest.mark.slow
def test_a_search_over_more_candidates_than_a_function_may_have(tmp_path, monkeypatch):
    monkeypatch.setenv("ACCEL_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("ACCEL_PROGRESS", "0")

    @accel.autotune(extra=list(range(24, -1, -1)), budget="60 trials", strategy="exhaustive")
    @accel.fn
    def work(x, *, extra: Comptime[int] = 24):
        total = 0
        for i in range(len(x)):
            for _ in range(extra * 40 + 1):
                total += 1
            total += x[i] - extra * 40
        return total

    x = np.arange(2000)
    assert work(x) == int(x.sum()) + 2000 and work.tuning.choose(x)["extra"] < 6
    (entry,) = Record().entries()
    times = {arguments["extra"]: outcome for arguments, outcome in entry.tried}
    assert len(times) == 25 and all(isinstance(time, float) for time in times.values())
