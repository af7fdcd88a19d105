"""How calls of the class of a struct reach machine code: its `tp_vectorcall` is code of its own, made without a compiler."""

from __future__ import annotations

import ctypes
from functools import lru_cache

from accel.runtime.classes import set_maker
from accel.runtime.image import Image, Loaded
from accel.runtime.stubs import MOST_FIELDS
from accel.runtime.symbols import resolve
from accel.types.kinds import Bool, Complex, Float, Int, Kind, Scalar, Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from accel.types.structs import Layout

__all__ = ["install_constructor"]


def install_constructor(layout: Layout, post: Any, closer: Callable[..., Any]) -> None:
    """Have calls of a struct's class make objects in machine code.

    `post` is called with each object that was made, unless it is None; `closer` is called instead with arguments that are not of the very classes of the fields.
    Does nothing where the class has too many fields, or classes are laid out in another way than expected.
    """
    if len(layout.fields) > MOST_FIELDS:
        return
    words = [len(layout.fields), sum(not field.keyword_only for field in layout.fields), id(post) if post else 0, id(closer)]
    for field in layout.fields:
        default = 0 if field.default is ... else id(field.default)
        words += [_class_address(field.kind), field.offset, default, id(field.name)]
    table = (ctypes.c_uint64 * len(words))(*words)
    layout.room.extend([table, post, closer])
    code = Loaded(_image(), lambda name: ctypes.addressof(table) if name == "table" else resolve(name))
    set_maker(layout.kind.value, code["construct"])


def _class_address(kind: Kind) -> int:
    """Of the class whose objects, and no others, are values of a kind; 0 where the class does not tell."""
    match kind:
        case Struct(value):
            return id(value)
        case Scalar():
            import numpy

            return id(numpy.dtype(kind.char).type)
    return id(_CLASSES[type(kind)]) if type(kind) in _CLASSES else 0


_CLASSES: dict[type[Kind], type] = {Int: int, Float: float, Bool: bool, Complex: complex}


@lru_cache(maxsize=1)
def _image() -> Image:
    from accel.runtime.stubs import CONSTRUCT_IMAGE

    return Image.loads(bytes.fromhex(CONSTRUCT_IMAGE))
