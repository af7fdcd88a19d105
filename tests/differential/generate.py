"""Whole random programs, one per seed and kind."""

from __future__ import annotations

from random import Random

from tests.differential.arguments import random_calls, random_kind
from tests.differential.early import EARLY_HEADER, evaluate_early
from tests.differential.elementwise import ELEMENTWISE, make_elementwise
from tests.differential.expressions import Expressions, Function
from tests.differential.foreign import HOLDER
from tests.differential.nests import make_nest
from tests.differential.program import HEADER, Call, Program
from tests.differential.simd import SIMD, make_simd
from tests.differential.statements import Statements, indented
from tests.differential.structs import TYPES, make_structs

__all__ = ["KINDS", "make_program"]

KINDS = ("scalar", "arrays", "loops", "calls", "sides")
_PROBLEM = "\n\nclass Problem(ValueError):\n    pass\n"
_RESULTS = ["int", "int", "float", "float", "bool", "opt", "complex", "tup:int,float"]


def make_program(seed: int, kind: str = "all") -> Program:
    """The program of a seed; `kind` narrows what it is about. Functions of elements, structs and SIMD values are kinds apart: "all" has none of them."""
    if kind == ELEMENTWISE:
        return make_elementwise(seed)
    if kind == SIMD:
        return make_simd(seed)
    if kind == TYPES:
        if seed % 4 == 1:
            return make_simd(seed, TYPES)
        return make_structs(seed) if seed % 3 else _make_early(seed)
    r = Random(f"{kind}:{seed}")
    if kind == "all":
        kind = r.choices(KINDS, [4, 4, 2, 3, 3])[0]
    title = f"seed {seed}, {kind}"
    body, calls = _make_body(r, kind)
    while not _is_python(body):
        body, calls = _make_body(r, kind)
    return Program(HEADER + body, tuple(Call(arguments, setup) for setup, arguments in calls), title)


def _make_early(seed: int) -> Program:
    """A program of another kind, in which something is known while compiling."""
    r = Random(f"early:{seed}")
    given = make_program(seed, r.choice(["scalar", "loops", "loops", "calls"]))
    text = HEADER + EARLY_HEADER + evaluate_early(r, given.body.removeprefix(HEADER))
    return Program(text, given.calls, f"seed {seed}, {TYPES}")


def _make_body(r: Random, kind: str) -> tuple[str, list[tuple[str, str]]]:
    return make_nest(r) if kind == "loops" and r.random() < 0.7 else _Maker(r, kind).make()


def _is_python(text: str) -> bool:
    """Whether CPython compiles it: a `nonlocal` may have come to stand where its name is not bound."""
    try:
        compile(text, "program", "exec")
    except SyntaxError:
        return False
    return True


