"""Texts of loops, and what is told of them."""

from __future__ import annotations

import ast
from textwrap import dedent

from accel.dependence.arrays import ArrayFacts, examine_arrays
from tests.dependence.brute import find_definitions

__all__ = ["conflicts", "examine", "is_independent"]


def examine(text: str) -> ArrayFacts:
    loop = ast.parse(dedent(text)).body[0]
    assert isinstance(loop, ast.For)
    return examine_arrays(loop, find_definitions(loop))


def is_independent(text: str) -> bool:
    return not examine(text).conflicts


def conflicts(text: str) -> list[tuple[str, str, int | None]]:
    return [(ast.unparse(c.first.node), ast.unparse(c.second.node), c.distance) for c in examine(text).conflicts]
