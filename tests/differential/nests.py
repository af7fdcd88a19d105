"""Loop nests over arrays that may share memory, with indexes that are in range mostly."""

from __future__ import annotations

from random import Random

__all__ = ["make_nest"]

_HEAD = "\n\n@fn\ndef main(x, y, z, m, idx, n, k):\n"


def make_nest(r: Random) -> tuple[str, list[tuple[str, str]]]:
    """The text of a program and its calls as pairs (setup, arguments)."""
    nest = _Nest(r)
    start = r.choice(["0", "k", "1", "4611686018427387904"])
    lines = ["s = t = u = 0", f"i = j = {start}", *nest.block(["i"], 0), f"for i in {nest.span(['n'])}:"]
    lines += ["    " + line for line in nest.block(["i"], 1)]
    lines += ["return s, t, u"]
    text = _HEAD + "".join(f"    {line}\n" for line in lines)
    return text, [("", _arguments(r)) for _ in range(6)]


class _Nest:
    """Makes the blocks of a nest; `loops` are the loop variables around, outermost first."""

    def __init__(self, r: Random) -> None:
        self.r = r

    def index(self, loops: list[str]) -> str:
        """A subscript: affine in the loop variables, a constant, or through `idx`."""
        r = self.r
        v, u = r.choice(loops), r.choice(loops)
        simple = [v, v, v, f"{v} + 1", f"{v} - 1", f"2 * {v}", f"{v} + k", f"n - 1 - {v}", f"{v} + {u}", "k", "0", "-1"]
        return r.choice([*simple, f"idx[{v}]", f"idx[{v} + 1]"])

    def item(self, names: str, loops: list[str]) -> str:
        """An item of one of the arrays named."""
        array = self.r.choice(names)
        if array == "m":
            return f"m[{self.index(loops)}, {self.index(loops)}]"
        return f"{array}[{self.index(loops)}]" if array != "i" else f"idx[{self.index(loops)}]"

    def value(self, loops: list[str]) -> str:
        """What is stored or tested."""
        r = self.r
        a, b = self.item("xyxzmi", loops), self.item("xyz", loops)
        return r.choice(
            [a, f"{a} + {b}", f"{a} * 0.5", f"{a} - {loops[-1]}", f"{a} * k", f"1.0 / {a}", "1", "s", *loops, f"{a} * {b} + {a}"]
        )

    def span(self, loops: list[str]) -> str:
        """The range of a loop."""
        r = self.r
        end = r.choice(["n", "n", "n", "len(x) - 12", "m.shape[0] - 9", "k", "n - 1", "3", *loops])
        start = r.choice(["0", "1", "k", *loops])
        return (
            f"range({r.choice([end, end, f'{start}, {end}', f'{start}, {end}, 2', f'{end} - 1, -1, -1', f'{end}, {start}, -1'])})"
        )

    def block(self, loops: list[str], depth: int) -> list[str]:
        """A few statements, loops inside included."""
        r, lines = self.r, []
        for _ in range(r.randint(1, 3)):
            k = r.random()
            if k < 0.5:
                lines.append(f"{self.item('yyyzm', loops)} {r.choice(['=', '=', '+=', '*=', '-='])} {self.value(loops)}")
            elif k < 0.6:
                lines.append(f"s {r.choice(['=', '+='])} {self.value(loops)}")
            elif k < 0.68:
                jump = ["break", "continue"][: 2 * (depth > 0)] + ["s = 7", f"y[{self.index(loops)}] = 3"]
                lines += [f"if {self.value(loops)} > {r.choice(['0', '3', 'k', loops[0]])}:", f"    {r.choice(jump)}"]
            elif k < 0.70:
                lines.append(f"s = {r.choice('ij')} * 1000000007")
            elif k < 0.82:
                lines += self.choice(loops)
            elif k < 0.84:
                lines.append(
                    f"{r.choice('yz')}[{r.choice([':n', '1:', '::2', 'k:n'])}] {r.choice(['=', '+='])} {r.choice(['1', 'k', 's'])}"
                )
            elif depth < 2:
                v = "ij"[depth]
                lines += [f"for {v} in {self.span(loops)}:", *("    " + line for line in self.block([*loops, v], depth + 1))]
        return lines or ["pass"]

    def condition(self, loops: list[str]) -> str:
        """What a branch tests."""
        r = self.r
        one = f"{self.value(loops)} {r.choice(['>', '<', '>=', '==', '!='])} {r.choice(['0', '3', 'k', 't', '0.5', *loops])}"
        return (
            one
            if r.random() < 0.7
            else f"{one} {r.choice(['and', 'or', 'and not'])} {self.item('xyi', loops)} > {r.choice('012')}"
        )

    def choice(self, loops: list[str]) -> list[str]:
        """Branches that do simple things."""
        lines = [f"if {self.condition(loops)}:", *self.simple(loops)]
        if self.r.random() < 0.4:
            lines += [f"elif {self.condition(loops)}:", *self.simple(loops)]
        if self.r.random() < 0.5:
            lines += ["else:", *self.simple(loops)]
        if self.r.random() < 0.2:
            lines.append(f"{self.item('yz', loops)} = {self.value(loops)} if {self.condition(loops)} else {self.value(loops)}")
        return lines

    def simple(self, loops: list[str]) -> list[str]:
        """One or two statements of one line, indented."""
        r, lines = self.r, []
        for _ in range(r.choice([1, 1, 2])):
            name, value = r.choice(["s", "t", "u", *self.places(loops)]), self.value(loops)
            lines.append(r.choice([f"{name} = {value}", f"{name} += {value}", f"{name} = {value}", "s, t = t, s", "t += 1"]))
        return ["    " + line for line in lines]

    def places(self, loops: list[str]) -> list[str]:
        """Elements of arrays that may be written."""
        return [self.item("yz", loops), self.item("ym", loops)]


def _arguments(r: Random) -> str:
    n = r.choice([0, 1, 3, 4, 4, 8, 9, 33, 40, 70])
    size = 2 * n + 12 if r.random() < 0.85 else n + 2
    k = r.random()
    x, steps = f"np.arange(1.0, {3 * size + 8})", f"np.arange({size}) * 3.0"
    arrays = [f"{x}[:{size}]", f"np.arange(2.0, {size + 2})", steps]
    if k < 0.25:
        arrays[1:] = "a0", f"np.ones({size})"
    elif k < 0.45:
        arrays = [x, f"a0[2:{size + 2}]", f"a0[1:{size + 1}][::-1]"]
    elif k > 0.9:
        arrays[1] = f"np.arange({size})"
    if k < 0.25 or r.random() < 0.2:
        spike = r.choice(["np.inf", "np.nan", "1.7e308", "-1.7e308", "-0.0", "2.0"])
        arrays[0] = f"np.where(np.arange({3 * size + 7}) == {r.randrange(size)}, {spike}, {x})"
    highest = min(size - 1, max(8, n))
    items = [r.randint(0, highest) for _ in range(size)]
    if r.random() < 0.1:
        items[r.randrange(size)] = r.choice([-1, -2, size, 10**6])
    idx = "a1.view(np.int64)" if r.random() < 0.05 else f"np.array({items})"
    m = f"np.arange({float(size * (size + 1))}).reshape({size}, {size + 1})"
    return f"{', '.join(arrays)}, {m}, {idx}, {n}, {r.choice([0, 1, 2, 1, 2, -1])}"
