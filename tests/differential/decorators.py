"""Decorators by name: `accel`, `plain`, a planted fault, or `module:attribute`."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from typing import Any

__all__ = ["find_decorator"]


def find_decorator(name: str) -> Callable[[Callable[..., Any]], Any]:
    """The decorator of that name."""
    from tests.differential.compare import plain
    from tests.differential.planted import PLANTED

    if name in ("plain", "identity"):
        return plain
    if name in PLANTED:
        return PLANTED[name]
    if name == "accel":
        name = os.environ.get("TESTS_DECORATOR", "accel:fn")  # tests.differential.compare:plain checks the tests themselves
    module, _, attribute = name.partition(":")
    found: Callable[[Callable[..., Any]], Any] = getattr(importlib.import_module(module), attribute or "fn")
    return found
