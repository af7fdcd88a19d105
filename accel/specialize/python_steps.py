"""Operations on arrays that CPython and NumPy do on behalf of compiled code: how they are written, what they give."""

from __future__ import annotations

import ast
from typing import Any, cast

from accel.ir import Instruction, PythonStep, TypedFunction
from accel.specialize.lookup import Lookup
from accel.specialize.samples import ARRAY_METHODS, is_array_function, predict_kind
from accel.types.kinds import Array, Kind, NoneKind, Slice, Static, Tuple, members_of

__all__ = ["PythonSteps"]

Kinds = tuple[Kind, ...]


class PythonSteps:
    """Writes the steps of one function."""

    def __init__(self, typed: TypedFunction, lookup: Lookup) -> None:
        self.typed, self.lookup = typed, lookup
        self._definitions = {i.targets[0]: i for i in typed.flow.instructions() if i.op in ("const", "static") and i.targets}

    def kind(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        """The kind of what the step gives, None when it is not done this way."""
        concerned = any(isinstance(k, Array) for k in kinds)
        op, detail = instruction.op, instruction.detail
        node = self.typed.source.nodes[instruction.node]
        if (op == "inplace" and "@" in instruction.phase) or (isinstance(node, ast.Compare) and len(node.ops) > 1):
            return None
        if op in ("binary", "inplace", "compare") and concerned and detail not in ("is", "is not", "in", "not in"):
            assign = op == "inplace" and isinstance(kinds[0], Array)
            text = f"a0 {detail}= a1; return a0" if assign else f"return a0 {detail} a1"
            made = kinds[0] if assign else predict_kind(detail, kinds, self.constants(instruction, range(2)))
            return self.note(instruction, kinds, text, (0, 1), made)
        if op == "unary" and concerned and detail != "not":
            text = f"return {detail}a0"
            made = predict_kind("~", kinds, (...,)) if detail == "~" else kinds[0]
            return self.note(instruction, kinds, text, (0,), made)
        if op == "item" and concerned:
            return self.item(instruction, kinds)
        if op == "set_item" and isinstance(kinds[0], Array) and kinds[0].writeable:
            operands = tuple(range(len(kinds)))
            text = f"a0[{', '.join(f'a{k}' for k in operands[1:-1]) or '()'}] = a{operands[-1]}; return None"
            return self.note(instruction, kinds, text, operands, NoneKind())
        if op == "call":
            return self.call(instruction, kinds)
        return None

    def item(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        """Indexing beyond integers and slices: masks, arrays of indexes, None."""
        operands = tuple(range(len(kinds)))
        names = ", ".join(f"a{k}" for k in operands[1:]) or "()"
        constants = self.constants(instruction, operands)[1:]
        made = predict_kind(lambda base, *index: base[index if len(index) != 1 else index[0]], kinds, (..., *constants))
        return self.note(instruction, kinds, f"return a0[{names}]", operands, made)

    def call(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        """A NumPy function or a method of an array."""
        method, keywords, _ = instruction.detail
        first, callee = 1, kinds[0]
        if isinstance(callee, Static):
            value = self.lookup.find_attribute(callee.value, method) if method else callee.value
            if not is_array_function(value):
                return None
            head, operation = ".".join(self.lookup.paths.get(id(value), ("?",))), cast(Any, value)
        elif isinstance(callee, Array) and method in ARRAY_METHODS:
            head, first = f"a0.{method}", 0
            operation = _method_call(method)
        else:
            return None
        if "?" in head or "__builtins__" in head:
            return None
        operands = tuple(range(first, len(kinds)))
        positional = len(kinds) - len(keywords)
        shown = [self.operand(instruction, kinds, k) for k in range(1, positional)]
        shown += [f"{name}={self.operand(instruction, kinds, positional + k)}" for k, name in enumerate(keywords)]
        if None in shown:
            return None
        made = predict_kind(operation, tuple(kinds[k] for k in operands), self.constants(instruction, operands), keywords)
        used = tuple(k for k in operands if not isinstance(kinds[k], Static))
        return self.note(instruction, kinds, f"return {head}({', '.join(map(str, shown))})", used, made)

    def operand(self, instruction: Instruction, kinds: Kinds, position: int) -> str:
        """How an argument is written: `a3`, or the path of a global, or a literal string."""
        kind = kinds[position]
        if isinstance(kind, Static):
            if isinstance(kind.value, str):
                return repr(kind.value)
            return ".".join(self.lookup.paths.get(id(kind.value), ("?",)))
        return f"a{position}"

    def constants(self, instruction: Instruction, positions: Any) -> tuple[Any, ...]:
        """Values of arguments known while compiling, Ellipsis for the others."""
        found = []
        for position in positions:
            definition = self._definitions.get(instruction.arguments[position])
            found.append(self.typed.constants.get(id(definition), ...) if definition else ...)
        return tuple(found)

    def note(
        self, instruction: Instruction, kinds: Kinds, text: str, operands: tuple[int, ...], made: Kind | None
    ) -> Kind | None:
        """Remember the step, if its operands and its result can cross the boundary."""
        if made is None or "?" in text or not all(_can_cross(kinds[k]) for k in operands):
            return None
        node = self.typed.source.nodes[instruction.node]
        self.typed.steps[id(instruction)] = PythonStep(text, getattr(node, "lineno", 1), operands)
        return made


def _method_call(method: str) -> Any:
    return lambda array, *arguments, **keywords: getattr(array, method)(*arguments, **keywords)


def _can_cross(kind: Kind) -> bool:
    return not any(isinstance(m, Static) for m in members_of(kind)) and (
        not isinstance(kind, (Tuple, Slice)) or isinstance(kind, Slice) or all(map(_can_cross, kind.items))
    )
