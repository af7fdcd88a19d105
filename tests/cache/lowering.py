"""Stands in for the compiler: guards for all that a function and its callees look up, and an image of arbitrary bytes."""

from __future__ import annotations

from types import FunctionType, ModuleType
from typing import Any

from accel.ir import Exit, Guard, Live, Lowered, Signature
from accel.types.kinds import Float, Int, Kind


def watch(function: FunctionType, guards: dict[tuple[Any, ...], Guard] | None = None) -> tuple[Guard, ...]:
    """Guards as the compiler notes them: globals, builtins, attributes of modules, cells, functions called."""
    guards = {} if guards is None else guards
    namespace, builtins = function.__globals__, function.__builtins__  # type: ignore[attr-defined]
    found = []

    def note(what: str, holder: Any, name: str, value: Any, missing: bool = False, path: tuple[str, ...] = ()) -> None:
        if (what, id(holder), name) not in guards:
            guards[what, id(holder), name] = Guard(what, holder, name, value, missing, path)
            found.append(value)

    for name in function.__code__.co_names:
        if name in namespace:
            note("global", namespace, name, namespace[name], path=(name,))
        elif name in builtins:
            note("global", builtins, name, builtins[name], path=("__builtins__", name))
            note("global", namespace, name, None, missing=True, path=(name,))
        for module in [value for value in namespace.values() if isinstance(value, ModuleType)]:
            if name in vars(module) and module.__name__.partition("_")[0] in ("math", "written"):
                note("global", vars(module), name, vars(module)[name], path=("?", name))
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        note("cell", cell, name, cell.cell_contents, path=(name,))
    for value in found:
        if isinstance(value, FunctionType) and value is not function:
            note("function", value, "", value)
            watch(value, guards)
    return tuple(guards.values())


def lower(
    function: FunctionType,
    kinds: tuple[Kind, ...] = (Float(), Int()),
    image: bytes = b"machine code",
    guards: tuple[Guard, ...] | None = None,
) -> Lowered:
    """Lowered code of `function` with two exits."""
    exits = tuple(Exit(node, "test", (Live("x", Float(), 0), Live("i", Int(), 1, 2))) for node in (3, 9))
    watched = watch(function) if guards is None else guards
    return Lowered(Signature(kinds), Float(), image, watched, {function.__name__: exits})
