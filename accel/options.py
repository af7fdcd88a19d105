"""The options of the decorators, as frozen objects, and the one table of `ACCEL_*` switches."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import CodeType
    from typing import Any, ClassVar, NoReturn

__all__ = [
    "ACCURACIES",
    "FnOptions",
    "HOPELESS",
    "MOST_THREADS",
    "ParallelizeOptions",
    "SCHEDULES",
    "SWITCHES",
    "StructOptions",
    "Switch",
    "VectorizeOptions",
    "check_choice",
    "check_threads",
    "read_switch",
]


ACCURACIES = ("exact", "1ulp")  # grades of elementary functions
HOPELESS: set[CodeType] = set()  # code that is left to CPython, whatever the arguments


class _Options:
    """Options by name, each with a default. Frozen; equal when all are."""

    __slots__ = ()

    decorator: ClassVar[str]
    defaults: ClassVar[dict[str, Any]]  # those that are switches take True or False only

    def __init__(self, **given: object) -> None:
        if "identity" in given:
            given["identity"] = (given["identity"],)
        for name, value in given.items():
            if name not in self.defaults:
                _refuse_option(name, self.decorator, self.defaults)
            if type(self.defaults[name]) is bool and type(value) is not bool:
                _refuse_value(name, value)
        for name, default in self.defaults.items():
            object.__setattr__(self, name, given.get(name, default))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"options can't be changed: {name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"options can't be changed: {name}")

    def _items(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.defaults}

    def __eq__(self, other: object) -> bool:
        return self._items() == other._items() if isinstance(other, type(self)) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self._items().values()))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore_options, (type(self), self._items())

    def __repr__(self) -> str:
        changed = [f"{n}={self._shown(n)}" for n, v in self._items().items() if v != self.defaults[n]]
        return f"{type(self).__name__}({', '.join(changed)})"

    def _shown(self, name: str) -> str:
        value = getattr(self, name)
        return repr(value[0] if name == "identity" else value)


def _restore_options(class_: type[_Options], values: dict[str, Any]) -> _Options:
    made = class_.__new__(class_)
    for name, value in values.items():
        object.__setattr__(made, name, value)
    return made


class FnOptions(_Options):
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
    nogil : bool, default False
        Machine code runs without the GIL where it touches no Python objects.
    debug : bool, default False
        Every line runs in CPython, under debuggers, profilers and coverage; annotations are still enforced.
    identity : object, optional
        Declares that the function, of two parameters, is associative, with this as its identity: loops under `parallelize` may put values together with it.

    Raises
    ------
    OptionError
        For an unknown option, or a value that is not True or False.

    Examples
    --------
    >>> FnOptions(strict=True)
    FnOptions(strict=True)
    """

    __slots__ = ("cache", "debug", "identity", "inline", "nogil", "relaxed", "strict")

    strict: bool
    relaxed: bool
    cache: bool
    inline: bool
    nogil: bool
    debug: bool
    identity: tuple[object, ...]  # empty when there is none

    decorator = "fn"
    defaults = {"strict": False, "relaxed": False, "cache": True, "inline": True, "nogil": False, "debug": False, "identity": ()}


class VectorizeOptions(_Options):
    """How a scalar function becomes a ufunc. Frozen.

    Parameters
    ----------
    strict : bool, default False
        What can't be compiled raises CompileError; nothing falls back to CPython.
    cache : bool, default True
        Machine code is kept on disk and found again by other processes.
    identity : object, optional
        What a reduction of no elements gives; without it that raises ValueError.
    threads : int, optional
        How many threads share large calls, 1 to 256; by default as many as the innermost `accel.parallel` says, outside of it one.
    accuracy : str, default "exact"
        "exact": elementary functions have the bits of CPython and NumPy. "1ulp": they are the package's own, faster ones.

    Raises
    ------
    OptionError
        For an unknown option, a switch that is not True or False, another number of threads, another accuracy.

    Examples
    --------
    >>> VectorizeOptions(identity=0).identity
    (0,)
    """

    __slots__ = ("accuracy", "cache", "identity", "strict", "threads")

    strict: bool
    cache: bool
    identity: tuple[object, ...]  # empty when there is none
    threads: int | None
    accuracy: str

    decorator = "vectorize"
    defaults = {"strict": False, "cache": True, "identity": (), "threads": None, "accuracy": "exact"}

    def __init__(self, **given: object) -> None:
        if given.get("threads") is not None:
            given["threads"] = check_threads("threads", given["threads"])
        check_choice("accuracy", given.get("accuracy", "exact"), ACCURACIES)
        super().__init__(**given)


