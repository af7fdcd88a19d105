"""The fuzzer finds faults planted on purpose, shrinks them, survives crashes, and finds nothing where nothing is wrong."""

from __future__ import annotations

import ast
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import accel
from tests.differential.batches import Options, run_batches
from tests.differential.compare import compare_program, plain
from tests.differential.counters import find_methods
from tests.differential.decorators import find_decorator
from tests.differential.describe import describe
from tests.differential.generate import KINDS, make_program
from tests.differential.planted import PLANTED
from tests.differential.program import HEADER, STRUCTS_HEADER, load_program, read_program, write_program
from tests.differential.shrink import classify, shrink_program
from tests.differential.simd import SIMD
from tests.differential.structs import TYPES

_FOUND = {"wrong_value": "value", "wrong_type": "type", "wrong_message": "exception: message", "wrong_line": "exception: line"}
_FOUND |= {"lost_store": "arguments", "lost_warning": "warnings", "frozen_global": "value"}
_FOUND |= {"lost_record": "arguments", "wrong_field": "value"}
_KIND = {"lost_store": "arrays", "lost_warning": "arrays", "wrong_type": "calls", "lost_record": TYPES, "wrong_field": TYPES}


@pytest.mark.parametrize("kind", [*KINDS, TYPES, SIMD])
def test_plain_programs_do_not_differ(kind: str) -> None:
    verdicts = [compare_program(make_program(seed, kind), plain) for seed in range(24)]
    assert [v.difference for v in verdicts] == [None] * 24
    assert sum(v.raised for v in verdicts) < sum(v.calls for v in verdicts) / 2


@pytest.mark.parametrize("fault", sorted(_FOUND))
def test_a_planted_fault_is_found(fault: str) -> None:
    kinds: set[str] = set()
    for seed in range(400):
        verdict = compare_program(make_program(seed, _KIND.get(fault, "scalar")), PLANTED[fault])
        kinds |= {verdict.difference.what} if verdict.difference else set()
        if _FOUND[fault] in kinds:
            return
    pytest.fail(f"only {kinds}")


def test_a_difference_is_shrunk_to_its_cause() -> None:
    seed = next(s for s in range(300) if compare_program(make_program(s, "scalar"), PLANTED["wrong_value"]).difference)
    small, kind = shrink_program(make_program(seed, "scalar"), PLANTED["wrong_value"], 20.0)
    assert kind and "//" in small.body
    assert len(ast.parse(small.body).body) <= 8 and len(small.body) < 400
    again = read_program(small.text)
    assert again == small
    assert compare_program(again, PLANTED["wrong_value"]).difference
    assert compare_program(again, plain).difference is None


def test_crashes_and_hangs_are_told_apart_from_differences() -> None:
    program = read_program("from accel import fn\n\n\n@fn\ndef main(a):\n    return a\n\n\nCALLS = ['1', '-1']\n")
    assert classify(program, PLANTED["crash"]) == "crash"
    assert classify(program, PLANTED["hang"], 2.0) == "hang"
    assert classify(program, plain) == ""


def test_a_crash_does_not_end_the_run() -> None:
    seen: list[int] = []
    summary = run_batches(Options(12, 1, "scalar", 1, "crash"), lambda seed, text: seen.append(seed))
    assert summary.programs == 12
    assert summary.crashes and len(summary.crashes) < 12 and not summary.differences
    assert sorted(seen) == [seed for seed, _ in summary.crashes]
    assert "SIGSEGV" in summary.crashes[0][1]


def test_a_child_that_says_nothing_is_killed() -> None:
    summary = run_batches(Options(6, 1, "scalar", 1, "hang", silence_s=2.0), lambda seed, text: None)
    assert summary.programs == 6 and summary.crashes
    assert "no answer within 2 s" in summary.crashes[0][1]


def test_programs_are_the_same_for_the_same_seed_and_can_be_read_back() -> None:
    for seed in range(30):
        program = make_program(seed)
        assert program == make_program(seed)
        assert read_program(program.text).calls == program.calls
        assert ast.dump(ast.parse(read_program(program.text).body)) == ast.dump(ast.parse(program.body))


def test_decorators_are_found_by_name() -> None:
    assert find_decorator("plain") is plain
    assert find_decorator("tests.differential.compare:plain") is plain
    assert find_decorator("lost_store") is PLANTED["lost_store"]


def test_the_corpus_has_programs_of_its_own() -> None:
    files = sorted(Path(__file__).with_name("corpus").glob("*.py"))
    assert len(files) >= 50
    for path in files:
        program = read_program(path.read_text(encoding="utf-8"))
        verdict = compare_program(program, find_decorator("plain", program), repeats=2)
        assert verdict.difference is None and not verdict.skipped, (path.name, str(verdict.difference), verdict.skipped)
        assert verdict.raised < verdict.calls, path.name


def test_every_program_is_python() -> None:
    for seed in (1, 2, 3, 914515):
        compile(make_program(seed, "all").text, "program", "exec")


