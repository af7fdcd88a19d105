"""The kinds an instruction gives, from the kinds it takes: one method per op of the flow."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

from accel.ir import Fault, Instruction
from accel.specialize.calls import ITERATORS, spread_kinds
from accel.specialize.lookup import MISSING
from accel.specialize.samples import is_dtype_like, kind_of_value
from accel.specialize.structs import StructRules
from accel.types import arrays, functions, operators
from accel.types.field_arrays import is_held
from accel.types.frozen import find_layout
from accel.types.kinds import (
    Array,
    Bool,
    Complex,
    FieldArray,
    Float,
    Int,
    Kind,
    Nested,
    Never,
    NoneKind,
    Range,
    RangeIterator,
    Scalar,
    Slice,
    Static,
    Struct,
    StructArray,
    Tuple,
    TupleIterator,
    Vector,
    View,
    join_kinds,
    members_of,
)  # fmt: skip
from accel.types.simd import SIMD, is_vector_class
from accel.types.structs import Template, takes_kind

__all__ = ["KindRules"]

Kinds = tuple[Kind, ...]
_ON_STRUCTS = ("attribute", "binary", "compare", "inplace", "item", "truth", "unary")
_ASKED = {"is": 2, "is not": 2, "in": 1, "not in": 1}  # comparisons of any objects: which operands, from there on, are asked


class KindRules(StructRules):
    """Result kinds of instructions; `typed` receives what else is found (constants, calls)."""

    def results(self, instruction: Instruction, kinds: Kinds) -> Kinds | Fault:
        """Kinds of the targets, or why CPython must do it."""
        self.typed.constants.pop(id(instruction), None)  # known when it was followed for fewer paths
        method: Callable[[Instruction, Kinds], Any] = getattr(self, f"op_{instruction.op}")
        asked = kinds[_ASKED.get(instruction.detail, 0) :] if instruction.op == "compare" else kinds
        if instruction.op in _ON_STRUCTS and any(isinstance(k, (Struct, View)) for k in asked):
            result = self.struct_operation(instruction, kinds)
        elif instruction.op in _ON_STRUCTS and any(isinstance(k, Vector) for k in kinds) and instruction.detail not in _ASKED:
            result = self.vector_operation(instruction, kinds)
        else:
            result = method(instruction, kinds)
        if result is None:
            result = self.python.kind(instruction, kinds)
            if result is None:
                return self.fault(instruction, kinds)
            return (result,) if instruction.targets else ()
        if isinstance(result, Kind):
            return (result,)
        return result

    def fault(self, instruction: Instruction, kinds: Kinds) -> Fault:
        """What to say when there is no rule."""
        found = ", ".join(map(_shown, kinds))
        if any(map(_is_beyond, kinds)):
            return Fault(instruction.node, "an int beyond 64 bits", "")
        if instruction.op == "unary" and instruction.detail == "~" and all(isinstance(m, Bool) for m in members_of(kinds[0])):
            return Fault(instruction.node, "`~` of bool, of which CPython warns", "")
        if instruction.op == "store_outside":
            what, name = instruction.detail
            return Fault(instruction.node, f"the {what} name `{name}` bound to {found}", "global-write")
        if any(isinstance(k, Vector) or (isinstance(k, Static) and is_vector_class(k.value)) for k in kinds):
            return self.vector_fault(instruction, kinds, found)
        if instruction.op in ("binary", "inplace", "compare", "unary"):
            return Fault(instruction.node, f"`{instruction.detail}` of {found}", "unsupported-operator")
        if instruction.op in ("call", "spread_call"):
            name = instruction.detail[0] or _shown(kinds[0])
            return Fault(instruction.node, f"a call of {name} with ({', '.join(map(_shown, kinds[1:]))})", "unsupported-call")
        if instruction.op == "attribute":
            return Fault(instruction.node, f"attribute `{instruction.detail}` of {found}", "unsupported-operation")
        return Fault(instruction.node, f"`{instruction.op}` of {found}", "unsupported-operation")

    # -- values

    def op_const(self, instruction: Instruction, kinds: Kinds) -> Kind:
        return self.constant(instruction, instruction.detail)

    def op_static(self, instruction: Instruction, kinds: Kinds) -> Kind | Fault:
        if self.lookup.find_now("global", instruction.detail)[1] in self.written:
            return self.load_outside(instruction, "global", instruction.detail)
        value = self.lookup.find_global(instruction.detail)
        if value is MISSING:
            return Fault(instruction.node, f"the name `{instruction.detail}`, which is not defined", "undefined-name")
        return self.constant(instruction, value)

    def op_cell(self, instruction: Instruction, kinds: Kinds) -> Kind | Fault:
        if self.lookup.find_now("nonlocal", instruction.detail)[1] in self.written:
            return self.load_outside(instruction, "nonlocal", instruction.detail)
        if self.lookup.is_kept_in_vain(instruction.detail):
            return Fault(
                instruction.node, f"the closure variable `{instruction.detail}`, an object of a class", "unsupported-operation"
            )
        value = self.lookup.find_cell(instruction.detail)
        if value is MISSING:
            return Fault(instruction.node, f"the closure variable `{instruction.detail}`, which is empty", "undefined-name")
        return self.constant(instruction, value)

    def op_outside(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        """An array from outside, as it is when the function is called."""
        op, name, *attributes = instruction.detail
        value = self.lookup.find_global(name) if op == "static" else self.lookup.find_cell(name)
        for attribute in attributes:
            value = self.lookup.find_attribute(value, attribute)
        self.typed.outside[id(instruction)] = self.lookup.number_of(value)
        return kind_of_value(value)

    def op_load_outside(self, instruction: Instruction, kinds: Kinds) -> Kind | Fault:
        return self.load_outside(instruction, *instruction.detail)

    def load_outside(self, instruction: Instruction, what: str, name: str) -> Kind | Fault:
        """A global or a closure cell that is bound while compiled code runs: read when it comes to that."""
        value, key = self.lookup.find_now(what, name)
        self.written.add(key)
        kind = MISSING if value is MISSING else kind_of_value(value)
        if kind is MISSING:
            return Fault(instruction.node, f"the name `{name}`, which is not defined", "undefined-name")
        if kind is None:
            held = _shown(Static(value)).removesuffix(" object")
            return Fault(instruction.node, f"the {what} name `{name}`, bound here, which holds {held}", "global-write")
        self.python.load(instruction, what, name)
        return kind

    def op_store_outside(self, instruction: Instruction, kinds: Kinds) -> Kinds | None:
        what, name = instruction.detail
        self.written.add(self.lookup.find_now(what, name)[1])
        return self.python.store(instruction, kinds, what, name)

    def op_copy(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        named = not instruction.targets[0].startswith("%")
        return None if named and isinstance(kinds[0], ITERATORS) else kinds[0]

    def op_tuple(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        return Tuple(spread_kinds(kinds, instruction.detail or ()))

    def op_spread(self, instruction: Instruction, kinds: Kinds) -> Kinds | Fault:
        return () if isinstance(kinds[0], Tuple) else Fault(instruction.node, f"`*` of {_shown(kinds[0])}", "unknown-length")

    def op_unpack(self, instruction: Instruction, kinds: Kinds) -> Kinds | None:
        kind = kinds[0]
        if isinstance(kind, Array) and kind.ndim:
            row = arrays.row_kind(kind)
            return None if row is None else (row,) * len(instruction.targets)
        kind = kind.rows if isinstance(kind, FieldArray) else kind
        return kind.items if isinstance(kind, Tuple) and len(kind.items) == instruction.detail else None

    def op_slice(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        return Slice(*kinds) if all(isinstance(k, NoneKind) or arrays.is_index(k) for k in kinds) else None

    def op_closure(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        facts = self.facts.nested.get(instruction.detail)
        if facts is None:
            return None
        made = facts.source.function
        kind = Nested(made.__code__, facts.captured, facts.written, made.__defaults__, tuple((made.__kwdefaults__ or {}).items()))
        self.nested(kind, facts)
        return kind

    # -- operators

    def op_binary(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        return operators.joined_kind(lambda *k: operators.binary_kind(instruction.detail, *k), kinds)

    op_inplace = op_binary

    def op_unary(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        return operators.joined_kind(lambda *k: operators.unary_kind(instruction.detail, *k), kinds)

    def op_compare(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        symbol = instruction.detail
        if symbol not in ("is", "is not") and not self.are_plain(symbol, kinds):
            return None
        if symbol in ("in", "not in"):
            return self.membership(kinds)
        if symbol in ("==", "!=") and all(isinstance(k, Static) and is_dtype_like(k.value) for k in kinds):
            same: bool = kinds[0].value == kinds[1].value  # type: ignore[attr-defined]
            return self.constant(instruction, same == (symbol == "=="))
        if symbol in ("is", "is not"):
            answers = {operators.identity_answer(a, b) for a, b in product(*map(members_of, kinds))}
            if len(answers) == 1 and None not in answers:
                return self.constant(instruction, (symbol == "is") == answers.pop())
        return operators.joined_kind(lambda *k: operators.compare_kind(symbol, *k), kinds)

    def membership(self, kinds: Kinds) -> Kind | None:
        """`x in (1, 2, 3)`."""
        if isinstance(kinds[1], Range):
            return Bool() if isinstance(kinds[0], (Int, Bool)) else None
        if not isinstance(kinds[1], Tuple):
            return None
        equal = [operators.joined_kind(lambda *k: operators.compare_kind("==", *k), (kinds[0], i)) for i in kinds[1].items]
        return None if None in equal else Bool()

    def op_truth(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        known = self.python.constants(instruction, (0,))[0]
        if type(known) is bool:
            return self.constant(instruction, known)
        return Bool() if all(map(operators.has_truth, members_of(kinds[0]))) else None

    # -- arrays, tuples, loops

    def op_item(self, instruction: Instruction, kinds: Kinds) -> Kind | Fault | None:
        if isinstance(kinds[0], Static) and issubclass(type(kinds[0].value), Template):
            return self.generic_struct(instruction, kinds)
        if isinstance(kinds[0], Static) and kinds[0].value is SIMD:
            return self.vector_type(instruction, kinds)
        if isinstance(kinds[0], Tuple) and len(kinds) == 2:
            known, length = self.python.constants(instruction, (1,))[0], len(kinds[0].items)
            if type(known) is int and not -length <= known < length:
                return Fault(instruction.node, f"the item {known} of a tuple of {length}", "")  # CPython raises
        return self.picked(instruction, kinds) or arrays.item_kind(kinds[0], kinds[1:])

    def picked(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        """An item of a tuple, or a part of it, whose place is known while compiling."""
        self.typed.picks.pop(id(instruction), None)
        if not isinstance(kinds[0], Tuple) or len(kinds) != 2:
            return None
        known = self.python.constants(instruction, (1,))[0]
        if type(known) not in (int, slice):
            return None
        try:
            made = kinds[0].items[known]
        except (IndexError, ValueError):
            return None  # CPython raises
        self.typed.picks[id(instruction)] = known
        return Tuple(made) if isinstance(made, tuple) else made

    def op_set_item(self, instruction: Instruction, kinds: Kinds) -> Kinds | None:
        base, indexes, value = kinds[0], kinds[1:-1], kinds[-1]
        if isinstance(base, StructArray):
            fits = base.writeable and is_held(base.struct) and len(indexes) == base.ndim and all(map(arrays.is_index, indexes))
            return () if fits and (value == base.struct or (isinstance(value, View) and value.struct == base.struct)) else None
        if not isinstance(base, Array) or not base.writeable or len(indexes) != base.ndim:
            return None
        plain = (Int, Float, Bool, Complex, Scalar)
        if not all(arrays.is_index(i) for i in indexes) or not all(isinstance(m, plain) for m in members_of(value)):
            return None
        return ()

    def op_set_attribute(self, instruction: Instruction, kinds: Kinds) -> Kinds | Fault:
        base, value = kinds
        if isinstance(base, View) and base.writeable and instruction.detail in base.names:
            if takes_kind(base.struct.items[base.names.index(instruction.detail)], value):
                return ()
        return Fault(instruction.node, f"assignment of {_shown(value)} to the attribute `{instruction.detail}` of {_shown(base)}", "attribute-assignment")

    def op_attribute(self, instruction: Instruction, kinds: Kinds) -> Kind | Fault | None:
        if isinstance(kinds[0], Static) and type(kinds[0].value).__module__ == "numpy.dtypes":
            known = instruction.detail in ("itemsize", "kind", "char", "name", "num")
            return self.constant(instruction, getattr(kinds[0].value, instruction.detail)) if known else None
        if isinstance(kinds[0], Static) and find_layout(kinds[0].value) is not None:
            return self.struct_attribute(instruction, kinds[0], instruction.detail)
        if isinstance(kinds[0], Static) and is_vector_class(kinds[0].value):
            return self.vector_attribute(instruction, kinds[0].value, instruction.detail)
        if isinstance(kinds[0], Static):
            value = self.lookup.find_attribute(kinds[0].value, instruction.detail)
            return None if value is MISSING else self.constant(instruction, value)
        if isinstance(kinds[0], (Array, FieldArray)) and instruction.detail == "dtype":
            import numpy

            return Static(numpy.dtype(kinds[0].char))
        if isinstance(kinds[0], Tuple) and kinds[0].named is not None:
            return self.named_attribute(instruction, kinds[0], instruction.detail)
        if isinstance(kinds[0], (Array, Range, FieldArray, StructArray)):
            return arrays.attribute_kind(kinds[0], instruction.detail)
        return operators.joined_kind(lambda *k: functions.function_kind(f"attribute.{instruction.detail}", k), kinds)

    def op_iterate(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        return arrays.iterator_kind(kinds[0])

    def op_next(self, instruction: Instruction, kinds: Kinds) -> Kinds | None:
        item = arrays.next_kind(kinds[0])
        if isinstance(kinds[0], TupleIterator) and not kinds[0].tuple.items:
            item = Never()
        return None if item is None else (item, kinds[0])

    # -- fast versions

    def op_select(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        return join_kinds(kinds[1], kinds[2])

    def op_strip_old(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        return Scalar(kinds[0].char) if isinstance(kinds[0], Array) else None

    def op_turn(self, instruction: Instruction, kinds: Kinds) -> Kinds:
        return (Int(), RangeIterator())

    op_strip_next = op_turn

    def op_gate(self, instruction: Instruction, kinds: Kinds) -> Kind:
        return Bool()

    op_strip_more = op_strip_count = op_strip_failed = op_strip_within = op_gate

    def op_strip_item(self, instruction: Instruction, kinds: Kinds) -> Kind:
        return Int()

    op_strip_again = op_strip_affine = op_strip_turn = op_strip_item

    def op_strip_begin(self, instruction: Instruction, kinds: Kinds) -> Kinds:
        return ()

    op_rows_within = op_strip_write = op_strip_store = op_strip_put = op_strip_inside = op_strip_leave = op_strip_begin

    def op_strip_ahead(self, instruction: Instruction, kinds: Kinds) -> Kind:
        return kinds[0]


def _shown(kind: Kind) -> str:
    """A kind as messages have it: for an object that is known, its name."""
    text = str(kind)
    if isinstance(kind, Static):
        return text[len("static(") : -1]
    return "None" if isinstance(kind, NoneKind) else text


def _is_beyond(kind: Kind) -> bool:
    """Whether it is an int beyond 64 bits, or a tuple that has one."""
    if isinstance(kind, Tuple):
        return any(map(_is_beyond, kind.items))
    return isinstance(kind, Static) and type(kind.value) is int
