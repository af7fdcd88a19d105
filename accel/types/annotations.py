"""Annotations that are enforced: the builtin numbers, NumPy's scalar types, structs, and `Array[...]`. Everything else in an annotation is left alone."""

from __future__ import annotations

import sys
from types import ModuleType

from accel.compile_time import ComptimeType, comptime, comptime_assert, tile, unroll
from accel.types import declared
from accel.types.declared import ROLES, ArrayType, is_scalar_class, make_array_type, name_of_class, share_memory
from accel.types.field_arrays import is_held
from accel.types.kinds import Array, FieldArray, Object, View, members_of
from accel.types.structs import as_struct, layout_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FunctionType
    from typing import Any

    from accel.runtime.frames import Place
    from accel.types.kinds import Kind

__all__ = ["Enforced", "comptime_parameters", "enforced_parameters", "evaluates_early"]

_ACCEPTED: dict[type, tuple[type, ...]] = {bool: (bool,), int: (int,), float: (float, int), complex: (complex, float, int)}
_BY_NAME = {class_.__name__: class_ for class_ in _ACCEPTED}


class Enforced:
    """What a parameter takes: `position` among the parameters, `expected` the annotation, a class of numbers or an `ArrayType`.

    As for type checkers, an int does for a float, and a default value that does not fit its annotation (`x: int = None`) is accepted. A scalar of NumPy's
    must be of that very type: others have other rules.
    """

    __slots__ = ("expected", "name", "position")

    def __init__(self, name: str, position: int, expected: Any) -> None:
        self.name, self.position, self.expected = name, position, expected

    @property
    def accepted(self) -> tuple[type, ...]:
        """All classes that do."""
        return () if isinstance(self.expected, ArrayType) else _ACCEPTED.get(self.expected, (self.expected,))

    @property
    def role(self) -> str:
        """Whose the array is: "Borrowed", "Inout" or "Owned"; "" where that is not said."""
        return self.expected.role if isinstance(self.expected, ArrayType) else ""

    @property
    def text(self) -> str:
        """The annotation, for messages."""
        return repr(self.expected) if isinstance(self.expected, ArrayType) else name_of_class(self.expected)

    def takes(self, value: Any, default: Any = ...) -> bool:
        """Whether a value fits.

        >>> Enforced("x", 0, float).takes(3)
        True
        """
        if value is default:
            return True
        if isinstance(self.expected, ArrayType):
            return not self.expected.find_fault(value)
        if layout_of(self.expected) is not None:
            value = as_struct(self.expected, value)
        return isinstance(value, self.accepted) or (self.expected is bool and type(value).__name__ in ("bool", "bool_"))

    def takes_kind(self, kind: Kind) -> bool:
        """Whether all values of a kind fit."""
        if isinstance(self.expected, ArrayType):
            if isinstance(kind, FieldArray) and not self.role:  # of a struct: read-only
                kind = Array(kind.char, kind.ndim, "C", writeable=False, sizes=kind.sizes)
            return isinstance(kind, Array) and self.expected.takes_kind(kind)
        if layout_of(self.expected) is not None and isinstance(kind, View):
            return kind.struct.value is self.expected and is_held(kind.struct)
        from accel.types.methods import class_of  # not needed before something is compiled

        classes = [class_of(member) for member in members_of(kind)]
        return all(class_ is not None and (issubclass(class_, self.accepted) or (self.expected is bool and class_.__name__ in ("bool", "bool_"))) for class_ in classes)

    def convert(self, value: Any) -> Any:
        """What the function gets for an argument that fits."""
        if isinstance(self.expected, ArrayType):
            return share_memory(value)
        return as_struct(self.expected, value)

    def refine(self, kind: Kind) -> Kind:
        """The kind of an argument that fits, with all the annotation says of it."""
        if isinstance(kind, View) and kind.struct.value is self.expected and is_held(kind.struct):
            return kind.struct
        return self.expected.refine(kind) if isinstance(self.expected, ArrayType) and isinstance(kind, Array) else kind

    def is_decided_by(self, kind: Any) -> bool:
        """Whether all values of this kind fit if one does: machine code looks at nothing else."""
        if isinstance(kind, Object):
            return False
        return not isinstance(self.expected, ArrayType) or self.expected.is_decided(getattr(kind, "layout", ""))


def enforced_parameters(function: FunctionType, own_class: type | None = None) -> tuple[Enforced, ...]:
    """The parameters of a function whose annotation is one of those, or its text. `own_class` is the struct it is a method of, whose name it may use."""
    code, found = function.__code__, []
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    for name, annotation in function.__annotations__.items():
        expected = own_class if own_class is not None and annotation == own_class.__name__ else _find(annotation, function)
        if expected is not None and name in names:
            found.append(Enforced(name, names.index(name), expected))
    return tuple(found)


