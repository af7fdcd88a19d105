"""Runs loops for many values of their symbols, and finds the accesses that meet in different iterations."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import product
from random import Random

from tests.dependence.nests import Nest

__all__ = ["Meeting", "Program", "find_definitions", "key_of", "make_values"]

_MOST_TOUCHES = 4000

Key = tuple[int, int, int]
Meeting = tuple[Key, Key, int]  # two accesses and the iteration of the second minus that of the first


def key_of(node: ast.Subscript) -> Key:
    return node.lineno, node.col_offset, int(node.end_col_offset or 0)


def find_definitions(loop: ast.For) -> dict[str, ast.expr]:
    """What names stand for that are assigned by a plain assignment; that it comes before their use isn't looked at."""
    assignments = [n for n in ast.walk(loop) if isinstance(n, ast.Assign)]
    return {t.id: n.value for n in assignments for t in n.targets[:1] if isinstance(t, ast.Name)}


class _Stop(Exception):
    pass


class _Array:
    """Notes who touches which element."""

    def __init__(self, shape: tuple[int, ...], run: _Run) -> None:
        self.shape, self.run = shape, run
        self.size = 1
        for length in shape:
            self.size *= length
        self.touched: dict[tuple[int, ...], set[tuple[Key, int, bool]]] = {}

    def __len__(self) -> int:
        return self.shape[0]

    def _touch(self, subscripts: tuple[int, ...], is_write: bool) -> None:
        key, places = self.run.keys[subscripts[0]], subscripts[1:]
        self.run.touches += 1
        if self.run.touches > _MOST_TOUCHES:
            raise _Stop
        found = []
        for place, length in zip(places, self.shape, strict=True):
            if not -length <= place < length:
                return  # IndexError: nothing is touched
            found.append(place + length if place < 0 else place)
        self.touched.setdefault(tuple(found), set()).add((key, self.run.iteration, is_write))

    def __getitem__(self, subscripts: tuple[int, ...]) -> int:
        self._touch(subscripts, False)
        return 1

    def __setitem__(self, subscripts: tuple[int, ...], value: object) -> None:
        self._touch(subscripts, True)


class _Run:
    def __init__(self, keys: list[Key]) -> None:
        self.keys = keys
        self.iteration = 0
        self.touches = 0
        self.more_left = 0
        self.called = 0

    def mark(self) -> None:
        self.iteration += 1

    def unknown(self) -> int:
        self.called = (self.called * 5 + 3) % 16
        return self.called % 7 - 1 if self.called != 14 else 20

    def more(self) -> bool:
        self.more_left = (self.more_left + 1) % 3
        return self.more_left != 0


class _Instrument(ast.NodeTransformer):
    """Each access tells the number of its expression: `x[i]` becomes `x[7, i]`."""

    def __init__(self, arrays: dict[str, int]) -> None:
        self.arrays = arrays
        self.keys: list[Key] = []

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        subscripts: list[ast.expr] = []
        base: ast.expr = node
        while isinstance(base, ast.Subscript):
            subscripts[:0] = base.slice.elts if isinstance(base.slice, ast.Tuple) else [base.slice]
            base = base.value
        if not (isinstance(base, ast.Name) and base.id in self.arrays):
            return self.generic_visit(node)
        self.keys.append(key_of(node))
        parts = [ast.Constant(len(self.keys) - 1), *[self.visit(part) for part in subscripts]]
        return ast.copy_location(ast.Subscript(base, ast.Tuple(parts, ast.Load()), node.ctx), node)


def make_values(nest: Nest, count: int, random: Random, is_wide: bool = False) -> Iterator[tuple[dict[str, int], dict[str, tuple[int, ...]]]]:
    """Values of symbols, and shapes of arrays: all small values if there are few, or values of all sizes."""
    every = list(product(range(-3, 7), repeat=len(nest.symbols)))
    random.shuffle(every)
    for number in range(count):
        values = dict(zip(nest.symbols, every[number % len(every)], strict=True))
        if is_wide:
            size = random.choice((5, 9, 15, 40))
            values = {name: random.choice((value, random.randint(-size, size))) for name, value in values.items()}
        few = [0, 1, 2, 3, 4, 5, 6, 8, 12, 40, *[abs(v) for v in values.values()], *[abs(v) + 1 for v in values.values()]]
        if random.random() < 0.4:
            few = [random.choice(few)]
        yield values, {name: tuple(random.choice(few) for _ in range(n)) for name, n in nest.arrays.items()}


class Program:
    """A loop that can be run again and again."""

    def __init__(self, nest: Nest) -> None:
        tree = ast.parse(nest.text)
        instrument = _Instrument(nest.arrays)
        tree = instrument.visit(tree)
        loop = tree.body[0]
        loop.body.insert(0, ast.parse("mark()").body[0])
        self.keys = instrument.keys
        self.code = compile(ast.fix_missing_locations(tree), "nest", "exec")

    def run(self, values: dict[str, int], shapes: dict[str, tuple[int, ...]]) -> set[Meeting]:
        run = _Run(self.keys)
        arrays = {name: _Array(shape, run) for name, shape in shapes.items()}
        space = {**values, **arrays, "mark": run.mark, "more": run.more, "u": run.unknown}
        try:
            exec(self.code, space)
        except (_Stop, ValueError):  # a step of 0
            pass
        found: set[Meeting] = set()
        for array in arrays.values():
            for touches in array.touched.values():
                if not any(write for _, _, write in touches) or len({iteration for _, iteration, _ in touches}) < 2:
                    continue
                for one, first, writes in touches:
                    found |= {(one, other, then - first) for other, then, too in touches if then != first and (writes or too)}
        return found
