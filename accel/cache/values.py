"""Values known while compiling as nested tuples and back: numbers and text are written down, anything else is what a caller has for it, such as a route."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["PLAIN", "pack_value", "unpack_value"]

PLAIN = frozenset({type(None), bool, int, float, complex, str, bytes, type(...)})  # of values that `marshal` writes as they are


def pack_value(value: Any, pack_static: Callable[[Any], Any]) -> tuple[Any, ...]:
    """A value as nested tuples that `marshal` can write; `pack_static` replaces what is neither number nor text.

    >>> pack_value((1, "text", int), lambda cls: cls.__name__)
    ('tuple', ('value', 1), ('value', 'text'), ('static', 'int'))
    """
    if type(value) in PLAIN:
        return ("value", value)
    if type(value) is tuple:
        return ("tuple", *[pack_value(item, pack_static) for item in value])
    return ("static", pack_static(value))


def unpack_value(packed: tuple[Any, ...], find_static: Callable[[Any], Any]) -> Any:
    """The value that `pack_value` made tuples of.

    >>> unpack_value(('tuple', ('value', 1), ('value', 'text'), ('static', 'int')), {"int": int}.get)
    (1, 'text', <class 'int'>)
    """
    what, *parts = packed
    if what == "tuple":
        return tuple([unpack_value(part, find_static) for part in parts])
    return parts[0] if what == "value" else find_static(parts[0])
