"""This module is `accel.autotune`: it checks what it is given, and puts a tuned function in front of another one."""

from __future__ import annotations

from typing import NoReturn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar, overload

    F = TypeVar("F")  # what is tuned keeps its type

__all__ = ["autotune"]

_GENERATOR, _COROUTINE, _ASYNC_GENERATOR = 0x20, 0x80, 0x200
_NEVER = _GENERATOR | _COROUTINE | _ASYNC_GENERATOR  # calling one does not run it


if TYPE_CHECKING:

    @overload
    def autotune(function: F, /, **options: Any) -> F: ...
    @overload
    def autotune(**options: Any) -> Callable[[F], F]: ...


def autotune(function: Any = None, /, **options: Any) -> Any:
    """Find the fastest values of keyword-only parameters, once for each machine and kind of call, and remember them.

    Parameters
    ----------
    function : callable, optional
        What is tuned, where `autotune` is called as a function: `autotune(f, tile=[16, 32])`.
    **parameters : list, Int or Choice
        The values to try for each parameter that is searched: `tile=[16, 32, 64]`, `unroll=Int(1, 8)`, `sort=Choice(heap, merge)`. A parameter whose name is
        that of an option stands in `space`.
    space : dict of str to list, Int or Choice, optional
        More parameters.
    where : callable, optional
        A condition on some of them, by name: `where=lambda tile, unroll: tile % unroll == 0`.
    default : dict, optional
        The candidate all others are compared with; by default the parameters' own defaults where they are among the values, else the first values.
    key : str, tuple of str, or callable, optional
        Which calls are alike, and share a decision: "shape" (lengths of arrays and containers, by the nearest power of two), "dtype" (dtypes and classes), "threads" (of
        `accel.parallel`) and names of parameters. A callable takes what the function takes and gives a value that stands for the key. By default shape and dtype,
        and threads for what is not compiled as a whole.
    budget : float or str, default 5.0
        How long a search may take: seconds, "500ms", "2min", or "200 trials". With 0 nothing is searched: the nearest key that is known counts, else the default.
    strategy : str or Strategy class, default "racing"
        "exhaustive", "random", "racing", "pattern", "genetic", "bayesian" (needs Optuna), "bandit" (calls of the program are the measurements), or one of your own.
    rtol, atol : float, default 0.0
        How far results may be from those of the default candidate, as in `numpy.isclose`. By default they are the same to the last bit.
    timeout : float or str, optional
        How long a trial of a candidate may take; by default 20 times what the default takes, between a second and half of the budget.
    memory : int or str, optional
        How much memory a trial may take, as "2GB"; by default half of what is free.
    seed : int, default 0
        What the strategy draws is drawn from this.

    Returns
    -------
    callable
        A decorator for a function under `fn` or `parallelize`, a method, or any Python callable, that must give the same result whatever the values. It gives a
        function that can be called without these parameters. `function.tuning` knows what was tried (`accel.tuning.Tuning`). Values that a caller gives count;
        those not given beside are then those of the default.

    Raises
    ------
    OptionError
        For a parameter the function does not have, an empty space, a condition nothing meets, a value an option does not take.
    DecorationError
        For what can't be called, for classes, generators and coroutines.

    Notes
    -----
    The first call with a new key searches: the default candidate is run, others are tried in child processes on copies of the arguments, and those that give
    the same result, and leave the same in the arguments, are timed in turns. One that crashes, hangs, eats memory or gives another result is out. A candidate wins
    when it beats the default beyond the noise. Then the call is done with the winner. Arguments that can't be copied are not tuned, with a hint. What a function does
    besides (files, globals) it does as often as it is tried. Ctrl-C ends a search with the best so far. Calls of other threads meanwhile use the default.

    What is found is kept on disk for other processes, by the content of the function, the key, and the machine (docs/tuning-records.md). Inside
    `accel.disabled()`, with `ACCEL=0`, under debuggers and coverage nothing is searched. A call that is decided costs some nanoseconds more than
    one of a function under `fn`, and about a microsecond more than one of another function.

    Examples
    --------
    >>> import accel
    >>> import numpy as np
    >>> @accel.autotune(block=[64, 256, 1024], budget="200ms")
    ... def total(x, *, block):
    ...     return sum(int(x[i : i + block].sum()) for i in range(0, len(x), block))
    >>> total(np.arange(10_000))
    49995000
    >>> total.tuning.choose(np.arange(10_000))["block"] in (64, 256, 1024)
    True
    """
    from accel.tuning.settings import read_settings

    settings = read_settings(options)
    return _tune(function, settings) if function is not None else lambda given: _tune(given, settings)


autotune.__module__ = "accel"  # where users find it, and what tracebacks show


def _tune(function: Any, settings: Any) -> Any:
    if isinstance(function, (staticmethod, classmethod)):
        return type(function)(_tune(function.__func__, settings))
    if isinstance(function, type) or not callable(function):
        _refuse(function)
    if getattr(getattr(function, "__code__", None), "co_flags", 0) & _NEVER:
        _refuse_suspended(function)
    from accel.tuning.settings import with_defaults
    from accel.tuning.tuned import Tuning

    return Tuning(function, with_defaults(settings, function)).function


def _refuse(given: Any) -> NoReturn:
    from accel.errors import DecorationError, Diagnostic

    what = f"`autotune` decorates functions, and `{getattr(given, '__qualname__', repr(given)[:60])}` is an object of class {type(given).__name__}"
    raise DecorationError(Diagnostic(what, "decorated-object", do=("write a function that makes or calls it, and tune that",)))


def _refuse_suspended(function: Any) -> NoReturn:
    from accel.errors import DecorationError, Diagnostic

    code, what = function.__code__, f"`{function.__qualname__}` can't be tuned: calling it does not run it"
    raise DecorationError(Diagnostic(what, "generator", code.co_filename, code.co_firstlineno, do=("tune a plain function that it calls",)))
