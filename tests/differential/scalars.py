"""Random statements and expressions of scalar functions, which always end and whose ints grow little.

A name has a role (int, float, bool), kept by nearly every assignment. Ints may be Python's, so that products inside loops have a literal or
the index of a loop for one side: squaring in a loop would make ints of any size.
"""

from __future__ import annotations

from random import Random

__all__ = ["Scalars"]

_INTS = ["0", "1", "2", "3", "5", "7", "-1", "-3", "10"]
_FLOATS = ["0.0", "0.5", "1.0", "2.0", "-1.5", "0.1", "3.25", "1e-3"]
_SAFE = [
    "math.sqrt(abs({}))",
    "math.sin({})",
    "math.cos({})",
    "math.atan({})",
    "math.exp(min({}, 5.0))",
    "math.fabs({})",
    "math.tanh({})",
]
_SAFE += [
    "math.log(abs({}) + 1.0)",
    "math.hypot({}, 1.5)",
    "math.copysign({}, -1.0)",
    "math.floor(min(max({}, -99.0), 99.0)) * 1.0",
]
_RAISING = ["math.sqrt({})", "math.log({})", "math.exp({})", "math.asin({})", "math.fmod({}, 0.5)", "math.floor({}) * 1.0"]
_NUMPY = [
    "np.sqrt({})",
    "np.abs({})",
    "np.floor({})",
    "np.exp({})",
    "np.sin({})",
    "np.log1p(abs({}))",
    "np.float32({})",
    "np.sign({})",
]
_COMPARISONS = ["<", "<=", ">", ">=", "==", "!="]


