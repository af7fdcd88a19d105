"""The kinds that structs give: their fields, methods, operators, and calls of their classes. What a class has is watched, name by name."""

from __future__ import annotations

import ast
from types import FunctionType
from typing import Any

from accel.ir import Call, Fault, Instruction, TypedFunction
from accel.specialize.calls import CallRules, constant_kind
from accel.specialize.known import find_known_name
from accel.specialize.lookup import MISSING
from accel.types import operators
from accel.types.kinds import Bool, Complex, Float, Int, Kind, NoneKind, Scalar, Static, Struct, Tuple, View, is_value
from accel.types.records import view_of
from accel.types.structs import Layout, function_of, layout_of, named_fields, takes_kind

__all__ = ["StructRules"]

Kinds = tuple[Kind, ...]
_BINARY = {
    "+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod", "**": "pow", "<<": "lshift", ">>": "rshift", "&": "and", "|": "or",
    "^": "xor", "@": "matmul",
}  # fmt: skip
_UNARY = {"-": "__neg__", "+": "__pos__", "~": "__invert__"}
_COMPARED = {"==": "__eq__", "!=": "__ne__", "<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__"}
_REFLECTED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_BUILTINS: dict[str, tuple[str, Any]] = {  # the method, and what it must give
    "builtins.abs": ("__abs__", Kind), "builtins.bool": ("__bool__", Bool), "builtins.float": ("__float__", Float), "builtins.int": ("__int__", Int),
}  # fmt: skip
_NUMBERS = (Int, Float, Bool, Complex)
_NOT_IMPLEMENTED = Static(NotImplemented)


