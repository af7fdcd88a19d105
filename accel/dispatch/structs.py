"""Makes a struct of an annotated class: the standard library's `dataclass` writes its methods, this gives it a fixed layout, and looks at what its fields are given."""

from __future__ import annotations

import dataclasses
import inspect
import sys
from types import MethodType

from accel.dispatch.constructors import find_post, install_constructor, renew_constructor
from accel.dispatch.definitions import Definition
from accel.dispatch.enforce import argument_error
from accel.errors import AccelError, DecorationError, Diagnostic
from accel.runtime.classes import find_offset
from accel.runtime.frames import find_caller
from accel.types.declared import ArrayType, name_of_class
from accel.types.field_arrays import comparisons, describe_fault, field_array_kind, has_arrays
from accel.types.kinds import Struct
from accel.types.records import as_array, dtype_of, make_array
from accel.types.structs import (
    LAYOUT,
    MISFIT,
    Field,
    Layout,
    fit,
    function_of,
    kind_of_annotation,
    name_of_kind,
    names_in,
    restore_generic,
    restore_struct,
    with_function,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from accel.options import StructOptions

__all__ = ["FrozenInstanceError", "make_struct"]


class FrozenInstanceError(AccelError, dataclasses.FrozenInstanceError):
    """A field of a struct is assigned or deleted. It is an AttributeError, and the one dataclasses raise.

    Examples
    --------
    >>> import accel
    >>> @accel.struct
    ... class Point:
    ...     x: float
    >>> try:
    ...     Point(1.0).x = 2.0
    ... except accel.FrozenInstanceError as error:
    ...     error.diagnostics[0].what
    'a field of `Point` is assigned: `x`'
    """

    __module__ = "accel"


_OURS = {
    "__init__": "its constructor takes the fields", "__new__": "its constructor takes the fields", "__slots__": "its fields are its slots",
    "__setattr__": "its fields are set once", "__delattr__": "its fields are set once", "__init_subclass__": "it has no subclasses",
    "__reduce__": "it is pickled by its fields", "__reduce_ex__": "it is pickled by its fields", "__class_getitem__": "it is not generic",
}  # fmt: skip
_SETTERS = ("__setattr__", "__delattr__", "__set__", "__delete__")
_INSTEAD = ("look at the fields in `__post_init__(self)`", "or write a class method that makes one from other values")


def make_struct(class_: type, options: StructOptions, definition: Definition, decorate: Callable[..., Any] | None) -> type:
    """The struct for a class. `decorate(function, name, class)` has a method compiled; with None nothing is.

    Raises
    ------
    DecorationError
        For a class that can't be one, or has a field that can't.
    """
    _check_class(class_, definition)
    written = dict(class_.__dict__)  # before methods are added
    _check_values(class_, definition)
    try:
        made: Any = dataclasses.dataclass(init=False, frozen=True, slots=True, order=options.order, kw_only=options.kw_only)(class_)
    except (TypeError, ValueError) as error:
        raise definition.refuse(f"`{class_.__qualname__}` is no struct: {error}", ("mend what it says",)) from None
    for member in written.values():
        _move_class_cell(member, class_, made)
    layout = _lay_out(made, definition, written)
    setattr(made, LAYOUT, layout)
    made.__signature__ = _signature(layout)
    if written.get("__doc__") is None:
        made.__doc__ = f"{made.__name__}{made.__signature__}"
    for name, function in _METHODS.items():
        if name not in written:
            setattr(made, name, function)
    for name, helper in {**_ARRAYS, "dtype": _Dtype()}.items():
        if name not in written and name not in layout.kind.names:
            setattr(made, name, helper)
    made.__new__ = _constructor(layout)
    if decorate is not None:
        _decorate_methods(made, written, decorate)
        install_constructor(layout, MethodType(made.__new__, made))
    return made  # type: ignore[no-any-return]


# -- the class as it is written


def _check_class(class_: type, definition: Definition) -> None:
    if type(class_) is not type or class_.__bases__ != (object,):
        do = ("write a class without bases", "and give the struct a field for what it would inherit")
        raise definition.refuse(f"`{class_.__qualname__}` has bases or a metaclass, which a struct has not", do)
    for name, why in _OURS.items():
        if name in class_.__dict__:
            remedies = _INSTEAD if name in ("__init__", "__new__") else (f"drop `{name}`",)
            raise definition.refuse(f"a struct has no `{name}` of its own", remedies, name, why=why)
    post = function_of(class_.__dict__.get("__post_init__"))
    if post is not None and not names_in(post.__code__).isdisjoint(_SETTERS):
        what = f"`__post_init__` of `{class_.__qualname__}` sets fields"
        do = ("look at the fields there, and raise an error", "or write a class method that makes a struct from other values")
        raise definition.refuse(what, do, "__post_init__", why="the fields of a struct are set once, by its constructor")


def _check_values(class_: type, definition: Definition) -> None:
    """A value in the body that is no field, no method and no constant of the class."""
    annotations = inspect.get_annotations(class_)
    for name, value in class_.__dict__.items():
        is_special = name.startswith("__") and name.endswith("__")
        if name in annotations and type(value).__hash__ is None:
            what = f"the default of the field `{name}` of `{class_.__qualname__}` is no constant: {value!r:.40}"
            remedies = ("give it a number or a tuple", "or have it made for each object: `dataclasses.field(default_factory=...)`")
            raise definition.refuse(what, remedies, name, "value")
        if is_special or name in annotations or callable(value) or hasattr(type(value), "__get__"):
            continue
        type_ = name_of_class(type(value)) if type(value) in (bool, int, float, complex) else "float"
        do = (f"write `{name}: {type_} = ...` for a field", f"or `{name}: ClassVar[{type_}] = ...` for a constant of the class")
        raise definition.refuse(f"the field `{name}` of `{class_.__qualname__}` has no type", do, name)


def _move_class_cell(member: Any, old: type, new: type) -> None:
    """`super()` and `__class__` in a method mean the class that was made."""
    function = function_of(member)
    if function is not None and "__class__" in (names := function.__code__.co_freevars):
        cell = (function.__closure__ or ())[names.index("__class__")]
        cell.cell_contents = new if cell.cell_contents is old else cell.cell_contents


# -- fields


def _lay_out(made: Any, definition: Definition, written: dict[str, Any]) -> Layout:
    found = [_read_field(made, field, definition) for field in dataclasses.fields(made)]
    optional = [f for f in found if not f.keyword_only and (f.default is not ... or f.factory)]
    late = [f for f in found if not f.keyword_only and f not in optional and optional and found.index(f) > found.index(optional[0])]
    if late:
        do = ("move it in front of those", "or give it a default")
        raise definition.refuse(f"the field `{late[0].name}` without a default stands behind one that has a default", do, late[0].name)
    fields = tuple(found)
    setters = tuple([getattr(made, field.name).__set__ for field in fields])
    _compare_elements(made, fields, written)
    plain = {name: made.__dict__[name] for name in _COMPARISONS if name in made.__dict__ and name not in written}
    kind = Struct(made, tuple([field.name for field in fields]), tuple([field.kind for field in fields]))
    members = tuple([name for name in written if name not in kind.names and name not in _NOT_SHARED])
    return Layout(fields, setters, plain, kind, members, definition.origin, [], {})


def _compare_elements(made: Any, fields: tuple[Field, ...], written: dict[str, Any]) -> None:
    """Have a struct with arrays compared by their elements: what `dataclass` writes takes `==` of arrays for a truth."""
    if not any(has_arrays(field.kind) for field in fields):
        return
    of_dataclass = {field.name: field for field in dataclasses.fields(made)}
    hashed = {name: field.compare if field.hash is None else field.hash for name, field in of_dataclass.items()}
    compared = {field.name: field.kind for field in fields if field.compared}
    for name, method in comparisons(compared, {field.name: field.kind for field in fields if hashed[field.name]}).items():
        if name in made.__dict__ and made.__dict__[name] is not None and name not in written:
            method.__qualname__, method.__module__ = f"{made.__qualname__}.{name}", made.__module__
            setattr(made, name, method)


_NOT_SHARED = {
    "__module__", "__qualname__", "__doc__", "__dict__", "__weakref__", "__annotations__", "__match_args__", "__dataclass_fields__", "__dataclass_params__",
    "__post_init__", "__hash__", "__firstlineno__", "__static_attributes__", "__classcell__",
}  # fmt: skip


_COMPARISONS = ("__eq__", "__lt__", "__le__", "__gt__", "__ge__")


def _read_field(made: Any, field: Any, definition: Definition) -> Field:
    name, shown = field.name, f"the field `{field.name}` of `{made.__qualname__}`"
    annotation = definition.evaluate(field.type, name, made)
    kind = kind_of_annotation(annotation)
    if kind is None:
        text = field.type if isinstance(field.type, str) else name_of_class(annotation) if isinstance(annotation, type) else repr(annotation)
        do = ("write a class of numbers, a scalar type of `accel.types`, `Tensor[Float64, 3]`, another struct, or a tuple of those", "or keep it outside of the struct")
        why = str(field_array_kind(annotation)) if isinstance(annotation, ArrayType) else ""
        raise definition.refuse(f"{shown} can't be of type {text:.60}", do, name, "annotation", why=why)
    if not field.init:
        raise definition.refuse(f"{shown} is not given to the constructor", ("drop `init=False`",), name, "value")
    factory = None if field.default_factory is dataclasses.MISSING else field.default_factory
    default: Any = ...
    if field.default is not dataclasses.MISSING:
        default = fit(kind, field.default)
        if default is MISFIT:
            what = f"{shown} is {name_of_kind(kind)}, and its default {field.default!r:.40} is not"
            raise definition.refuse(what, (f"give it a default of type {name_of_kind(kind)}",), name, "value")
    return Field(sys.intern(name), kind, find_offset(getattr(made, name)), default, factory, bool(field.kw_only), bool(field.compare))


def _signature(layout: Layout) -> inspect.Signature:
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    ordered = sorted(layout.fields, key=lambda field: field.keyword_only)
    return inspect.Signature([
        inspect.Parameter(field.name, kinds[field.keyword_only], annotation=_annotation_of(layout, field.name),
                          default=inspect.Parameter.empty if field.default is ... and not field.factory else ... if field.factory else field.default)
        for field in ordered
    ])  # fmt: skip


def _annotation_of(layout: Layout, name: str) -> Any:
    return layout.kind.value.__annotations__[name]


# -- objects


def _constructor(layout: Layout) -> Callable[..., Any]:
    def __new__(cls: Any, /, *values: Any, **named: Any) -> Any:  # noqa: N807
        renew_constructor(layout)
        made = layout.build(_bind(layout, values, named))
        if find_post(layout) is not None:
            made.__post_init__()
        return made

    __new__.__qualname__ = f"{layout.kind.value.__qualname__}.__new__"
    return __new__


def _bind(layout: Layout, values: tuple[Any, ...], named: dict[str, Any]) -> list[Any]:
    """A value for each field, of its kind.

    Raises
    ------
    TypeError
    """
    by_position = [field for field in layout.fields if not field.keyword_only]
    if len(values) > len(by_position):
        _refuse_call(layout, f"takes {len(by_position)} fields by position, got {len(values)}", "give the others by keyword, or leave them out")
    given = {field.name: value for field, value in zip(by_position, values, strict=False)}
    for name, value in named.items():
        if name not in layout.kind.names:
            _refuse_call(layout, f"has no field `{name}`", f"its fields are {', '.join(f'`{n}`' for n in layout.kind.names)}")
        if name in given:
            _refuse_call(layout, f"got two values for the field `{name}`", "give it once")
        given[name] = value
    return [_value_of(layout, field, given) for field in layout.fields]


def _value_of(layout: Layout, field: Field, given: dict[str, Any]) -> Any:
    if field.name not in given:
        if field.factory is None:
            if field.default is ...:
                _refuse_call(layout, f"needs a value for the field `{field.name}`", f"pass {name_of_kind(field.kind)}, or give the field a default")
            return field.default
        given = {field.name: field.factory()}
    value = fit(field.kind, given[field.name])
    if value is MISFIT:
        found = given[field.name]
        what = f"takes {name_of_kind(field.kind)} for `{field.name}`, got {describe_fault(field.kind, found)}"
        _refuse_call(layout, what, f"pass {name_of_kind(field.kind)}", f"{found!r:.40}")
    return value


def _refuse_call(layout: Layout, what: str, do: str, found: str = "") -> NoReturn:
    """Raise a plain TypeError, as any class does whose constructor is called with the wrong arguments; its `diagnostics` say where."""
    name = layout.kind.value.__qualname__
    raise argument_error(Diagnostic(f"`{name}` {what}", "struct-argument", *find_caller(__file__), found=found, do=(do,)))


def _refuse_assignment(self: Any, name: str, verb: str) -> NoReturn:
    class_ = type(self)
    if name not in class_.__accel_layout__.kind.names:
        known = ", ".join([f"`{n}`" for n in class_.__accel_layout__.kind.names])
        raise FrozenInstanceError(Diagnostic(f"`{class_.__qualname__}` has no field `{name}`, and takes no other attributes", "frozen-field", *find_caller(__file__),
                                             why=f"its fields are {known}", do=("add a field to the struct",)))  # fmt: skip
    do = (f"make another one: `dataclasses.replace(p, {name}=...)`",)
    raise FrozenInstanceError(Diagnostic(f"a field of `{class_.__qualname__}` is {verb}: `{name}`", "frozen-field", *find_caller(__file__), do=do))


class _Dtype:
    """The dtype of arrays of a struct, made when it is asked for."""

    def __get__(self, _: Any, class_: Any) -> Any:
        return dtype_of(class_.__accel_layout__)


def _setattr(self: Any, name: str, value: Any) -> NoReturn:
    _refuse_assignment(self, name, "assigned")


def _delattr(self: Any, name: str) -> NoReturn:
    _refuse_assignment(self, name, "deleted")


def _init_subclass(class_: type, /, **_: Any) -> NoReturn:
    what = f"`{class_.__bases__[0].__qualname__}` is a struct, and has no subclasses"
    do = ("write another struct with a field that holds one",)
    raise DecorationError(Diagnostic(what, "struct-field", *find_caller(__file__), do=do))


def _reduce(self: Any) -> tuple[Any, ...]:
    layout = type(self).__accel_layout__
    values = tuple([getattr(self, name) for name in layout.kind.names])
    if layout.origin is not None:
        return restore_generic, (*layout.origin, values)
    return restore_struct, (type(self), values)


_METHODS: dict[str, Any] = {
    "__setattr__": _setattr, "__delattr__": _delattr, "__init_subclass__": classmethod(_init_subclass), "__reduce__": _reduce,
    "__copy__": lambda self: self, "__deepcopy__": lambda self, _: self,
}  # fmt: skip
_ARRAYS: dict[str, Any] = {"array": classmethod(make_array), "from_array": classmethod(as_array)}


def _decorate_methods(made: Any, written: dict[str, Any], decorate: Callable[..., Any]) -> None:
    """Have the functions in the body compiled."""
    for name, member in written.items():
        if (function := function_of(member)) is not None:
            setattr(made, name, with_function(member, decorate(function, made)))
