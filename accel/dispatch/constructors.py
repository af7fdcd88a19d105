"""How calls of the class of a struct reach machine code: its `tp_vectorcall` is code of its own, made without a compiler."""

from __future__ import annotations

import ctypes
from functools import lru_cache
from types import FunctionType

from accel.runtime.classes import find_class_version, set_maker
from accel.runtime.image import Image, Loaded
from accel.runtime.stubs import MOST_FIELDS
from accel.runtime.symbols import resolve
from accel.types.kinds import Bool, Complex, Float, Int, Kind, Scalar, Struct, Vector

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from accel.types.structs import Layout

__all__ = ["find_post", "install_constructor", "renew_constructor"]

_POST, _VERSION = 2, 4  # words of the table
_NEVER = 1 << 63


def install_constructor(layout: Layout, closer: Callable[..., Any]) -> None:
    """Have calls of a struct's class make objects in machine code.

    `closer` is called instead with arguments that are not of the very classes of the fields, and after the class has changed, until the constructor is renewed.
    Does nothing where the class has too many fields, or classes are laid out in another way than expected.
    """
    if len(layout.fields) > MOST_FIELDS:
        return
    words = [len(layout.fields), sum(not field.keyword_only for field in layout.fields), 0, id(closer), _NEVER]
    for field in layout.fields:
        default = 0 if field.default is ... else id(field.default)
        words += [_class_address(field.kind), field.offset, default, id(field.name)]
    table = (ctypes.c_uint64 * len(words))(*words)
    layout.room.extend([table, closer])
    renew_constructor(layout)
    code = Loaded(_image(), lambda name: ctypes.addressof(table) if name == "table" else resolve(name))
    set_maker(layout.kind.value, code["construct"])


def find_post(layout: Layout) -> Any:
    """What the class of a struct has as its `__post_init__` now, None if nothing."""
    return layout.kind.value.__dict__.get("__post_init__")


def renew_constructor(layout: Layout) -> None:
    """Have the machine code for a struct, if there is any, call the `__post_init__` that the class has now."""
    if not layout.room:
        return
    table, post, version = layout.room[0], find_post(layout), find_class_version(layout.kind.value)
    if table[_VERSION] == version:
        return
    is_plain = post is None or issubclass(type(post), FunctionType)
    layout.room.append(post)
    table[_POST] = id(post) if post is not None else 0
    table[_VERSION] = version if version and is_plain else _NEVER


def _class_address(kind: Kind) -> int:
    """Of the class whose objects, and no others, are values of a kind; 0 where the class does not tell."""
    match kind:
        case Struct(value):
            return id(value)
        case Scalar():
            import numpy

            return id(numpy.dtype(kind.char).type)
        case Vector(char, lanes):
            from accel.types.simd import make_vector_class

            return id(make_vector_class(char, lanes))
    return id(_CLASSES[type(kind)]) if type(kind) in _CLASSES else 0


_CLASSES: dict[type[Kind], type] = {Int: int, Float: float, Bool: bool, Complex: complex}


@lru_cache(maxsize=1)
def _image() -> Image:
    from accel.runtime.stubs import CONSTRUCT_IMAGE

    return Image.loads(bytes.fromhex(CONSTRUCT_IMAGE))
