"""Random scalar functions for `@vectorize`, with arrays to call them with: nested loops, breaks, early returns, helpers."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np

__all__ = ["make_function", "make_operands"]

_DTYPES = ["dd", "dd", "ll", "ff", "ii", "df", "hl", "bb", "Bd", "ld"]


class _Maker:
    def __init__(self, r: Random) -> None:
        self.r, self.budget = r, 14

    def expression(self, names: list[str], depth: int = 0) -> str:
        """An expression of numbers."""
        r, k = self.r, self.r.random()
        if depth > 2 or k < 0.35:
            return r.choice([*names, str(r.randint(-4, 9)), r.choice(["0.5", "2.0", "-1.5"])])
        inner = [self.expression(names, depth + 1) for _ in range(2)]
        if k < 0.75:
            return f"({inner[0]} {r.choice(['+', '-', '*'])} {inner[1]})"
        if k < 0.8:
            return f"({inner[0]} {r.choice(['//', '%'])} {r.choice(['3', '2', '5', '7'])})"
        if k < 0.85:
            return f"abs({inner[0]})"
        if k < 0.9:
            return f"({inner[0]} if {self.condition(names, depth + 1)} else {inner[1]})"
        return f"{r.choice(['min', 'max', 'h'])}({inner[0]}, {inner[1]})"

    def condition(self, names: list[str], depth: int = 0) -> str:
        """A condition."""
        r, k = self.r, self.r.random()
        if depth < 3 and k < 0.15:
            return f"({self.condition(names, depth + 1)} {r.choice(['and', 'or'])} {self.condition(names, depth + 1)})"
        if depth < 3 and k < 0.2:
            return f"not {self.condition(names, depth + 1)}"
        if k < 0.3:
            return f"{self.expression(names, 2)} < {self.expression(names, 2)} <= {self.expression(names, 2)}"
        return f"{self.expression(names, depth + 1)} {r.choice(['<', '<=', '>', '>=', '==', '!='])} {self.expression(names, depth + 1)}"

    def block(self, names: list[str], depth: int, *, in_loop: bool) -> list[str]:
        """Statements."""
        lines: list[str] = []
        for _ in range(self.r.randint(1, 3)):
            lines += self.statement(names, depth, in_loop=in_loop)
        return lines

    def statement(self, names: list[str], depth: int, *, in_loop: bool) -> list[str]:
        """One statement."""
        r = self.r
        self.budget -= 1
        k = r.random() if self.budget >= 0 else 0.0
        if k < 0.4 or (depth >= 3 and k < 0.9):
            return [f"{r.choice('abst')} = {self.expression(names)}"]
        if k < 0.5:
            return [f"s += {self.expression(names)}"]
        if k < 0.7:
            other = ["else:", *_indented(self.block(names, depth + 1, in_loop=in_loop))] if r.random() < 0.5 else []
            return [f"if {self.condition(names)}:", *_indented(self.block(names, depth + 1, in_loop=in_loop)), *other]
        if k < 0.82:
            body = self.block([*names, f"i{depth}"], depth + 1, in_loop=True)
            other = ["else:", "    t = t + 1"] if r.random() < 0.2 else []
            return [f"for i{depth} in range({r.choice(['3', '5', 'n % 4'])}):", *_indented(body), *other]
        if k < 0.9:
            body = [f"w{depth} += 1", *self.block(names, depth + 1, in_loop=True)]
            return [f"w{depth} = 0", f"while w{depth} < {r.randint(2, 6)} and {self.condition(names)}:", *_indented(body)]
        end = r.choice(["break", "continue"]) if in_loop and r.random() < 0.6 else f"return {r.choice(['s', 't', 'a', 's + t'])}"
        return [f"if {self.condition(names)}:", f"    {end}"]


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def make_function(seed: int) -> str:
    """The text of a helper `h` and of `f(a, b, n)`."""
    maker = _Maker(Random(f"elementwise:{seed}"))
    helper = [f"if {maker.condition(['x', 'y'], 2)}:", f"    return {maker.expression(['x', 'y'], 1)}", f"return {maker.expression(['x', 'y'], 2)}"]
    body = ["s = 0", "t = 1", *maker.block(["a", "b", "s", "t", "n"], 0, in_loop=False), "return s + t"]
    return "\n".join(["def h(x, y):", *_indented(helper), "", "", "def f(a, b, n):", *_indented(body), ""])


def make_operands(seed: int) -> list[Any]:
    """Two arrays of numbers and one of ints, of a length that is no multiple of any number of lanes; now and then with edges or turned."""
    r, rng = Random(f"operands:{seed}"), np.random.default_rng(seed)
    count, chars = r.choice([7, 64, 100, 131]), r.choice(_DTYPES)
    arrays = [(rng.normal(size=count) * 4 if c in "df" else rng.integers(0 if c == "B" else -9, 12, count)).astype(c) for c in chars]
    if chars[0] in "df" and r.random() < 0.2:
        arrays[0][rng.integers(0, count, 2)] = r.choice([np.nan, np.inf, 1e300 if chars[0] == "d" else 1e30])
    if r.random() < 0.3:
        arrays = [arrays[0][::-1], np.repeat(arrays[1], 2)[::2]]
    return [*arrays, r.choice([np.int64(3), np.full(count, 3), rng.integers(0, 6, count)])]
