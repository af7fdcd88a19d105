"""The decorators: they check what they are given, and build a Dispatcher."""

from __future__ import annotations

import os
import sys
from types import FunctionType

from accel.options import FnOptions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, ParamSpec, TypeVar, overload

    P = ParamSpec("P")
    R = TypeVar("R")

__all__ = ["disabled", "fn"]

_KNOWN = sys.implementation.name == "cpython" and (3, 11) <= sys.version_info[:2] <= (3, 13)
_said: list[bool] = []

if TYPE_CHECKING:

    @overload
    def fn(function: Callable[P, R], /) -> Callable[P, R]: ...
    @overload
    def fn(
        *, strict: bool = ..., relaxed: bool = ..., cache: bool = ..., inline: bool = ..., debug: bool = ...
    ) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def fn(function: Any = None, /, **options: Any) -> Any:
    """Compile a function when it can be, and run it in CPython when it can't: the same answer either way.

    Parameters
    ----------
    function : function, staticmethod or classmethod
        What to compile. It is compiled when it is called, for the types it is called with.
    strict : bool, default False
        Raise CompileError when it can't be compiled, instead of leaving it to CPython.
    relaxed : bool, default False
        Allow floating-point results to differ from CPython's in the last bits. Reserved: nothing makes use of it yet.
    cache : bool, default True
        Keep machine code on disk and find it again in other processes.
    inline : bool, default True
        Allow the bodies of called functions in place of the calls.
    debug : bool, default False
        Run every line in CPython, where debuggers and coverage see it.

    Returns
    -------
    function
        From Python 3.12 on the very function; in 3.11 an object that stands in for it. `function.accel` says what was compiled.

    Raises
    ------
    DecorationError
        For a class, a builtin, or anything else that is no Python function.
    OptionError
        For an unknown option.
    CompileError
        At a call, with `strict=True`.

    Notes
    -----
    A call of compiled code costs less than a call of a plain function. Threads may call at once; one compiles. Parameters annotated
    `int`, `float`, `bool` or `complex` are enforced: another argument raises ArgumentError, a TypeError.

    Examples
    --------
    >>> import accel
    >>> @accel.fn
    ... def power(x: float, n: int) -> float:
    ...     result = 1.0
    ...     for _ in range(n):
    ...         result *= x
    ...     return result
    >>> power(2.0, 10)
    1024.0
    """
    chosen = FnOptions(**options)
    if function is None:
        return lambda decorated: fn(decorated, **options)
    return _decorate(function, chosen)


def _decorate(function: Any, options: FnOptions) -> Any:
    if isinstance(function, (staticmethod, classmethod)):
        return type(function)(_decorate(function.__func__, options))
    if not isinstance(function, FunctionType):
        return _refuse(function)
    if "accel" in function.__dict__ or os.environ.get("ACCEL") == "0" or options.debug or not _is_known():
        return function
    if function.__code__.co_flags & _NEVER:
        return function
    from accel.dispatch.dispatcher import Dispatcher
    from accel.explain.hints import give_hint
    from accel.explain.inspect import Inspection

    return Dispatcher(function, options, hint=give_hint, inspect=Inspection).attach()


_NEVER = 0x20 | 0x80 | 0x200  # generators, coroutines, asynchronous generators: CPython's own, which is no fault


def _is_known() -> bool:
    """Whether this interpreter is one that machine code can be made for; says so once if not."""
    known = _KNOWN and sys.platform == "linux" and os.uname().machine == "x86_64"
    if not known and not _said:
        _said.append(True)
        print(f"accel: {sys.implementation.name} {sys.version.split()[0]} on {sys.platform}: functions run as plain Python", file=sys.stderr)
    return known


def _refuse(given: Any) -> Any:
    if type(given).__module__.partition(".")[0] == "accel":
        return given  # decorated already
    from accel.errors import DecorationError, Diagnostic

    what = f"`fn` decorates Python functions, and {given!r:.60} is {'a class' if isinstance(given, type) else f'a {type(given).__name__}'}"
    slug = "decorated-class" if isinstance(given, type) else "decorated-object"
    do = ("decorate its methods",) if isinstance(given, type) else ("write a function that calls it and decorate that",)
    raise DecorationError(Diagnostic(what, slug, do=do))


class disabled:  # noqa: N801  a context manager reads as a verb here
    """Context manager: inside it, decorated functions run in CPython, in every thread.

    Examples
    --------
    >>> import accel
    >>> with accel.disabled():
    ...     pass
    """

    def __enter__(self) -> None:
        from accel.dispatch.carriers import suspend

        suspend(True)

    def __exit__(self, *exception: object) -> None:
        from accel.dispatch.carriers import suspend

        suspend(False)
