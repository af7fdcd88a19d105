"""Random programs over SIMD values: classes, functions over them, and the arguments of calls."""

from __future__ import annotations

from random import Random

from tests.differential.program import HEADER, Call, Program
from tests.differential.simd_expressions import BITS, DTYPES, NUMBERS, LaneExpressions, LaneFunction, is_lanes, parse, signed
from tests.differential.simd_loops import RUNS, RunLoop
from tests.differential.simd_statements import LaneStatements
from tests.differential.statements import indented

__all__ = ["SIMD", "make_simd"]

SIMD = "simd"
SIMD_HEADER = f"{HEADER}from accel.types import SIMD, Array, Comptime, {', '.join(sorted(DTYPES.values()))}\n"
_WIDTHS = [1, 2, 3, 4, 4, 4, 5, 6, 7, 8, 8, 8, 8, 9, 12, 16, 16, 16, 24, 32]
_FLOATS = ["0.0", "-0.0", "1.0", "-1.5", "2.5", "0.5", "-0.5", "np.inf", "-np.inf", "np.nan", "1e300", "-1e300", "1e-310", "3e9", "127.5", "-129.0", "65535.5", "3e38", "1e19"]
_LAYOUTS = ["{}"] * 8 + ["spaced({})", "turned({})", "{}[::-1]", "{}[1:]", "readonly({})", "{}[:3]", "{}[:0]", "swapped({})", "unaligned({})", "{}[None]", "{}.astype('e')", "{}[::3]"]


def make_simd(seed: int, title: str = SIMD) -> Program:
    """The program of a seed."""
    attempt = seed
    while True:
        maker = _Maker(Random(f"{SIMD}:{attempt}"))
        body = maker.make()
        try:
            compile(body, "program", "exec")
        except SyntaxError:
            attempt += 1 << 40
            continue
        return Program(SIMD_HEADER + body, tuple(Call(text) for text in maker.calls()), f"seed {seed}, {title}")


