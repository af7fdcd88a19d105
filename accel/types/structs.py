"""What is known of a struct: its fields in order, the kinds of the values they hold, and where they lie in an object of the class."""

from __future__ import annotations

import sys
from types import CodeType, FunctionType

from accel.types.declared import ArrayType, is_scalar_class, name_of_class
from accel.types.field_arrays import field_array_kind, fit_array, is_held, name_of_array, takes_elements
from accel.types.kinds import Bool, Complex, FieldArray, Float, Int, Kind, Scalar, Struct, Tuple, Union, Vector, View
from accel.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = [
    "ADOPTED",
    "Field",
    "LAYOUT",
    "Layout",
    "MISFIT",
    "STRUCT",
    "Template",
    "as_struct",
    "body_of",
    "fit",
    "function_of",
    "kind_of_annotation",
    "layout_of",
    "layout_of_kind",
    "name_of_kind",
    "named_fields",
    "names_in",
    "restore_generic",
    "restore_struct",
    "takes_kind",
    "with_function",
]

LAYOUT = "__accel_layout__"  # the attribute of a struct that has its layout
ADOPTED = "__accel_dataclass__"  # the attribute of a dataclass that is laid out like a struct (`accel.types.frozen`)
STRUCT = "__accel_struct__"  # the attribute of the class of records (`accel.types.records`) that has the struct
MISFIT: Any = object()
_PLAIN: dict[Any, Kind] = {bool: Bool(), int: Int(), float: Float(), complex: Complex()}
body_of: Callable[[type], Any] = type.__dict__["__dict__"].__get__  # a metaclass can't interfere


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A field: its name, the kind of its values, the offset of the reference in an object, its default (Ellipsis if there is none), what makes a default anew,
    whether it is given by keyword only, and whether it counts when structs are compared."""

    name: str
    kind: Kind
    offset: int
    default: Any = ...
    factory: Callable[[], Any] | None = None
    keyword_only: bool = False
    compared: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The fields of a struct.

    `setters` are the functions that set each field of an object, in order; `plain` are the methods that were generated (`__eq__` and the like), by name; `members` are
    the names of methods and constants that the class was written with; `origin` is the generic struct it is one of, with its arguments; `room` is memory that machine
    code for the class refers to; `records` keeps what `accel.types.records` makes. Where its constructor `converts` nothing it is a dataclass, taken as it is.
    """

    fields: tuple[Field, ...]
    setters: tuple[Callable[[Any, Any], None], ...]
    plain: dict[str, Any]
    kind: Struct
    members: tuple[str, ...]
    origin: tuple[Template, tuple[Any, ...]] | None
    room: list[Any]
    records: dict[str, Any]
    converts: bool = True

    @property
    def compared(self) -> tuple[int, ...]:
        """The places of the fields that count when structs are compared."""
        return tuple([k for k, field in enumerate(self.fields) if field.compared])

    def read(self, value: Any) -> list[Any]:
        """What the slots of an object hold, Ellipsis where one is empty. Runs no code of the user's."""
        slots: Any = [setter.__self__ for setter in self.setters]  # type: ignore[attr-defined]  # bound to a slot
        held = []
        for slot in slots:
            try:
                held.append(slot.__get__(value))
            except AttributeError:
                held.append(...)
        return held

    def build(self, values: Any) -> Any:
        """An object with these values, which fit."""
        made: Any = object.__new__(self.kind.value)
        for set_field, value in zip(self.setters, values, strict=True):
            set_field(made, value)
        return made


class Template:
    """The class of generic structs (`accel.dispatch.generics`): `template[arguments]` is a struct. `written` is the class it is made of."""

    written: type

    def __getitem__(self, arguments: Any) -> type:
        raise NotImplementedError


def layout_of(class_: Any) -> Layout | None:
    """The layout of a struct, None for anything else. Runs no code of the user's."""
    layout: Layout | None = body_of(class_).get(LAYOUT) if issubclass(type(class_), type) else None
    return layout


def layout_of_kind(kind: Struct) -> Layout:
    """The layout of the struct whose values are of a kind."""
    body = body_of(kind.value)
    layout: Layout = body.get(LAYOUT) or body[ADOPTED]
    return layout


def named_fields(class_: Any) -> tuple[str, ...] | None:
    """The names of the items of a named tuple, given its class; None for anything else. A class that has operators of its own is no such."""
    if not issubclass(type(class_), type) or type(class_) is not type or class_.__bases__ != (tuple,):
        return None
    body = body_of(class_)
    fields = body.get("_fields")
    if type(fields) is not tuple or any(name.startswith("__") and name not in _OF_NAMED_TUPLES for name in body):
        return None
    return fields