def comptime_parameters(function: FunctionType) -> dict[str, int]:
    """The parameters whose values are known while compiling, with their positions."""
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    found = [name for name, annotation in function.__annotations__.items() if name in names and _is_comptime(annotation, function)]
    return {name: names.index(name) for name in found}


def _is_comptime(annotation: Any, function: FunctionType) -> bool:
    if isinstance(annotation, str):
        return "Comptime" in annotation and _look_up(annotation.strip("'\" ").partition("[")[0], function.__globals__) is ComptimeType
    return isinstance(annotation, ComptimeType)


def evaluates_early(function: FunctionType) -> bool:
    """Whether a function has something evaluated while it is compiled: `comptime(...)` and the like, or such parameters."""
    names = function.__code__.co_names
    space = function.__globals__
    held = [space.get(name) for name in names] + list(map(_content, function.__closure__ or ()))
    modules = any(type(value) is ModuleType and value.__name__ == "accel" for value in held)
    if (modules and not _EARLY.keys().isdisjoint(names)) or any(value is early for value in held for early in _EARLY.values()):
        return True
    return bool(function.__annotations__) and bool(comptime_parameters(function))


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None


_EARLY: dict[str, Any] = {"comptime": comptime, "comptime_assert": comptime_assert, "unroll": unroll, "tile": tile}


def _find(annotation: Any, function: FunctionType) -> Any:
    if isinstance(annotation, str):
        annotation = _read(annotation.strip(), function)
    if isinstance(annotation, ComptimeType):
        return _find(annotation.expected, function)
    if isinstance(annotation, ArrayType) or is_scalar_class(annotation) or layout_of(annotation) is not None or _is_vector(annotation):
        return annotation
    return annotation if isinstance(annotation, type) and annotation in _ACCEPTED else None


def _read(text: str, function: FunctionType) -> Any:
    """What the text of an annotation stands for, None where it is of no interest. No code of the user's is run for it."""
    if text[:1] in ("'", '"'):  # the text of a text
        return _read(text[1:-1], function)
    head, bracket, _ = text.partition("[")
    found = _look_up(head, function.__globals__)
    if not bracket:
        return found
    if found is ComptimeType:
        return _read(text.partition("[")[2].rstrip("] "), function)
    if getattr(found, "__module__", "") == "accel.types" and getattr(found, "__name__", "") in ROLES:
        from accel.types.ownership import make_owned_type  # which has been imported for that name

        inner = text.partition("[")[2].strip().removesuffix("]")
        return make_owned_type(found, _read(inner, function) or inner, _place_of(function))
    return _subscript(found, text, function) if found is declared.Array or found is declared.Tensor or _is_vector(found) else None


def _is_vector(found: Any) -> bool:
    """Whether this is `SIMD` or one of its classes, once it has been asked for."""
    simd = sys.modules.get("accel.types.simd")
    return simd is not None and simd.is_vector_class(found)


def _look_up(dotted: str, names: dict[str, Any]) -> Any:
    first, *rest = dotted.split(".")
    found = names[first] if first in names else _BY_NAME.get(first)
    for name in rest:
        if type(found) is not ModuleType:
            return None
        found = getattr(found, name, None) if found.__name__ == "accel.types" else vars(found).get(name)
    return found


def _subscript(form: type[Any], text: str, function: FunctionType) -> Any:
    """What `Array[...]`, `Tensor[...]` or `SIMD[...]` stands for."""
    import ast  # which takes time to import

    def evaluate(node: ast.expr) -> Any:
        match node:
            case ast.Constant():
                return node.value
            case ast.Tuple():
                return tuple([evaluate(item) for item in node.elts])
            case ast.Subscript() if ast.unparse(node.value).endswith("Literal"):
                return evaluate(node.slice)
        return _look_up(ast.unparse(node), function.__globals__)

    try:
        (subscript,) = [node for node in ast.walk(ast.parse(text, mode="eval")) if isinstance(node, ast.Subscript)][:1]
    except (SyntaxError, ValueError):
        return None
    if _is_vector(form):
        given = evaluate(subscript.slice)
        return None if given is None or (type(given) is tuple and None in given) else form[given]  # names that are not those of the module
    items = evaluate(subscript.slice)
    return None if declared.has_parameters(items) else make_array_type(form, items, _place_of(function))


def _place_of(function: FunctionType) -> Place:
    return function.__code__.co_filename, function.__code__.co_firstlineno, 0, 0, ""
