"""This module compares answers: values, types, and what became of the arguments."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.harness.apart import Apart


class WrongAnswerError(Exception):
    """An implementation gave another answer than CPython."""


class NotCompiledError(Exception):
    """A function under accel ran in CPython: its time would say nothing about accel."""


def require_compiled(function: Any) -> None:
    """Raise NotCompiledError for a function under accel that is not compiled after it was called; others pass."""
    if isinstance(function, Apart):
        function.require_compiled()
        return
    inspection = getattr(function, "accel", None)
    if inspection is not None and not inspection.compiled:
        why = inspection.diagnostics[0].what if inspection.diagnostics else "no reason is given"
        raise NotCompiledError(f"not compiled: {why}")


def run_fresh(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """The answer for copies of the arguments, and these copies as they are afterwards."""
    if isinstance(function, Apart):
        return function.run_fresh(arguments)
    mine = copy.deepcopy(arguments)
    return function(*mine), mine


def check(got: tuple[Any, tuple[Any, ...]], want: tuple[Any, tuple[Any, ...]], *, loose: bool, types: bool) -> None:
    """Raise WrongAnswerError unless answer and arguments agree (to 1e-9 if `loose`, else bit by bit; `types` compares them too)."""
    if types and type(got[0]) is not type(want[0]):
        raise WrongAnswerError(f"answer is {type(got[0]).__name__}, CPython's is {type(want[0]).__name__}")
    if not agree(got[0], want[0], loose):
        raise WrongAnswerError(f"answer is {got[0]!r:.60}, CPython's is {want[0]!r:.60}")
    for place, (mine, theirs) in enumerate(zip(got[1], want[1], strict=False)):
        if not agree(mine, theirs, loose):
            raise WrongAnswerError(f"argument {place} is left with other contents than CPython leaves")


def agree(got: Any, want: Any, loose: bool) -> bool:
    """Whether two values are equal, arrays element by element, nan equal to nan."""
    if want is None or isinstance(want, (str, bytes, list, dict, tuple)):
        return bool(got == want)
    if got is None:
        return False
    if loose:
        return bool(np.allclose(got, want, rtol=1e-9, atol=1e-12, equal_nan=True))
    return bool(np.array_equal(got, want, equal_nan=np.asarray(want).dtype.kind in "fc"))
