"""The kinds that structs give: their fields, methods, operators, and calls of their classes. What a class has is watched, name by name."""

from __future__ import annotations

from types import FunctionType, MethodType
from typing import Any

from accel.ir import Call, Fault, Instruction, TypedFunction
from accel.specialize.calls import constant_kind, is_constant_of
from accel.specialize.known import find_known_name
from accel.specialize.lookup import MISSING
from accel.specialize.vectors import VectorRules
from accel.types import operators
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
    Never,
    NoneKind,
    Scalar,
    Static,
    Struct,
    Tuple,
    View,
    is_value,
    members_of,
)
from accel.types.records import record_of, view_of
from accel.types.structs import Layout, function_of, layout_of_kind, named_fields, takes_kind
from accel.values import replace

__all__ = ["StructRules"]

Kinds = tuple[Kind, ...]
_BINARY = {
    "+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod", "**": "pow", "<<": "lshift", ">>": "rshift", "&": "and", "|": "or",
    "^": "xor", "@": "matmul",
}  # fmt: skip
_UNARY = {"-": "__neg__", "+": "__pos__", "~": "__invert__"}
_COMPARED = {"==": "__eq__", "!=": "__ne__", "<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__"}
_REFLECTED = {"==": "__eq__", "!=": "__ne__", "<": "__gt__", "<=": "__ge__", ">": "__lt__", ">=": "__le__"}
_BUILTINS = {"builtins.abs": "__abs__", "builtins.round": "__round__"}  # what gives whatever the method gives
_ASKED = {  # what looks at the answer of the first method there is
    "builtins.bool": ("__bool__", "__len__"), "builtins.len": ("__len__",), "builtins.float": ("__float__", "__index__"),
    "builtins.int": ("__int__", "__index__"),
}  # fmt: skip
_ANSWERS: dict[str, tuple[type[Kind], ...]] = {"__bool__": (Bool,), "__len__": (Int, Bool), "__float__": (Float,), "__int__": (Int,), "__index__": (Int,)}
_NUMBERS = (Int, Float, Bool, Complex)
_NOT_IMPLEMENTED = Static(NotImplemented)


