"""Random scalar functions for `@vectorize`, with the operands to call them with: loops, early returns, helpers, closures."""

from __future__ import annotations

from random import Random

from tests.differential.columns import random_operands
from tests.differential.program import ELEMENTWISE_HEADER, Call, Program
from tests.differential.scalars import Scalars

__all__ = ["ELEMENTWISE", "make_elementwise"]

ELEMENTWISE = "vectorize"
_ANNOTATIONS = {"int": "int", "float": "float", "bool": "bool"}


def make_elementwise(seed: int) -> Program:
    """The program of a seed: `main` is a scalar function, its arguments are arrays."""
    maker = _Maker(Random(f"{ELEMENTWISE}:{seed}"))
    body = maker.make()
    calls = tuple(Call(text, maker.rebinding()) for text in random_operands(maker.r, maker.roles, maker.annotated))
    return Program(ELEMENTWISE_HEADER + body, calls, f"seed {seed}, {ELEMENTWISE}")


class _Maker:
    """Makes the functions of one program."""

    def __init__(self, r: Random) -> None:
        self.r = r
        self.roles = [
            r.choice(["int", "int", "int", "float", "float", "float", "bool"]) for _ in range(r.choice([1, 2, 2, 2, 3, 3, 4]))
        ]
        self.annotated = [r.random() < 0.85 for _ in self.roles] if r.random() < 0.3 else [False] * len(self.roles)
        self.values: dict[str, list[str]] = {}
        self.globals: dict[str, str] = {}
        self.helpers: list[tuple[str, list[str], str]] = []

    def make(self) -> str:
        """The text after the header."""
        r = self.r
        parts: list[str] = []
        if r.random() < 0.25:
            role = r.choice(["int", "float"])
            self.globals["G0"], self.values["G0"] = (
                role,
                ["3", "-2", "7", "1"] if role == "int" else ["2.5", "-0.5", "0.1", "1e9"],
            )
            parts.append(f"\n\nG0 = {r.choice(self.values['G0'])}\n")
        if r.random() < 0.35:
            parts += [self.helper(f"h{number}") for number in range(r.randint(1, 2))]
        if r.random() < 0.06:
            parts.append(self.recursion("h9"))
        return "".join([*parts, self.main()])

    def rebinding(self) -> str:
        """What is done before a call: now and then a global is bound anew."""
        r = self.r
        return f"G0 = {r.choice(self.values['G0'])}" if self.globals and r.random() < 0.3 else ""

    def scalars(self, names: dict[str, str]) -> Scalars:
        """A maker of statements that knows these names."""
        made = Scalars(self.r, {**self.globals, **names})
        made.helpers = list(self.helpers)
        return made

    def helper(self, name: str) -> str:
        """A function `main` calls."""
        r = self.r
        roles = [r.choice(["int", "float"]) for _ in range(r.randint(1, 2))]
        made = self.scalars(dict(zip("xy", roles, strict=False)))
        made.growing = False
        result = r.choice(["int", "float"])
        made.results, made.budget = [result], r.choice([0, 2, 4])
        body = (made.block(0) if made.budget else []) + [f"return {made.of(result)}"]
        self.helpers.append((name, roles, result))
        return "\n".join(["", "", f"def {name}({', '.join('xy'[: len(roles)])}):", *_indented(body), ""])

    def recursion(self, name: str) -> str:
        """A function that calls itself at most seven times."""
        step = self.r.choice([f"{name}(n - 1) + n", f"{name}(n - 1) * 2", f"{name}(n - 2) + {name}(n - 3)"])
        self.helpers.append((name, ["small"], "int"))
        return f"\n\ndef {name}(n):\n    if n <= 0:\n        return {self.r.choice(['1', '0', 'n'])}\n    return {step}\n"

    def main(self) -> str:
        """The function itself: plain, a lambda, or made by another function whose names it uses."""
        r = self.r
        parameters = [f"p{i}" for i in range(len(self.roles))]
        made = self.scalars(dict(zip(parameters, self.roles, strict=True)))
        kind = r.random()
        if kind < 0.05:
            return f"\n\nmain = fn(lambda {', '.join(parameters)}: {made.of(r.choice(['int', 'float', 'bool']))})\n"
        closure = kind > 0.88
        if closure:
            made.names["k0"] = r.choice(["int", "float"])
        value = {"int": "5", "float": "0.75"}[made.names.get("k0", "int")]
        made.results = [r.choice(["int", "float", "float", "bool"]) for _ in range(r.choice([1, 1, 1, 1, 1, 2, 2, 3]))]
        made.budget = r.choice([1, 3, 6, 10, 14])
        body = [*made.first(), *made.block(0), *made.block(0), f"return {made.result()}"]
        head = [
            f"{p}: {_ANNOTATIONS[role]}" if a else p for p, role, a in zip(parameters, self.roles, self.annotated, strict=True)
        ]
        lines = ["", "", "@fn", f"def main({', '.join(head)}):", *_indented(body), ""]
        if not closure:
            return "\n".join(lines)
        inner = [line for line in lines[2:] if line]
        return "\n".join(["", "", "def make(k0):", *_indented([*inner, "return main"]), "", "", f"main = make({value})", ""])


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]
