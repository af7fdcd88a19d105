"""Random programs over structs: classes with fields, methods and operators, functions over them, and the arguments of calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from tests.differential.arguments import dtype_name, random_argument
from tests.differential.expressions import Function
from tests.differential.program import STRUCTS_HEADER, Call, Program
from tests.differential.statements import indented
from tests.differential.struct_arrays import array_annotation, array_literal, array_paths, is_array, random_array_kind
from tests.differential.struct_bodies import ODD, SPECIAL, Field, Member, Shape, StructExpressions, StructStatements

__all__ = ["TYPES", "make_structs"]

TYPES = "types"
_PROBLEM = "\n\nclass Problem(ValueError):\n    pass\n"
_PLAIN = ["int", "int", "int", "float", "float", "float", "bool", "complex"]
_NUMPY = ["np:" + char for char in "bhilBHILfdFD?"]
_WIDE = [2**62, 2**63 - 1, -(2**63), 2**40]
_LAYOUTS = ["", "", "", "", "", "[::2]", "[::-1]", "[1:]", "[1:5]", "[::-2]"]
_QUIET = ("__eq__", "__lt__", "__gt__", "__bool__", "__len__", "__contains__")  # made first, and of nothing that may call them


def make_structs(seed: int) -> Program:
    """The program of a seed."""
    while True:
        maker = Structs(Random(f"{TYPES}:{seed}"))
        body = maker.make()
        try:
            compile(body, "program", "exec")
        except SyntaxError:
            seed += 1 << 40
            continue
        return Program(STRUCTS_HEADER + body, tuple(Call(text) for text in maker.calls()), f"seed {seed % (1 << 40)}, {TYPES}")


def annotation(kind: str) -> str:
    """How a kind is annotated."""
    head, _, rest = kind.partition(":")
    if is_array(kind):
        return array_annotation(kind)
    if head == "tup":
        return f"tuple[{', '.join(map(annotation, rest.split(',')))}]"
    return f"np.{dtype_name(rest)}" if head == "np" else rest if head == "st" else kind


class Structs:
    """Makes the structs and functions of one program. In a strict one parameters are annotated, and nothing is given to them that does not fit."""

    def __init__(self, r: Random) -> None:
        self.r = r
        self.tame, self.strict = r.random() < 0.85, r.random() < 0.4
        self.shapes: dict[str, Shape] = {}
        self.functions: list[Function] = []
        self.globals: dict[str, str] = {}
        self.kinds: list[str] = []

    def make(self) -> str:
        """The text after the header."""
        r = self.r
        parts = [_PROBLEM, *(self.make_class(f"S{number}") for number in range(r.choice([1, 1, 2, 2, 3])))]
        if r.random() < 0.3:
            self.globals["L0"] = f"st:{r.choice(list(self.shapes))}"
            parts.append(f"\n\nL0 = {self.literal(self.globals['L0'], 0.1)}\n")
        for number in range(r.choice([0, 0, 1, 2])):
            kinds = [self.random_kind() for _ in range(r.randint(1, 3))]
            result = r.choice([f"st:{r.choice(list(self.shapes))}", "int", "float", f"tup:st:{r.choice(list(self.shapes))},float"])
            made = Function(f"h{number}", [f"q{i}" for i in range(len(kinds))], kinds, result)
            parts.append(self.function(made.name, dict(zip(made.parameters, kinds, strict=True)), result, 2, "@fn" if r.random() < 0.8 else ""))
            self.functions.append(made)
        self.kinds = [self.random_kind() for _ in range(r.randint(1, 4))]
        result = r.choice(["int", "float", *(f"st:{name}" for name in self.shapes)])
        parts.append(self.function("main", {f"p{i}": kind for i, kind in enumerate(self.kinds)}, result, r.randint(3, 7), "@fn"))
        return "".join(parts)

    def random_kind(self) -> str:
        """The kind of a parameter."""
        name, k = self.r.choice(list(self.shapes)), self.r.random()
        return f"st:{name}" if k < 0.4 or (k < 0.7 and self.shapes[name].frozen) else f"sa:{name}" if k < 0.7 else f"tup:st:{name},int" if k < 0.75 else self.r.choice(_PLAIN)

    def paths(self, shape: Shape, prefix: str = "") -> Iterator[tuple[str, str]]:
        """What follows a struct to reach its fields, those of structs inside, items of tuples, constants; with the kinds."""
        for one in shape.fields:
            yield f"{prefix}.{one.name}", one.kind
            head, _, rest = one.kind.partition(":")
            if head == "st":
                yield from self.paths(self.shapes[rest], f"{prefix}.{one.name}")
            if head == "ten":
                yield from ((f"{prefix}.{one.name}{suffix}", kind) for suffix, kind in array_paths(one.kind))
            for index, kind in enumerate(rest.split(",") if head == "tup" else []):
                yield f"{prefix}.{one.name}[{index}]", kind
        yield from ((f".{name}", kind) for name, kind in shape.constants.items() if not prefix)

    def literal(self, kind: str, wild: float, stored: bool = False) -> str:
        """The text of a value of a kind; one that is `stored` in an array has 64 bits."""
        head, _, rest = kind.partition(":")
        if is_array(kind):
            return array_literal(self.r, kind, wild)
        if head == "st":
            return self.construct(self.shapes[rest], lambda kind: self.literal(kind, wild, stored))
        if head == "sa":
            return self.array(rest, wild)
        if head == "tup":
            return f"({''.join(f'{self.literal(part, wild, stored)}, ' for part in rest.split(','))})"
        if kind == "int" and stored:
            return str(self.r.choice(_WIDE)) if self.r.random() < wild else str(self.r.randint(-20, 20))
        return random_argument(self.r, kind, wild, 1)

    def array(self, name: str, wild: float) -> str:
        """The text of an array of structs."""
        r, size = self.r, self.r.choice([6, 7, 8, 9]) if self.r.random() < 0.9 else self.r.choice([0, 1, 3, 4])
        items = ", ".join(self.literal(f"st:{name}", wild, stored=True) for _ in range(size))
        text = f"records({items})" if items else f"{name}.array(0)"
        text += r.choice(_LAYOUTS)
        k = r.random()
        return f"fixed({text})" if k < 0.03 else f"np.asarray({text})" if k < 0.05 else text

    def construct(self, shape: Shape, make: Callable[[str], str]) -> str:
        """A call of the class: fields by position and by keyword, some left to their defaults."""
        r = self.r
        fields = [f for f in shape.fields if not f.keyword]
        cut = r.randint(0, len(fields)) if r.random() < 0.3 else len(fields)
        named = [f for f in [*fields[cut:], *(f for f in shape.fields if f.keyword)] if not f.default or r.random() < 0.6]
        return f"{shape.name}({', '.join([*(make(f.kind) for f in fields[:cut]), *(f'{f.name}={make(f.kind)}' for f in named)])})"

    # -- classes

    def make_class(self, name: str) -> str:
        """The text of a struct."""
        r = self.r
        is_frozen = r.random() < 0.15
        inner = [f"st:{other}" for other, shape in self.shapes.items() if is_frozen or not shape.frozen]
        shape = Shape(name, [], frozen=is_frozen)
        defaults = False
        for number in range(r.randint(1, 5)):
            plain = random_array_kind(r) if not is_frozen and r.random() < 0.5 else r.choice(_PLAIN)
            kind = r.choice([r.choice(_PLAIN), plain, r.choice([*_NUMPY, "tup:int,float", "tup:float,np:f", "tup:bool,int,int"]), r.choice(inner or _PLAIN)])
            defaults = defaults or r.random() < 0.15
            default = self.literal(kind, 0.05, stored=True) if defaults else ""
            if default and is_array(kind):
                default = f"dataclasses.field(default_factory=lambda: {default})"
            shape.fields.append(Field(f"f{number}", kind, default))
        for last in shape.fields[r.randint(1, len(shape.fields)) :] if r.random() < 0.15 else []:
            last.keyword = not last.default.startswith("dataclasses")
        shape.order = r.random() < 0.3
        shape.constants = {"C0": r.choice(["int", "float", "bool"])} if r.random() < 0.25 else {}
        self.shapes[name] = shape
        mark = "dataclasses.dataclass(frozen=True, slots=True, order={})".format if is_frozen else "struct(order={})".format
        lines = [f"@{mark(shape.order)}", f"class {name}:", *indented([self.declared(f) for f in shape.fields])]
        lines += [f"    {name}: ClassVar[{kind}] = {self.literal(kind, 0.1)}" for name, kind in shape.constants.items()]
        lines += indented(["", "def __post_init__(self):", *indented(self.post(shape))]) if r.random() < 0.15 else []
        chosen = r.sample(sorted(SPECIAL), r.randint(0, 4))
        for special in sorted(chosen, key=lambda special: (special not in _QUIET, special)):
            if special not in ("__lt__", "__gt__") or not shape.order:
                lines += self.special(shape, special)
        for number in range(r.randint(0, 4)):
            lines += self.method(shape, f"m{number}")
        return "\n".join(["", "", *(["N = 0", "", ""] if "    global N" in map(str.rstrip, (line[4:] for line in lines)) else []), *lines, ""])

    def declared(self, made: Field) -> str:
        """A field in the body of a class."""
        default = f"dataclasses.field(kw_only=True{f', default={made.default}' if made.default else ''})" if made.keyword else made.default
        return f"{made.name}: {annotation(made.kind)}" + (f" = {default}" if default else "")

    def post(self, shape: Shape) -> list[str]:
        """The body of `__post_init__`: it counts, or raises for some values that are no literal here, now and then both."""
        counts = ["global N", "N += 1"] if self.r.random() < 0.2 else []
        paths = [suffix for suffix, kind in self.paths(shape) if kind in ("int", "float", "bool") or kind[:3] == "np:"]
        return [*counts, *([f"if 35 < self{self.r.choice(paths)} < 60:", f"    raise Problem('{shape.name}')"] if paths else ["pass"])]

    def special(self, shape: Shape, name: str) -> list[str]:
        """An operator or the like."""
        r, own = self.r, f"st:{shape.name}"
        kinds, result, _ = SPECIAL[name]
        kinds = [own if kind == "S" else kind for kind in kinds]
        made = Member(name, "method", kinds, own if result == "S" else r.choice(["int", "float", own]) if result == "x" else result)
        guard = kinds[:1] == [own] and not self.strict and r.random() < 0.5
        body = [f"if not isinstance(q0, {shape.name}):", "    return NotImplemented"] if guard else []
        return self.member(shape, made, body)

    def method(self, shape: Shape, name: str) -> list[str]:
        """A method, property, static or class method, or a method that changes a record."""
        r = self.r
        form = r.choice(["method", "method", "method", "property", "static", "class", "mutating"])
        kinds = [] if form == "property" else [r.choice(["int", "float", f"st:{shape.name}", "bool"]) for _ in range(r.randint(0, 2))]
        result = r.choice(["int", "float", "bool", "tup:int,float", *(f"st:{other}" for other in self.shapes)])
        optional = 1 if kinds and kinds[-1] in ("int", "float") and r.random() < 0.2 else 0
        return self.member(shape, Member(name, form, kinds, result, optional), [])

    def member(self, shape: Shape, made: Member, body: list[str]) -> list[str]:
        """The text of a method; those made later may call it."""
        usual = "me" if self.strict or self.r.random() < 0.5 else "st"
        own = {"static": {}, "class": {}, "mutating": {"self": f"re:{shape.name}"}}.get(made.form, {"self": f"{usual}:{shape.name}"})
        kinds = {f"q{i}": kind for i, kind in enumerate(made.kinds)}
        marks = {"static": "@staticmethod", "class": "@classmethod", "property": "@property"}
        first = {"static": [], "class": ["cls"]}.get(made.form, ["self"])
        quiet = made.name in _QUIET
        text = self.function(made.name, {**own, **kinds}, made.result, 2 if self.r.random() < 0.4 else 0, marks.get(made.form, ""), first, body, made.optional, quiet=quiet)
        shape.members.append(made)
        shape.compares = shape.compares and made.name != "__eq__"
        return ["", *indented(text.strip("\n").splitlines())]

    # -- functions

    def function(
        self, name: str, names: dict[str, str], result: str, size: int, mark: str, first: list[str] | None = None,
        body: list[str] | None = None, optional: int = 0, *, quiet: bool = False,
    ) -> str:  # fmt: skip
        """The text of a function; `first` are the parameters that `names` does not say how to give."""
        r = self.r
        e = StructExpressions(r, self, {**self.globals, **names})
        e.quiet = quiet
        statements = StructStatements(r, e)
        statements.result, statements.budget = result, size * 5
        lines = list(body or [])
        for _ in range(0 if quiet else size):
            lines += statements.statement() if statements.budget > 0 else []
        lines += statements.put() if first and names.get("self", "").startswith("re:") else []
        shown = [n for n, k in e.names.items() if k in ("int", "float", "bool", "complex") or k.startswith(("np:", "tup:", "st:", "ten:", "tv:", "vec:")) and n != "self"]
        if name == "main" and r.random() < 0.7:
            r.shuffle(shown)
            lines += [f"return {', '.join(shown[:6]) or 'None'}"]
        else:
            lines += [f"return {e.of(result, 1)}"]
        given = [n for n in names if n != "self"]
        head = [self.declare(n, names[n], first is not None) + (f"={'2' if names[n] == 'int' else '0.5'}" if i >= len(given) - optional else "") for i, n in enumerate(given)]
        return "\n".join(["", "", *([mark] if mark else []), f"def {name}({', '.join([*(first or []), *head])}):", *indented(lines), ""])

    def declare(self, name: str, kind: str, inside: bool) -> str:
        """A parameter, annotated in strict programs when it is a struct, and mostly when it is a number."""
        if not self.strict or kind[:3] in ("sa:", "tup") or (kind[:3] != "st:" and self.r.random() < 0.3):
            return name
        text = annotation(kind)
        return f'{name}: "{text}"' if inside and kind[:3] == "st:" else f"{name}: {text}"

    def calls(self) -> list[str]:
        """The arguments of five calls: now and then another length, a wrong argument, memory that is shared."""
        r, texts = self.r, []
        wild = 0.05 if self.tame else 0.35
        for _ in range(5):
            given = [self.literal(kind, wild) for kind in self.kinds]
            for index, kind in enumerate(self.kinds):
                earlier = [i for i in range(index) if self.kinds[i] == kind and kind.startswith("sa:")]
                if earlier and r.random() < 0.3:
                    given[index] = f"a{earlier[0]}{r.choice(['', '', '[::-1]', '[1:]'])}"
            if not self.strict and r.random() < 0.05:
                at = r.choice([i for i in range(len(given)) if not any(f"a{i}" in text for text in given)])
                name = r.choice(list(self.shapes))
                arrays = [self.array(name, wild), f"{name}.array((2, 3))", f"np.zeros(3, {name}.dtype)", f"{name}.array(2)[1]"]
                given[at] = r.choice([*ODD, self.literal(f"st:{name}", wild), *(arrays if not self.shapes[name].frozen else [])])
            texts.append(", ".join(given))
        return texts