class _Maker:
    """Makes the functions of one program, callees first."""

    def __init__(self, r: Random) -> None:
        self.r, self.tame = r, r.random() < 0.8
        self.aliases: dict[str, str] = {}  # class in full -> its name in the module
        self.functions: list[LaneFunction] = []
        self.parameters: dict[str, str] = {}
        self.annotated: set[str] = set()
        self.has_width = False
        self.loops: list[RunLoop] = []
        self.kinds: list[str] = []

    def make(self) -> str:
        """The text after the header."""
        r, parts = self.r, []
        stressed = r.random() < 0.5
        if stressed:
            self.loops = [RunLoop(r, r.choice(RUNS), k, []) for k in range(r.choice([1, 1, 1, 2]))]
        self.has_width = not stressed and r.random() < 0.2
        widths = ["width"] * self.has_width or [str(r.choice(_WIDTHS)) for _ in range(r.choice([1, 1, 2]))]
        chars = r.sample(NUMBERS, r.randint(1, 3)) if r.random() < 0.5 else r.sample("dflid", r.randint(1, 3))
        self.kinds = [f"v:{char}:{r.choice(widths)}" for char in chars]
        for number in range(0 if self.has_width else r.choice([0, 0, 1, 1, 2])):
            parts.append(self.helper(f"h{number}"))
        parts.append(self.main())
        classes = "".join(f"{name} = {text}\n" for text, name in self.aliases.items())
        return f"\n\n{classes}" * bool(classes) + "".join(parts)

    def annotation(self, kind: str) -> str:
        """How a kind is annotated."""
        return f": SIMD[{DTYPES[parse(kind)[0]]}, {parse(kind)[1]}]" if is_lanes(kind) else f": {kind}" if kind in ("int", "float", "bool") else ""

    def helper(self, name: str) -> str:
        """A function others call, decorated or not."""
        r = self.r
        kinds = [r.choice([*self.kinds, *self.kinds, "int", "float"]) for _ in range(r.randint(1, 3))]
        results = [r.choice(self.kinds) for _ in range(r.choice([1, 1, 1, 2]))]
        if len(results) > 1:
            results[1] = f"v:?:{parse(results[0])[1]}"
        e = LaneExpressions(r, {f"q{k}": kind for k, kind in enumerate(kinds)}, [], self.aliases, tame=self.tame)
        statements = LaneStatements(r, e, self.kinds)
        statements.budget, statements.depth = 5, 2
        body = statements.block(2) if r.random() < 0.7 else []
        body = [line for line in body if "return" not in line and "del " not in line] if not any("return" in x or "del " in x for x in body) else []
        if not body:
            e.names = {f"q{k}": kind for k, kind in enumerate(kinds)}
        typed = r.random() < 0.5
        head = ", ".join(f"q{k}{self.annotation(kind) if typed else ''}" for k, kind in enumerate(kinds))
        body += [f"return {', '.join(e.of(kind, 1) for kind in results)}"]
        self.functions.append(LaneFunction(name, kinds, ";".join(results)))
        return "\n".join(["", "", *(["@fn"] if r.random() < 0.75 else []), f"def {name}({head}):", *indented(body), ""])

    def choose_parameters(self) -> None:
        """Parameters of `main`, and which of them are annotated."""
        r = self.r
        kinds = [r.choice(self.kinds) for _ in range(r.randint(1, 3))]
        kinds += [f"v:{loop.char}:{loop.width}" for loop in self.loops for _ in range(2)]
        chars = [parse(kind)[0] for kind in self.kinds]
        kinds += [f"arr:{r.choice([*chars, *chars, r.choice(NUMBERS + '?')])}" for _ in range(r.choice([0, 1, 1, 2, 3]))]
        kinds += ["int", *(r.choice(["int", "float", "bool", f"np:{r.choice(chars)}", f"v:?:{parse(self.kinds[0])[1]}"]) for _ in range(r.randint(0, 2)))]
        kinds += r.choice([[], [], [], ["list"], ["dict"], ["list", "dict"]])
        self.parameters = {f"p{k}": kind for k, kind in enumerate(kinds)}
        self.annotated = {name for name, kind in self.parameters.items() if r.random() < 0.5 and kind[:4] not in ("arr:", "list", "dict")} if not self.has_width else set()

    def main(self) -> str:
        """The text of `main`."""
        r = self.r
        self.choose_parameters()
        names = dict(self.parameters)
        e = LaneExpressions(r, names, self.functions, self.aliases, tame=self.tame)
        statements = LaneStatements(r, e, self.kinds)
        body: list[str] = []
        size = r.randint(0, 3) if self.loops else r.randint(3, 8)
        for _ in range(size):
            body += statements.statement()
        for loop in self.loops:
            body += self.run_loop(loop, e)
            body += [line for _ in range(r.randint(0, 2)) for line in statements.statement()] if r.random() < 0.4 else []
        known = [n for n, kind in e.names.items() if kind[:4] not in ("arr:", "list", "dict") and len(n) > 1]
        r.shuffle(known)
        known = sorted(known[:9], key=lambda n: n[1:]) + [n for loop in self.loops for n in loop.bound()]
        body.append(f"return {', '.join(dict.fromkeys(known)) or 'None'}{',' if len(set(known)) == 1 and r.random() < 0.5 else ''}")
        head = ", ".join(f"{name}{self.annotation(kind) if name in self.annotated else ''}" for name, kind in self.parameters.items())
        head += ", *, width: Comptime[int] = 4" if self.has_width else ""
        return "\n".join(["", "", "@fn", f"def main({head}):", *indented(body), ""])

    def run_loop(self, loop: RunLoop, e: LaneExpressions) -> list[str]:
        """A loop of runs, with what comes before it."""
        r = self.r
        loop.scalars = [n for n, kind in self.parameters.items() if kind == "float" and e.names.get(n) == "float"]
        given = [n for n, kind in self.parameters.items() if kind == f"v:{loop.char}:{loop.width}" and e.names.get(n) == kind]
        counts = [n for n, kind in self.parameters.items() if kind == "int" and e.names.get(n) == "int"]
        lines = loop.start(given)
        lines += loop.loop(r.choice([f"{r.choice(counts)} % {r.randint(3, 12)}" if counts else "5", str(r.randint(1, 9)), "5"]))
        e.names |= loop.bound()
        return lines

    # -- arguments

    def calls(self) -> list[str]:
        """The texts of the arguments of each call."""
        r = self.r
        made = []
        layouts = {name: r.choice(_LAYOUTS) if r.random() < 0.4 else "{}" for name in self.parameters}
        for _ in range(5):
            width = str(r.choice([1, 2, 3, 4, 4, 8, 8, 16])) if self.has_width else ""
            texts = [self.argument(kind, width, layouts[name]) for name, kind in self.parameters.items()]
            if not self.share_memory(texts) and not self.annotated and r.random() < 0.06:
                texts[r.randrange(len(texts))] = r.choice(["None", "1.5", "3", "SIMD[Float64, 2](1.0)", "SIMD[Int8, 4]()", "'a'"])
            made.append(", ".join([*texts, *([f"width={width}"] if width else [])]))
        return made

    def share_memory(self, texts: list[str]) -> bool:
        """Now and then an array is one that comes before it, or a view of it; whether one is."""
        kinds, before = list(self.parameters.values()), list(texts)
        for k, kind in enumerate(kinds):
            earlier = [n for n in range(k) if kinds[n] == kind and kind.startswith("arr:")]
            if earlier and self.r.random() < 0.4:
                texts[k] = f"a{earlier[0]}{self.r.choice(['', '', '[1:]', '[::-1]', '[:20]'])}"
        return texts != before

    def argument(self, kind: str, width: str, layout: str) -> str:
        """The text of one argument."""
        r = self.r
        wild = 0.05 if self.tame else 0.3
        if is_lanes(kind):
            char, lanes = parse(kind)
            lanes = width if lanes == "width" else lanes
            k = r.random()
            if k < 0.2 and char != "?":
                return f"SIMD[{DTYPES[char]}, {lanes}].iota({self.number(char, wild)})"
            return f"SIMD[{DTYPES[char]}, {lanes}]({', '.join(self.number(char, wild) for _ in range(int(lanes)))})"
        if kind.startswith("arr:"):
            text = f"column({kind[4:]!r}, {r.choice([40, 40, 41, 47, 64, 48]) if r.random() < 0.9 else r.choice([0, 1, 3, 8])}, {r.randint(0, 99)}, {wild})"
            return (layout if r.random() < 0.85 else r.choice(_LAYOUTS)).format(text)
        if kind.startswith("np:"):
            return f"{DTYPES[kind[3:]]}({self.number(kind[3:], wild)})"
        if kind == "int":
            return str(r.randint(0, 20)) if r.random() > wild / 2 else str(r.choice([-1, 127, 128, 255, 256, 2**31, 2**63 - 1, -(2**63), 2**70]))
        return {"float": self.number("d", wild), "bool": r.choice(["True", "False"]), "list": "[]", "dict": r.choice(["{}", "{'a': 2, 0: 1}"])}[kind]

    def number(self, char: str, wild: float) -> str:
        """The text of a number of a dtype."""
        r = self.r
        if char == "?":
            return r.choice(["True", "False"])
        if char in "fd":
            if r.random() < wild:
                text = r.choice(_FLOATS)
                return text if char == "d" or text not in ("1e300", "-1e300") else "3e38"
            return repr(r.choice([r.randint(-8, 8) / 4, r.randint(-5, 9) * 1.0]))
        bits = BITS[char] - signed(char)
        if r.random() < wild:
            return str(r.choice([(1 << bits) - 1, -(1 << bits) if signed(char) else 0, (1 << bits) - 2, (1 << bits) // 3]))
        return str(r.randint(-9 if signed(char) else 0, 12))
