"""Makes value classes as `dataclasses` does, in a way that costs a program next to nothing: that takes 20 ms to import and apply.

What is there means what it means in `dataclasses`, to type checkers too. Classes have slots and make no text of code.
"""

from __future__ import annotations

from operator import attrgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass, field, replace
    from typing import Any, NoReturn

__all__ = ["dataclass", "field", "replace"]


if not TYPE_CHECKING:

    def dataclass(*, slots: bool, frozen: bool = False, eq: bool = True) -> Callable[[type], type]:
        """A class decorator: annotations become the slots of the class and the arguments it is made with.

        Examples
        --------
        >>> @dataclass(frozen=True, slots=True)
        ... class Point:
        ...     x: float
        ...     y: float = 0.0
        >>> Point(1.0)
        Point(x=1.0, y=0.0)
        >>> replace(Point(1.0), y=2.0) == Point(1.0, 2.0)
        True
        """
        return lambda cls: _make(cls, frozen, eq)

    def field(*, default_factory: Callable[[], Any]) -> Any:
        """A field whose default is made anew for each object."""
        return _Made(default_factory)

    def replace(old: Any, /, **changes: Any) -> Any:
        """A copy of an object with some fields changed."""
        return type(old)(**{name: getattr(old, name) for name in old.__match_args__} | changes)


class _Made:
    """The default of a field that is made anew for each object."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


def _make(cls: type, frozen: bool, eq: bool) -> Any:
    space = {name: held for name, held in cls.__dict__.items() if name not in ("__dict__", "__weakref__")}
    own = tuple(space.get("__annotations__", ()))
    names: tuple[str, ...] = (*getattr(cls, "__match_args__", ()), *own)
    defaults = {**getattr(cls, "_defaults", {}), **{name: space.pop(name) for name in own if name in space}}
    space |= {"__slots__": own, "__match_args__": names, "_defaults": defaults, "__qualname__": cls.__qualname__}
    space |= {"__repr__": space.get("__repr__", _show), "__reduce__": _reduce}
    if frozen:
        space["__setattr__"] = space["__delattr__"] = _refuse
    if eq:
        space["__eq__"], space["__hash__"] = _comparison(names)
        if not frozen:
            space["__hash__"] = None
    made: Any = type(cls)(cls.__name__, cls.__bases__, space)
    if names:
        made.__init__ = _constructor(names, defaults, [getattr(made, name).__set__ for name in names])
    return made


def _constructor(names: tuple[str, ...], defaults: dict[str, Any], setters: list[Callable[[Any, Any], None]]) -> Any:
    count = len(names)

    def construct(self: Any, /, *given: Any, **named: Any) -> None:
        if named or len(given) != count:
            given = _complete(type(self), names, defaults, given, named)
        for set_, one in zip(setters, given):  # noqa: B905  they have one length; this is called often
            set_(self, one)

    return construct


def _complete(cls: type, names: tuple[str, ...], defaults: dict[str, Any], given: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """One value per field."""
    made, unused = list(given), dict(named)
    for name in names[len(given) :]:
        if name in unused:
            made.append(unused.pop(name))
        elif name in defaults:
            held = defaults[name]
            made.append(held.make() if type(held) is _Made else held)
        else:
            raise TypeError(f"{cls.__name__} needs `{name}`")
    if unused or len(made) > len(names):
        raise TypeError(f"{cls.__name__} takes {', '.join(names)}")
    return made


def _comparison(names: tuple[str, ...]) -> tuple[Callable[[Any, object], bool], Callable[[Any], int]]:
    get: Callable[[Any], Any] = attrgetter(*names) if names else lambda self: ()

    def equals(self: Any, other: object) -> bool:
        return get(self) == get(other) if type(other) is type(self) else NotImplemented

    return equals, lambda self: hash(get(self))


def _show(self: Any) -> str:
    return f"{type(self).__qualname__}({', '.join([f'{n}={getattr(self, n)!r}' for n in self.__match_args__])})"


def _reduce(self: Any) -> tuple[Any, ...]:
    return type(self), tuple([getattr(self, name) for name in self.__match_args__])


def _refuse(self: Any, name: str, *_: Any) -> NoReturn:
    raise AttributeError(f"a {type(self).__name__} can't be changed: {name}")
