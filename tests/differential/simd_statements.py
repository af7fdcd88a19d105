"""Random statements over SIMD values: bindings, stores, branches, loops over arrays, loops until a mask has no lanes, handlers, exits to CPython."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

from tests.differential.simd_expressions import DTYPES, NUMBERS, LaneExpressions, is_lanes, parse
from tests.differential.statements import indented

__all__ = ["LaneStatements"]

_ERRORS = ["IndexError", "OverflowError", "TypeError", "ValueError", "Exception", "(TypeError, IndexError)", "UnboundLocalError", "ArithmeticError"]
_FIXED = ("arr:", "list", "dict")  # kinds of names that are not bound anew


class LaneStatements:
    """A source of blocks of statements."""

    def __init__(self, r: Random, expressions: LaneExpressions, kinds: list[str]) -> None:
        self.r, self.e, self.kinds = r, expressions, kinds
        self.depth, self.loops, self.counter, self.budget = 0, 0, 0, 40
        self.turning = False  # whether `break` and `continue` may stand here

    def new_name(self, kind: str) -> str:
        """A name to bind: a new one, one of the same kind, seldom one of another kind."""
        r, names = self.r, self.e.names
        free = [n for n in names if not names[n].startswith(_FIXED) and len(n) > 1 and not n.startswith(("G", "width"))]
        same = [n for n in free if names[n] == kind]
        if same and r.random() < 0.6:
            return r.choice(same)
        if free and r.random() < 0.03:
            return r.choice(free)
        self.counter += 1
        return f"v{self.counter}"

    def bind(self, kind: str, text: str, *, name: str = "") -> list[str]:
        """A name bound to an expression."""
        name = name or self.new_name(kind)
        self.e.names[name] = kind
        return [f"{name} = {text}"]

    def block(self, size: int = 3) -> list[str]:
        """Up to `size` statements."""
        lines: list[str] = []
        for _ in range(self.r.randint(1, size)):
            if self.budget > 0:
                self.budget -= 1
                lines += self.statement()
        return lines or ["pass"]

    def statement(self) -> list[str]:
        """One statement."""
        made: list[Callable[[], list[str]]] = [self.assign] * 6 + [self.augment] * 3 + [self.swap] * 2 + [self.store] * 3 + [self.scalar] * 2
        made += [self.handler, self.leave, self.several, self.unbind]
        if self.depth < 3:
            made += [self.choose] * 3
        if self.loops < 2 and self.depth < 3:
            made += [self.loop] * 2 + [self.until_none, self.strips, self.early]
        if self.turning:
            made += [self.turn] * 2
        return self.r.choice(made)() or self.assign()

    def random_lanes(self) -> str:
        """A kind of SIMD values: one of the program's, or a mask of as many lanes."""
        kind = self.r.choice(self.kinds)
        return kind if self.r.random() < 0.7 else f"v:?:{parse(kind)[1]}"

    def assign(self) -> list[str]:
        """`x = ...`."""
        kind = self.random_lanes()
        return self.bind(kind, self.e.of(kind))

    def scalar(self) -> list[str]:
        """A number bound to a name."""
        kind = self.r.choice(["int", "int", "float", "bool", f"np:{self.r.choice(NUMBERS)}"])
        return self.bind(kind, self.e.of(kind))

    def owned(self) -> list[str]:
        """Names of SIMD values."""
        return [n for n, kind in self.e.names.items() if is_lanes(kind) and not n.startswith("G")]

    def augment(self) -> list[str]:
        """`x += y`."""
        r, names = self.r, self.owned()
        if not names:
            return []
        name = r.choice(names)
        char = parse(self.e.names[name])[0]
        op = r.choice(["&", "|", "^"] if char == "?" else ["+", "-", "*", "/"] if char in "fd" else ["+", "-", "*", "//", "%", "&", "|", "^", "<<", ">>"])
        return [f"{name} {op}= {self.e.operand(self.e.names[name], 1)}"]

    def swap(self) -> list[str]:
        """`x, y = y, x`, or two expressions at a time, or a copy."""
        r, names = self.r, self.owned()
        if not names:
            return []
        one = r.choice(names)
        kind = self.e.names[one]
        other = r.choice([n for n in names if self.e.names[n] == kind])
        if r.random() < 0.3:
            return self.bind(kind, one)
        if one == other:
            other = self.new_name(kind)
            text = [f"{one}, {other} = {self.e.of(kind, 1)}, {self.e.of(kind, 1)}"]
            self.e.names[other] = kind
            return text if one != other else []
        return [r.choice([f"{one}, {other} = {other}, {one}", f"{one}, {other} = {self.e.of(kind, 1)}, {self.e.of(kind, 1)}"])]

    def several(self) -> list[str]:
        """A function that gives several values, or a tuple of them."""
        found = [f for f in self.e.functions if ";" in f.result]
        if found and self.r.random() < 0.7:
            chosen = self.r.choice(found)
            kinds, text = chosen.result.split(";"), f"{chosen.name}({', '.join(self.e.of(k, 2) for k in chosen.kinds)})"
        else:
            kinds = [self.random_lanes(), self.r.choice([self.random_lanes(), "int"])]
            text = f"({', '.join(self.e.of(k, 2) for k in kinds)})"
        names = [self.new_name(kind) for kind in kinds]
        if len(set(names)) < len(names):
            return []
        self.e.names |= dict(zip(names, kinds, strict=True))
        if self.r.random() < 0.4:
            self.counter += 1
            pair = f"t{self.counter}"
            return [f"{pair} = {text}", *(f"{name} = {pair}[{k}]" for k, name in enumerate(names))]
        return [f"{', '.join(names)} = {text}"]

    def store(self) -> list[str]:
        """Lanes written to an array."""
        r, e = self.r, self.e
        arrays = [n for n, k in e.names.items() if k.startswith("arr:")]
        array = r.choice(arrays) if arrays else ""
        widths = [parse(k)[1] for k in self.kinds]
        if not array:
            return []
        kind = f"v:{e.names[array][4:]}:{r.choice(widths)}"
        width, x, at, k = parse(kind)[1], e.lanes(kind, 1), e.place(), r.random()
        mask = e.lanes(f"v:?:{width}", 2)
        if k < 0.3:
            return [f"{x}.store({array}, {at})"]
        if k < 0.5:
            return [f"{x}.store_tail({array}, {at})"]
        if k < 0.65:
            return [f"{x}.store({array}, {at}, {mask})"]
        if k < 0.8:
            return [f"{x}.store({array}, {at}, {f'{mask}, ' if r.random() < 0.3 else ''}stride={r.choice(['1', '2', '0', '-1', e.integer(2)])})"]
        if k < 0.95:
            return [f"{x}.scatter({array}, {e.indices(width, array, 1)}{f', {mask}' if r.random() < 0.3 else ''})"]
        return [f"{array}[{at}] = {e.scalar(e.names[array][4:])}"]

    # -- branches and loops

    @contextmanager
    def branch(self) -> Iterator[None]:
        """What is bound inside is not known behind; seldom it is used there all the same."""
        self.depth += 1
        before = dict(self.e.names)
        yield
        self.depth -= 1
        after = self.e.names
        self.e.names = {n: k for n, k in after.items() if before.get(n) == k}
        if self.r.random() < 0.12:
            self.e.names |= {n: k for n, k in after.items() if n not in before and len(n) > 1}

    def choose(self) -> list[str]:
        """`if`, with `else` now and then; a mask may be one of differently wide lanes on both sides."""
        r = self.r
        test = self.e.truth()
        if r.random() < 0.3:
            width = parse(r.choice(self.kinds))[1]
            kind, name = f"v:?:{width}", self.new_name(f"v:?:{width}")
            sides = [f"({self.e.lanes(f'v:{r.choice(NUMBERS)}:{width}', 1)} {r.choice(['<', '>='])} {r.randint(0, 3)})" for _ in range(2)]
            self.e.names[name] = kind
            return [f"if {test}:", f"    {name} = {sides[0]}", "else:", f"    {name} = {sides[1]}"]
        with self.branch():
            lines = [f"if {test}:", *indented(self.block(3))]
        if r.random() < 0.5:
            with self.branch():
                lines += ["else:", *indented(self.block(2))]
        return lines

    @contextmanager
    def looping(self, *counters: str) -> Iterator[None]:
        """The body of a loop."""
        outer = self.turning
        self.loops += 1
        with self.branch():
            self.turning = True
            self.e.names |= dict.fromkeys(counters, "int")
            yield
        self.turning = outer
        self.loops -= 1

    def loop(self) -> list[str]:
        """`for i in range(...)`."""
        i = "ij"[self.loops]
        limit = self.r.choice([str(self.r.randint(0, 6)), f"({self.e.integer(2)}) % {self.r.randint(2, 7)}"])
        with self.looping(i):
            lines = [f"for {i} in range({limit}):", *indented(self.block(4))]
        return lines

    def until_none(self) -> list[str]:
        """`while mask.any()`, bounded by a count."""
        mask, (self.counter) = self.e.pick(f"v:?:{parse(self.r.choice(self.kinds))[1]}"), self.counter + 1
        if not mask:
            return []
        n = f"n{self.counter}"
        test = self.r.choice([f"{mask}.any() and {n} < {self.r.randint(1, 7)}", f"{n} < {self.r.randint(1, 7)} and not {mask}.all()"])
        with self.looping(n):
            kind = self.e.names[mask]
            lines = [f"{mask} = {mask} & {self.e.lanes(kind, 1)}"] if self.r.random() < 0.6 else []
            lines = [f"{n} = 0", f"while {test}:", f"    {n} += 1", *indented(lines + self.block(3))]
        return lines

    def strips(self) -> list[str]:
        """A loop over an array, strip by strip, and its tail."""
        r, e = self.r, self.e
        arrays = [n for n, k in e.names.items() if k.startswith("arr:")]
        if not arrays:
            return []
        array = r.choice(arrays)
        kind = f"v:{e.names[array][4:]}:{parse(r.choice(self.kinds))[1]}"
        width, class_, i, x = parse(kind)[1], e.class_of(kind), "ij"[self.loops], self.new_name(kind)
        with self.looping(i):
            e.names[x] = kind
            asked = [f"    {class_}.prefetch({array}, {i} + {r.choice([width, 3, -5, 2**33])})"] if r.random() < 0.3 else []
            lines = [*asked, f"    {x} = {class_}.load({array}, {i})", *indented(self.block(3))]
            if r.random() < 0.6:
                lines += [f"    {e.lanes(kind, 1)}.store({array}, {i})"]
        stop = r.choice([f"len({array}) - {width} + 1", f"len({array}) - len({array}) % {width}"])
        tail = [f"{x} = {class_}.load_tail({array}, {r.choice(['0', f'len({array}) - len({array}) % {width}'])})"]
        e.names[x] = kind
        return [*tail, f"for {i} in range(0, {stop}, {width}):", *lines]

    def turn(self) -> list[str]:
        """`break` or `continue` on a condition, which a mask mostly decides."""
        test = self.e.truth()
        mask = self.e.pick(f"v:?:{parse(self.r.choice(self.kinds))[1]}")
        if mask and self.r.random() < 0.6:
            test = self.r.choice([f"not {mask}.any()", f"{mask}.any()", f"{mask}.all()", f"not {mask}.all()", f"{mask}.count() < 2"])
        return [f"if {test}:", f"    {self.r.choice(['break', 'break', 'continue'])}"]

    def early(self) -> list[str]:
        """A return in the middle."""
        names = self.owned()[:3]
        return [f"if {self.e.truth()}:", f"    return {', '.join(names) or 'None'}"] if self.r.random() < 0.5 else []

    # -- what leaves

    def handler(self) -> list[str]:
        """`try` around what raises, mostly."""
        r = self.r
        kind = self.random_lanes()
        name = self.new_name(kind)
        with self.branch():
            inside = [f"{name} = {self.wrong(kind)}" if r.random() < (0.2 if self.loops else 0.7) else f"{name} = {self.e.of(kind)}"]
            inside = self.block(1) + inside if r.random() < 0.4 else inside
        with self.branch():
            lines = ["try:", *indented(inside), f"except {r.choice(_ERRORS)}:", *indented(self.block(1))]
        if self.e.names.get(name) == kind and r.random() < 0.5:
            return lines
        return [*self.bind(kind, self.e.made(kind, 1), name=name), *lines]

    def wrong(self, kind: str) -> str:
        """What is refused: other widths, other dtypes, ints that do not fit, lanes that there are not."""
        r, e, (char, width) = self.r, self.e, parse(kind)
        x = e.lanes(kind, 2)
        other = f"v:{char}:{r.choice([2, 3, 5, 9])}" if width == "width" or r.random() < 0.5 else f"v:{r.choice(NUMBERS)}:{width}"
        options = [f"{x} + {e.lanes(other, 2)}", f"{x}.select(1, 2)", f"{x}.shuffle(200)", f"{x}.slice(500)", f"({x} < {e.lanes(other, 2)})", f"{x}.min({e.lanes(other, 2)})"]
        options += [f"{x}.with_lane(300, {e.number(char, 2)})", f"{x} + 'a'", f"{x} + None", f"{e.class_of(kind)}(1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4)", f"{x}.cast(float)"]
        options += [f"{x} + {10**30}", f"{x} + {2**r.choice([8, 16, 32, 63, 64])}", f"({x} if {x} else {x})", f"{x} * 1.5", f"-{x}", f"{x} / {x}", f"{x}.fma({x}, 1)"]
        options += [f"{x} + [1]", f"{x} ** 2", f"{x} @ {x}", f"float({x})", f"bool({x})", f"{x}[1:2]", f"{x} < {x} < {x}", f"max({x}, {x})", f"hash({x})", f"np.sqrt({x})", f"not {x}"]
        options += [f"{x} + {DTYPES[r.choice(NUMBERS)]}(1)", f"{x}.bitcast(Int64)", f"{x}.missing", f"{x}[0.5]", f"{x}.join({e.lanes(other, 2)})", f"{x} & {e.lanes(other, 2)}"]
        arrays = [n for n, k in e.names.items() if k.startswith("arr:")]
        if arrays:
            array = r.choice(arrays)
            options += [f"{e.class_of(kind)}.load({array}, {at})" for at in ("-1", "len(" + array + ")", str(2**62), "0.5")]
        return r.choice(options)

    def leave(self) -> list[str]:
        """An exit to CPython in the middle: a list or a dict that values go through."""
        r, e = self.r, self.e
        if r.random() < (0.85 if self.loops else 0.4):  # from within a loop compiled code does not leave for good
            return []
        kind, k = self.random_lanes(), r.random()
        box, table = e.pick("list"), e.pick("dict")
        if box and k < 0.25:
            return [f"{box}.append({e.of(kind, 1)})"]
        if table and k < 0.5:
            return self.bind("int", f"{table}.get({r.choice(['0', '1', repr('a')])}, {r.randint(0, 3)})")
        if table and k < 0.6:
            return [f"{table}[{r.randint(0, 3)}] = {e.of(kind, 1)}"]
        name = self.new_name(kind)
        if k < 0.8:
            lines = [f"{name} = [{e.of(kind, 1)}, 1][0]"]
        else:
            lines = [f"{name} = {{'a': {e.of(kind, 1)}}}['a']"]
        e.names[name] = kind
        return lines

    def unbind(self) -> list[str]:
        """Seldom: a name that may be unbound behind."""
        names = [n for n in self.owned() if n[0] == "v"]
        if not names or self.r.random() > (0.15 if self.e.tame else 0.5):
            return []
        return [f"if {self.e.truth()}:", f"    del {self.r.choice(names)}"]