class Scalars:
    """Makes statements; knows the names bound so far and their roles."""

    def __init__(self, r: Random, names: dict[str, str]) -> None:
        self.r, self.names = r, names
        self.helpers: list[tuple[str, list[str], str]] = []
        self.results: list[str] = ["float"]
        self.budget = 10
        self.growing = True  # products of two names are fine
        self.inside: list[str] = []  # indexes of the loops around
        self.counters = 0
        self.bold = r.random() < 0.3  # functions that raise for some numbers

    # -- expressions

    def of(self, role: str, depth: int = 0) -> str:
        """An expression of a role."""
        return {"int": self.integer, "float": self.floating, "bool": self.condition, "small": self.small}[role](depth)

    def leaf(self, role: str) -> str:
        """A name or a literal."""
        r = self.r
        names = [n for n, known in self.names.items() if known == role]
        if names and r.random() < 0.7:
            return r.choice(names)
        if role == "bool":
            return r.choice(["True", "False"])
        if role == "int" and r.random() < 0.02:
            return r.choice(["100", "1000", "70000", str(2**31), str(2**40), str(2**62)])
        return r.choice(_INTS if role == "int" else _FLOATS)

    def known_role(self) -> str:
        """A role of numbers, mostly one that names have."""
        roles = [role for role in self.names.values() if role != "bool"]
        return self.r.choice(roles if roles and self.r.random() < 0.9 else ["int", "float"])

    def small(self, _depth: int = 0) -> str:
        """An int from 0 to 7."""
        role = self.known_role() if self.r.random() < 0.4 else "int"
        number = self.integer(2) if role == "int" else f"int(min(max({self.floating(2)}, -1e3), 1e3))"
        return f"({number} & 7)" if self.r.random() < 0.6 else f"({number} % 8)"

    def factor(self, role: str) -> str:
        """What may stand on the right of a product."""
        if self.growing and not self.inside:
            return self.leaf(role)
        return self.r.choice([*self.inside, *(_INTS if role == "int" else _FLOATS)]) if role == "int" else self.leaf(role)

    def called(self, role: str, depth: int) -> str | None:
        """A call of a helper, if there is one of that role."""
        fitting = [h for h in self.helpers if h[2] == role]
        if not fitting:
            return None
        name, roles, _ = self.r.choice(fitting)
        return f"{name}({', '.join(self.of(x, depth + 1) for x in roles)})"

    def integer(self, depth: int = 0) -> str:
        """An expression of ints."""
        r, k = self.r, self.r.random()
        if depth > 2 or k < 0.3:
            return self.leaf("int")
        a, b = self.integer(depth + 1), self.integer(depth + 1)
        if k < 0.5:
            return f"({a} {r.choice('+-')} {b})"
        if k < 0.58:
            return f"({a} * {self.factor('int')})"
        if k < 0.68:
            divisor = (
                self.leaf("int")
                if self.bold and r.random() < 0.5
                else r.choice(["2", "3", "7", "-5", f"(abs({b}) + 1)", f"({b} | 1)"])
            )
            return f"({a} {r.choice(['//', '%'])} {divisor})"
        if k < 0.75:
            return f"({a} {r.choice('&|^')} {b})"
        if k < 0.8:
            return f"({a} {r.choice(['>>', '>>', '<<'])} {r.choice(['1', '2', '5', self.small()])})"
        if k < 0.85:
            return f"{r.choice(['abs', '-', '~'])}({a})"
        if k < 0.89:
            return f"{r.choice(['min', 'max'])}({a}, {b})"
        if k < 0.93:
            return f"({a} if {self.condition(depth + 1)} else {b})"
        if k < 0.95:
            return f"int({self.condition(depth + 1)})"
        if k < 0.97:
            return f"int({self.floating(2)})" if self.bold else f"int(min(max({self.floating(2)}, -1e6), 1e6))"
        return self.called("int", depth) or f"({a} + {self.condition(2)})"

    def floating(self, depth: int = 0) -> str:
        """An expression of floats."""
        r, k = self.r, self.r.random()
        if depth > 2 or k < 0.3:
            return (
                self.leaf("float")
                if r.random() < 0.9
                else f"({self.leaf('int')} {r.choice(['+', '-', '*'])} {r.choice(['0.5', '1.0', '-2.5'])})"
            )
        a, b = self.floating(depth + 1), self.floating(depth + 1)
        if k < 0.55:
            return f"({a} {r.choice('+-*')} {b})"
        if k < 0.63:
            return f"({a} / {b if self.bold else r.choice(['2.0', '3', f'({b} * {b} + 1.0)', f'(abs({b}) + 0.5)'])})"
        if k < 0.67:
            return (
                f"({a} {r.choice(['//', '%'])} {b if self.bold and r.random() < 0.3 else r.choice(['2.0', '0.3', '-1.5', '3'])})"
            )
        if k < 0.77:
            return r.choice(_RAISING if self.bold and r.random() < 0.4 else _SAFE if r.random() < 0.8 else _NUMPY).format(a)
        if k < 0.82:
            return f"{r.choice(['abs', '-', 'float'])}({a})"
        if k < 0.88:
            return f"{r.choice(['min', 'max'])}({a}, {b})"
        if k < 0.94:
            return f"({a} if {self.condition(depth + 1)} else {b})"
        return self.called("float", depth) or f"({self.leaf('float')} {r.choice(['** 2', '+ 1', '* 0.5', '** 3'])})"

    def condition(self, depth: int = 0) -> str:
        """An expression that is true or false."""
        r, k = self.r, self.r.random()
        if depth < 3 and k < 0.15:
            return f"({self.condition(depth + 1)} {r.choice(['and', 'or'])} {self.condition(depth + 1)})"
        if depth < 3 and k < 0.2:
            return f"(not {self.condition(depth + 1)})"
        role = self.known_role()
        a, b, c = (self.of(role, depth + 1) for _ in range(3))
        if k < 0.32:
            return f"({a} {r.choice(_COMPARISONS[:4])} {b} {r.choice(_COMPARISONS[:4])} {c})"
        if k < 0.38:
            return f"({self.integer(2)} % {r.choice('235')} == {r.choice('01')})"
        if k < 0.42:
            return r.choice([f"math.isnan({self.floating(2)})", f"math.isfinite({self.floating(2)})", f"({a} != {a})"])
        if k < 0.46:
            return self.leaf("bool")
        if k < 0.5:
            return f"({self.integer(2)} {r.choice(_COMPARISONS)} {self.floating(2)})"
        return f"({a} {r.choice(_COMPARISONS)} {b})"

    # -- statements

    def first(self) -> list[str]:
        """Names with a value from the start."""
        r, lines = self.r, []
        for name, role in (("s", r.choice(["int", "float"])), ("t", r.choice(["int", "float"]))):
            if r.random() < 0.8:
                lines.append(f"{name} = {self.leaf(role)}")
                self.names[name] = role
        return lines

    def result(self) -> str:
        """What a return gives."""
        return ", ".join(self.of(role, 1) for role in self.results)

    def block(self, depth: int) -> list[str]:
        """Statements; names first bound in a block inside are known in it only."""
        known = dict(self.names)
        lines: list[str] = []
        for _ in range(self.r.randint(1, 3)):
            lines += self.statement(depth)
        if depth:
            self.names = known
        return lines

    def statement(self, depth: int) -> list[str]:
        """One statement."""
        r = self.r
        self.budget -= 1
        k = r.random() if self.budget >= 0 and depth < 4 else 0.0
        if k < 0.4:
            return [self.assignment()]
        if k < 0.6:
            lines = [f"if {self.condition()}:", *_indented(self.block(depth + 1))]
            if r.random() < 0.2:
                lines += [f"elif {self.condition()}:", *_indented(self.block(depth + 1))]
            return lines + (["else:", *_indented(self.block(depth + 1))] if r.random() < 0.5 else [])
        if k < 0.86 and len(self.inside) < 2:
            return self.counted_loop(depth) if k < 0.74 else self.while_loop(depth)
        if self.bold and r.random() < 0.15:
            return [
                f"if {self.condition()}:",
                f"    raise {r.choice(['ValueError(1, 2)', 'IndexError', 'ArithmeticError(3)', 'KeyError(0)'])}",
            ]
        end = r.choice(["break", "continue"]) if self.inside and r.random() < 0.6 else f"return {self.result()}"
        return [f"if {self.condition()}:", f"    {end}"]

    def assignment(self) -> str:
        """A name bound, for the first time or anew."""
        r = self.r
        role = self.known_role() if r.random() < 0.85 else "bool"
        bound = [n for n, known in self.names.items() if known == role and n not in self.inside and n[0] not in "GkK"]
        if bound and r.random() < 0.25 and role != "bool":
            return f"{r.choice(bound)} {r.choice(['+=', '-='])} {self.of(role, 1)}"
        if len(bound) > 1 and r.random() < 0.1:
            a, b = r.sample(bound, 2)
            return f"{a}, {b} = {r.choice([b, self.of(role, 1)])}, {a}"
        if bound and r.random() < 0.6:
            value = self.of("float" if role == "int" and r.random() < 0.05 else role)  # no int where floats may be squared
            return f"{r.choice(bound)} = {value}"
        self.counters += 1
        value = self.of(role)
        self.names[f"v{self.counters}"] = role
        return f"v{self.counters} = {value}"

    def counted_loop(self, depth: int) -> list[str]:
        """A `for` over a range, perhaps with other bounds for each element."""
        r, index = self.r, f"i{len(self.inside)}"
        ranges = [
            str(r.randint(1, 7)),
            self.small(),
            self.small(),
            f"1, {r.randint(2, 8)}",
            f"{self.small()}, -1, -1",
            f"0, 9, {r.choice([2, 3, -1])}",
        ]
        ranges += [f"{self.small()}, {self.small()}"] + ([f"{self.inside[-1]}", f"{self.inside[-1]}, 5"] if self.inside else [])
        return [f"for {index} in range({r.choice(ranges)}):", *self.loop_body(index, [], depth), *self.otherwise(depth)]

    def while_loop(self, depth: int) -> list[str]:
        """A `while` with a condition on what the loop changes, and a counter that ends it."""
        r, count = self.r, f"w{len(self.inside)}"
        most = r.choice([str(r.randint(2, 9)), self.small()])
        if r.random() < 0.2:
            begin = [f"{count} = 0", "while True:"]
            return begin + self.loop_body(count, [f"{count} += 1", f"if {count} > {most}:", "    break"], depth)
        test = r.choice([self.condition(1), self.leaf("int"), self.condition(2)])
        test = f"{count} < {most} and {test}" if r.random() < 0.7 else f"{test} and {count} < {most}"
        return [f"{count} = 0", f"while {test}:", *self.loop_body(count, [f"{count} += 1"], depth), *self.otherwise(depth)]

    def loop_body(self, index: str, begin: list[str], depth: int) -> list[str]:
        """Statements inside a loop whose index has that name."""
        known = dict(self.names)
        self.names[index] = "int"
        self.inside.append(index)
        lines = begin + self.block(depth + 1)
        self.inside.pop()
        self.names = known
        return _indented(lines)

    def otherwise(self, depth: int) -> list[str]:
        """Now and then, what is done when no break was met."""
        return ["else:", *_indented(self.block(depth + 1))] if self.r.random() < 0.15 else []


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]
