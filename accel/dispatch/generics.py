"""Generic structs: a class with type parameters, and a struct for each set of arguments, made when it is asked for."""

from __future__ import annotations

import inspect
import typing
from types import FunctionType

from accel.errors import ArgumentError, CompileError, Diagnostic
from accel.runtime.frames import find_caller
from accel.types.declared import OpenType, name_of_class
from accel.types.kinds import Constant
from accel.types.structs import Template, function_of, layout_of, names_in, with_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from accel.dispatch.definitions import Definition

__all__ = ["GenericStruct", "is_generic"]

_LEFT_OUT = ("__dict__", "__weakref__", "__orig_bases__", "__parameters__", "__annotations__")


def is_generic(class_: type) -> bool:
    """Whether a class has type parameters, and nothing else, as a base."""
    return class_.__bases__ == (typing.Generic,)


class GenericStruct(Template):
    """What `struct` makes of a class with type parameters: `Vec[Float32, 4]` is the struct for these arguments.

    Notes
    -----
    In the annotations and the methods of that struct the parameters stand for the arguments, which may be types, numbers, or anything else that is hashable. The
    methods are made anew from their source, so there must be one. Equal arguments give the same struct. `written` is the class itself.
    """

    def __init__(self, class_: Any, definition: Definition, make: Callable[[type, Definition], type]) -> None:
        self.written, self._definition, self._make = class_, definition, make
        self.parameters: tuple[str, ...] = tuple([parameter.__name__ for parameter in class_.__parameters__])
        self._made: dict[Any, type] = {}
        for name in ("__name__", "__qualname__", "__module__", "__doc__"):
            setattr(self, name, getattr(class_, name))

    def __repr__(self) -> str:
        return f"<generic struct {self.written.__qualname__}[{', '.join(self.parameters)}]>"

    def __reduce__(self) -> str:
        return str(self.written.__qualname__)

    def __call__(self, *_: Any, **__: Any) -> Any:
        name = self.written.__qualname__
        what = f"`{name}` is generic: it makes structs only with its parameters given"
        do = (f"write `{name}[{', '.join(self.parameters)}](...)` with types or numbers for them",)
        raise ArgumentError(Diagnostic(what, "struct-argument", *find_caller(__file__), do=do))

    def __instancecheck__(self, value: Any) -> bool:
        layout = layout_of(type(value))
        return layout is not None and layout.origin is not None and layout.origin[0] is self

    def __getitem__(self, given: Any) -> type:
        arguments = tuple([_plain(item) for item in (given if type(given) is tuple else (given,))])
        if len(arguments) != len(self.parameters):
            what = f"`{self.written.__qualname__}` has {len(self.parameters)} parameters, got {len(arguments)}"
            do = (f"write `{self.written.__name__}[{', '.join(self.parameters)}]`",)
            raise ArgumentError(Diagnostic(what, "struct-argument", *find_caller(__file__), do=do))
        key = tuple(map(Constant, arguments))
        if key not in self._made:
            self._made[key] = self._specialize(arguments)
        return self._made[key]

    def _specialize(self, arguments: tuple[Any, ...]) -> type:
        values = dict(zip(self.parameters, arguments, strict=True))
        name = f"{self.written.__name__}[{', '.join(map(_shown, arguments))}]"
        body = {n: _with(member, values) for n, member in self.written.__dict__.items() if n not in _LEFT_OUT}
        body["__annotations__"] = {n: _substituted(a, self.written, arguments) for n, a in inspect.get_annotations(self.written).items()}
        made = type(name, (object,), body)
        made.__qualname__ = self.written.__qualname__.removesuffix(self.written.__name__) + name
        return self._make(made, self._definition.given(made, values, (self, arguments)))


def _plain(argument: Any) -> Any:
    """An argument as it is meant: `Literal[4]`, which type checkers want, is 4."""
    return argument.__args__[0] if typing.get_origin(argument) is typing.Literal else argument


def _shown(argument: Any) -> str:
    return name_of_class(argument) if isinstance(argument, type) else repr(argument)


def _substituted(annotation: Any, class_: Any, arguments: tuple[Any, ...]) -> Any:
    """An annotation with arguments in place of type parameters; a text is read when the struct is made, where they have their names."""
    for parameter, argument in zip(class_.__parameters__, arguments, strict=True):
        if annotation is parameter:
            return argument
    if isinstance(annotation, OpenType):
        return annotation.form[tuple([_substituted(item, class_, arguments) for item in annotation.items])]
    inner = getattr(annotation, "__args__", None)
    if typing.get_origin(annotation) is tuple and inner:
        return tuple.__class_getitem__(tuple([_substituted(item, class_, arguments) for item in inner]))
    return annotation


def _with(member: Any, values: dict[str, Any]) -> Any:
    """A member of the body with arguments in place of type parameters."""
    function = function_of(member)
    return member if function is None else with_function(member, _derive(function, values))


def _derive(function: FunctionType, values: dict[str, Any]) -> FunctionType:
    from accel.analysis.comptime import derive
    from accel.analysis.outline import copy_attributes
    from accel.analysis.parse import parse_function

    if values.keys().isdisjoint(names_in(function.__code__)):
        return function
    try:
        made = derive(parse_function(function), values, is_partial=True)
    except CompileError as error:
        raise ArgumentError(error.diagnostics) from None
    copy_attributes(made, function)
    del made.__dict__["__wrapped__"]
    return made
