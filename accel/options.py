"""The options of the decorators, as frozen objects, and the one table of `ACCEL_*` switches."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import CodeType
    from typing import Any, NoReturn

__all__ = ["FnOptions", "HOPELESS", "SWITCHES", "Switch", "VectorizeOptions", "read_switch"]


HOPELESS: set[CodeType] = set()  # code that is left to CPython, whatever the arguments


class FnOptions:
    """How a function is compiled. Frozen; equal when all options are.

    Parameters
    ----------
    strict : bool, default False
        What can't be compiled raises CompileError; nothing falls back to CPython.
    relaxed : bool, default False
        Floating-point operations may be reordered and contracted: faster, no longer the bits of CPython.
    cache : bool, default True
        Machine code is kept on disk and found again by other processes.
    inline : bool, default True
        The compiler may put the bodies of called functions in place of the calls.
    debug : bool, default False
        Every line runs in CPython, under debuggers, profilers and coverage; annotations are still enforced.

    Raises
    ------
    OptionError
        For an unknown option, or a value that is not True or False.

    Examples
    --------
    >>> FnOptions(strict=True)
    FnOptions(strict=True)
    """

    __slots__ = ("cache", "debug", "inline", "relaxed", "strict")

    strict: bool
    relaxed: bool
    cache: bool
    inline: bool
    debug: bool

    def __init__(self, **given: object) -> None:
        for name, value in given.items():
            if name not in _FN_DEFAULTS:
                _refuse_option(name, "fn", _FN_DEFAULTS)
            if type(value) is not bool:
                _refuse_value(name, value)
        for name, default in _FN_DEFAULTS.items():
            object.__setattr__(self, name, given.get(name, default))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"options can't be changed: {name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"options can't be changed: {name}")

    def _items(self) -> dict[str, bool]:
        return {name: getattr(self, name) for name in _FN_DEFAULTS}

    def __eq__(self, other: object) -> bool:
        return self._items() == other._items() if isinstance(other, FnOptions) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self._items().values()))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore_fn_options, (self._items(),)

    def __repr__(self) -> str:
        changed = [f"{n}={v}" for n, v in self._items().items() if v != _FN_DEFAULTS[n]]
        return f"FnOptions({', '.join(changed)})"


_FN_DEFAULTS = {"strict": False, "relaxed": False, "cache": True, "inline": True, "debug": False}


class VectorizeOptions:
    """How a scalar function becomes a ufunc. Frozen.

    Parameters
    ----------
    strict : bool, default False
        What can't be compiled raises CompileError; nothing falls back to CPython.
    cache : bool, default True
        Machine code is kept on disk and found again by other processes.
    identity : object, optional
        What a reduction of no elements gives; without it that raises ValueError.

    Raises
    ------
    OptionError
        For an unknown option, or a switch that is not True or False.

    Examples
    --------
    >>> VectorizeOptions(identity=0).identity
    (0,)
    """

    __slots__ = ("cache", "identity", "strict")

    strict: bool
    cache: bool
    identity: tuple[object, ...]  # empty when there is none

    def __init__(self, **given: object) -> None:
        for name, value in given.items():
            if name not in self.__slots__:
                _refuse_option(name, "vectorize", self.__slots__)
            if name != "identity" and type(value) is not bool:
                _refuse_value(name, value)
        object.__setattr__(self, "strict", given.get("strict", False))
        object.__setattr__(self, "cache", given.get("cache", True))
        object.__setattr__(self, "identity", (given["identity"],) if "identity" in given else ())

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"options can't be changed: {name}")

    def __repr__(self) -> str:
        changed = [n for n, v in (("strict", self.strict), ("cache", not self.cache)) if v]
        told = [f"{n}={getattr(self, n)}" for n in changed] + [f"identity={v!r}" for v in self.identity]
        return f"VectorizeOptions({', '.join(told)})"


def _restore_fn_options(values: dict[str, bool]) -> FnOptions:
    return FnOptions(**values)


def _refuse_option(name: str, decorator: str, options: Iterable[str]) -> NoReturn:
    from accel.errors import Diagnostic, OptionError

    known = ", ".join([f"`{n}`" for n in options])
    raise OptionError(Diagnostic(f"`{decorator}` has no option `{name}`", "unknown-option", why=f"its options are {known}"))


def _refuse_value(name: str, value: object) -> NoReturn:
    from accel.errors import Diagnostic, OptionError

    what = f"`{name}` takes True or False, not {value!r:.60}"
    raise OptionError(Diagnostic(what, "option-value", do=(f"write `{name}=True` or `{name}=False`",)))


class Switch:
    """An environment variable accel looks at: its `name`, its value when not set, and what it does."""

    __slots__ = ("name", "default", "does")

    def __init__(self, name: str, default: str, does: str) -> None:
        self.name, self.default, self.does = name, default, does

    def __repr__(self) -> str:
        return f"Switch({self.name!r}, {self.default!r}, {self.does!r})"


SWITCHES: dict[str, Switch] = {
    s.name: s
    for s in (
        Switch("ACCEL", "1", "0: decorators return the plain function, nothing is compiled"),
        Switch("ACCEL_HINTS", "1", "0: no FallbackHint warnings"),
        Switch("ACCEL_CACHE_DIR", "", "folder for machine code, instead of the user's cache folder"),
        Switch("ACCEL_CACHE_SIZE", "512M", "size to which a cache folder is pruned: bytes, or with K, M, G, T"),
        Switch("ACCEL_CPU", "", "processor to compile for, instead of the one at hand: a name LLVM knows, such as x86-64-v3"),
        Switch("ACCEL_DEBUG", "0", "1: decorated functions run in CPython, line by line"),
        Switch("ACCEL_FAULTS", "", "raise: a fault of the compiler itself is raised instead of leaving the function to CPython"),
    )
}


def read_switch(name: str) -> str:
    """The value of a switch as it is now.

    Raises
    ------
    KeyError
        When there is no such switch.
    """
    switch = SWITCHES[name]
    return os.environ.get(name) or switch.default
