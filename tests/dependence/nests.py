"""Random loop nests: affine subscripts and bounds, and all that may surround them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

__all__ = ["Nest", "make_nest"]

SYMBOLS = ("n", "m", "s")
LOOPS = ("i", "j", "k")


@dataclass
class Nest:
    """The text of a loop, its symbols and arrays (name -> dimensions)."""

    text: str
    symbols: tuple[str, ...]
    arrays: dict[str, int]
    is_affine: bool


def make_nest(seed: int) -> Nest:
    maker = _Maker(Random(seed))
    text = "\n".join(maker.make())
    symbols = tuple(s for s in SYMBOLS if s in maker.used)
    return Nest(text, symbols, maker.arrays, maker.is_affine)


class _Maker:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.depth = random.choice((1, 1, 2, 2, 2, 3))
        self.arrays = random.choice(({"x": 1}, {"x": 1}, {"x": 1, "y": 1}, {"a": 2}, {"a": 2}, {"x": 1, "a": 2}, {"a": 2, "b": 2}))
        self.used: set[str] = set()
        self.is_affine = True
        self.blocks: dict[str, str] = {}
        self.names: list[str] = []  # loop variables and definitions that are known
        self.rows: list[tuple[str, str, str]] = []  # i, m, j of `for j in range(m)` in a loop over i
        self.loops: list[str] = []
        self.lengths = [f"{a}.shape[{d}]" for a, n in self.arrays.items() for d in range(n)] + [f"len({a})" for a in self.arrays]

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def symbol(self) -> str:
        name = self.random.choice(SYMBOLS[: 1 + (self.depth > 1) + self.chance(0.2)])
        self.used.add(name)
        return name

    # -- expressions

    def offset(self, text: str) -> str:
        if self.chance(0.5):
            return text
        number = self.random.choice((1, 1, 1, 2, 3))
        return f"{text} {self.random.choice('+-')} {number}"

    def bound(self) -> str:
        """The upper end of a loop, more or less."""
        kind = self.random.random()
        if kind < 0.25:
            return str(self.random.randint(1, 7))
        if kind < 0.75:
            return self.offset(self.symbol())
        if kind < 0.85:
            return self.offset(self.random.choice(self.lengths))
        if kind < 0.88:
            return f"{self.symbol()} // {self.random.choice((2, 3))}"
        if kind < 0.9:
            return self.random.choice(("u()", f"max({self.symbol()}, {self.symbol()})", f"min({self.symbol()}, u())"))
        if self.loops:
            return self.offset(self.random.choice(self.loops))
        return f"min({self.offset(self.symbol())}, {self.random.randint(2, 8)})"

    def start(self) -> str:
        kind = self.random.random()
        if kind < 0.5:
            return str(self.random.randint(0, 3))
        if kind < 0.6:
            return str(self.random.randint(-2, 0))
        if self.loops and kind < 0.85:
            return self.offset(self.random.choice(self.loops))
        if self.loops and kind < 0.95:
            return f"max({self.random.randint(0, 1)}, {self.random.choice(self.loops)} - {self.random.randint(1, 2)})"
        return self.offset(self.symbol())

    def range(self, name: str) -> str:
        kind = self.random.random()
        step = self.random.choice((2, 2, 3, 4))
        if self.loops and self.blocks.get(self.loops[-1]) and kind < 0.6:
            size = self.blocks[self.loops[-1]]
            return f"range({self.loops[-1]}, min({self.loops[-1]} + {size}, {self.symbol()}))"
        if not self.loops and self.depth > 1 and kind < 0.12:
            size = self.random.choice((str(step), "s"))
            self.used |= {"s"} & {size}
            self.blocks[name] = size
            return f"range(0, {self.symbol()}, {size})"
        if kind < 0.35:
            end = self.bound()
            if self.loops:
                self.rows.append((self.loops[-1], end, name))
            return f"range({end})"
        if kind < 0.65:
            return f"range({self.start()}, {self.bound()})"
        if kind < 0.75:
            return f"range({self.start()}, {self.bound()}, {step})"
        if kind < 0.85:
            return f"range({self.bound()}, {self.start()}, -{self.random.choice((1, 1, 2, 3))})"
        if kind < 0.88:
            return f"range({self.start()}, {self.bound()}, {self.symbol()})"
        if kind < 0.94 and self.loops:
            end = self.symbol()
            return f"range({self.loops[-1]} * {end}, {self.loops[-1]} * {end} + {end})"
        return f"range({self.symbol()} - 1, -1, -1)"

    def affine(self) -> str:
        """A subscript that contains the outer variable more often than not."""
        terms = []
        if self.chance(0.85):
            terms.append(self.term(self.names[0]))
        for name in self.names[1:]:
            if self.chance(0.4):
                terms.append(self.term(name))
        if self.chance(0.15):
            terms.append(self.term(self.symbol()))
        if not terms or self.chance(0.45):
            terms.append(str(self.random.choice((-2, -1, 0, 1, 1, 2, 3))))
        return " + ".join(terms).replace("+ -", "- ")

    def term(self, name: str) -> str:
        factor = self.random.choice((1, 1, 1, 1, 1, 2, 2, 3, -1, -2))
        return name if factor == 1 else f"-{name}" if factor == -1 else f"{factor} * {name}"

    def subscript(self) -> str:
        kind = self.random.random()
        if self.rows and kind < 0.35:
            first, size, second = self.random.choice(self.rows)
            size = size if size.isidentifier() or size.isdigit() or size.endswith((")", "]")) else f"({size})"
            return self.offset(f"{first} * {size} + {second}")
        if kind < 0.5:
            return self.offset(self.random.choice(self.names))
        if kind < 0.56:
            return f"({self.affine()}) // {self.random.choice((2, 2, 3, 4))}"
        if kind < 0.62:
            return f"({self.affine()}) % {self.random.choice((2, 3, 4))}"
        if kind < 0.66:
            return f"{self.random.choice((2, 3, 4))} * ({self.affine()}) + ({self.affine()}) % {self.random.choice((2, 3))}"
        if kind < 0.68:
            return f"{self.random.choice(self.lengths)} - 1 - {self.random.choice(self.names)}"
        if kind < 0.7:
            return f"-1 - {self.random.choice(self.names)}"
        if kind < 0.72:
            return self.odd()
        if kind < 0.73:
            self.is_affine = False
            return f"{self.random.choice(self.names)} * {self.random.choice(self.names)}"
        return self.affine()

    def odd(self) -> str:
        """Operators that are rare in subscripts."""
        one, other = self.affine(), self.affine()
        kind = self.random.randrange(8)
        if kind == 7:
            self.is_affine = False
            return self.random.choice(("u()", f"{one} + u()", "3 * u()"))
        number = self.random.choice((1, 2, 3))
        return (
            f"({one}) // -{number}",
            f"({one}) % -{number}",
            f"({one}) >> {number}",
            f"({one}) & {2**number - 1}",
            f"min({one}, {other})",
            f"max({one}, {other})",
            f"({one} << {number}) + ({one}) % {number}",
        )[kind]

    def element(self, array: str) -> str:
        if self.arrays[array] == 1:
            return f"{array}[{self.subscript()}]"
        one, other = self.plain_subscript(), self.plain_subscript()
        return f"{array}[{one}][{other}]" if self.chance(0.2) else f"{array}[{one}, {other}]"

    def plain_subscript(self) -> str:
        return self.random.choice(self.names) if self.chance(0.6) else self.subscript()

    def test(self) -> str:
        kind = self.random.random()
        left = self.random.choice(self.names)
        right = self.random.choice((*self.names, str(self.random.randint(0, 3)), self.symbol()))
        op = self.random.choice(("<", "<=", ">", ">=", "!=", "=="))
        one = f"{self.offset(left)} {op} {right}"
        if kind < 0.6:
            return one
        if kind < 0.7:
            return f"{left} % 2"
        if kind < 0.8:
            return f"0 <= {left} < {right}"
        other = f"{self.random.choice(self.names)} > {self.random.randint(0, 2)}"
        return f"{one} {self.random.choice(('and', 'or'))} {other}" if kind < 0.95 else f"not ({one} or {other})"

    # -- statements

    def make(self) -> list[str]:
        lines = self.nest(0)
        return lines

    def nest(self, level: int) -> list[str]:
        name = LOOPS[level]
        head = f"for {name} in {self.range(name)}:"
        self.names.append(name)
        self.loops.append(name)
        body: list[str] = []
        last = level == self.depth - 1
        before = list(self.names)
        if self.chance(0.12):
            body.append(f"k{level} = {self.affine()}")
            self.names.append(f"k{level}")
        if self.chance(0.06):
            body += [f"if {self.test()}:", "    continue"]
        if last or self.chance(0.15):
            body += self.statements()
        if not last:
            body += self.nest(level + 1)
            self.loops.pop()
            if self.chance(0.1):
                self.rows = [row for row in self.rows if row[2] in self.names]
                body += self.statements(1)
        self.rows = [row for row in self.rows if row[2] != name] if not last else self.rows
        found = [head, *("    " + line for line in body)]
        self.names = before[:-1]
        self.rows = [row for row in self.rows if row[2] in self.names]
        return found

    def statements(self, most: int = 2) -> list[str]:
        found = []
        for _ in range(self.random.randint(1, most)):
            lines = self.statement()
            if self.chance(0.15):
                lines = [f"if {self.test()}:", *("    " + line for line in lines)]
                if self.chance(0.3):
                    lines += ["else:", *("    " + line for line in self.statement())]
            elif self.chance(0.04):
                lines = ["while more():", *("    " + line for line in lines)]
            found += lines
        return found

    def statement(self) -> list[str]:
        array = self.random.choice(list(self.arrays))
        target = self.element(array)
        kind = self.random.random()
        if kind < 0.25:
            return [f"{target} += 1"]
        if kind < 0.45:
            return [f"{target} = 1"]
        if kind < 0.6:
            return [f"{target} = {target} + 1"]
        if kind < 0.65:
            value = self.element(self.random.choice(list(self.arrays)))
            return [f"{target} = {value} if {self.test()} else 0"]
        if kind < 0.8:
            value = self.element(self.random.choice(list(self.arrays)))
            return [f"{target} = {value} * 2"]
        value = self.shifted(target)
        return [f"{target} = {value} + 1"]

    def shifted(self, target: str) -> str:
        """The same element but for an offset."""
        if not target.endswith("]"):
            return target
        return f"{target[:-1]} {self.random.choice('+-')} {self.random.randint(1, 3)}]"
