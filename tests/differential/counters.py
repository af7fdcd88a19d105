"""The one place that knows where accel keeps its counters: did a function run compiled, and how often did it leave?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

__all__ = ["count_exits", "find_methods", "find_refusals", "has_compiled", "hasten", "require_compiled"]


def hasten(function: object) -> None:
    """Have the very next call compiled, instead of waiting until the function has shown that it is called often."""
    recompile = getattr(getattr(function, "accel", None), "recompile", None)
    if recompile is not None:
        recompile()


def has_compiled(function: object) -> bool:
    """Whether machine code has been made for this function."""
    return bool(getattr(getattr(function, "accel", None), "compiled", False))


def find_methods(namespace: dict[str, Any]) -> list[Any]:
    """The decorated methods of the structs of a program."""
    classes = [value for value in namespace.values() if isinstance(value, type) and hasattr(value, "__accel_layout__")]
    members = [member for class_ in classes for member in vars(class_).values()]
    functions = [getattr(member, "fget", None) or getattr(member, "__func__", member) for member in members]
    return [function for function in functions if hasattr(function, "accel")]


def find_refusals(functions: Iterable[object]) -> list[str]:
    """Why functions were not compiled, the last time that was tried."""
    found = [row for function in functions for row in getattr(getattr(function, "accel", None), "diagnostics", ())]
    return sorted({f"{row.what} [{row.slug}] {row.found}"[:110] for row in found})


def count_exits(functions: Iterable[object]) -> Counter[str]:
    """How often compiled code of these functions handed over to CPython, by kind of exit."""
    tally: Counter[str] = Counter()
    for function in functions:
        exits = getattr(getattr(function, "accel", None), "exits", None)
        if callable(exits):
            exits = exits()
        if isinstance(exits, int):
            tally["exits"] += exits
        else:
            tally.update({str(kind): int(count) for kind, count in dict(exits or {}).items()})
    return tally


def require_compiled(function: object) -> None:
    """Fail unless the function, decorated by accel, has run compiled; other decorators promise nothing."""
    if hasattr(function, "accel"):
        assert has_compiled(function), f"{getattr(function, '__qualname__', function)} was not compiled"
