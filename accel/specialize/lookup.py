"""Names from outside a function: what they stand for now, and the guards that notice when that changes."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType, MethodType, ModuleType
from typing import Any

from accel.ir import Guard
from accel.runtime.classes import find_class_version
from accel.types.frozen import find_layout

__all__ = ["MISSING", "Lookup"]

MISSING: Any = object()
_HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE: a class written in Python, mostly
_flags_of: Callable[[type], int] = type.__dict__["__flags__"].__get__  # a metaclass can't interfere


class Lookup:
    """Finds globals, builtins, module attributes and closure cells of one function, and notes a guard for each."""

    def __init__(self, function: FunctionType, guards: dict[tuple[Any, ...], Guard]) -> None:
        self.function, self.guards = function, guards
        self.paths: dict[int, tuple[str, ...]] = {}

    def number_of(self, value: Any) -> int:
        """The number of a guard that watches this very object."""
        return next(k for k, guard in enumerate(self.guards.values()) if guard.value is value and not guard.missing)

    def note(self, guard: Guard) -> None:
        """Add a guard once."""
        self.guards.setdefault((guard.what, id(guard.holder), guard.name), guard)

    def find_global(self, name: str) -> Any:
        """The object a global name stands for, MISSING if it has none."""
        namespace = self.function.__globals__
        if name in namespace:
            value, missing, holder = namespace[name], False, namespace
        else:
            function: Any = self.function  # what mypy keeps of functions from run to run lacks `__builtins__`
            scope = function.__builtins__
            if name not in scope:
                return MISSING
            value, missing, holder = scope[name], True, namespace
            self.note(Guard("global", scope, name, value, path=("__builtins__", name)))
        self.note(Guard("global", holder, name, None if missing else value, missing=missing, path=(name,)))
        self.paths.setdefault(id(value), (name,))
        return value

    def find_now(self, what: str, name: str) -> tuple[Any, tuple[Any, ...]]:
        """What a global, or a closure cell ("nonlocal"), holds now, MISSING if nothing; and the key of the guard that would watch it."""
        if what == "global":
            namespace = self.function.__globals__
            return namespace.get(name, MISSING), ("global", id(namespace), name)
        cell = (self.function.__closure__ or ())[self.function.__code__.co_freevars.index(name)]
        try:
            return cell.cell_contents, ("cell", id(cell), "")
        except ValueError:
            return MISSING, ("cell", id(cell), "")

    def find_attribute(self, owner: Any, name: str) -> Any:
        """An attribute of a module; of a class only what is plain data there. MISSING if it has none."""
        if type(owner) is not ModuleType or name not in vars(owner):
            return MISSING
        value = vars(owner)[name]
        path = (*self.paths.get(id(owner), ("?",)), name)
        self.note(Guard("global", vars(owner), name, value, path=path))
        self.paths.setdefault(id(value), path)
        return value

    def find_member(self, class_: type, name: str) -> Any:
        """What the body of a struct has under a name, MISSING if nothing. The class is watched as a whole."""
        self.note(Guard("class", class_, "", find_class_version(class_)))
        return type.__dict__["__dict__"].__get__(class_).get(name, MISSING)

    def find_cell(self, name: str) -> Any:
        """The content of a closure cell, MISSING if it is empty."""
        cell = (self.function.__closure__ or ())[self.function.__code__.co_freevars.index(name)]
        try:
            value = cell.cell_contents
        except ValueError:
            return MISSING
        self.note(Guard("cell", cell, name, value, path=(name,)))
        self.paths.setdefault(id(value), (name,))
        return value

    def is_kept_in_vain(self, name: str) -> bool:
        """Whether a closure cell holds an object that compiled code could only hand on: watching it would keep it alive after the cell
        is bound to something else."""
        value, _ = self.find_now("nonlocal", name)
        kind = type(value)
        if value is MISSING or kind is object or issubclass(kind, (type, ModuleType, FunctionType)) or find_layout(kind) is not None:
            return False
        return kind is MethodType or bool(_flags_of(kind) & _HEAP_TYPE)

    def watch_errstate(self) -> None:
        """Notice `numpy.errstate` and `numpy.seterr`: compiled code does not see an underflow, which they may ask to be told."""
        self.note(Guard("errstate", None, "", None))

    def watch_function(self, callee: FunctionType) -> None:
        """Notice a replaced `__code__` or default of a function that is called."""
        if callee is not self.function:
            held = (callee.__code__, callee.__defaults__, callee.__kwdefaults__)
            self.note(Guard("function", callee, "", held, path=self.paths.get(id(callee), ())))
        for name, value in (callee.__kwdefaults__ or {}).items():  # a dict, which may change and stay the same object
            self.note(Guard("global", callee.__kwdefaults__, name, value))
