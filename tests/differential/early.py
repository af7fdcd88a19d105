"""Programs in which something is known while compiling: those of other kinds, with loops written out or unrolled, and numbers evaluated early."""

from __future__ import annotations

import re
from random import Random

__all__ = ["EARLY_HEADER", "evaluate_early"]

EARLY_HEADER = "\nfrom accel import comptime, unroll\n"
_LOOP = re.compile(r"^(\s*)for (\w+) in range\((.*)\):$")
_LITERALS = re.compile(r"^-?\d+(, -?\d+)*$")
_NUMBER = re.compile(r"(?<![\w.\"'+-])\d+(?![\w.\"'])")
_MOST = 12  # turns of a loop that is written out


def evaluate_early(r: Random, text: str) -> str:
    """The text of functions with some loops and numbers in it evaluated while compiling."""
    return "\n".join([_line(r, line) for line in text.split("\n")])


def _line(r: Random, line: str) -> str:
    loop = _LOOP.match(line)
    if loop is not None:
        indent, name, limits = loop.groups()
        if _LITERALS.match(limits) and _is_short(limits) and r.random() < 0.6:
            return f"{indent}for {name} in comptime({r.choice([f'range({limits})', f'tuple(range({limits}))'])}):"
        return f"{indent}for {name} in unroll(range({limits}), {r.randint(1, 5)}):" if r.random() < 0.5 else line
    if re.match(r"\s+(\w+ [-+*]?= |return )", line) and "lambda" not in line and r.random() < 0.3:
        return _NUMBER.sub(lambda found: f"comptime({found[0]})" if r.random() < 0.4 else found[0], line)
    return line


def _is_short(limits: str) -> bool:
    try:
        return len(range(*map(int, limits.split(", ")))) <= _MOST
    except (ValueError, TypeError):
        return False
