"""Loops of operations on SIMD values of several registers: names bound several times, masks that select and masks that leave, in the middle and at the end."""

from __future__ import annotations

from random import Random

from tests.differential.simd_expressions import DTYPES
from tests.differential.statements import indented

__all__ = ["RUNS", "RunLoop"]

RUNS = [
    ("d", "l", 8), ("d", "l", 8), ("d", "l", 12), ("d", "l", 16), ("d", "l", 6), ("d", "L", 16), ("f", "i", 16), ("f", "i", 24), ("f", "i", 32), ("f", "I", 16), ("f", "l", 16),
    ("d", "i", 16), ("f", "h", 32), ("d", "l", 3), ("d", "l", 5), ("f", "i", 12), ("i", "l", 16), ("l", "l", 8), ("i", "i", 16), ("B", "b", 64), ("h", "H", 32), ("d", "d", 8),
]  # fmt: skip


class RunLoop:
    """Makes one loop. `x0`, `x1`, ... are numbers, `n0`, `n1` are counted, `m0`, `m1` are masks; all of them are bound before."""

    def __init__(self, r: Random, chars: tuple[str, str, int], number: int, scalars: list[str]) -> None:
        self.r, (self.char, self.counted, self.width) = r, chars
        self.tag = "abc"[number]
        self.xs = [f"x{self.tag}{k}" for k in range(r.randint(2, 4))]
        self.ns = [f"n{self.tag}{k}" for k in range(r.randint(1, 3))]
        self.ms = [f"m{self.tag}{k}" for k in range(r.randint(1, 3))]
        self.temporaries: list[str] = []
        self.scalars = scalars
        self.is_float = self.char in "fd"

    def class_of(self, char: str) -> str:
        """The class of values of a dtype."""
        return f"SIMD[{DTYPES[char]}, {self.width}]"

    def start(self, given: list[str]) -> list[str]:
        """What is bound in front of the loop; `given` are names of parameters of the first dtype."""
        r = self.r
        lines = [f"{x} = {r.choice([*given, *given, self.class_of(self.char) + '(' + self.literal() + ')'])}" for x in self.xs]
        lines += [f"{n} = {self.class_of(self.counted)}({r.choice(['0', '0', '7', ''])})" for n in self.ns]
        ones = [f"{self.class_of('?')}(True)", f"{self.class_of('?')}()", f"{self.xs[0]} == {self.xs[0]}", f"{self.xs[0]} < {self.literal()}", f"{self.ns[0]} == 0"]
        return lines + [f"{m} = {r.choice(ones)}" for m in self.ms]

    def literal(self) -> str:
        """A number for the first dtype."""
        return self.r.choice(["0.5", "1.5", "2.0", "4.0", "-0.25", "0.0", "100.0", "1"] if self.is_float else ["0", "1", "2", "3", "5", "9", "100"])

    # -- operations

    def value(self) -> str:
        """One of the numbers."""
        return self.r.choice([*self.xs, *(t for t in self.temporaries if t[0] == "t")])

    def mask(self) -> str:
        """A mask: a name as a rule."""
        r = self.r
        k = r.random()
        if k < 0.75:
            return r.choice(self.ms)
        if k < 0.85:
            return f"(~{r.choice(self.ms)})"
        return f"({self.value()} {r.choice(['<', '<=', '>', '!='])} {r.choice([self.value(), self.literal()])})"

    def compute(self) -> str:
        """Numbers of numbers."""
        r, x, y = self.r, self.value(), self.value()
        if self.r.random() < 0.2:
            y = r.choice([self.literal(), *self.scalars]) if self.is_float else self.literal()
        forms = ["{x} + {y}", "{x} - {y}", "{x} * {y}", "{x} * 0.5 + {y}" if self.is_float else "{x} * 3 + {y}", "{x} * {x} - {y} * {z}", "{x}.min({y})", "{x}.max({y})", "-{x}", "abs({x})"]
        forms += ["{x}.fma({y}, {z})", "{x}.sqrt()", "{x} / {y}", "{x}.floor()"] if self.is_float else ["{x} & {y}", "{x} ^ {y}", "{x} // {y}", "{x} % {y}", "{x} >> 1", "~{x}"]
        forms += ["{m}.select({x}, {y})", "{m}.select({x} + 1, {x})", "{m}.select({x}, {x} - 1)"]
        return r.choice(forms).format(x=x, y=y, z=self.value(), m=self.mask())

    def step(self) -> list[str]:
        """One statement of a run."""
        r, n, m, x = self.r, self.r.choice(self.ns), self.mask(), self.r.choice(self.xs)
        cast, k = f"{m}.cast({DTYPES[self.counted]})", r.random()
        if k < 0.22:
            texts = ["{n} += {c}", "{n} -= {c}", "{n} = {n} + {c}", "{n} = {n} - {c}", "{n} = {c} + {n}", "{n} = {c} - {n}", "{n} = {o} + {c}", "{n} = {n} + 1", "{n} += {c} + {c}", "{n} *= {c}"]
            return [r.choice(texts).format(n=n, c=cast, o=r.choice(self.ns))]
        if k < 0.42:
            y = r.choice(self.xs)
            texts = ["{x} = {m}.select({y}, {x})", "{x} = {m}.select({x}, {y})", "{x} = {m}.select({v}, {x})", "{x} = {m}.select({x}, {v})", "{x} += {m}.select({v}, {z})", "{x} = {m}.select({x} + {v}, {x})"]
            texts += ["{n} = {m}.select({n} + 1, {n})", "{n} = {m}.select({n}, {o})", "{n} = {m}.select({o}, {n})"]
            return [r.choice(texts).format(x=x, y=y, m=m, v=self.value(), z="0.0" if self.is_float else "0", n=n, o=r.choice(self.ns))]
        if k < 0.52:
            y = r.choice(self.xs)
            return [f"{x}, {y} = {self.compute()}, {self.compute()}" if x != y and r.random() < 0.5 else f"{x}, {y} = {y}, {x}"]
        if k < 0.6:
            return [self.copied()]
        if k < 0.72:
            one, y = r.choice(self.ms), r.choice([self.value(), self.literal(), *(self.scalars if self.is_float else [])])
            texts = ["{one} = {x} < {y}", "{one} = {one} & ({x} <= {y})", "{one} = {x} * {x} <= {y}", "{one} = {n} < {k}", "{one} = ~{one}", "{one} = {one} & {m}", "{one} |= {m}", "{one} = {x} == {y}"]
            return [r.choice(texts).format(one=one, x=x, y=y, m=m, n=n, k=r.randint(1, 9))]
        return [f"{x} = {self.compute()}" if r.random() < 0.8 else f"{x} {r.choice(['+=', '-=', '*='])} {self.compute()}"]

    def copied(self) -> str:
        """A copy under a name that is there, or a temporary one."""
        r = self.r
        letter, names = r.choice([("t", self.xs), ("u", self.ns), ("w", self.ms)])
        if r.random() < 0.5:
            held = [t for t in self.temporaries if t[0] == letter]
            if held and r.random() < 0.6:
                return f"{r.choice(names)} = {r.choice(held)}"
            name = f"{letter}{self.tag}{len(self.temporaries)}"
            self.temporaries.append(name)
            return f"{name} = {r.choice(names)}"
        return f"{r.choice(names)} = {r.choice(names)}"

    def run(self, most: int) -> list[str]:
        """Several statements in a row."""
        return [line for _ in range(self.r.randint(2, most)) for line in self.step()]

    # -- ways out

    def test(self) -> str:
        """What decides: a mask, two of them, or one and a number."""
        r, one, other = self.r, self.r.choice(self.ms), self.r.choice(self.ms)
        k = r.random()
        if k < 0.45:
            return f"not {one}.any()"
        if k < 0.6:
            return r.choice([f"{one}.all()", f"(~{one}).all()", f"not {one}.all()", f"{one}.any()"])
        if k < 0.75:
            return r.choice([f"not {one}.any() and not {other}.any()", f"not {one}.any() or k{self.tag} > 3", f"not ({one}.any() or {other}.all())", f"not not {one}.all()", f"{one}.any() and {other}.all()"])
        if k < 0.9:
            return f"not ({self.value()} {r.choice(['<', '<=', '>'])} {r.choice([self.value(), self.literal()])}).any()"
        return r.choice([f"{one}.count() == 0", f"{one}.count() > 2", f"k{self.tag} > {r.randint(1, 4)}"])

    def out(self) -> list[str]:
        """A way out of a turn."""
        r, names = self.r, ", ".join([*self.xs, *self.ns])
        how = r.choice(["break"] * 6 + ["continue", f"return {names}"])
        lines = [f"if {self.test()}:", f"    {how}"]
        k = r.random()
        if k < 0.08:
            lines = [f"f{self.tag} = {r.choice(self.ms)}.any()", *lines]
        elif k < 0.14:
            lines = [f"f{self.tag} = {r.choice(self.ms)}.any()", f"if not f{self.tag}:", f"    {how}"]
        elif k < 0.2:
            lines = [f"{r.choice(self.ms)}.any()", *lines]
        elif k < 0.3:
            lines = [lines[0], *indented(self.run(3)), f"    {how}"]
        return lines

    def kept(self, mask: str) -> list[str]:
        """Statements behind the way out, most of which change lanes of a mask only: names that may be the same in front of it."""
        r, lines = self.r, []
        for _ in range(r.randint(2, 6)):
            n, x, m = r.choice(self.ns), r.choice(self.xs), mask if r.random() < 0.75 else self.mask()
            held = [t for t in self.temporaries if t[0] == "u"]
            cast, old, y = f"{m}.cast({DTYPES[self.counted]})", r.choice([n, *held]), self.value()
            texts = ["{n} += {c}", "{n} -= {c}", "{n} = {n} + {c}", "{n} = {n} - {c}", "{n} = {c} + {n}", "{n} = {o} + {c}", "{x} = {m}.select({y}, {x})", "{x} = {m}.select({x}, {y})"]
            texts += ["{x} = {m}.select({x} + {y}, {x})", "{n} = {m}.select({o}, {n})", "{x} = {m}.select({y} * {x}, {x})", "{x} += {m}.select({y}, {z})", "{x} = {y}", "{n} = {o}"]
            lines.append(r.choice(texts).format(n=n, x=x, m=m, c=cast, o=old, y=y, z="0.0" if self.is_float else "0"))
            if r.random() < 0.25:
                lines += r.choice([[f"{x} = {self.compute()}"], [f"{mask} = {mask} & ({x} < {self.value()})"], [self.copied()], [f"{x}, {self.xs[0]} = {self.xs[0]}, {x}"]])
        return lines

    def body(self, depth: int = 0) -> list[str]:
        """The statements of one turn."""
        r, mask = self.r, self.r.choice(self.ms)
        lines = self.run(5) + self.out() + self.run(6)
        if r.random() < 0.6:
            first = [f"{r.choice(self.xs)} = {self.compute()}" for _ in range(r.randint(2, 4))]
            first += [f"{mask} = {self.value()} {r.choice(['<', '<=', '>'])} {r.choice([self.value(), self.literal()])}"] if r.random() < 0.7 else [f"{r.choice(self.xs)} = {self.compute()}"]
            leave = r.choice(["break", "break", "break", f"return {', '.join([*self.xs, *self.ns])}"])
            test = r.choice([f"not {mask}.any()"] * 4 + [f"not not not {mask}.any()", f"not {mask}.all()", f"{mask}.all()", f"{mask}.any()"])
            lines = first + [f"if {test}:", f"    {leave}"] + self.kept(mask)
            if r.random() < 0.25:
                other = r.choice(self.ms)
                lines += [f"if not {other}.any():", f"    {leave}", *self.kept(other)]
        k = r.random()
        if k < 0.2:
            lines += self.out() + self.run(4)
        elif k < 0.32 and depth == 0:
            lines += [f"for _ in range({r.randint(0, 3)}):", *indented(self.body(1))] + self.run(3)
        elif k < 0.42:
            lines += [f"if {self.test()}:", *indented(self.run(4)), *r.choice([[], ["else:", *indented(self.run(3))]])]
        elif k < 0.5:
            split = r.randint(0, len(lines))
            kept = [line for line in lines[split:] if line[0] != " " and not line.endswith(":")]
            lines = lines[:split] + kept if lines[:split] and not lines[:split][-1].endswith(":") else lines
        if r.random() < 0.2:
            lines += self.out()
        return lines

    def loop(self, limit: str) -> list[str]:
        """The whole loop; all that it binds may be seen behind it."""
        r, turn = self.r, f"k{self.tag}"
        body = self.body()
        before = [f"{t} = {dict(t=self.xs, u=self.ns, w=self.ms)[t[0]][0]}" for t in self.temporaries if r.random() < 0.9]
        if r.random() < 0.65:
            lines = [f"for {turn} in range({limit}):", *indented(body)]
            before = [*before, f"{turn} = 0"]
        else:
            test = r.choice([f"{r.choice(self.ms)}.any() and {turn} < {limit}", f"{turn} < {limit}", f"{turn} < {limit} and not {r.choice(self.ms)}.all()"])
            lines = [f"while {test}:", f"    {turn} += 1", *indented(body)]
            before = [*before, f"{turn} = 0"]
        if r.random() < 0.15:
            lines += ["else:", *indented(self.run(3))]
        return before + lines

    def bound(self) -> dict[str, str]:
        """Kinds of what may be used behind the loop."""
        made = {x: f"v:{self.char}:{self.width}" for x in self.xs} | {n: f"v:{self.counted}:{self.width}" for n in self.ns}
        return made | {m: f"v:?:{self.width}" for m in self.ms}
