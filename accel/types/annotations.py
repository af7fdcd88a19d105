"""Annotations that are enforced: those of the builtin numbers. Everything else in an annotation is left alone."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FunctionType
    from typing import Any

__all__ = ["Enforced", "enforced_parameters"]

_ACCEPTED: dict[type, tuple[type, ...]] = {bool: (bool,), int: (int,), float: (float, int), complex: (complex, float, int)}
_BY_NAME = {class_.__name__: class_ for class_ in _ACCEPTED}


class Enforced:
    """What a parameter takes: `position` among the parameters, `expected` the annotated class, `accepted` all classes that do.

    As for type checkers, an int does for a float, and a default value that does not fit its annotation (`x: int = None`) is accepted.
    """

    __slots__ = ("accepted", "expected", "name", "position")

    def __init__(self, name: str, position: int, expected: type) -> None:
        self.name, self.position, self.expected = name, position, expected
        self.accepted = _ACCEPTED[expected]

    def takes(self, value: Any, default: Any = ...) -> bool:
        """Whether a value fits.

        >>> Enforced("x", 0, float).takes(3)
        True
        """
        if isinstance(value, self.accepted) or value is default:
            return True
        return self.expected is bool and type(value).__name__ in ("bool", "bool_")


def enforced_parameters(function: FunctionType) -> tuple[Enforced, ...]:
    """The parameters of a function whose annotation is a builtin number class, or its name."""
    code, found = function.__code__, []
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    for name, annotation in function.__annotations__.items():
        class_ = _class_of(annotation, function)
        if class_ is not None and name in names:
            found.append(Enforced(name, names.index(name), class_))
    return tuple(found)


def _class_of(annotation: Any, function: FunctionType) -> type | None:
    if isinstance(annotation, str):
        if annotation not in _BY_NAME or annotation in function.__globals__:
            return None
        return _BY_NAME[annotation]
    return annotation if isinstance(annotation, type) and annotation in _ACCEPTED else None
