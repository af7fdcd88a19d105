"""Arrays of fixed shape and SIMD values as fields of the structs of random programs. Kinds: ten:<dtype>:<length>[.<length>], vec:<dtype>:<lanes>."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import TYPE_CHECKING

from tests.differential.arguments import dtype_name, random_scalar

if TYPE_CHECKING:
    from tests.differential.struct_bodies import StructExpressions

__all__ = ["array_annotation", "array_expression", "array_literal", "array_paths", "array_statement", "element_of", "is_array", "random_array_kind", "sizes_of"]

_CHARS = "dddffbBhil?FDe"
_SIZES = ["1", "2", "3", "3", "4", "5", "2.2", "2.3", "3.1"]
_PYTHON = {"?": "bool", "F": "complex", "D": "complex"}


def is_array(kind: str) -> bool:
    """Whether a kind is one of these."""
    return kind[:4] in ("ten:", "vec:")


def random_array_kind(r: Random) -> str:
    """The kind of a field."""
    return f"vec:{r.choice('ffdlb?')}:{r.choice([1, 2, 4, 8])}" if r.random() < 0.25 else f"ten:{r.choice(_CHARS)}:{r.choice(_SIZES)}"


def sizes_of(kind: str) -> list[int]:
    """The lengths of its axes."""
    return list(map(int, kind.split(":")[2].split(".")))


def array_annotation(kind: str) -> str:
    """How a field is annotated."""
    return f"{'SIMD' if kind[0] == 'v' else 'Tensor'}[np.{dtype_name(kind[4])}, {', '.join(map(str, sizes_of(kind)))}]"


def _nested(sizes: list[int], make: Callable[[], str], brackets: str = "()") -> str:
    """Rows in parentheses."""
    if not sizes:
        return make()
    return brackets[0] + "".join(f"{_nested(sizes[1:], make, brackets)}, " for _ in range(sizes[0])) + brackets[1]


def array_literal(r: Random, kind: str, wild: float) -> str:
    """The text of a value of such a kind."""

    def number() -> str:
        return random_scalar(r, kind[4], wild)

    if kind[0] == "v":
        mark = f"np.{dtype_name(kind[4])}" if kind[4] == "?" else ""
        return f"{array_annotation(kind)}({', '.join(f'{mark}({number()})' for _ in range(sizes_of(kind)[0]))})"
    text = _nested(sizes_of(kind), number, "[]")
    return f"np.array({text}, {kind[4]!r})" if r.random() < 0.6 else text if r.random() < 0.5 else _nested(sizes_of(kind), number)


def array_paths(kind: str) -> Iterator[tuple[str, str]]:
    """What follows such a field to reach elements, with their kinds."""
    sizes = sizes_of(kind)
    for k in (0, sizes[0] - 1, -1) if sizes[0] > 1 else (0,):
        yield f"[{k}]" if len(sizes) == 1 else f"[{k}, {sizes[1] - 1}]", f"np:{kind[4]}"
    if len(sizes) == 2:
        yield "[0][0]", f"np:{kind[4]}"


def element_of(e: StructExpressions, text: str, kind: str) -> str:
    """An element at a place that is found out while the program runs."""
    sizes = sizes_of(kind)
    at = [e.subscript(2, text), *(e.subscript(2, f"{text}[0]") for _ in sizes[1:])]
    return f"{text}[{', '.join(at)}]" if len(at) == 1 or e.r.random() < 0.6 else f"{text}[{at[0]}][{at[1]}]"


def array_expression(e: StructExpressions, kind: str, depth: int) -> str:
    """A value for a field of such a kind: numbers, another field, what an operation on whole arrays gives."""
    r, sizes = e.r, sizes_of(kind)
    found = e.member(kind, depth) if r.random() < 0.5 else None
    if found:
        if kind[0] == "v" and kind[4] != "?" and r.random() < 0.4:
            return f"({found} {r.choice('+-*')} {found})"
        if kind[:5] in ("ten:d", "ten:l", "ten:D") and r.random() < 0.3:
            return f"({found} {r.choice('+-*')} {e.member(kind, depth) or found})"
        return found
    if kind[0] == "v" or r.random() < 0.05:
        return array_literal(r, kind, 0.05)
    if r.random() < 0.03:
        sizes = [*sizes[:-1], sizes[-1] + 1]
    plain = _PYTHON.get(kind[4], "float" if kind[4] in "fde" else "")
    return _nested(sizes, lambda: e.of(plain, depth + 2) if plain and r.random() < 0.6 else random_scalar(r, kind[4], 0.05))


def array_statement(e: StructExpressions, records: list[tuple[str, str]], others: list[tuple[str, str]], name: str) -> list[str]:
    """Walk through a field, name it, or store into one of a record. The fields are given with their kinds."""
    r, lines = e.r, []
    found = records + others
    if not found:
        return []
    text, kind = r.choice(found)
    form = r.choice(["walk", "walk", "name", "store", "store", "store", "unpack", "size"])
    if form == "store" and records:
        text, kind = r.choice(records)
        value = random_scalar(r, kind[4], 0.05) if r.random() < 0.5 else e.of(f"np:{kind[4]}", 2)
        return [f"{element_of(e, text, kind)} {r.choice(['=', '=', '+=', '*=']) if kind[4] not in '?' else '='} {value}"]
    if form == "name":
        e.names[name] = kind if (text, kind) in others else kind.replace("ten", "tv")
        return [f"{name} = {text}"]
    sizes = sizes_of(kind)
    if form == "size":
        e.names[name] = "int"
        return [f"{name} = {r.choice([f'len({text})', f'{text}.size', f'{text}.shape[0]', f'{text}.ndim'])}"]
    if len(sizes) == 1 and form == "unpack" and sizes[0] > 1:
        names = [f"{name}_{k}" for k in range(sizes[0])]
        e.names |= dict.fromkeys(names, f"np:{kind[4]}")
        return [f"{', '.join(names)} = {text}"]
    e.names[name] = "complex" if kind[4] in "FD" else "float"
    lines = [f"{name} = {'0j' if kind[4] in 'FD' else '0.0'}", f"for {name}_x in {text}:"]
    element = f"{name}_x"
    if len(sizes) == 2:
        lines.append(f"    for {name}_y in {element}:")
        element = f"{name}_y"
    add = f"{name} {r.choice(['+=', '-='])} {'complex' if kind[4] in 'FD' else 'float'}({element})"
    return [*lines, "    " * len(sizes) + add]
