"""Decorators by name: `accel`, `plain`, a planted fault, or `module:attribute`."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from typing import Any

from tests.differential.program import Program

__all__ = ["find_decorator"]


def find_decorator(name: str, program: Program | None = None) -> Callable[[Callable[..., Any]], Any]:
    """The decorator of that name, for that program: functions of elements have others."""
    from tests.differential.compare import plain
    from tests.differential.planted import PLANTED, PLANTED_UFUNCS
    from tests.differential.ufuncs import LoopUfunc

    elementwise = program is not None and program.is_elementwise
    if name in ("plain", "identity"):
        return LoopUfunc if elementwise else plain
    planted = PLANTED_UFUNCS if elementwise else PLANTED
    if name in planted:
        return planted[name]
    if name == "accel" and elementwise:
        name = "accel:vectorize"
    if name == "accel":
        name = os.environ.get("TESTS_DECORATOR", "accel:fn")  # tests.differential.compare:plain checks the tests themselves
    module, _, attribute = name.partition(":")
    found: Callable[[Callable[..., Any]], Any] = getattr(importlib.import_module(module), attribute or "fn")
    return found
