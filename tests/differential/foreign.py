"""What compiled code leaves to CPython, for side paths: lists, dicts, texts, comprehensions, attributes, `with`, `match`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.differential.expressions import Expressions
    from tests.differential.statements import Statements

__all__ = ["HOLDER", "foreign_expression", "foreign_statement"]

# An object whose attributes, items and context the side paths use.
HOLDER = """

class Holder(dict):
    def __enter__(self):
        return len(self)

    def __exit__(self, *error):
        self[error[0] is None] = len(self)


H = Holder()
"""
_EXPRESSIONS = {
    "int": [
        "[{i}, {i}][{i} % 2]", "sum([{i}, {i}])", "max([{i} for t in (1, 2)])", "len([*range({i} % 5)])", "{{1: {i}, 2: {i}}}[1]",
        "int(f'{{{i}}}')", "len(str({i}))", "(lambda: {i})()", "(lambda t: t + {i})({i})", "min({i}, *({i}, {i}))", "sorted(({i}, {i}))[0]",
        "next(iter([{i}]))", "H.setdefault({i}, {i})", "len({{{i}, {i}}})", "next(t for t in range(9) if t > {i} % 3)", "int('12', base={i} % 3 + 8)",
        "[{i} for t in range(3) if t][0]", "dict(a={i})['a']", "({i}).bit_length()", "int.__add__({i}, {i})", "len(({i}, *({i}, 3)))", "len(H)",
    ],
    "float": ["[{f}, {f}][0]", "sum([{f}, {f}])", "float(repr({f}))", "max([{f}, {f}])", "({f}).hex().count('0') + {f}", "(lambda t=2.5: t)()"],
    "bool": ["(not [])", "bool([{i}])", "('a' in 'abc')", "({i} in [1, 2, 3])", "any([{i}, {f}])", "all(t for t in [{i}])", "({i} in H)"],
    "complex": ["sum([{c}, {c}])", "[{c}][0]", "complex(str({c}))"],
}  # fmt: skip


def foreign_expression(e: Expressions, kind: str, depth: int) -> str:
    """An expression of one of Python's own kinds of number that compiled code has no notion of."""
    pattern = e.r.choice(_EXPRESSIONS[kind])
    for mark, made in (("{i}", e.integer), ("{f}", e.floating), ("{c}", e.complex_number)):
        while mark in pattern:
            pattern = pattern.replace(mark, made(depth + 2), 1)
    return pattern.replace("{{", "{").replace("}}", "}")


def foreign_statement(s: Statements) -> list[str]:
    """A statement compiled code has no notion of; it may bind a name or two."""
    r, e = s.r, s.e
    name, other = s.new_name("int"), s.new_name("int")
    i, j, f = e.integer(1), e.integer(1), e.floating(1)
    k = r.randrange(14)
    if k < 7 and name != other:
        texts = [
            [f"H.x, {name} = {i}, {f}", f"{name} = H.x"], [f"{name}, H[{j}], {other} = {i}, {f}, {j}"], [f"{name}, *H.x = {i}, {j}, {f}"],
            [f"[{name}, ({other}, H.x)] = {i}, ({j}, {f})"], [f"{name} = H.x = {other} = {i}"], [f"({name}, H.y), {other} = H.x = ({i}, {f}), {j}"],
            [f"*H.x, {name}, {other} = {f}, {i}, {j}"],
        ]  # fmt: skip
        e.names |= {name: "int", other: "int"} if k not in (0, 2) else {name: "int"}
        return texts[k]
    if k == 7:
        return [f"H.x = {i}", f"H.x += {j}", f"H[{f}] = H.x"]
    if k == 8:
        with s.branch():
            return [f"with H as {name}:", *(f"    {line}" for line in s.block(2))]
    if k == 9:
        return [f"match {i} % 3:", "    case 0:", *_inside(s), f"    case {name} if {name} > {j}:", *_inside(s), "    case _:", *_inside(s)]
    if k == 10:
        e.names[name] = "int"
        return [f"{name} = [{i}, {j}]", f"{name}.append({j})", f"{name} = {name}[-1]"]
    if k == 11:
        return [f"H[{i}] = {f}", f"del H[{r.choice(['1', i])}]"]
    if k == 12:
        return [f"for {name} in [{i}, {j}]:", *(line for line in _inside(s, 4))]
    e.names[name] = "int"
    return ["import math as m2", f"{name} = m2.gcd({i}, {j})"]


def _inside(s: Statements, indent: int = 8) -> list[str]:
    with s.branch():
        return [" " * indent + line for line in s.block(1)]