class _Maker:
    """Makes the functions of one program, callees first."""

    def __init__(self, r: Random, kind: str) -> None:
        self.r = r
        self.kind = kind
        self.tame = r.random() < 0.75
        self.functions: list[Function] = []
        self.globals: dict[str, str] = {}
        self.rebindings: list[str] = []
        self.parts: list[str] = []

    def make(self) -> tuple[str, list[tuple[str, str]]]:
        """The text after the header, and the calls."""
        r = self.r
        self.parts.append(_PROBLEM)
        if r.random() < 0.35:
            self.make_globals()
        if self.kind == "sides":
            self.parts.append(HOLDER)
        if self.kind == "calls" or r.random() < 0.15:
            for number in range(r.randint(1, 3)):
                made = r.choice([self.make_helper, self.make_helper, self.make_recursion, self.make_pair])
                made(f"f{number}")
        kinds = self.parameter_kinds()
        result = r.choice(_RESULTS)
        parameters = [f"p{i}" for i in range(len(kinds))]
        plain = r.randrange(len(kinds)) if r.random() < 0.08 else len(kinds)
        self.parts.append(self.function(parameters, plain, kinds, result, r.randint(3, 8)))
        wild = 0.05 if self.tame else 0.4
        return "".join(self.parts), random_calls(r, kinds, wild, self.rebindings, keywords=plain == len(kinds))

    def parameter_kinds(self) -> list[str]:
        """Kinds of the parameters of `main`."""
        r = self.r
        if self.kind in ("scalar", "sides"):
            found = [random_kind(r) for _ in range(r.randint(1, 4))]
            return [k if not k.startswith("arr") else r.choice(["int", "float"]) for k in found]
        if self.kind in ("arrays", "loops"):
            first = f"arr:{r.choice('dddllif' if r.random() < 0.7 else '?bBhHiIlLqQefdFD')}:{r.choice([1, 1, 1, 2])}"
            return [first, *(random_kind(r) if r.random() < 0.6 else first for _ in range(r.randint(0, 3)))]
        return [random_kind(r) if r.random() < 0.4 else r.choice(["int", "float"]) for _ in range(r.randint(1, 3))]

    def make_globals(self) -> None:
        """Names of the module, some bound anew between calls."""
        r = self.r
        for number in range(r.randint(1, 2)):
            kind, values = r.choice([("int", ["3", "7", "-2", "2**40"]), ("float", ["2.5", "-0.5", "1e9"]), ("bool", ["True", "False"])])
            name = f"G{number}"
            if r.random() < 0.25:
                self.make_global_array(name)
                continue
            self.globals[name] = kind
            self.parts.append(f"\n\n{name} = {r.choice(values)}\n")
            self.rebindings += [f"{name} = {value}" for value in values]
            if not self.tame:
                self.rebindings += [f"{name} = None", f"globals().pop({name!r}, None)", f"{name} = {2**70}"]

    def make_global_array(self, name: str) -> None:
        """An array in the module, changed or bound anew between calls."""
        char = self.r.choice("dlf")
        self.globals[name] = f"arr:{char}:1"
        made = [f"np.arange({size}).astype({char!r})" for size in (8, 8, 5)]
        self.parts.append(f"\n\n{name} = {made[0]}\n")
        self.rebindings += [f"{name} = {value}" for value in (*made, f"{made[0]}[::-1]", f"np.frombuffer({made[0]}.tobytes(), {char!r})")]
        if self.tame:
            self.rebindings += [f"{name} = np.array({name}); {name}[1] = 7"]
        else:
            self.rebindings += [f"{name} = None", f"{name} = np.arange(8, dtype='i2')"]

    def bind_global(self, expressions: Expressions, body: list[str]) -> list[str]:
        """The body with statements that bind a global in it."""
        r = self.r
        name = r.choice([n for n, k in self.globals.items() if not k.startswith("arr:")] or [""])
        if not name:
            return body
        kind = self.globals[name]
        texts = [f"{name} = {expressions.of(kind, 2)}"] + ([f"{name} += 1", f"{name} = {name} * 2"] if kind != "bool" else [])
        lines = [r.choice(texts) for _ in range(r.randint(1, 2))]
        at = r.randint(0, 1) * len(body)
        return [f"global {name}", *body[:at], *lines, *body[at:]]

    def function(self, parameters: list[str], plain: int, kinds: list[str], result: str, size: int) -> str:
        """The text of `main`, whose parameters after the first `plain` come as one with `*`."""
        r = self.r
        expressions = Expressions(r, self.tame, {**self.globals, **dict(zip(parameters, kinds, strict=True))}, [], list(self.functions))
        statements = Statements(r, expressions)
        statements.result = result
        statements.budget = size * 6
        expressions.foreign = 0.15 if self.kind == "sides" else 0.0
        head = list(parameters)
        body: list[str] = []
        if plain < len(parameters):
            head, body = [*head[:plain], "*rest"], [f"({', '.join(parameters[plain:])},) = rest"]
        for _ in range(size):
            body += statements.statement() if statements.budget > 0 else []
        if self.globals and r.random() < 0.25:
            body = self.bind_global(Expressions(r, self.tame, dict(self.globals)), body)
        if r.random() < 0.7:
            numbers = [n for n, k in expressions.names.items() if k in ("int", "float", "bool", "complex") or k.startswith(("np:", "arr:"))]
            r.shuffle(numbers)
            body += ["return " + (", ".join(numbers[:8]) or "None") + ("," if len(numbers) == 1 and r.random() < 0.3 else "")]
        else:
            body += [f"return {expressions.of(result, 1)}"]
        return "\n".join(["", "", f"@fn\ndef main({', '.join(head)}):", *indented(body), ""])

    def make_helper(self, name: str) -> None:
        """A function others call, perhaps with defaults, perhaps not decorated."""
        r = self.r
        kinds = [r.choice(["int", "int", "float", "bool"]) for _ in range(r.randint(1, 3))]
        parameters = [f"q{i}" for i in range(len(kinds))]
        optional = r.randint(1, len(kinds)) if r.random() < 0.4 else 0
        result = r.choice(["int", "int", "float", "bool", "tup:int,float"])
        rest = r.choice(["int", "float"]) if r.random() < 0.2 else ""
        made = Function(name, parameters, kinds, result, optional, rest)
        self.parts.append(self.helper_text(made))
        self.functions.append(made)

    def helper_text(self, made: Function) -> str:
        """Its text: the result is always of the kind that was promised."""
        r = self.r
        name, parameters, kinds, result, optional = made.name, made.parameters, made.kinds, made.result, made.optional
        expressions = Expressions(r, self.tame, {**self.globals, **dict(zip(parameters, kinds, strict=True))}, [], list(self.functions))
        statements = Statements(r, expressions)
        statements.result, statements.budget = result, 6
        body = self.use_rest(expressions, made.rest) if made.rest else []
        body += statements.block(2)
        body += [f"return {expressions.of(result, 1)}"]
        head = list(parameters)
        for index in range(len(parameters) - optional, len(parameters)):
            head[index] += "=" + {"int": "4", "float": "1.5", "bool": "True"}[kinds[index]]
        head += ["*rest"] if made.rest else []
        mark = "@fn\n" if r.random() < 0.7 else ""
        return "\n".join(["", "", f"{mark}def {name}({', '.join(head)}):", *indented(body), ""])

    def use_rest(self, expressions: Expressions, kind: str) -> list[str]:
        """Statements that make numbers of what the parameter with `*` took."""
        expressions.names |= {"v0": "int", "v1": kind}
        one = {"int": "1", "float": "0.5"}[kind]
        total = [f"v1 = {one}", "for v2 in rest:", "    v1 += v2"]
        texts = [[f"v1 = rest[0] if rest else {one}"], total, [f"v1 = max({one}, {one}, *rest)"], [f"v1 = sum(rest, {one})"]]
        return ["v0 = len(rest)", *self.r.choice(texts)]

    def make_recursion(self, name: str) -> None:
        """A function that calls itself with a smaller number."""
        r = self.r
        expressions = Expressions(r, self.tame, {**self.globals, "n": "int", "q": "int"}, [], list(self.functions))
        step = r.choice([f"{name}(n - 1, {expressions.integer(2)})", f"q + {name}(n - 1, q)", f"{name}(n - 1, q) * 3 - n"])
        if r.random() < 0.3:
            step = f"{name}(n - 1, q) + {name}(n - 2, q)"
        test = r.choice(["n <= 0", "n < 1", "not n > 0"])
        lines = ["", "", "@fn", f"def {name}(n, q=1):", f"    if {test}:", f"        return {expressions.integer(2)}", f"    return {step}", ""]
        self.parts.append("\n".join(lines))
        self.wrap(name)

    def make_pair(self, name: str) -> None:
        """Two functions that call each other."""
        other = f"{name}b"
        for a, b, end in ((name, other, "q"), (other, name, "q + 1")):
            self.parts.append(f"\n\n@fn\ndef {a}(n, q=1):\n    if n <= 0:\n        return {end}\n    return {b}(n - 1, q + n)\n")
        self.wrap(name)

    def wrap(self, name: str) -> None:
        """Make a recursive function callable with any int: the depth is bounded."""
        text = f"\n\ndef {name}c(n, q=1):\n    return {name}(n % {self.r.choice([4, 8, 12])}, q)\n"
        self.parts.append(text)
        self.functions.append(Function(f"{name}c", ["n", "q"], ["int", "int"], "int", 1))
