"""`--kind vectorize`: nothing differs where nothing is wrong, every planted fault is found, and accel's ufuncs give what the loop gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from accel import vectorize
from tests.differential.__main__ import main
from tests.differential.batches import Options, Summary, run_batches
from tests.differential.columns import random_operands
from tests.differential.compare import compare_program
from tests.differential.decorators import find_decorator
from tests.differential.elementwise import ELEMENTWISE, make_elementwise
from tests.differential.generate import make_program
from tests.differential.makers import column
from tests.differential.planted import PLANTED_UFUNCS
from tests.differential.program import ELEMENTWISE_HEADER, Call, Program, read_program
from tests.differential.shrink import shrink_program
from tests.differential.ufuncs import LoopUfunc, choose_dtype, run_loop, store

_FOUND = {
    "last_bit": "value",
    "narrow": "dtype",
    "wide_ints": "value",
    "other_message": "exception: message",
    "no_exception": "raised or not",
}


def written(body: str, *calls: str) -> Program:
    """A program made of the text of a function."""
    return Program(f"{ELEMENTWISE_HEADER}\n\n@fn\n{body}\n", tuple(map(Call, calls)))


def test_the_loop_does_not_differ_from_itself() -> None:
    programs = [make_elementwise(seed) for seed in range(60)]
    verdicts = [compare_program(program, find_decorator("plain", program)) for program in programs]
    assert [v.difference for v in verdicts] == [None] * 60 and not any(v.skipped for v in verdicts)
    assert 0 < sum(v.raised for v in verdicts) < sum(v.calls for v in verdicts) / 2


@pytest.mark.parametrize("fault", sorted(PLANTED_UFUNCS))
def test_a_planted_fault_is_found(fault: str) -> None:
    kinds: set[str] = set()
    for seed in range(200):
        verdict = compare_program(make_elementwise(seed), PLANTED_UFUNCS[fault])
        kinds |= {verdict.difference.what} if verdict.difference else set()
        if _FOUND[fault] in kinds:
            return
    pytest.fail(f"only {kinds}")


def test_programs_are_the_same_for_the_same_seed_and_can_be_read_back() -> None:
    for seed in range(60):
        program = make_program(seed, ELEMENTWISE)
        assert program == make_elementwise(seed) and program.is_elementwise
        again = read_program(program.text)
        assert again.calls == program.calls and again.is_elementwise
        compile(program.text, "program", "exec")
    assert not make_program(1).is_elementwise


def test_programs_have_what_they_are_to_have() -> None:
    text = "\n".join(make_elementwise(seed).text for seed in range(400))
    wanted = [
        "while ",
        "for i0 in range(",
        "for i1",
        "break",
        "continue",
        "else:",
        "h0(",
        "G0",
        "def make(k0)",
        ": int",
        ": float",
        ": bool",
        "math.",
        "np.sqrt",
    ]
    wanted += [
        " // ",
        " % ",
        " << ",
        " & ",
        "lambda",
        "[::-1]",
        "broadcast_to",
        "swapped(",
        "unaligned(",
        "column('?'",
        "column('b'",
        "column('Q'",
        "column('f'",
        "column('e'",
    ]
    assert [part for part in wanted if part not in text] == []
    loops = [make_elementwise(seed) for seed in range(80)]
    assert sum("return " in p.body and ", " in p.body.rpartition("return ")[2] for p in loops) > 5


@pytest.mark.parametrize("char", "?bBhHiIlLqQefd")
def test_columns(char: str) -> None:
    made = column(char, 200, 7, 0.3)
    assert made.dtype == np.dtype(char) and made.shape == (200,) and column(char, 0, 1).shape == (0,)
    assert made.tobytes() == column(char, 200, 7, 0.3).tobytes()
    limit = True if char == "?" else np.finfo(char).max if char in "efd" else np.iinfo(char).max
    assert (np.isnan(made).any() and np.isinf(made).any()) if char in "efd" else limit in made


def test_operands_fit_together() -> None:
    from random import Random

    scope = {"np": np, "math": __import__("math"), **vars(__import__("tests.differential.makers", fromlist=["column"]))}
    lengths: set[int] = set()
    for seed in range(150):
        for text in random_operands(Random(seed), ["int", "float", "bool"], [True, False, False]):
            arrays = np.broadcast_arrays(*eval(f"({text},)", scope))
            lengths.add(arrays[0].size)
    assert {0, 1, 8, 64} <= lengths and max(lengths) >= 199


def test_what_the_loop_gives() -> None:
    def half(n: int, x):
        if n == 3:
            raise ValueError("three")
        return n * 2**40, x

    loop = run_loop(half, [np.array([1, 2**40, 3, 4]), np.float32(1.5)])
    assert loop.results == [(2**40, np.float32(1.5)), (2**80, np.float32(1.5))] and str(loop.error) == "three"
    assert choose_dtype(loop.column(1)) == np.float32 and choose_dtype(loop.column(0)) == np.int64
    stored, error = store(loop.column(0), np.dtype("l"))
    assert stored.tolist() == [2**40] and isinstance(error, OverflowError)
    with pytest.raises(OverflowError):
        LoopUfunc(half)(np.array([1, 2**40]), 1.5)
    assert [a.dtype.char for a in LoopUfunc(half)(np.array([1, 2]), np.float32(1))] == ["l", "f"]


@pytest.mark.parametrize(
    ("values", "want"),
    [
        ([1, 2.5], "d"),
        ([True], "?"),
        ([np.int8(1), 2], "b"),
        ([np.int32(1), 0.5], "d"),
        ([np.float32(1), 0.5], "f"),
        ([np.uint64(1), np.int64(1)], "d"),
    ],
)
def test_dtypes_of_results(values: list[Any], want: str) -> None:
    assert choose_dtype(values) == np.dtype(want)


def test_results_before_an_exception_are_compared() -> None:
    program = written("def main(x):\n    if x == 5:\n        raise ValueError('five')\n    return x * 2", "np.arange(9.0)")
    assert compare_program(program, vectorize).difference is None

    def forgetful(function: Callable[..., Any]) -> Any:
        made = np.frompyfunc(function, 1, 1)
        return type("Made", (), {"nout": 1, "__call__": lambda self, *a, **k: made(*a)})()

    assert compare_program(program, forgetful).difference is None  # no `out=` to look at
    verdict = compare_program(program, _clearing)
    assert verdict.difference is not None and verdict.difference.what == "results before an exception"


def _clearing(function: Callable[..., Any]) -> Any:
    """A ufunc that raises before it stores anything."""

    def check(x: Any) -> Any:
        return function(x if x > 4 else np.float64(5.0))

    return np.frompyfunc(check, 1, 1)


def test_masked_calls_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    program = written(
        "def main(x):\n    return x * 2 if x > 3 else x", "np.arange(9.0)", "np.arange(40.0)[::-1]", "np.float64(2.0)"
    )
    assert compare_program(program, vectorize).difference is None
    monkeypatch.setattr("tests.differential.ufuncs.fill_of", lambda dtype: next(fills))
    fills = iter(range(1000))  # another one when the comparison asks again: what an element that was overwritten looks like
    verdict = compare_program(program, vectorize)
    assert verdict.difference is not None and verdict.difference.what == "where"


def test_a_difference_is_shrunk_to_its_cause() -> None:
    seed = next(s for s in range(200) if compare_program(make_elementwise(s), PLANTED_UFUNCS["other_message"]).difference)
    small, kind = shrink_program(make_elementwise(seed), PLANTED_UFUNCS["other_message"], 20.0)
    assert kind == "exception: message" and small.is_elementwise and len(small.body) < 400
    assert compare_program(small, PLANTED_UFUNCS["other_message"]).difference
    assert compare_program(small, find_decorator("plain", small)).difference is None


@pytest.mark.slow
def test_a_run_in_children_counts_what_is_in_lanes() -> None:
    found: list[int] = []
    summary = run_batches(Options(12, 1, ELEMENTWISE, 1), lambda seed, text: found.append(seed))
    assert summary.programs == 12 and summary.calls == 60 and not summary.crashes
    assert 0 < summary.in_lanes <= summary.compiled
    assert f"in lanes     {summary.in_lanes} programs" in str(summary)
    assert found == [seed for seed, _ in summary.differences] == []


def test_faults_of_the_compiler_are_counted() -> None:
    summary = Summary()
    row: dict[str, Any] = {
        "calls": 1,
        "raised": 0,
        "compiled": False,
        "in_lanes": False,
        "exits": {},
        "skipped": "",
        "difference": "",
    }
    summary.add(row | {"seed": 7, "refusals": ["the compiler failed on `main`: RuntimeError('LLVM IR parsing error"]})
    summary.add(row | {"seed": 8, "refusals": ["cannot compile `main`"]})
    assert "faults       1 of the compiler, which left these to CPython: seeds [7]" in str(summary)


def test_the_command_shows_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--kind", ELEMENTWISE, "--show", "1"]) == 0
    assert "no difference" in capsys.readouterr().out
    assert main(["--kind", ELEMENTWISE, "--show", "1", "--decorator", "plain"]) == 0


@pytest.mark.parametrize("name", ["x86-64", "x86-64-v3"])
def test_other_processors(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCEL_CPU", name)
    for seed in range(3):
        program = make_elementwise(seed)
        assert compare_program(program, find_decorator("accel", program)).difference is None