_OF_NAMED_TUPLES = {
    "__new__", "__repr__", "__getnewargs__", "__match_args__", "__slots__", "__doc__", "__module__", "__qualname__", "__annotations__", "__orig_bases__",
    "__replace__", "__firstlineno__", "__static_attributes__",
}  # fmt: skip


def function_of(member: Any) -> FunctionType | None:
    """The function of a method, property, static or class method, as the body of a class holds it; None for anything else."""
    function: Any = member.fget if type(member) is property else member.__func__ if type(member) in (staticmethod, classmethod) else member
    return function if issubclass(type(function), FunctionType) else None


def names_in(code: CodeType) -> set[str]:
    """The names that code, or code inside it, looks up outside.

    >>> sorted(names_in((lambda a: lambda: a + b + a.c).__code__))
    ['a', 'b', 'c']
    """
    inner = [names_in(constant) for constant in code.co_consts if isinstance(constant, CodeType)]
    return {*code.co_names, *code.co_freevars}.union(*inner)


def with_function(member: Any, function: Any) -> Any:
    """A method, property, static or class method with another function in place of its own."""
    if type(member) is property:
        return property(function, member.fset, member.fdel, member.__doc__)
    return type(member)(function) if type(member) in (staticmethod, classmethod) else function


def takes_kind(kind: Kind, given: Kind) -> bool:
    """Whether a field of a kind takes all values of another one, as they are or converted.

    Examples
    --------
    >>> takes_kind(Float(), Int()), takes_kind(Int(), Float())
    (True, False)
    """
    if isinstance(given, Union):
        return all(takes_kind(kind, member) for member in given.members)
    if isinstance(kind, Tuple) and isinstance(given, Tuple):
        return len(kind.items) == len(given.items) and all(map(takes_kind, kind.items, given.items))
    if isinstance(kind, Vector):
        return isinstance(given, Vector) and (given.char, given.lanes) == (kind.char, kind.lanes)
    if isinstance(given, View):
        return given.struct == kind and is_held(kind)
    if isinstance(kind, FieldArray):
        if not is_held(kind):
            return False
        fits = takes_elements(kind, given)
        return all(_takes_row(row, item) for row, item in zip(kind.rows.items, given.items, strict=True)) if fits is None and isinstance(given, Tuple) else bool(fits)
    if isinstance(kind, Scalar) and kind.dtype.family in "iu":
        return kind == given or isinstance(given, (Int, Bool))
    return kind == given or given in _TAKEN.get(kind, ())


def _takes_row(row: Kind, given: Kind) -> bool:
    """Whether an array takes a row, or an element, from a tuple."""
    if isinstance(given, Union):
        return all(_takes_row(row, member) for member in given.members)
    return takes_kind(row, given) or (isinstance(row, Scalar) and isinstance(given, _OF_ELEMENTS.get(row.dtype.family, ())))


_OF_ELEMENTS: dict[str, tuple[type[Kind], ...]] = {
    "b": (Bool,), "i": (Int, Bool), "u": (Int, Bool), "f": (Float, Int, Bool), "c": (Complex, Float, Int, Bool),
}  # fmt: skip
_TAKEN: dict[Kind, tuple[Kind, ...]] = {
    Int(): (Bool(),), Float(): (Int(), Bool(), Scalar("d")), Bool(): (Scalar("?"),), Complex(): (Float(), Int(), Bool(), Scalar("d"), Scalar("D")),
}  # fmt: skip


def kind_of_annotation(annotation: Any) -> Kind | None:
    """The kind of the values of a field with this annotation; None when it can't be one.

    Examples
    --------
    >>> str(kind_of_annotation(tuple[int, float]))
    'tuple(int, float)'
    """
    if isinstance(annotation, type) and annotation in _PLAIN:
        return _PLAIN[annotation]
    if getattr(annotation, "__origin__", None) is tuple:
        items = [kind_of_annotation(item) for item in annotation.__args__]
        return None if None in items or not all(is_held(item) for item in items if item is not None) else Tuple(tuple([item for item in items if item is not None]))
    if (layout := layout_of(annotation)) is not None:
        return layout.kind
    if isinstance(annotation, ArrayType):
        kind = field_array_kind(annotation)
        return kind if isinstance(kind, FieldArray) else None
    simd = sys.modules.get("accel.types.simd")
    if simd is not None and (shape := simd.shape_of_class(annotation)) is not None:
        found: Kind = simd.vector_kind(*shape)
        return found
    return Scalar(sys.modules["numpy"].dtype(annotation).char) if is_scalar_class(annotation) else None