def test_answers_that_cpython_gives_one_after_the_other_are_not_compared() -> None:
    body = "\n\n@fn\ndef main(a):\n    return a\n"
    program = read_program(HEADER + body + "\n\nCALLS = [\n    '3',\n]\n")
    seen: list[int] = []

    def changing(function: Any) -> Any:
        seen.append(len(seen))
        return function if len(seen) == 1 else lambda a: a + 1

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.differential.compare.plain", changing)
        verdict = compare_program(program, lambda function: lambda a: a + 1)
    assert verdict.skipped == "CPython gives both answers" and verdict.difference is None


def test_programs_over_structs() -> None:
    programs = [make_program(seed, TYPES) for seed in range(90)]
    assert programs == [make_program(seed, TYPES) for seed in range(90)]
    for program in programs:
        compile(program.text, "program", "exec")
        again = read_program(program.text)
        assert again.calls == program.calls and ast.dump(ast.parse(again.body)) == ast.dump(ast.parse(program.body))
    text = "\n".join(program.text for program in programs)
    for part in ("order=True", "kw_only=True", "ClassVar[", "@property", "@staticmethod", "@classmethod", "records(", "[::-1]", "__getitem__", "__rmul__", "for b in"):
        assert part in text, part


def test_programs_over_simd_values() -> None:
    programs = [make_program(seed, SIMD) for seed in range(80)]
    assert programs == [make_program(seed, SIMD) for seed in range(80)]
    for program in programs:
        again = read_program(program.text)
        assert again.calls == program.calls and ast.dump(ast.parse(again.body)) == ast.dump(ast.parse(program.body))
    assert [make_program(seed, TYPES).body for seed in range(1, 80, 4)] == [program.body for program in programs[1::4]]
    text = "\n".join(program.text for program in programs)
    parts = [".select(", ".load_tail(", ".gather(", ".scatter(", ".store(", "stride=", ".shuffle(", ".join(", ".cast(", ".bitcast(", ".iota(", ".fma(", ".reduce_", "width: Comptime[int]"]
    for part in [*parts, "while ", "break", "continue", "except ", "del ", ".append(", "readonly(", ", 24]", ", 7]", ", 1]"]:
        assert part in text, part


def test_most_programs_over_simd_values_are_compiled() -> None:
    verdicts = [compare_program(make_program(seed, SIMD), find_decorator("accel"), 1) for seed in range(12)]
    assert sum(v.compiled for v in verdicts) > 6 or os.environ.get("TESTS_DECORATOR")


def test_simd_values_are_described_by_value() -> None:
    given = accel.types.SIMD[np.float64, 2](0.0, math.nan)
    assert describe(given, [given]) == describe(accel.types.SIMD[np.float64, 2](0.0, -math.nan)) != describe(accel.types.SIMD[np.float64, 2](-0.0, math.nan))
    assert describe(given) != describe(given.bitcast(np.int64)) and describe(accel.types.SIMD[np.bool_, 2](True)) != describe(accel.types.SIMD[np.int8, 2](1))


@pytest.mark.slow
def test_most_programs_over_structs_are_compiled() -> None:
    verdicts = [compare_program(make_program(seed, TYPES), find_decorator("accel"), 1) for seed in range(12)]
    assert sum(v.compiled for v in verdicts) > 6 or os.environ.get("TESTS_DECORATOR")


def test_the_structs_of_a_plain_run_have_no_machine_code(tmp_path: Path) -> None:
    program = read_program(STRUCTS_HEADER + "\n\n@struct\nclass S:\n    x: float\n\n    def m(self):\n        return self.x\n\n\nmain = S.m\nCALLS = ['S(1.0)']\n")
    path = write_program(program, tmp_path)
    for decorate, is_compiled in ((plain, False), (PLANTED["lost_record"], False), (accel.fn, True)):
        namespace = load_program(path, decorate)
        assert bool(find_methods(namespace)) is is_compiled and bool(namespace["S"].__accel_layout__.room) is is_compiled


def test_structs_are_described_by_value() -> None:
    @accel.struct
    class Inner:
        x: float
        n: int = 1

    @accel.struct
    class Outer:
        at: Inner
        small: np.int8 = np.int8(2)

    given = Outer(Inner(0.0))
    assert describe(given, [given]) == describe(Outer(Inner(0.0))) != describe(Outer(Inner(-0.0)))
    assert describe(Inner(math.nan)) == describe(Inner(-math.nan)) and describe(Inner(1.0, 2)) != describe(Inner(1.0, 3))
    a, b = Outer.array(3), Outer.array(3)
    a[1], b[1] = given, given
    assert describe(a) == describe(b) and describe(a[1]) == describe(b[1]) and describe(a[1], [b, a]) != describe(b[1], [b, a])
    b[2].at.x = -0.0
    assert describe(a) != describe(b) != describe(np.asarray(b)) and describe(a[2]) != describe(b[2])


def test_padding_between_fields_does_not_count() -> None:
    @accel.struct
    class Gap:
        small: np.int8
        x: float

    a, b = Gap.array(3), Gap.array(3)
    np.asarray(b).view(np.uint8).reshape(3, -1)[:, 1:8] = 7
    assert a.tobytes() != b.tobytes() and describe(a) == describe(b) and describe(a[1]) == describe(b[1])