class StructRules(VectorRules):
    """Result kinds of what is done with structs; None where CPython must do it."""

    # -- calls

    def op_call(self, instruction: Instruction, kinds: Kinds) -> Kind | Fault | None:
        """A call of a struct, a method of one, or a class; or of `abs` and the like with one. Any other is one among others."""
        method, keywords, captured, _ = instruction.detail
        callee, arguments = kinds[0], kinds[1 + len(captured) :]
        if isinstance(callee, (Struct, View)) or (method and isinstance(callee, Tuple) and callee.named is not None):
            return self.struct_method(instruction, method or "__call__", (callee, *arguments), keywords)
        if isinstance(callee, Static):
            layout, is_named = find_layout(callee.value), named_fields(callee.value) is not None
            if method and (layout is not None or is_named):
                return self.struct_method(instruction, method, (callee, *arguments), keywords)
            if not method and layout is not None:
                return self.construct(instruction, layout, arguments, keywords)
            if not method and is_named:
                return self.construct_named(instruction, callee.value, arguments, keywords)
            if arguments and isinstance(arguments[0], (Struct, View)) and not method and not keywords:
                made = self.known_on_struct(instruction, find_known_name(callee.value), arguments)
                if made is not None:
                    return made
        return super().op_call(instruction, kinds)

    def construct(self, instruction: Instruction, layout: Layout, kinds: Kinds, keywords: tuple[str, ...]) -> Kind | Fault | None:
        """A call of the class."""
        kind = layout.kind
        if not is_held(kind):
            return None
        positional = len(kinds) - len(keywords)
        names = [field.name for field in layout.fields if not field.keyword_only]
        given = {name: k for k, name in enumerate(names[:positional])}
        if positional > len(names) or not given.keys().isdisjoint(keywords) or not set(keywords) <= set(kind.names):
            return None  # CPython raises
        given |= {name: positional + k for k, name in enumerate(keywords)}
        bound: list[tuple[str, Any]] = []
        for field in layout.fields:
            if field.name in given:
                if not takes_kind(field.kind, kinds[given[field.name]]) or (not layout.converts and field.kind != kinds[given[field.name]]):
                    return None
                bound.append(("argument", given[field.name]))
            elif field.default is ... or not is_constant_of(field.kind, field.default):
                return None
            else:
                bound.append(("default", field.default))
        post = self.lookup.find_member(kind.value, "__post_init__")
        if not layout.converts:
            constructor = self.lookup.find_member(kind.value, "__init__")
            if constructor is not layout.plain["__init__"] or self.lookup.find_member(kind.value, "__new__") is not MISSING:
                return None
            post = post if "__post_init__" in constructor.__code__.co_names else MISSING
        if post is MISSING:
            self.typed.calls[id(instruction)] = Call("struct", None, tuple(bound))
            return kind
        made = self.function_call(instruction, post, (kind,), (), operands=(0,)) if isinstance(post, FunctionType) else None
        if not isinstance(made, (NoneKind, Never)):
            return made if isinstance(made, Fault) else None
        self.typed.calls[id(instruction)] = replace(self.typed.calls[id(instruction)], name="struct", given=tuple(bound))
        return made if isinstance(made, Never) else kind

    def struct_method(self, instruction: Instruction, name: str, kinds: Kinds, keywords: tuple[str, ...] = ()) -> Kind | Fault | None:
        """A call of a method of the struct, or the class, that comes first among the operands of the instruction."""
        owner = kinds[0]
        class_: Any = owner.named if isinstance(owner, Tuple) else owner.value  # type: ignore[attr-defined]
        if isinstance(owner, (Struct, View)) and name in owner.names:
            return None
        member = self.lookup.find_member(class_, name)
        if isinstance(owner, View) and type(member) is staticmethod and type(member.__func__) is MethodType:  # of the struct
            class_, member = member.__func__.__self__, classmethod(member.__func__.__func__)
        function = function_of(member)
        if function is None or type(member) is property:
            return None
        if type(member) is classmethod:
            kinds = (Static(class_), *kinds[1:])
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

        CPython does them in `finally` bodies that are left early, which stand in the flow several times. The truth of an operand by which CPython jumps "far", and that of
        what a comparison in a chain gives, are no values that it could go on with.
        """
        if "@" in instruction.phase or (instruction.op == "truth" and (instruction.detail or instruction.phase not in ("truth", "operand"))):
            return None
        match instruction.op, instruction.detail:
            case ("binary" | "inplace") as op, symbol:
                return self._binary(instruction, symbol, op == "inplace", kinds)
            case "unary", "not":
                return self.constant(instruction, False) if self._is_always_true(kinds[0]) else self.asked(instruction, "builtins.bool", kinds[0], 0)
            case "unary", symbol:
                return self.special(instruction, _UNARY[symbol], kinds)
            case "compare", ("in" | "not in"):
                return self._contains(instruction, kinds)
            case "compare", symbol:
                return self._comparison(instruction, symbol, kinds)
            case "truth", _:
                return self.constant(instruction, True) if self._is_always_true(kinds[0]) else self.asked(instruction, "builtins.bool", kinds[0], 0)
            case "item", _ if len(kinds) == 2:
                return self.special(instruction, "__getitem__", kinds)
            case "attribute", name:
                return self.struct_attribute(instruction, kinds[0], name)
        return None

    def struct_attribute(self, instruction: Instruction, owner: Kind, name: str) -> Kind | Fault | None:
        """A field, a property, or what the body of the class has under a name, of a struct or its class."""
        assert isinstance(owner, (Static, Struct, View))
        if isinstance(owner, Struct) and not self._has_fields(owner):
            return None
        if isinstance(owner, (Struct, View)) and name in owner.names:
            item = (owner if isinstance(owner, Struct) else owner.struct).items[owner.names.index(name)]
            if isinstance(owner, View) and isinstance(item, FieldArray):  # a view of the memory
                return Array(item.char, item.ndim, "C", owner.writeable, True, item.sizes)
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
        if name in _ASKED and len(kinds) == 1:
            if name == "builtins.bool" and self._is_always_true(kinds[0]):
                return self.constant(instruction, True)
            return self.asked(instruction, name, kinds[0], 1)
        if name not in _BUILTINS or len(kinds) > 1 + (name == "builtins.round"):
            return None
        function = self.lookup.find_member(kinds[0].value, _BUILTINS[name])  # type: ignore[attr-defined]  # a struct or a record
        return self.function_call(instruction, function, kinds, ()) if isinstance(function, FunctionType) else None

    def asked(self, instruction: Instruction, name: str, owner: Kind, operand: int) -> Kind | Fault | None:
        """What an operation gives that asks its operand for a special method, and looks at the answer. A record has all of these from NumPy."""
        assert isinstance(owner, (Struct, View))
        for method in _ASKED[name][: 1 if isinstance(owner, View) else None]:
            function = self.lookup.find_member(owner.value, method)
            if function is not MISSING:
                break
        if not isinstance(function, FunctionType):
            return None
        made = self.function_call(instruction, function, (owner,), (), operands=(operand,))
        if made is None or isinstance(made, Fault):
            return made
        if not isinstance(made, (Never, *_ANSWERS[method])):  # the operation raises, or warns
            return None
        call = self.typed.calls[id(instruction)]
        self.typed.calls[id(instruction)] = replace(call, asks=f"{owner.value.__name__}.{method}")
        return made if isinstance(made, Never) else _GIVEN.get(name, Bool())

    def _contains(self, instruction: Instruction, kinds: Kinds) -> Kind | Fault | None:
        """`x in p`: the truth of what `__contains__` gives."""
        item, owner = kinds
        function = self.lookup.find_member(owner.value, "__contains__")  # type: ignore[attr-defined]  # a struct or a record
        made = self.function_call(instruction, function, (owner, item), (), operands=(1, 0)) if isinstance(function, FunctionType) else None
        return self._truth_of(instruction, made, instruction.detail)

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
        if isinstance(first, View) or (isinstance(second, View) and isinstance(first, Struct)):
            return self._comparison_of_records(instruction, symbol, kinds)
        if not isinstance(first, Struct):
            if isinstance(first, Scalar):
                return self._reflected(instruction, _REFLECTED[symbol], kinds)
            if not isinstance(second, Struct) or not isinstance(first, (*_NUMBERS, NoneKind, Tuple)):
                return None
            if symbol in ("==", "!=") and self._is_generated(second, "__eq__"):
                return self.constant(instruction, symbol == "!=")
            return self._by_method(instruction, _REFLECTED[symbol], kinds[::-1], (1, 0))
        name = _COMPARED[symbol]
        if symbol == "!=" and self.lookup.find_member(first.value, name) is MISSING:
            name = "__eq__"
        if not self._is_generated(first, name):
            if self.lookup.find_member(first.value, name) is MISSING and isinstance(second, Struct):
                return self._by_method(instruction, _REFLECTED[symbol], kinds[::-1], (1, 0))
            return self._by_method(instruction, _COMPARED[symbol], kinds, (0, 1))
        if first == second:
            return operators.compare_kind(symbol, first, second)
        is_other = isinstance(second, (*_NUMBERS, NoneKind, Tuple)) or (isinstance(second, Struct) and self._is_generated(second, "__eq__"))
        return self.constant(instruction, symbol == "!=") if is_other and symbol in ("==", "!=") else None

    def _comparison_of_records(self, instruction: Instruction, symbol: str, kinds: Kinds) -> Kind | Fault | None:
        """Of a record with something, or of a struct with a record: by a method of the struct, else as that of the structs they stand for."""
        first, second = [kind.struct if isinstance(kind, View) else kind for kind in kinds]
        name = _COMPARED[symbol]
        if isinstance(kinds[0], View) and name in layout_of_kind(kinds[0].struct).members:
            return self._by_method(instruction, name, kinds, (0, 1))
        if symbol not in ("==", "!=") or first != second or not isinstance(first, Struct) or not is_held(first) or not self._is_generated(first, "__eq__"):
            return None
        views = [kind for kind in kinds if isinstance(kind, View)]
        is_changed = any(self.lookup.find_member(view.value, n) is not record_of(layout_of_kind(first)).__dict__[n] for view in views for n in ("__eq__", "__ne__"))
        return None if is_changed else operators.compare_kind(symbol, first, first)

    def are_plain(self, symbol: str, kinds: Kinds) -> bool:
        """Whether the structs in tuples that are compared are so by generated methods."""
        names = {"__eq__", _COMPARED.get(symbol.replace("!=", "=="), "__eq__")}
        return all(self._is_generated(kind, name) for kind in _inner_structs(kinds) for name in names)

    def _by_method(self, instruction: Instruction, name: str, kinds: Kinds, operands: tuple[int, ...]) -> Kind | Fault | None:
        """What a comparison gives that a method of the first of `kinds` makes. `__ne__` is the opposite of `__eq__` where there is none."""
        function = self.lookup.find_member(kinds[0].value, name)  # type: ignore[attr-defined]  # a struct
        is_opposite = name == "__ne__" and function is MISSING
        if is_opposite:
            function = self.lookup.find_member(kinds[0].value, "__eq__")  # type: ignore[attr-defined]
        layout = find_layout(kinds[0].value)  # type: ignore[attr-defined]
        if not isinstance(function, FunctionType) or (layout is not None and layout.plain.get(name) is function):
            return None
        made = self._answer(instruction, self.function_call(instruction, function, kinds, (), operands=operands))
        return self._truth_of(instruction, made, "not") if is_opposite else made

    def _truth_of(self, instruction: Instruction, made: Kind | Fault | None, what: str) -> Kind | Fault | None:
        """The truth of what a method gives, or with "not" and "not in" its opposite."""
        if made is None or isinstance(made, Fault):
            return made
        if not all(map(operators.has_truth, members_of(made))):  # of what never comes, too
            return None
        call = self.typed.calls[id(instruction)]
        self.typed.calls[id(instruction)] = replace(call, asks="not" if what in ("not", "not in") else "bool")
        return made if isinstance(made, Never) else Bool()

    def _has_fields(self, kind: Struct) -> bool:
        """Whether the class still has its fields, and no other way to read them."""
        fields = zip(kind.names, layout_of_kind(kind).setters, strict=True)
        plain = all(self.lookup.find_member(kind.value, name) is setter.__self__ for name, setter in fields)  # type: ignore[attr-defined]  # bound to a slot
        return plain and self.lookup.find_member(kind.value, "__getattribute__") is MISSING

    def _is_generated(self, kind: Struct, name: str) -> bool:
        """Whether a comparison, of the fields of a struct and of theirs, is the one of its fields one by one."""
        layout = find_layout(kind.value)
        if layout is None or name not in layout.plain or self.lookup.find_member(kind.value, name) is not layout.plain[name] or not self._has_fields(kind):
            return False
        return all(self._is_generated(item, n) for item in _inner_structs(kind.items) for n in {"__eq__", name})

    def _is_always_true(self, kind: Kind) -> bool:
        return isinstance(kind, Struct) and all(self.lookup.find_member(kind.value, name) is MISSING for name in ("__bool__", "__len__"))


_GIVEN: dict[str, Kind] = {"builtins.len": Int(), "builtins.int": Int(), "builtins.float": Float()}  # others give a bool


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
