"""The text of one simplified LLVM function, read: blocks of instructions in single-assignment form.

Only what straight arithmetic and control flow need. Anything else raises `Unreadable`, and the function is not vectorised.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from accel.values import dataclass, field

__all__ = ["Function", "Operation", "SsaBlock", "Unreadable", "may_trap", "read_function"]


class Unreadable(ValueError):
    """An instruction that is not known here."""


@dataclass(slots=True, eq=False)
class Operation:
    """`name = op type operands`. `types` are those of the operands, `flags` what stands between op and type (a predicate, `nsw`);
    `detail` is the callee of a call, the index of an `extractvalue`, the type a cast gives."""

    op: str
    name: str = ""
    type: str = ""
    operands: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    flags: str = ""
    detail: str = ""
    labels: list[str] = field(default_factory=list)  # where a branch goes, where a phi comes from
    text: str = ""


@dataclass(slots=True, eq=False)
class SsaBlock:
    """Operations; the last one ends the block."""

    name: str
    operations: list[Operation] = field(default_factory=list)

    @property
    def successors(self) -> list[str]:
        """Where it may go on."""
        last = self.operations[-1]
        return list(dict.fromkeys(last.labels)) if last.op == "br" else []


@dataclass(slots=True, eq=False)
class Function:
    """A function with typed parameters; the blocks in the order of the text."""

    parameters: list[tuple[str, str]]  # type, name
    results: list[str]
    blocks: dict[str, SsaBlock]


_TYPE = r"(?:\{[^}]*\}|<[^>]*>|\w+)"
_FLAGS = r"((?:(?:nuw|nsw|exact|disjoint|samesign|nneg|fast|nnan|ninf|nsz|arcp|contract|afn|reassoc)\s+)*)"
_BINARY = "add sub mul shl lshr ashr and or xor sdiv udiv srem urem fadd fsub fmul fdiv frem".split()
_CASTS = "sext zext trunc sitofp uitofp fptosi fptoui fpext fptrunc bitcast".split()
_OPERAND = r"(\{[^{}]*\}|[^\s,(){}]+)"  # a name, a number, or a structure of such; nothing made of several words
_PATTERNS = {
    "binary": re.compile(rf"({'|'.join(_BINARY)})\s+{_FLAGS}({_TYPE})\s+{_OPERAND}, {_OPERAND}$"),
    "cast": re.compile(rf"({'|'.join(_CASTS)})\s+{_FLAGS}({_TYPE})\s+{_OPERAND} to ({_TYPE})$"),
    "compare": re.compile(rf"([if]cmp)\s+{_FLAGS}(\w+)\s+({_TYPE})\s+{_OPERAND}, {_OPERAND}$"),
    "select": re.compile(rf"select\s+{_FLAGS}i1 {_OPERAND}, ({_TYPE}) {_OPERAND}, {_TYPE} {_OPERAND}$"),
    "one": re.compile(rf"(fneg|freeze)\s+{_FLAGS}({_TYPE})\s+{_OPERAND}$"),
    "phi": re.compile(rf"phi\s+{_FLAGS}({_TYPE})\s+(\[.+\])$"),
    "extract": re.compile(rf"extractvalue ({_TYPE}) {_OPERAND}, (\d+)$"),
    "insert": re.compile(rf"insertvalue ({_TYPE}) {_OPERAND}, ({_TYPE}) {_OPERAND}, (\d+)$"),
    "call": re.compile(
        rf"(?:tail |musttail |notail )?call\s+{_FLAGS}(?:noundef |signext |zeroext |range\([^)]*\) )*({_TYPE}) @(\"?[\w.$-]+\"?)\((.*)\)$"
    ),
    "load": re.compile(r"load atomic i32, ptr @(\"?[\w.]+\"?) monotonic$"),
}
_PAIR = re.compile(rf"\[ {_OPERAND}, %(\"[^\"]*\"|[\w.$-]+) \](?:, )?")
_ARGUMENT = re.compile(rf"({_TYPE})(?: noundef| range\([^)]*\))* {_OPERAND}(?:, |$)")


def _read_all(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """Matches that follow one another and make up the text."""
    found, at = list[re.Match[str]](), 0
    while at < len(text):
        match = pattern.match(text, at)
        if match is None:
            raise Unreadable(text)
        found.append(match)
        at = match.end()
    return found


def may_trap(operation: Operation) -> bool:
    """Whether an operation traps for some operands: it must not be done where the program does not come."""
    return operation.op in ("sdiv", "udiv", "srem", "urem") and operation.operands[1].startswith("%")


def read_function(text: str, name: str) -> Function:
    """The function of this name in the text of a module."""
    lines = text.splitlines()
    start = next(k for k, line in enumerate(lines) if line.startswith("define") and f"@{name}(" in line)
    head = re.match(rf"define .*?({_TYPE}) @{name}\((.*?)\)", lines[start])
    if head is None:
        raise Unreadable(lines[start])
    parameters = [(p.split()[0], p.split()[-1]) for p in head[2].split(", ") if p]
    results = [t.strip() for t in head[1].strip("{} ").split(",") if t.strip()]
    blocks: dict[str, SsaBlock] = {}
    block = None
    for line in lines[start + 1 :]:
        if line.startswith("}"):
            break
        line = line.split(";")[0].strip()
        if not line:
            continue
        if line.endswith(":"):
            block = blocks[line[:-1].strip('"')] = SsaBlock(line[:-1].strip('"'))
        elif block is None:
            raise Unreadable(line)
        else:
            block.operations.append(_read_operation(line))
    return Function(parameters, results, blocks)


def _read_operation(line: str) -> Operation:
    line = re.sub(r", ![\w.]+ ![\w.]+| #\d+$|, align \d+", "", line).strip()
    name, equals, text = line.partition(" = ")
    if not equals or not name.startswith("%"):
        name, text = "", line
    made = _read(text)
    if made is None:
        raise Unreadable(line)
    made.name, made.text = name, text
    return made


def _read(text: str) -> Operation | None:
    word = text.split(" ", 1)[0]
    if word == "br":
        labels = [label.strip('"') for label in re.findall(r"label %(\"[^\"]*\"|[\w.$-]+)", text)]
        condition = re.match(r"br i1 ([^,]+),", text)
        return Operation("br", operands=[condition[1]] if condition else [], types=["i1"] if condition else [], labels=labels)
    if word == "ret":
        returned = re.match(rf"ret ({_TYPE}) (.+)$", text)
        return Operation("ret", type=returned[1], operands=[returned[2]], types=[returned[1]]) if returned else None
    if text == "unreachable":
        return Operation("unreachable")
    for kind, pattern in _PATTERNS.items():
        found = pattern.match(text)
        if found is not None:
            return _BUILDERS[kind](found)
    return None


def _phi(found: re.Match[str]) -> Operation:
    pairs = _read_all(_PAIR, found[3])
    values, labels = [p[1] for p in pairs], [p[2].strip('"') for p in pairs]
    return Operation("phi", type=found[2], operands=values, types=[found[2]] * len(values), labels=labels)


def _call(found: re.Match[str]) -> Operation:
    arguments = _read_all(_ARGUMENT, found[4])
    values, types = [a[2] for a in arguments], [a[1] for a in arguments]
    return Operation("call", type=found[2], operands=values, types=types, flags=found[1], detail=found[3].strip('"'))


_BUILDERS: dict[str, Callable[[re.Match[str]], Operation]] = {
    "binary": lambda m: Operation(m[1], type=m[3], operands=[m[4], m[5]], types=[m[3]] * 2, flags=m[2]),
    "cast": lambda m: Operation(m[1], type=m[5], operands=[m[4]], types=[m[3]], flags=m[2], detail=m[5]),
    "compare": lambda m: Operation(m[1], type="i1", operands=[m[5], m[6]], types=[m[4]] * 2, flags=m[2] + m[3] + " "),
    "select": lambda m: Operation("select", type=m[3], operands=[m[2], m[4], m[5]], types=["i1", m[3], m[3]], flags=m[1]),
    "one": lambda m: Operation(m[1], type=m[3], operands=[m[4]], types=[m[3]], flags=m[2]),
    "phi": _phi,
    "extract": lambda m: Operation("extractvalue", type="", operands=[m[2]], types=[m[1]], detail=m[3]),
    "insert": lambda m: Operation("insertvalue", type=m[1], operands=[m[2], m[4]], types=[m[1], m[3]], detail=m[5]),
    "call": _call,
    "load": lambda m: Operation("load", type="i32", detail=m[1].strip('"')),
}
