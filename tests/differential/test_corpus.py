"""Every program of the corpus gives CPython's answer when decorated."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.differential.compare import compare_program
from tests.differential.decorators import find_decorator
from tests.differential.isolate import Crash, run_isolated
from tests.differential.program import read_program

_FILES = sorted(Path(__file__).with_name("corpus").glob("*.py"))


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_program_of_the_corpus(path: Path) -> None:
    program = read_program(path.read_text(encoding="utf-8"))
    try:
        verdict = run_isolated(lambda: compare_program(program, find_decorator("accel", program)))
    except Crash as crash:
        pytest.fail(f"crash: {crash}")
    assert program.calls and not verdict.skipped, verdict.skipped
    assert verdict.difference is None, str(verdict.difference)