class ParallelizeOptions(_Options):
    """How the loops of a function run in parallel. Frozen.

    Parameters
    ----------
    strict : bool, default False
        A loop that can't be proven to be independent raises CompileError, when the function is decorated.
    assume : {"independent"}, optional
        The user vouches that no iteration of a loop touches an array element which another one writes.
    num_threads : int, optional
        How many threads share a loop, 1 to 256; by default what the innermost `accel.parallel` says, else the default of `accel.parallel`.
    schedule : {"static", "dynamic"}
        One range of iterations for each thread, or some more, which whoever is free takes.
    cache : bool, default True
        Machine code is kept on disk and found again by other processes.

    Raises
    ------
    OptionError
        For an unknown option, or a value it does not take.

    Examples
    --------
    >>> ParallelizeOptions(num_threads=2)
    ParallelizeOptions(num_threads=2)
    """

    __slots__ = ("assume", "cache", "num_threads", "schedule", "strict")

    strict: bool
    assume: str | None
    num_threads: int | None
    schedule: str
    cache: bool

    decorator = "parallelize"
    defaults = {"strict": False, "assume": None, "num_threads": None, "schedule": "dynamic", "cache": True}

    def __init__(self, **given: object) -> None:
        check_choice("assume", given.get("assume"), (None, "independent"))
        check_choice("schedule", given.get("schedule", "static"), SCHEDULES)
        if given.get("num_threads") is not None:
            given["num_threads"] = check_threads("num_threads", given["num_threads"])
        super().__init__(**given)


class StructOptions(_Options):
    """How a class becomes a struct. Frozen.

    Parameters
    ----------
    order : bool, default False
        Structs are ordered as the tuples of their fields.
    kw_only : bool, default False
        The constructor takes the fields by keyword only.

    Raises
    ------
    OptionError
        For an unknown option, or a value that is not True or False.

    Examples
    --------
    >>> StructOptions(order=True)
    StructOptions(order=True)
    """

    __slots__ = ("order", "kw_only")

    order: bool
    kw_only: bool

    decorator = "struct"
    defaults = {"order": False, "kw_only": False}


SCHEDULES = ("static", "dynamic")


def check_choice(name: str, value: object, choices: tuple[object, ...]) -> None:
    """Raise OptionError for a value that is none of `choices`."""
    if value not in choices:
        from accel.errors import Diagnostic, OptionError

        shown = " or ".join(f'"{c}"' if isinstance(c, str) else str(c) for c in choices)
        raise OptionError(Diagnostic(f"`{name}` takes {shown}, not {value!r:.60}", "option-value"))


def _refuse_option(name: str, decorator: str, options: Iterable[str]) -> NoReturn:
    from accel.errors import Diagnostic, OptionError

    known = ", ".join([f"`{n}`" for n in options])
    raise OptionError(Diagnostic(f"`{decorator}` has no option `{name}`", "unknown-option", why=f"its options are {known}"))


MOST_THREADS = 256


def check_threads(name: str, value: object) -> int:
    """A number of threads as an int.

    Raises
    ------
    OptionError
        When it is none, or not from 1 to 256.
    """
    if type(value) is not bool and hasattr(value, "__index__"):
        number: int = value.__index__()
        if 1 <= number <= MOST_THREADS:
            return number
    from accel.errors import Diagnostic, OptionError

    raise OptionError(Diagnostic(f"`{name}` takes a number of threads, 1 to {MOST_THREADS}, not {value!r:.60}", "option-value"))


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
        Switch("ACCEL_RACES", "0", "1: loops under `@parallelize(assume=...)` run one iteration after the other, and races are errors"),
        Switch("ACCEL_PROGRESS", "1", "0: searches of `@autotune` show no progress"),
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
    return (os.environ.get(name) if name in os.environ else "") or switch.default  # asked for one that is missing, `get` takes six times as long as `in`
