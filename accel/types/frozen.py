"""Frozen dataclasses with slots, taken as they are: their objects are laid out as those of structs. Nothing checks or converts what their fields are given."""

from __future__ import annotations

import sys
from types import CodeType, FunctionType, MemberDescriptorType

from accel.runtime.classes import find_offset
from accel.types.field_arrays import has_arrays
from accel.types.kinds import Kind, Struct, Tuple
from accel.types.structs import ADOPTED, Field, Layout, body_of, kind_of_annotation, layout_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["find_layout"]

_FIELDS, _PARAMETERS = "__dataclass_fields__", "__dataclass_params__"
_HOOKS = ("__new__", "__getattribute__", "__del__", "__init_subclass__")  # what makes, reads or ends objects in ways of its own
_SETTERS = ("__setattr__", "__delattr__", "__set__", "__delete__")
_OF_DATACLASSES = ("__setattr__", "__delattr__", "__getstate__", "__setstate__")
_COMPARISONS = ("__eq__", "__lt__", "__le__", "__gt__", "__ge__")


def find_layout(class_: Any) -> Layout | None:
    """The layout of a struct, or of a frozen dataclass with slots whose fields are annotated with what structs hold; None for anything else.

    Of a dataclass it is noted with the class.
    """
    layout = layout_of(class_)
    if layout is not None or type(class_) is not type or _FIELDS not in (body := body_of(class_)):
        return layout
    if ADOPTED not in body:
        made = _lay_out(class_) if _is_plain(class_) else None
        type.__setattr__(class_, ADOPTED, made)
    found: Layout | None = body_of(class_)[ADOPTED]
    return found


def _is_plain(class_: Any) -> bool:
    """Whether objects of a dataclass are nothing but their fields, which nothing changes."""
    body, parameters = body_of(class_), body_of(class_)[_PARAMETERS]
    if class_.__bases__ != (object,) or not (parameters.frozen and parameters.eq and parameters.init):
        return False
    if type(body.get("__init__")) is not FunctionType or any(name in body for name in _HOOKS):
        return False
    return all(type(body.get(name)) is MemberDescriptorType and field.init and field._field_type.name == "_FIELD" for name, field in body[_FIELDS].items())


def _lay_out(class_: Any) -> Layout | None:
    body, missing = body_of(class_), sys.modules["dataclasses"].MISSING
    kinds: dict[str, Any] = {name: _kind_of(field.type, class_) for name, field in body[_FIELDS].items()}
    generated = _find_generated(class_)
    written = [member for name, member in body.items() if isinstance(member, FunctionType) and name not in {*generated, *_OF_DATACLASSES}]
    if not all(kinds.values()) or "__init__" not in generated or any(not set(_SETTERS).isdisjoint(member.__code__.co_names) for member in written):
        return None
    fields = [
        Field(name, kinds[name], find_offset(body[name]), ... if f.default is missing else f.default, None if f.default_factory is missing else f.default_factory,
              bool(f.kw_only), bool(f.compare))
        for name, f in body[_FIELDS].items()
    ]  # fmt: skip
    kind = Struct(class_, tuple(kinds), tuple(kinds.values()))
    plain = {name: body[name] for name in ("__init__", *_COMPARISONS) if name in generated}
    return Layout(tuple(fields), tuple([body[f.name].__set__ for f in fields]), plain, kind, (), None, [], {}, converts=False)


def _kind_of(annotation: Any, class_: Any) -> Kind | None:
    """The kind of the values that a field is annotated to hold."""
    if isinstance(annotation, str):
        try:
            annotation = eval(annotation, dict(vars(sys.modules[class_.__module__])))
        except Exception:  # a name that is not there
            return None
    if getattr(annotation, "__origin__", None) is tuple:
        items = [_kind_of(item, class_) for item in annotation.__args__]
        return None if None in items else Tuple(tuple([item for item in items if item is not None]))
    layout = find_layout(annotation) if annotation is not class_ else None
    kind = kind_of_annotation(annotation) if layout is None else layout.kind
    return None if kind is not None and has_arrays(kind) else kind  # nothing keeps others from changing an array it is given


def _find_generated(class_: Any) -> set[str]:
    """Which methods are those that `dataclasses` writes: a dataclass with the same fields has the same code."""
    dataclasses: Any = sys.modules["dataclasses"]
    body = body_of(class_)
    twin_body: dict[str, Any] = {"__annotations__": dict.fromkeys(body[_FIELDS], object), "__module__": class_.__module__}
    if "__post_init__" in body["__init__"].__code__.co_names:
        twin_body["__post_init__"] = None
    for name, f in body[_FIELDS].items():
        given = {"default": f.default} if f.default is not dataclasses.MISSING else {"default_factory": f.default_factory}
        twin_body[name] = dataclasses.field(**given, kw_only=f.kw_only, compare=f.compare, hash=f.hash, repr=f.repr)
    twin = dataclasses.dataclass(frozen=True, order=body[_PARAMETERS].order)(type(class_.__name__, (), twin_body))
    return {
        name for name, member in vars(twin).items()
        if type(member) is FunctionType and type(body.get(name)) is FunctionType and _text_of(member.__code__) == _text_of(body[name].__code__)
    }  # fmt: skip


def _text_of(code: CodeType) -> tuple[Any, ...]:
    constants = [_text_of(constant) if isinstance(constant, CodeType) else constant for constant in code.co_consts if not isinstance(constant, str)]
    return code.co_code, code.co_names, code.co_varnames, code.co_freevars, code.co_filename, constants
