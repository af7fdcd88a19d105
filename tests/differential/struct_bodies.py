"""Random expressions and statements over structs, their records and arrays of them, besides those over numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from tests.differential.arguments import dtype_name, random_scalar
from tests.differential.expressions import Expressions
from tests.differential.statements import Statements, indented
from tests.differential.struct_arrays import array_expression, array_literal, array_statement, element_of, is_array

if TYPE_CHECKING:
    from tests.differential.structs import Structs

__all__ = ["ODD", "SPECIAL", "Field", "Member", "Shape", "StructExpressions", "StructStatements"]

ODD = ["None", "'x'", "(1, 2.5)", "1.5", "3", "2j", "np.float32(2)", "np.int8(3)", "True", "10**400", "2**64"]
# Special methods: kinds of their parameters and of the result ("S": the struct, "x": any), and how they are written where they are used.
SPECIAL = {
    "__eq__": (["S"], "bool", "({s} == {0})"), "__lt__": (["S"], "bool", "({s} < {0})"), "__bool__": ([], "bool", "bool({s})"), "__add__": (["S"], "S", "({s} + {0})"),
    "__sub__": (["S"], "S", "({s} - {0})"), "__mul__": (["float"], "S", "({s} * {0})"), "__rmul__": (["float"], "S", "({0} * {s})"), "__radd__": (["int"], "S", "({0} + {s})"),
    "__truediv__": (["float"], "S", "({s} / {0})"), "__floordiv__": (["int"], "S", "({s} // {0})"), "__neg__": ([], "S", "(-{s})"), "__pos__": ([], "S", "(+{s})"),
    "__invert__": ([], "x", "(~{s})"), "__abs__": ([], "float", "abs({s})"), "__getitem__": (["int"], "x", "{s}[{0}]"), "__call__": (["float", "int"], "x", "{s}({0}, {1})"),
    "__matmul__": (["S"], "float", "({s} @ {0})"), "__iadd__": (["S"], "S", ""), "__imul__": (["int"], "S", ""), "__len__": ([], "int", "len({s})"),
    "__float__": ([], "float", "float({s})"), "__int__": ([], "int", "int({s})"), "__index__": ([], "int", "{s}.__index__()"), "__contains__": (["float"], "bool", "({0} in {s})"),
    "__gt__": (["S"], "bool", "({s} > {0})"), "__round__": ([], "float", "round({s})"),
}  # fmt: skip


@dataclass(slots=True)
class Field:
    """A field: its kind, the text of its default, whether it is given by keyword only."""

    name: str
    kind: str
    default: str = ""
    keyword: bool = False


@dataclass(slots=True)
class Member:
    """A method: how it is used, kinds of its parameters and of its result, how many parameters have defaults."""

    name: str
    form: str
    kinds: list[str]
    result: str
    optional: int = 0


@dataclass(slots=True)
class Shape:
    """A struct: its fields, constants and what is known of its methods so far."""

    name: str
    fields: list[Field]
    order: bool = False
    compares: bool = True
    frozen: bool = False  # a dataclass, not a struct
    constants: dict[str, str] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)


class StructExpressions(Expressions):
    """Expressions that are structs, too, or come from those at hand. Kinds: st:<struct>, sa:<struct> (an array), re:<struct> (a record), me:<struct> (either)."""

    def __init__(self, r: Random, maker: Structs, names: dict[str, str]) -> None:
        functions = [f for f in maker.functions if all(kind in names.values() for kind in f.kinds if kind.startswith("sa:"))]
        super().__init__(r, maker.tame, names, [], functions)
        self.maker, self.quiet, self.level = maker, False, 0

    def shape(self, kind: str) -> Shape:
        """The struct of a kind."""
        return self.maker.shapes[kind.partition(":")[2]]

    def of(self, kind: str, depth: int = 0) -> str:
        """An expression of a kind, now and then a wrong one."""
        if kind.startswith("st:"):
            return self.struct(kind, depth)
        if is_array(kind):
            return array_expression(self, kind, depth) if depth < 4 else array_literal(self.r, kind, 0.0)
        if kind.startswith("sa:"):
            return self.pick(kind) or "None"
        if kind.startswith("np:"):
            found = self.member(kind, depth) if self.r.random() < 0.5 else None
            plain = {"?": "bool", "b": "bool", "F": "complex", "D": "complex"}.get(kind[3:], "float" if kind[3:] in "fd" else "bool")
            return found or f"np.{dtype_name(kind[3:])}({self.of(plain, 2) if self.r.random() < 0.5 else random_scalar(self.r, kind[3:], 0.1)})"
        chance = 0.35 if kind in ("int", "float", "bool", "complex") or kind.startswith("tup:") else 0.0
        return (self.member(kind, depth) if depth < 4 and self.r.random() < chance else None) or super().of(kind, depth)

    def integer(self, depth: int = 0) -> str:
        """An int, perhaps out of a struct."""
        return (self.member("int", depth) if depth < 4 and self.r.random() < 0.25 else None) or super().integer(depth)

    def floating(self, depth: int = 0) -> str:
        """A float, perhaps out of a struct."""
        return (self.member("float", depth) if depth < 4 and self.r.random() < 0.3 else None) or super().floating(depth)

    def truth(self, depth: int = 0) -> str:
        """A bool: also comparisons of structs, and their truth."""
        found = self.compared(depth) if depth < 3 and not self.quiet and self.r.random() < 0.15 else None
        return found or (self.member("bool", depth) if depth < 4 and self.r.random() < 0.15 else None) or super().truth(depth)

    def subscript(self, depth: int, array: str) -> str:
        """An index, mostly in range."""
        made = super().subscript(depth, array)
        return f"{made} % max(1, len({array}))" if self.tame and made[:1] in "ijkm" and "%" not in made and self.r.random() < 0.4 else made

    def sources(self) -> list[tuple[str, Shape, bool]]:
        """The structs at hand, and whether each is a record."""
        found = [(n, self.shape(k), k[:2] != "st") for n, k in self.names.items() if k[:3] in ("st:", "re:", "me:")]
        arrays = [n for n, k in self.names.items() if k.startswith("sa:")]
        return found + [(f"{a}[{self.subscript(2, a)}]", self.shape(self.names[a]), True) for a in arrays]

    def member(self, kind: str, depth: int) -> str | None:
        """What a struct at hand has of a kind: a field, a constant, what a method gives."""
        options: list[Callable[[], str]] = []
        for text, shape, is_record in self.sources():
            if kind[:3] != "st:" or not is_record:
                options += [lambda path=text + suffix: path for suffix, k in self.maker.paths(shape) if k == kind]  # type: ignore[misc]
            left = ("__eq__", "__lt__") if is_record and self.r.random() < 0.8 else ()  # left to CPython
            if kind[:3] == "np:":
                arrays = [(suffix, k) for suffix, k in self.maker.paths(shape) if k[:4] == "ten:" and k[4] == kind[3]]
                options += [lambda t=text + s, k=k: element_of(self, t, k) for s, k in arrays]  # type: ignore[misc]
            usable = [m for m in shape.members if m.result == kind and m.form != "mutating" and m.name not in left]
            options += [lambda t=text, s=shape, m=m: self.use(t, s, m, depth) for m in usable]  # type: ignore[misc]
        if kind[:3] == "np:" or is_array(kind):
            named = [(n, k.replace("tv:", "ten:")) for n, k in self.names.items() if k[:3] in ("ten", "tv:", "vec")]
            options += [lambda n=n, k=k: n if k == kind else element_of(self, n, k) for n, k in named if k == kind or (k[0] == "t" and f"np:{k[4]}" == kind)]  # type: ignore[misc]
        return self.r.choice(options)() if options else None

    def use(self, text: str, shape: Shape, member: Member, depth: int) -> str:
        """A member in use."""
        given = member.kinds[: len(member.kinds) - self.r.randint(0, member.optional)]
        values = [self.argument(kind, depth + 1) for kind in given]
        if member.name in SPECIAL:
            if values and not self.maker.strict and self.r.random() < 0.06:
                values[0] = self.r.choice(ODD)
            return SPECIAL[member.name][2].format(*values, s=text)
        if values and self.r.random() < 0.15:
            values[-1] = f"q{len(values) - 1}={values[-1]}"
        owner = shape.name if member.form in ("static", "class") and self.r.random() < 0.9 else text
        return f"{owner}.{member.name}" + ("" if member.form == "property" else f"({', '.join(values)})")

    def argument(self, kind: str, depth: int) -> str:
        """An argument for a method or a field; what is annotated always gets what fits."""
        if self.r.random() < (0.004 if self.tame else 0.03) and not self.maker.strict:
            return self.r.choice(ODD)
        return self.of(kind, depth + 1)

    def struct(self, kind: str, depth: int) -> str:
        """An expression that is a struct, or for methods without annotations now and then a record."""
        r, k = self.r, self.r.random()
        mixed = [n for n, found in self.names.items() if found == f"re:{kind[3:]}"] if not self.maker.strict else []
        if mixed and r.random() < 0.1:
            return r.choice(mixed)
        name = self.pick(kind)
        if name and (depth > 2 or k < 0.35):
            return name
        fitting = [f for f in self.functions if f.result == kind]
        if depth < 3 and k < 0.65:
            found = self.call(r.choice(fitting), depth + 1) if fitting and r.random() < 0.3 else self.member(kind, depth)
            if found:
                return found
        if depth < 2 and k < 0.69:
            return f"({self.struct(kind, depth + 1)} if {self.truth(depth + 1)} else {self.struct(kind, depth + 1)})"
        return self.maker.construct(self.shape(kind), lambda kind: self.argument(kind, depth + 1) if depth < 4 else self.maker.literal(kind, 0.0))

    def compared(self, depth: int) -> str | None:
        """A comparison of structs that hold no NaN, or what one is as a condition."""
        r = self.r
        names = [(n, self.shape(k)) for n, k in self.names.items() if k[:3] in ("st:", "re:") and self.shape(k).compares and n != "self"]
        if not names:
            return None
        name, shape = r.choice(names)
        if r.random() < 0.35:
            condition, pick = r.choice(["{p}", "not {p}", "{p} and {q}", "{p} or {q}", "not ({p} or not {q})"]), r.choice([n for n, _ in names])
            return f"(True if {condition.format(p=name, q=pick)} else False)"
        if r.random() < 0.2:
            return r.choice([f"(not {name})", f"bool({name})", f"({name} is None)", f"isinstance({name}, {shape.name})", f"(type({name}) is {shape.name})", f"({name} != 3)"])
        if self.names[name].startswith("re:") and not any(m.name == "__eq__" for m in shape.members):
            return None  # records are compared by NumPy
        other = r.choice([n for n, s in names if s is shape and self.names[n][:2] == self.names[name][:2]])
        leaves = [f"{n}{suffix}" for n in {name: 1, other: 1} for suffix, kind in self.maker.paths(shape) if kind in ("float", "complex", "np:f", "np:d", "np:F", "np:D")]
        test = f"{name} {r.choice(['==', '!=', '==', *(['<', '<=', '>', '>='] if shape.order else [])])} {other}"
        return f"({' and '.join([*(f'{leaf} == {leaf}' for leaf in leaves), test])})"


class StructStatements(Statements):
    """Statements over structs, records and arrays of structs besides the others."""

    e: StructExpressions

    def new_name(self, kind: str) -> str:
        """A name to bind. Where parameters are annotated a name keeps its kind."""
        name = super().new_name(kind)
        while name == "self" or (self.e.maker.strict and self.e.names.get(name, kind) != kind):
            name = super().new_name(kind)
        return name

    def random_kind(self) -> str:
        """A kind for a new value."""
        names = list(self.e.maker.shapes)
        k = self.r.random()
        if not names or k > 0.4:
            return super().random_kind()
        kind = f"st:{self.r.choice(names)}"
        return kind if k < 0.32 else f"tup:{kind},{self.r.choice(['int', 'float', kind])}"

    def statement(self) -> list[str]:
        """One statement."""
        made = [self.change, self.put, self.put, self.view, self.walk, self.swap, self.act, self.odd, self.elements, self.elements]
        if self.r.random() < 0.4:
            lines = self.r.choice(made)()
            if lines:
                return lines
        return super().statement()

    def change(self) -> list[str]:
        """`p += q`, `p = -p`, `p, q = q, p`, `(p, n) = t`."""
        r, e = self.r, self.e
        names = [n for n, k in e.names.items() if k.startswith("st:") and n != "self" and not n.isupper()]
        if not names:
            return []
        name = r.choice(names)
        kind, members = e.names[name], e.shape(e.names[name]).members
        ops = {"__iadd__": "+=", "__add__": "+=", "__sub__": "-=", "__mul__": "*=", "__imul__": "*=", "__truediv__": "/=", "__floordiv__": "//="}
        usable = [m for m in members if m.name in ops and m.result == kind]
        if usable and r.random() < 0.6:
            member = r.choice(usable)
            return [f"{name} {ops[member.name]} {e.argument(member.kinds[0], 1)}"]
        same = [n for n in names if e.names[n] == kind and n != name]
        if same and r.random() < 0.5:
            return [f"{name}, {same[0]} = {same[0]}, {name}" if r.random() < 0.5 else f"{name}, {same[0]} = ({e.of(kind, 1)}, {e.of(kind, 1)})"]
        return [f"{name} = {e.of(kind)}"]

    def records(self) -> list[tuple[str, Shape]]:
        """Records that may be changed: names of them, and elements of arrays."""
        return [(text, shape) for text, shape, is_record in self.e.sources() if is_record and self.e.names.get(text, "re:")[:2] == "re"]

    def put(self) -> list[str]:
        """`a[i].x += 1`, `b.at.x = y`, `a[i] = p`."""
        r, e = self.r, self.e
        if not self.records():
            return []
        text, shape = r.choice(self.records())
        if text.endswith("]") and r.random() < 0.25:
            array = text.partition("[")[0]
            return [f"{text} = {e.of('st:' + shape.name, 1) if r.random() < 0.7 else f'{array}[{e.subscript(2, array)}]'}"]
        suffix, kind = r.choice([(s, k) for s, k in e.maker.paths(shape) if s[-1] != "]" and not s[1:].isupper()])
        op = r.choice(["=", "+=", "-=", "*="]) if kind in ("int", "float", "complex") or (kind[:3] == "np:" and kind != "np:?") else "="
        return [f"{text}{suffix} {op} {e.argument(kind, 1)}"]

    def view(self) -> list[str]:
        """`b = a[i]`, `c = b.at`."""
        found = [(text, shape) for text, shape, is_record in self.e.sources() if is_record and self.e.names.get(text, "re:")[:2] == "re"]
        if not found:
            return []
        text, shape = self.r.choice(found)
        inner = [(suffix, kind) for suffix, kind in self.e.maker.paths(shape) if kind[:3] == "st:"]
        suffix, kind = self.r.choice(inner) if inner and self.r.random() < 0.3 else ("", f"st:{shape.name}")
        name = self.new_name(f"re:{kind[3:]}")
        self.e.names[name] = f"re:{kind[3:]}"
        return [f"{name} = {text}{suffix}"]

    def walk(self) -> list[str]:
        """`for b in a`, `for i in range(len(a))`, `for i, b in enumerate(a)`."""
        array, r = self.e.pick("sa:"), self.r
        if not array or len(self.e.loops) > 1 or self.depth > 2:
            return []
        i = next(i for i in "ijk" if i not in self.e.loops)
        head, targets = r.choice([("b in {a}", "b"), ("{i} in range(len({a}))", "i"), ("{i} in range({a}.shape[0] - 1, -1, -1)", "i"), ("{i}, b in enumerate({a})", "ib")])
        outer, self.inside_loop = self.inside_loop, True
        with self.branch():
            self.e.names |= {i: "int"} if "i" in targets else {}
            self.e.names |= {"b": f"re:{self.e.names[array][3:]}"} if "b" in targets else {}
            self.e.loops += [i] if "i" in targets else []
            lines = [f"for {head.format(a=array, i=i)}:", *indented(self.put() + self.block(3))]
            self.e.loops = [n for n in self.e.loops if n != i]
        self.inside_loop = outer
        return lines

    def elements(self) -> list[str]:
        """What is done with arrays that are fields."""
        found: dict[bool, list[tuple[str, str]]] = {True: [], False: []}
        for text, shape, is_record in self.e.sources():
            is_record = is_record and self.e.names.get(text, "re:")[:2] == "re"
            found[is_record] += [(text + suffix, kind) for suffix, kind in self.e.maker.paths(shape) if kind[:4] == "ten:"]
        found[True] += [(n, k.replace("tv:", "ten:")) for n, k in self.e.names.items() if k[:3] == "tv:"]
        return array_statement(self.e, found[True], found[False], super().new_name("ten"))

    def swap(self) -> list[str]:
        """Two elements of an array, views of it while they are stored."""
        array = self.e.pick("sa:")
        if not array:
            return []
        one, other = (f"{array}[{self.e.subscript(2, array)}]" for _ in range(2))
        return [f"{one}, {other} = {other}, {one}"]

    def act(self) -> list[str]:
        """A method that changes a record, called for what it does and gives."""
        found = [(text, m) for text, shape in self.records() if text != "self" for m in shape.members if m.form == "mutating"]
        if not found:
            return []
        text, member = self.r.choice(found)
        call = f"{text}.{member.name}({', '.join(self.e.argument(kind, 1) for kind in member.kinds)})"
        name = self.new_name(member.result)
        self.e.names[name] = member.result
        return [f"{name} = {call}"]

    def odd(self) -> list[str]:
        """Now and then: what raises, mostly."""
        if self.r.random() > (0.02 if self.e.tame else 0.2) or not self.e.sources():
            return []
        text, shape, _ = self.r.choice(self.e.sources())
        first = shape.fields[0].name
        texts = [f"{text}.{first} = {self.r.choice(ODD)}", f"{text}.missing", f"{shape.name}({self.r.choice(ODD)}, 1)", f"{shape.name}({first}=1, zz=2)"]
        array = self.e.pick("sa:")
        texts += [f"{text} + 'x'", f"{text}.m9()"]
        texts += [f"{array}[{key}]" for key in ("1.5", "99", "-99", "None", "'f0'", "1:2")] if array else []
        return [self.r.choice(texts)]