class StructRules(CallRules):
    """Result kinds of what is done with structs; None where CPython must do it."""

    # -- calls

    def op_call(self, instruction: Instruction, kinds: Kinds) -> Kind | Fault | None:
        """A call of a struct, a method of one, or a class; or of `abs` and the like with one. Any other is one among others."""
        method, keywords, captured, _ = instruction.detail
        callee, arguments = kinds[0], kinds[1 + len(captured) :]
        if isinstance(callee, (Struct, View)) or (method and isinstance(callee, Tuple) and callee.named is not None):
            return self.struct_method(instruction, method or "__call__", (callee, *arguments), keywords)
        if isinstance(callee, Static):
            layout, is_named = layout_of(callee.value), named_fields(callee.value) is not None
            if method and (layout is not None or is_named):
                return self.struct_method(instruction, method, (callee, *arguments), keywords)
            if not method and layout is not None:
                return self.construct(instruction, layout, arguments, keywords)
            if not method and is_named:
                return self.construct_named(instruction, callee.value, arguments, keywords)
            if len(arguments) == 1 and isinstance(arguments[0], (Struct, View)) and not method:
                made = self.known_on_struct(instruction, find_known_name(callee.value), arguments)
                if made is not None:
                    return made
        return super().op_call(instruction, kinds)

    def construct(self, instruction: Instruction, layout: Layout, kinds: Kinds, keywords: tuple[str, ...]) -> Kind | Fault | None:
        """A call of the class."""
        kind = layout.kind
        if self.lookup.find_member(kind.value, "__post_init__") is not MISSING:
            return Fault(instruction.node, f"a call of `{kind}`, which has `__post_init__`", "unsupported-call")
        positional = len(kinds) - len(keywords)
        names = [field.name for field in layout.fields if not field.keyword_only]
        given = {name: k for k, name in enumerate(names[:positional])}
        if positional > len(names) or not given.keys().isdisjoint(keywords) or not set(keywords) <= set(kind.names):
            return None  # CPython raises
        given |= {name: positional + k for k, name in enumerate(keywords)}
        bound: list[tuple[str, Any]] = []
        for field in layout.fields:
            if field.name in given:
                if not takes_kind(field.kind, kinds[given[field.name]]):
                    return None
                bound.append(("argument", given[field.name]))
            elif field.default is ... or constant_kind(field.default) != field.kind:
                return None
            else:
                bound.append(("default", field.default))
        self.typed.calls[id(instruction)] = Call("struct", None, tuple(bound))
        return kind

    def struct_method(self, instruction: Instruction, name: str, kinds: Kinds, keywords: tuple[str, ...] = ()) -> Kind | Fault | None:
        """A call of a method of the struct, or the class, that comes first among the operands of the instruction."""
        owner = kinds[0]
        class_: Any = owner.named if isinstance(owner, Tuple) else owner.value  # type: ignore[attr-defined]
        if isinstance(owner, (Struct, View)) and name in owner.names:
            return None
        member = self.lookup.find_member(class_, name)
        function = function_of(member)
        if function is None or type(member) is property or (type(member) is classmethod and not isinstance(owner, Static)):
            return None
        takes_owner = type(member) is classmethod or (not isinstance(owner, Static) and type(member) is not staticmethod)
        if not takes_owner:
            return self.function_call(instruction, function, kinds[1:], keywords)
        return self.function_call(instruction, function, kinds, keywords, operands=tuple(range(len(kinds))))

    def generic_struct(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        """`Vec[float, 3]`: the struct for these arguments, when they are known."""
        known = self.python.constants(instruction, range(1, len(kinds)))
        arguments = [kind.value if isinstance(kind, Static) else value for kind, value in zip(kinds[1:], known, strict=True)]
        if any(argument is ... for argument in arguments):
            return None
        try:
            return Static(kinds[0].value[tuple(arguments)])  # type: ignore[attr-defined]
        except Exception:  # CPython raises it
            return None

    def construct_named(self, instruction: Instruction, class_: Any, kinds: Kinds, keywords: tuple[str, ...]) -> Kind | None:
        """A call of the class of named tuples: an item may be anything."""
        names, defaults = class_._fields, class_._field_defaults
        self.lookup.find_member(class_, "__new__")
        positional = len(kinds) - len(keywords)
        given = {name: k for k, name in enumerate(names[:positional])}
        if positional > len(names) or not given.keys().isdisjoint(keywords) or not set(keywords) <= set(names):
            return None
        given |= {name: positional + k for k, name in enumerate(keywords)}
        items, bound = [], []
        for name in names:
            item = kinds[given[name]] if name in given else constant_kind(defaults[name]) if name in defaults else None
            if item is None or not is_value(item):
                return None
            items.append(item)
            bound.append(("argument", given[name]) if name in given else ("default", defaults[name]))
        self.typed.calls[id(instruction)] = Call("struct", None, tuple(bound))
        return Tuple(tuple(items), class_)

    def named_attribute(self, instruction: Instruction, owner: Tuple, name: str) -> Kind | Fault | None:
        """An item of a named tuple, or what its class has under a name."""
        if name in owner.named._fields:
            number: int = owner.named._fields.index(name)
            self.typed.picks[id(instruction)] = number
            return owner.items[number]
        return self.class_attribute(instruction, owner, owner.named, name)

    # -- operations

    def struct_operation(self, instruction: Instruction, kinds: Kinds) -> Kind | Fault | None:
        """An operation on operands one of which, at least, is a struct.

        What `__bool__` gives a condition, a method a comparison in a chain, or an element that is added to, is not the value of a node of the source: where such a
        function is left, CPython could not go on. It does them.
        """
        node = self.typed.source.nodes[instruction.node]
        if "@" in instruction.phase or (isinstance(node, ast.Compare) and len(node.ops) > 1):
            return None
        match instruction.op, instruction.detail:
            case ("binary" | "inplace") as op, symbol:
                return self._binary(instruction, symbol, op == "inplace", kinds)
            case "unary", "not":
                return self.constant(instruction, False) if self._is_always_true(kinds[0]) else None
            case "unary", symbol:
                return self.special(instruction, _UNARY[symbol], kinds)
            case "compare", symbol:
                return self._comparison(instruction, symbol, kinds)
            case "truth", _:
                return self.constant(instruction, True) if self._is_always_true(kinds[0]) else None
            case "item", _ if len(kinds) == 2:
                return self.special(instruction, "__getitem__", kinds)
            case "attribute", name:
                return self.struct_attribute(instruction, kinds[0], name)
        return None

    def struct_attribute(self, instruction: Instruction, owner: Kind, name: str) -> Kind | Fault | None:
        """A field, a property, or what the body of the class has under a name, of a struct or its class."""
        assert isinstance(owner, (Static, Struct, View))
        if isinstance(owner, (Struct, View)) and name in owner.names:
            item = (owner if isinstance(owner, Struct) else owner.struct).items[owner.names.index(name)]
            return view_of(item, owner.writeable) if isinstance(owner, View) and isinstance(item, Struct) else item
        return self.class_attribute(instruction, owner, owner.value, name)

    def class_attribute(self, instruction: Instruction, owner: Kind, class_: Any, name: str) -> Kind | Fault | None:
        """What the body of a class gives under a name, a property or a constant, when one of its objects, or the class itself, is asked for it."""
        member = self.lookup.find_member(class_, name)
        if type(member) is property:
            if isinstance(owner, Static) or not isinstance(member.fget, FunctionType):
                return None
            return self.function_call(instruction, member.fget, (owner,), (), operands=(0,))
        if member is MISSING or hasattr(type(member), "__get__"):
            return None
        return self.constant(instruction, member)

    def special(self, instruction: Instruction, name: str, kinds: Kinds) -> Kind | Fault | None:
        """What a special method of the first operand gives, which is called with all of them."""
        if not isinstance(kinds[0], (Struct, View)):
            return None
        return self._answer(instruction, self.struct_method(instruction, name, kinds))

    def _answer(self, instruction: Instruction, made: Kind | Fault | None) -> Kind | Fault | None:
        """What an operator gives whose method gives that; one that may give NotImplemented is CPython's, which then asks the other operand."""
        call = self.typed.calls.get(id(instruction))
        if call is not None and call.function is not None and _may_refuse(call.function, set()):
            del self.typed.calls[id(instruction)]
            return None
        return made

    def known_on_struct(self, instruction: Instruction, name: str, kinds: Kinds) -> Kind | Fault | None:
        """`abs(p)`, `bool(p)` and the like: the operand is behind the callee."""
        if name not in _BUILTINS:
            return None
        if name == "builtins.bool" and self._is_always_true(kinds[0]):
            return self.constant(instruction, True)
        method, wanted = _BUILTINS[name]
        function = self.lookup.find_member(kinds[0].value, method)  # type: ignore[attr-defined]  # a struct or a record
        if not isinstance(function, FunctionType):
            return None
        made = self.function_call(instruction, function, kinds, ())
        return made if isinstance(made, (wanted, Fault)) else None

    def _binary(self, instruction: Instruction, symbol: str, in_place: bool, kinds: Kinds) -> Kind | Fault | None:
        """The method of the first operand, and where there is none, the reflected one of the second."""
        first, second = kinds
        if symbol not in _BINARY or not all(isinstance(k, (Struct, View, Scalar, *_NUMBERS)) for k in kinds):
            return None
        name = _BINARY[symbol]
        for method in (f"__i{name}__", f"__{name}__")[not in_place :]:
            if isinstance(first, (Struct, View)) and self.lookup.find_member(first.value, method) is not MISSING:
                return self.special(instruction, method, kinds)
        if first == second or isinstance(first, View):  # NumPy has operators of its own for records
            return None
        return self._reflected(instruction, f"__r{name}__", kinds)

    def _reflected(self, instruction: Instruction, name: str, kinds: Kinds) -> Kind | Fault | None:
        """What a method of the second operand gives. A scalar of NumPy's in front leaves it to classes that say so by `__array_ufunc__ = None`."""
        first, second = kinds
        if not isinstance(second, (Struct, View)) or (isinstance(first, Scalar) and self.lookup.find_member(second.value, "__array_ufunc__") is not None):
            return None
        function = self.lookup.find_member(second.value, name)
        made = self.function_call(instruction, function, kinds[::-1], (), operands=(1, 0)) if isinstance(function, FunctionType) else None
        return self._answer(instruction, made)

    def _comparison(self, instruction: Instruction, symbol: str, kinds: Kinds) -> Kind | Fault | None:
        """By the method of the first operand; a generated one compares the fields."""
        first, second = kinds
        if not isinstance(first, Struct):
            is_plain = isinstance(second, Struct) and isinstance(first, (*_NUMBERS, NoneKind)) and self._is_generated(second, "__eq__")
            if is_plain and symbol in ("==", "!="):
                return self.constant(instruction, symbol == "!=")
            return self._reflected(instruction, _COMPARED[_REFLECTED[symbol]], kinds) if isinstance(first, (Scalar, *_NUMBERS)) else None
        name = _COMPARED[symbol]
        if symbol == "!=" and self.lookup.find_member(first.value, name) is MISSING:
            if not self._is_generated(first, "__eq__"):
                return None
            name = "__eq__"
        if not self._is_generated(first, name):
            return self.special(instruction, name, kinds)
        if first == second:
            return operators.compare_kind(symbol, first, second)
        is_other = isinstance(second, (*_NUMBERS, NoneKind, Tuple)) or (isinstance(second, Struct) and self._is_generated(second, "__eq__"))
        return self.constant(instruction, symbol == "!=") if is_other and symbol in ("==", "!=") else None

    def _is_generated(self, kind: Struct, name: str) -> bool:
        """Whether a comparison, of the fields of a struct and of theirs, is the one of its fields one by one."""
        layout = layout_of(kind.value)
        if layout is None or name not in layout.plain or self.lookup.find_member(kind.value, name) is not layout.plain[name]:
            return False
        return all(self._is_generated(item, name) for item in _inner_structs(kind.items))

    def _is_always_true(self, kind: Kind) -> bool:
        return isinstance(kind, Struct) and all(self.lookup.find_member(kind.value, name) is MISSING for name in ("__bool__", "__len__"))


def _may_refuse(typed: TypedFunction, met: set[int]) -> bool:
    """Whether a function, or one it calls, returns NotImplemented somewhere."""
    if id(typed) in met:
        return False
    met.add(id(typed))
    if not typed.entry_states:  # still being typed: what it returns is not known yet
        return "NotImplemented" in typed.source.code.co_names
    if any(i.op in ("return", "result") and _NOT_IMPLEMENTED in typed.argument_kinds.get(id(i), ()) for i in typed.flow.instructions()):
        return True
    return any(call.function is not None and _may_refuse(call.function, met) for call in typed.calls.values())


def _inner_structs(kinds: Kinds) -> list[Struct]:
    """The structs among kinds, and among the items of tuples."""
    found: list[Struct] = []
    for kind in kinds:
        found += [kind] if isinstance(kind, Struct) else _inner_structs(kind.items) if isinstance(kind, Tuple) else []
    return found
