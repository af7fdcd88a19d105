"""Operations on arrays that CPython and NumPy do on behalf of compiled code: how they are written, what they give."""

from __future__ import annotations

import ast
import operator
from typing import Any, cast

from accel.ir import Instruction, PythonStep, TypedFunction
from accel.specialize.lookup import Lookup
from accel.specialize.samples import ARRAY_METHODS, is_array_function, is_builtin_on_arrays, predict_kind
from accel.types.kinds import Array, FieldArray, Kind, NoneKind, Slice, Static, Tuple, members_of
from accel.values import replace

__all__ = ["PythonSteps"]

Kinds = tuple[Kind, ...]
_SIGNS: dict[str, Any] = {"-": operator.neg, "+": operator.pos}


class PythonSteps:
    """Writes the steps of one function."""

    def __init__(self, typed: TypedFunction, lookup: Lookup) -> None:
        self.typed, self.lookup = typed, lookup
        self._definitions: dict[str, list[Instruction]] = {}  # of the names that hold the same wherever they are defined; none for others
        for i in typed.flow.instructions():
            for target in i.targets:
                before = self._definitions.setdefault(target, [i])
                if before and i is not before[-1]:
                    if i.op in _ALIKE and _is_same(before[0], i):
                        before.append(i)
                    else:
                        before.clear()

    def kind(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        """The kind of what the step gives, None when it is not done this way."""
        concerned = any(isinstance(k, (Array, FieldArray)) for k in kinds)
        op, detail = instruction.op, instruction.detail
        node = self.typed.source.nodes[instruction.node]
        if op == "inplace" and isinstance(kinds[0], FieldArray):  # which can't be written
            return None
        if (op == "inplace" and "@" in instruction.phase) or (isinstance(node, ast.Compare) and len(node.ops) > 1):
            return None
        if detail in ("in", "not in") and not isinstance(kinds[1], (Array, FieldArray)):
            return None
        if op in ("binary", "inplace", "compare") and concerned and detail not in ("is", "is not"):
            assign = op == "inplace" and isinstance(kinds[0], Array)
            text = f"a0 {detail}= a1; return a0" if assign else f"return a0 {detail} a1"
            made = kinds[0] if assign else predict_kind(detail, kinds, self.constants(instruction, range(2)))
            return self.note(instruction, kinds, text, (0, 1), made)
        if op == "unary" and concerned and detail != "not":
            text = f"return {detail}a0"
            made = kinds[0] if detail in _SIGNS and _is_writeable(kinds[0]) else predict_kind(_SIGNS.get(detail, detail), kinds, (...,))
            return self.note(instruction, kinds, text, (0,), made)
        if op == "item" and concerned:
            return self.item(instruction, kinds)
        if op == "set_item" and isinstance(kinds[0], Array) and kinds[0].writeable:
            indexes, last = self.subscripts(instruction, kinds[:-1]), len(kinds) - 1
            operands = tuple(k for k in range(len(kinds)) if not isinstance(kinds[k], Static))
            value = self.operand(instruction, kinds, last)
            return self.note(instruction, kinds, f"a0[{indexes}] = {value}; return None", operands, NoneKind())
        if op == "attribute" and concerned and detail in (_OF_FIELDS if isinstance(kinds[0], FieldArray) else ("real", "imag")):
            made = predict_kind(lambda array: getattr(array, detail), kinds, (...,))
            return self.note(instruction, kinds, f"return a0.{detail}", (0,), made)
        if op == "call":
            return self.call(instruction, kinds)
        return None

    def load(self, instruction: Instruction, what: str, name: str) -> None:
        """Read a global or a closure cell."""
        self.typed.steps[id(instruction)] = PythonStep(f"{what} {name}; return {name}", self.line(instruction), ())

    def store(self, instruction: Instruction, kinds: Kinds, what: str, name: str) -> tuple[Kind, ...] | None:
        """Bind a global or a closure cell."""
        made = self.note(instruction, kinds, f"{what} {name}; {name} = a0; return None", (0,), NoneKind())
        return None if made is None else ()

    def line(self, instruction: Instruction) -> int:
        """The line an instruction is of."""
        return getattr(self.typed.source.nodes[instruction.node], "lineno", 1)

    def item(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        """Indexing beyond integers and slices: masks, arrays of indexes, None."""
        operands = tuple(k for k in range(len(kinds)) if not isinstance(kinds[k], Static))
        names = self.subscripts(instruction, kinds)
        constants = self.constants(instruction, range(1, len(kinds)))
        made = predict_kind(lambda base, *index: base[index if len(index) != 1 else index[0]], kinds, (..., *constants))
        return self.note(instruction, kinds, f"return a0[{names}]", operands, made)

    def subscripts(self, instruction: Instruction, kinds: Kinds) -> str:
        """How the subscripts are written."""
        return ", ".join(self.operand(instruction, kinds, k) for k in range(1, len(kinds))) or "()"

    def call(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        """A NumPy function or a method of an array."""
        method, keywords, _, _ = instruction.detail
        first, callee = 1, kinds[0]
        if isinstance(callee, Static):
            value = self.lookup.find_attribute(callee.value, method) if method else callee.value
            concerned = any(isinstance(k, (Array, FieldArray)) for k in kinds)
            if not is_array_function(value) and not (concerned and is_builtin_on_arrays(value)):
                return None
            head, operation = ".".join(self.lookup.paths.get(id(value), ("?",))), cast(Any, value)
        elif isinstance(callee, (Array, FieldArray)) and method in ARRAY_METHODS:
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

    def take_over(self, instruction: Instruction, kinds: Kinds, move: Any) -> Kind | None:
        """The kind of what `move` gives for an array: another object over its memory."""
        _, keywords, _, _ = instruction.detail
        path = ".".join(self.lookup.paths.get(id(move), ("?",)))
        if keywords or len(kinds) != 2 or not isinstance(kinds[1], Array) or "?" in path:
            return None
        self.typed.steps[id(instruction)] = PythonStep(f"return {path}(a1)", self.line(instruction), (1,), True)
        return replace(kinds[1], is_view=False, is_lent=False)

    def operand(self, instruction: Instruction, kinds: Kinds, position: int) -> str:
        """How an argument is written: `a3`, or the path of a global, or a literal string."""
        kind = kinds[position]
        if isinstance(kind, Static):
            if isinstance(kind.value, (str, int)) or kind.value is ...:
                return repr(kind.value)
            if type(kind.value).__module__ == "numpy.dtypes":
                return f"__import__('numpy').dtype({kind.value.char!r})"
            return ".".join(self.lookup.paths.get(id(kind.value), ("?",)))
        return f"a{position}"

    def constants(self, instruction: Instruction, positions: Any) -> tuple[Any, ...]:
        """Values of arguments known while compiling, Ellipsis for the others."""
        found = []
        for position in positions:
            values = (self.constant(definition) for definition in self._definitions.get(instruction.arguments[position], ()))
            found.append(next((value for value in values if value is not ...), ...))  # those in blocks not followed yet tell nothing
        return tuple(found)

    def constant(self, definition: Instruction) -> Any:
        """The value an instruction gives, if known; slices with known parts are."""
        if definition.op == "const" and type(definition.detail) is int and -(2**63) <= definition.detail < 2**63:
            return definition.detail  # in blocks that were not followed yet, too
        if definition.op != "slice":
            return self.typed.constants.get(id(definition), ...)
        parts = self.constants(definition, range(3))
        return ... if ... in parts else slice(*parts)

    def note(
        self, instruction: Instruction, kinds: Kinds, text: str, operands: tuple[int, ...], made: Kind | None
    ) -> Kind | None:
        """Remember the step, if its operands and its result can cross the boundary."""
        if made is None or "?" in text or not all(_can_cross(kinds[k]) for k in operands):
            return None
        self.typed.steps[id(instruction)] = PythonStep(text, self.line(instruction), operands)
        return made


_ALIKE = ("const", "static", "cell")  # operations that give the same in all copies of a loop
_OF_FIELDS = ("real", "imag", "T", "strides", "itemsize", "nbytes")  # attributes of the array of a struct, which is made for that


def _is_same(first: Instruction, second: Instruction) -> bool:
    return (first.op, type(first.detail), repr(first.detail)) == (second.op, type(second.detail), repr(second.detail))


def _is_writeable(kind: Kind) -> bool:
    return isinstance(kind, Array) and kind.writeable


def _method_call(method: str) -> Any:
    if method == "reshape":
        return _reshaped
    if method == "item":
        return lambda array, *_: array[(slice(0, 1),) * array.ndim].item()
    return lambda array, *arguments, **keywords: getattr(array, method)(*arguments, **keywords)


def _reshaped(array: Any, *shape: Any, **keywords: Any) -> Any:
    """A sample of the wanted number of axes: the lengths given need not fit the sample."""
    axes = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple) else shape
    return array[(slice(0, 1),) * array.ndim].reshape((1,) * len(axes), **keywords).repeat(2, 0)


def _can_cross(kind: Kind) -> bool:
    return not any(isinstance(m, Static) for m in members_of(kind)) and (
        not isinstance(kind, (Tuple, Slice)) or isinstance(kind, Slice) or all(map(_can_cross, kind.items))
    )
