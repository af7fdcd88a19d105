"""Random expressions over SIMD values, and over the numbers, masks and arrays that go with them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

__all__ = ["DTYPES", "LaneExpressions", "LaneFunction", "is_lanes", "parse", "signed"]

DTYPES = {
    "b": "Int8", "h": "Int16", "i": "Int32", "l": "Int64", "B": "UInt8", "H": "UInt16", "I": "UInt32", "L": "UInt64", "f": "Float32", "d": "Float64", "?": "Bool",
}  # fmt: skip
BITS = {"b": 8, "h": 16, "i": 32, "l": 64, "B": 8, "H": 16, "I": 32, "L": 64, "f": 32, "d": 64, "?": 8}
NUMBERS = "bhilBHILfd"
_COMPARISONS = ["<", "<=", ">", ">=", "==", "!="]
_DEEPEST = 3


@dataclass(slots=True)
class LaneFunction:
    """A function others call: kinds of its parameters and of its result, a kind or several separated by ";"."""

    name: str
    kinds: list[str]
    result: str


def is_lanes(kind: str) -> bool:
    """Whether a kind is of SIMD values: "v:<dtype>:<width>", where the width may be "width", the name of a parameter."""
    return kind.startswith("v:")


def parse(kind: str) -> tuple[str, str]:
    """Type character and width of a kind of SIMD values."""
    _, char, width = kind.split(":")
    return char, width


def signed(char: str) -> bool:
    """Whether lanes may be negative."""
    return char in "bhilfd"


class LaneExpressions:
    """Expressions of a kind: "v:<dtype>:<width>", "int", "float", "bool", "np:<dtype>". `names` are those at hand: also arrays, "arr:<dtype>"."""

    def __init__(self, r: Random, names: dict[str, str], functions: list[LaneFunction], aliases: dict[str, str], *, tame: bool) -> None:
        self.r, self.names, self.functions, self.aliases, self.tame = r, names, functions, aliases, tame

    def of(self, kind: str, depth: int = 0) -> str:
        """An expression of a kind."""
        if is_lanes(kind):
            return self.lanes(kind, depth)
        if kind.startswith("np:"):
            return self.scalar(kind[3:], depth)
        if kind.startswith("arr:"):
            return self.pick(kind) or "None"
        return {"int": self.integer, "float": self.floating, "bool": self.truth}[kind](depth)

    def pick(self, kind: str) -> str:
        """A name of a kind, "" if there is none."""
        found = [name for name, k in self.names.items() if k == kind]
        return self.r.choice(found) if found else ""

    def class_of(self, kind: str) -> str:
        """How the class of a kind is written: a name of the module, or in full."""
        char, width = parse(kind)
        text = f"SIMD[{DTYPES[char]}, {width}]"
        if width == "width" or self.r.random() < 0.3:
            return text
        return self.aliases.setdefault(text, f"{DTYPES[char]}x{width}")

    # -- numbers

    def integer(self, depth: int = 0) -> str:
        """An int, small as a rule."""
        r, k, name = self.r, self.r.random(), self.pick("int")
        if name and (k < 0.5 or depth >= _DEEPEST):
            return name if r.random() < 0.7 else f"({name} {r.choice(['+ 1', '- 1', '% 5', '* 2', '% 3', '& 7'])})"
        found = [n for n, kind in self.names.items() if is_lanes(kind)]
        if found and k < 0.7 and depth < _DEEPEST:
            one = r.choice(found)
            char = parse(self.names[one])[0]
            texts = [f"len({one})", f"{one}.width", f"{one}.count()" if char == "?" else f"int({self.item(one)} == {self.item(one)})"]
            return r.choice([*texts, f"int({self.item(one)})" if char in "bhilBH?" else texts[0]])
        return str(r.choice([0, 1, 1, 2, 2, 3, 3, 4, 5, 7, 9, 100])) if r.random() < 0.95 else str(r.choice([127, 255, 256, -1, -129, 2**31, 2**40, 2**63 - 1]))

    def floating(self, depth: int = 0) -> str:
        """A float."""
        r, name = self.r, self.pick("float")
        if name and r.random() < 0.5:
            return name
        found = [n for n, kind in self.names.items() if kind[:3] in ("v:f", "v:d")]
        if found and depth < _DEEPEST and r.random() < 0.25:
            one = r.choice(found)
            return r.choice([f"float({self.item(one)})", f"float({one}.reduce_{r.choice(['add', 'min', 'max'])}())"])
        return r.choice(["0.0", "0.5", "1.0", "-1.5", "2.0", "0.25", "4.0", "1e-3", "3.5", "-0.0", "1e300"])

    def truth(self, depth: int = 0) -> str:
        """A bool: what a mask says, or a comparison of ints."""
        r, k = self.r, self.r.random()
        masks = [n for n, kind in self.names.items() if kind.startswith("v:?")]
        if k < 0.25 and (masks or self.pick("bool")):
            return f"{r.choice(masks)}.{r.choice(['any', 'all'])}()" if masks and r.random() < 0.7 else self.pick("bool") or "True"
        widths = [parse(kind)[1] for kind in self.names.values() if is_lanes(kind)]
        if k < 0.5 and widths and depth < _DEEPEST:
            return f"({self.lanes(f'v:?:{r.choice(widths)}', depth + 1)}).{r.choice(['any', 'all'])}()"
        if k < 0.6 and depth < _DEEPEST:
            return r.choice(["(not {0})", "({0} and {1})", "({0} or {1})"]).format(self.truth(depth + 1), self.truth(depth + 1))
        if k < 0.65 and masks:
            return f"bool({self.item(r.choice(masks))})"
        return f"{self.integer(depth + 1)} {r.choice(_COMPARISONS)} {self.integer(depth + 1)}"

    def item(self, name: str) -> str:
        """A lane of a name: mostly one that there is."""
        width = parse(self.names[name])[1]
        number = self.pick("int") or str(self.r.randint(0, 40))
        if self.r.random() < (0.01 if self.tame else 0.1):
            return f"{name}[{self.r.choice(['99', '-99', width, number])}]"
        if width == "width" or self.r.random() < 0.5:
            return f"{name}[{number} % {width}]"
        return f"{name}[{self.r.randrange(-int(width), int(width))}]"

    def scalar(self, char: str, depth: int = 0) -> str:
        """A NumPy scalar: a lane, a reduction, or one that is made."""
        r = self.r
        found = [n for n, kind in self.names.items() if is_lanes(kind) and parse(kind)[0] == char]
        name = self.pick(f"np:{char}")
        if name and r.random() < 0.5:
            return name
        if found and r.random() < 0.6:
            one = r.choice(found)
            return self.item(one) if char == "?" or r.random() < 0.6 else f"{one}.reduce_{r.choice(['add', 'mul', 'min', 'max'])}()"
        if char == "?":
            return f"Bool({r.choice(['True', 'False'])})"
        value = r.choice(["0.5", "-2.25", "1.0", "3.0"]) if char in "fd" else str(r.randint(0, 9) - (4 if signed(char) else 0))
        return f"{DTYPES[char]}({value})"

    def number(self, char: str, depth: int) -> str:
        """What may stand for all lanes: a Python number or a NumPy scalar of the very dtype."""
        r, k = self.r, self.r.random()
        if k < 0.25:
            return self.scalar(char, depth)
        if char == "?":
            return r.choice(["True", "False", self.pick("bool") or "True"])
        if char in "fd":
            return self.floating(depth + 1) if k < 0.8 else self.integer(2)
        if k < 0.6:
            limit = (1 << BITS[char] - signed(char)) - 1
            return str(r.choice([0, 1, 2, 3, 5, 7, 8, limit, limit // 3, limit - 1]) if r.random() < 0.4 else r.randint(0, 9))
        name = self.pick("int")
        if name and (not self.tame or r.random() < 0.3):
            return name
        return f"{name} % {r.randint(2, 100)}" if name else f"-{r.randint(1, 9)}" if signed(char) else "6"

    # -- lanes

    def lanes(self, kind: str, depth: int = 0) -> str:
        """SIMD values."""
        r, name = self.r, self.pick(kind)
        if name and (depth >= _DEEPEST or r.random() < 0.35 + 0.15 * depth):
            return name
        if depth >= _DEEPEST:
            return self.made(kind, depth)
        char, _ = parse(kind)
        every = [self.made, self.chosen, self.chosen, self.moved, self.loaded, self.loaded, self.conditional, self.called]
        if char == "?":
            every += [self.compared] * 7 + [self.joined_masks] * 4
        else:
            every += [self.arithmetic] * 8 + [self.lesser, self.unary, self.cast, self.cast, self.bitcast, self.counted]
            every += [self.rounded, self.fused] if char in "fd" else [self.bits] * 4
        return r.choice(every)(kind, depth) or self.made(kind, depth)

    def operand(self, kind: str, depth: int) -> str:
        """Lanes, or a number for all of them."""
        return self.number(parse(kind)[0], depth + 1) if self.r.random() < 0.35 else self.lanes(kind, depth + 1)

    def made(self, kind: str, depth: int) -> str:
        """A call of the class."""
        r, (char, width) = self.r, parse(kind)
        k = r.random()
        if k < 0.1:
            return f"{self.class_of(kind)}()"
        if width != "width" and 1 < int(width) <= 16 and k < 0.4:
            return f"{self.class_of(kind)}({', '.join(self.number(char, 2) if r.random() < 0.3 else self.constant(char) for _ in range(int(width)))})"
        return f"{self.class_of(kind)}({self.number(char, depth + 1)})"

    def constant(self, char: str) -> str:
        """A literal for a lane."""
        r = self.r
        if char == "?":
            return r.choice(["True", "False"])
        if char in "fd":
            return r.choice(["0.0", "1.0", "-2.5", "0.125", "3.75", "-0.0", "7", "-3"])
        return str(r.randint(-9, 9) if signed(char) else r.randint(0, 9))

    def arithmetic(self, kind: str, depth: int) -> str:
        """`x + y`."""
        ops = ["+", "-", "*", "+", "-", "*", "/"] if parse(kind)[0] in "fd" else ["+", "-", "*", "+", "-", "//", "%"]
        return self.binary(kind, self.r.choice(ops), depth)

    def binary(self, kind: str, op: str, depth: int) -> str:
        """An operator with lanes on at least one side."""
        x, y = self.lanes(kind, depth + 1), self.operand(kind, depth)
        return f"({x} {op} {y})" if self.r.random() < 0.75 else f"({y} {op} {x})"

    def bits(self, kind: str, depth: int) -> str:
        """Operators of integers."""
        return self.binary(kind, self.r.choice(["&", "|", "^", "<<", ">>"]), depth)

    def unary(self, kind: str, depth: int) -> str:
        """`-x`, `abs(x)`, `~x`."""
        forms = ["(-{})", "abs({})", "(+{})", *(["(~{})"] * 2 if parse(kind)[0] not in "fd" else [])]
        return self.r.choice(forms).format(self.lanes(kind, depth + 1))

    def lesser(self, kind: str, depth: int) -> str:
        """`x.min(y)`."""
        return f"{self.lanes(kind, depth + 1)}.{self.r.choice(['min', 'max'])}({self.operand(kind, depth)})"

    def rounded(self, kind: str, depth: int) -> str:
        """`x.floor()` and the like."""
        return f"{self.lanes(kind, depth + 1)}.{self.r.choice(['sqrt', 'floor', 'ceil', 'trunc', 'rint'])}()"

    def fused(self, kind: str, depth: int) -> str:
        """`x.fma(y, z)`."""
        return f"{self.lanes(kind, depth + 1)}.fma({self.operand(kind, depth)}, {self.operand(kind, depth)})"

    def cast(self, kind: str, depth: int) -> str:
        """Lanes of another dtype, or a mask, as this one: first what is at hand in so many lanes."""
        char, width = parse(kind)
        found = [k for k in self.names.values() if is_lanes(k) and parse(k)[1] == width]
        source = self.r.choice(found) if found and self.r.random() < 0.7 else f"v:{self.r.choice(NUMBERS + '?')}:{width}"
        return f"{self.lanes(source, depth + 1)}.cast({DTYPES[char]})"

    def bitcast(self, kind: str, depth: int) -> str:
        """The bits of another dtype; those of a NaN are not promised, so there is none."""
        char, width = parse(kind)
        source = self.r.choice([c for c in NUMBERS if BITS[c] == BITS[char]])
        if source in "fd" and char not in "fd":
            name = self.pick(f"v:{source}:{width}")
            return f"({name} == {name}).select({name}, 0.0).bitcast({DTYPES[char]})" if name else ""
        return f"{self.lanes(f'v:{source}:{width}', depth + 1)}.bitcast({DTYPES[char]})"

    def counted(self, kind: str, depth: int) -> str:
        """`V.iota(start)`."""
        return f"{self.class_of(kind)}.iota({self.number(parse(kind)[0], 2) if self.r.random() < 0.7 else ''})"

    def compared(self, kind: str, depth: int) -> str:
        """A comparison of lanes of any dtype."""
        _, width = parse(kind)
        found = [k for k in self.names.values() if is_lanes(k) and parse(k)[1] == width and parse(k)[0] != "?"]
        source = self.r.choice(found) if found and self.r.random() < 0.8 else f"v:{self.r.choice(NUMBERS)}:{width}"
        x, y = self.lanes(source, depth + 1), self.operand(source, depth)
        op = self.r.choice(_COMPARISONS)
        return f"({x} {op} {y})" if self.r.random() < 0.85 else f"({y} {op} {x})"

    def joined_masks(self, kind: str, depth: int) -> str:
        """`m & n`, `~m`, `m == n`."""
        x, y = self.lanes(kind, depth + 1), self.operand(kind, depth)
        return self.r.choice(["({x} & {y})", "({x} | {y})", "({x} ^ {y})", "(~{x})", "({x} != {y})", "({x} == {y})", "({y} & {x})"]).format(x=x, y=y)

    def chosen(self, kind: str, depth: int) -> str:
        """`mask.select(x, y)`, where one may be a number."""
        x, y = self.lanes(kind, depth + 1), self.operand(kind, depth)
        x, y = (x, y) if self.r.random() < 0.5 else (y, x)
        keywords = self.r.random() < 0.1
        return f"{self.lanes(f'v:?:{parse(kind)[1]}', depth + 1)}.select({f'otherwise={y}, then={x}' if keywords else f'{x}, {y}'})"

    def conditional(self, kind: str, depth: int) -> str:
        """`x if c else y`."""
        return f"({self.lanes(kind, depth + 1)} if {self.truth(depth + 1)} else {self.lanes(kind, depth + 1)})"

    def called(self, kind: str, depth: int) -> str:
        """A call of a function that gives it."""
        fitting = [f for f in self.functions if kind in f.result.split(";")]
        if not fitting:
            return ""
        chosen = self.r.choice(fitting)
        results = chosen.result.split(";")
        text = f"{chosen.name}({', '.join(self.of(k, depth + 1) for k in chosen.kinds)})"
        return text if len(results) == 1 else f"{text}[{results.index(kind)}]"

    def moved(self, kind: str, depth: int) -> str:
        """The lanes of others in another order."""
        r, (char, width) = self.r, parse(kind)
        x = self.lanes(kind, depth + 1)
        if width == "width":
            return r.choice([f"{x}.reverse()", f"{x}.join({self.lanes(kind, depth + 1)}).slice(width, {r.randint(0, 1)})", f"{x}.with_lane(0, {self.number(char, 2)})"])
        lanes = int(width)
        options = [f"{x}.reverse()", f"{x}.with_lane({r.randrange(-lanes, lanes)}, {self.number(char, 2)})"]
        if lanes <= 32:
            options.append(f"{x}.shuffle({', '.join(str(r.randrange(-lanes, lanes)) for _ in range(lanes))})")
        others = [k for k in self.names.values() if is_lanes(k) and k != kind and parse(k)[0] == char and parse(k)[1] != "width"]
        for other in others[:2]:
            source, many = self.pick(other), int(parse(other)[1])
            options.append(f"{source}.shuffle({', '.join(str(r.randrange(many)) for _ in range(lanes))})")
            if many >= lanes:
                options.append(f"{source}.slice({width}, {r.randint(0, many - lanes)})")
        if lanes % 2 == 0:
            half = f"v:{char}:{lanes // 2}"
            options.append(f"{self.lanes(half, depth + 1)}.join({self.lanes(half, depth + 1)})")
        return r.choice(options)

    # -- memory

    def loaded(self, kind: str, depth: int) -> str:
        """Lanes out of an array."""
        r, (char, width) = self.r, parse(kind)
        array = self.pick(f"arr:{char}")
        if not array:
            return ""
        class_ = self.class_of(kind)
        mask = f"v:?:{width}"
        inside = f"({self.class_of(f'v:l:{width}')}.iota({{0}}) < len({array}))"
        k = r.random()
        at = self.place()
        if k < 0.2:
            return f"{class_}.load({array}, {at})"
        if k < 0.4:
            return f"{class_}.load_tail({array}, {at})"
        if k < 0.55:
            return f"{class_}.load({array}, {at}, {inside.format(at) if r.random() < 0.7 else self.lanes(mask, depth + 1)})"
        if k < 0.7:
            stride = r.choice(["1", "2", "-1", "0", "3", self.integer(2)])
            start = at if stride != "-1" else f"len({array}) - 1"
            return f"{class_}.load({array}, {start}, {f'mask={self.lanes(mask, depth + 1)}, ' if r.random() < 0.3 else ''}stride={stride})"
        return f"{class_}.gather({array}, {self.indices(width, array, depth)}{f', {self.lanes(mask, depth + 1)}' if r.random() < 0.3 else ''})"

    def place(self) -> str:
        """Where lanes begin."""
        name = self.pick("int")
        if name and self.r.random() < 0.4:
            return name if self.r.random() < (0.2 if self.tame else 0.6) else f"({name} % {self.r.randint(2, 9)})"
        return str(self.r.choice([0, 0, 1, 2, 3, 5, 8])) if self.tame or self.r.random() < 0.8 else str(self.r.choice([-1, 30, 2**40, 2**62, -(2**63)]))

    def indices(self, width: str, array: str, depth: int) -> str:
        """Integers for each lane, mostly of elements that there are."""
        char = self.r.choice("lliBhIL")
        x = self.lanes(f"v:{char}:{width}", depth + 1)
        if not self.tame and self.r.random() < 0.2:
            return x
        return f"({x} & {self.r.choice([1, 3, 7])})" if self.r.random() < 0.6 else f"({x} % {self.r.randint(2, 9)})"
