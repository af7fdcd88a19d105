"""Guards of compiled code: what it compares with at each call, as words of memory."""

from __future__ import annotations

import ctypes
from types import FunctionType

from accel.runtime.classes import find_class_version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from accel.ir import Guard

__all__ = ["GuardError", "find_slot", "find_version", "function_words", "guard_words", "holds", "own_words"]

# dict: keys 32 · keys: log2 size 8, log2 index bytes 9, kind 10, version 12, entries used 24, indices 32, then entries of
# (name, value)
_DICT_KEYS, _LOG2_SIZE, _LOG2_INDEX_BYTES, _KIND, _VERSION, _COUNT, _INDICES = 32, 8, 9, 10, 12, 24, 32
_NAMES_ONLY = 1
_CALLS_TO_SPECIALIZE = 32  # CPython 3.11 needs 8, later ones 2


class GuardError(Exception):
    """A guard can't be made: the dict is not one of names only."""


def _word(address: int) -> int:
    return ctypes.c_uint64.from_address(address).value


def _byte(address: int) -> int:
    return ctypes.c_uint8.from_address(address).value


def find_slot(namespace: dict[str, Any], name: str) -> tuple[int, int]:
    """Addresses of the key table of a dict, and of the entry of a name (0 when it has none)."""
    keys = _word(id(namespace) + _DICT_KEYS)
    if _byte(keys + _KIND) != _NAMES_ONLY:
        raise GuardError(name)
    first = keys + _INDICES + (1 << _byte(keys + _LOG2_INDEX_BYTES))
    for entry in range(first, first + 16 * _word(keys + _COUNT), 16):
        address = _word(entry)
        if address and _word(entry + 8) and ctypes.cast(address, ctypes.py_object).value == name:
            return keys, entry
    return keys, 0


def find_version(namespace: dict[str, Any], name: str) -> int:
    """The version of the set of keys of a dict, under which it holds no `name`, a builtin.

    CPython gives a set of keys a number of its own when it specialises a LOAD_GLOBAL that went past the globals to the builtins,
    and takes it back when a key comes or goes. Counting entries instead would not do: `popitem` makes room for another name.

    Raises
    ------
    GuardError
        When CPython gives no version, as for a dict with keys that are no names.
    """
    code = _load_abs.__code__.replace(co_names=(name,))
    load = FunctionType(code, namespace)
    try:
        for _ in range(_CALLS_TO_SPECIALIZE):
            load()
    except NameError:
        pass
    keys = _word(id(namespace) + _DICT_KEYS)
    version = ctypes.c_uint32.from_address(keys + _VERSION).value
    if not version or name in namespace:
        raise GuardError(name)
    return version


def _load_abs() -> Any:
    return abs


def _address(value: Any) -> int:
    """The C field that holds this object: an absent default is a null pointer."""
    return id(value) if value is not None else 0


def function_words(function: FunctionType) -> dict[str, int]:
    """Code and defaults of a function as its object holds them."""
    return {
        "code": id(function.__code__), "defaults": _address(function.__defaults__), "kwdefaults": _address(function.__kwdefaults__)
    }  # fmt: skip


def own_words(function: FunctionType) -> dict[str, int]:
    """`function_words`, and the objects in its dict of keyword-only defaults, which may change while the dict stays the same."""
    keywords = function.__kwdefaults__ or {}
    return function_words(function) | {f"default {name}": id(value) for name, value in keywords.items()}


def guard_words(guard: Guard) -> dict[str, int]:
    """What the code of a guard compares with, by part, as things are now.

    Raises
    ------
    GuardError
        When the guard does not hold now.
    """
    if not holds(guard):
        raise GuardError(guard.name)
    if guard.what == "errstate":
        from numpy._core._multiarray_umath import _extobj_contextvar as variable  # type: ignore[import-not-found]

        return {"variable": id(variable), "value": id(variable.get())}
    if guard.what == "class":
        return {"class": id(guard.holder), "version": guard.value}
    if guard.what == "cell":
        return {"cell": id(guard.holder), "value": id(guard.value)}
    if guard.what == "function":
        return {"function": id(guard.holder), **function_words(guard.holder)}
    if guard.missing:
        return {"dict": id(guard.holder), "version": find_version(guard.holder, guard.name)}
    keys, entry = find_slot(guard.holder, guard.name)
    if not entry:
        raise GuardError(guard.name)
    words = {"dict": id(guard.holder), "keys": keys, "size": _byte(keys + _LOG2_SIZE)}
    return words | {"entry": entry, "name": _word(entry), "value": _word(entry + 8)}


def holds(guard: Guard) -> bool:
    """Whether what was looked up is still the same object."""
    if guard.what == "errstate":
        from numpy import geterr

        return bool(geterr()["under"] == "ignore")
    if guard.what == "cell":
        try:
            return guard.holder.cell_contents is guard.value
        except ValueError:
            return False
    if guard.what == "class":
        return bool(find_class_version(guard.holder) == guard.value != 0)
    if guard.what == "function":
        callee = guard.holder
        now = (callee.__code__, callee.__defaults__, callee.__kwdefaults__)
        return all(a is b for a, b in zip(now, guard.value, strict=True))
    if guard.missing:
        return guard.name not in guard.holder
    return guard.holder.get(guard.name, guard) is guard.value