def fit(kind: Kind, value: Any) -> Any:
    """The value a field of this kind holds for one that is given; MISFIT when it takes no such value.

    As for type checkers, an int does for a float, and either for a complex number: they are converted. So are objects of classes derived from those of numbers,
    and records of a struct.
    A scalar of NumPy's must be of that very type; one of integers may be given as an int that it can hold.

    Examples
    --------
    >>> fit(Float(), 3)
    3.0
    """
    class_ = type(value)
    match kind:
        case Float():
            return value if class_ is float else float.__pos__(value) if isinstance(value, float) else _from_int(float, value)
        case Int():
            return value if class_ is int else _from_int(int, value)
        case Bool():
            return bool(value) if class_ is bool or (class_.__name__ in ("bool", "bool_") and class_.__module__ == "numpy") else MISFIT
        case Complex() if isinstance(value, (complex, float)):
            return complex.__pos__(value) if isinstance(value, complex) else complex(float.__pos__(value))
        case Complex():
            return _from_int(complex, value)
        case Tuple(items):
            if class_ is not tuple or len(value) != len(items):
                return MISFIT
            parts = [fit(item, part) for item, part in zip(items, value, strict=True)]
            return MISFIT if any(part is MISFIT for part in parts) else tuple(parts)
        case Struct():
            return value if class_ is kind.value else as_struct(kind.value, value) if getattr(class_, STRUCT, None) is kind.value else MISFIT
        case FieldArray():
            made = fit_array(kind, value)
            return MISFIT if made is None else made
        case Vector(char, lanes):
            simd: Any = sys.modules["accel.types.simd"]
            return value if class_ is simd.make_vector_class(char, lanes) else MISFIT
        case Scalar():
            dtype = sys.modules["numpy"].dtype(kind.char)
            if class_ is dtype.type or dtype.kind not in "iu" or not isinstance(value, int):
                return value if class_ is dtype.type else MISFIT
            low = -(1 << 8 * dtype.itemsize - 1) if dtype.kind == "i" else 0
            return dtype.type(value) if low <= value < low + (1 << 8 * dtype.itemsize) else MISFIT
    raise AssertionError(f"no field holds a {kind}")


def as_struct(struct: type, value: Any) -> Any:
    """The struct a record of it stands for, a copy; anything else as it is."""
    if getattr(type(value), STRUCT, None) is not struct:
        return value
    layout: Layout = body_of(struct)[LAYOUT]
    return layout.build([fit(kind, getattr(value, name)) for name, kind in zip(layout.kind.names, layout.kind.items, strict=True)])


def _from_int(class_: type[Any], value: Any) -> Any:
    return class_(int.__pos__(value)) if isinstance(value, int) else MISFIT


def name_of_kind(kind: Kind) -> str:
    """What the values of a field are called in messages.

    Examples
    --------
    >>> name_of_kind(Tuple((Int(), Scalar("f"))))
    'tuple[int, numpy.float32]'
    """
    if isinstance(kind, Tuple):
        return f"tuple[{', '.join(map(name_of_kind, kind.items)) or '()'}]"
    if isinstance(kind, FieldArray):
        return name_of_array(kind)
    return name_of_class(kind.value) if isinstance(kind, Struct) else str(kind)


def restore_generic(template: Any, arguments: tuple[Any, ...], values: tuple[Any, ...]) -> Any:
    """A struct of a generic one from what was pickled: that, its arguments, and the values of the fields."""
    return restore_struct(template[arguments], values)


def restore_struct(class_: type, values: tuple[Any, ...]) -> Any:
    """A struct from what was pickled: its class, and the values of its fields.

    Raises
    ------
    TypeError
        When these are not the values of such a struct.
    """
    layout = layout_of(class_)
    if layout is None or len(layout.fields) != len(values):
        raise TypeError(f"{class_!r:.60} has other fields than when it was pickled")
    fitting = [fit(field.kind, value) for field, value in zip(layout.fields, values, strict=True)]
    if any(value is MISFIT for value in fitting):
        raise TypeError(f"{class_!r:.60} has fields of other types than when it was pickled")
    return layout.build(fitting)
