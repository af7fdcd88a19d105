"""Iterations on several threads: `parallel`, which says on how many, and `parallel_for`, `parallel_map`, `parallel_reduce`."""

from __future__ import annotations

import operator
from functools import cache

from accel.options import SCHEDULES, check_choice, check_threads, read_switch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any, TypeVar

    T = TypeVar("T")
    S = TypeVar("S")

__all__ = ["num_threads", "parallel", "parallel_for", "parallel_map", "parallel_reduce"]

_CHUNKS_PER_THREAD = 8  # of a dynamic schedule
_MOST_BLOCKS = 256  # of a reduction


class parallel:  # noqa: N801  a context manager reads as a verb here
    """Context manager: inside it, work of this thread is done on so many threads.

    That is `parallel_for` and the like, and large calls of ufuncs made by `@vectorize`.

    Parameters
    ----------
    threads : int, optional
        1 to 256, this thread included; 1 for none but this. By default `ACCEL_NUM_THREADS`, else `OMP_NUM_THREADS`, else as many as there are
        processors this process may use (affinity mask, control group).

    Raises
    ------
    OptionError
        For anything else.

    Notes
    -----
    The pool is started by the first region that needs it, and its threads sleep when there is nothing to do. A region costs some microseconds
    when they sleep. Regions inside regions, and of several threads at once, share the threads there are. After a fork the child starts its own.

    Examples
    --------
    >>> import accel
    >>> squares = [0] * 5
    >>> def square(i):
    ...     squares[i] = i * i
    >>> with accel.parallel(2):
    ...     accel.parallel_for(square, 5)
    >>> squares
    [0, 1, 4, 9, 16]
    """

    def __init__(self, threads: int | None = None) -> None:
        from accel.runtime.pool import default_threads

        self._threads = default_threads() if threads is None else check_threads("threads", threads)
        self._before: list[int] = []

    def __enter__(self) -> parallel:
        from accel.runtime.pool import set_threads

        self._before.append(set_threads(self._threads))
        return self

    def __exit__(self, *exception: object) -> None:
        from accel.runtime.pool import set_threads

        set_threads(self._before.pop())


def num_threads() -> int:
    """On how many threads `parallel_for` would work here.

    Returns
    -------
    int
        What the innermost `parallel` of this thread says, else its default; 1 where loops stay in this thread, as inside `accel.disabled()`.

    Examples
    --------
    >>> import accel
    >>> with accel.parallel(2):
    ...     accel.num_threads()
    2
    """
    return _threads_for(None, "static", num_threads)


def parallel_for(
    body: Callable[..., object], n: int, *, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None, num_threads: int | None = None, schedule: str = "static"
) -> None:
    """Call `body(0)`, `body(1)`, ..., `body(n - 1)` on several threads. They must not depend on each other.

    Parameters
    ----------
    body : callable
        Takes the number of the iteration. Bodies in plain Python take turns, as only one thread runs Python at a time; those that spend their
        time where the GIL is released (NumPy, files, sleeping) run at once. A function decorated with `@fn(nogil=True)` whose machine code is there,
        and gives None, needs no GIL at all: a region costs a few microseconds then, instead of some fifty.
    n : int
        How many; none when it is not positive.
    args, kwargs
        What else each call gets, behind the number of the iteration.
    num_threads : int, optional
        1 to 256; by default what the innermost `parallel` of this thread says, else the default of `parallel`.
    schedule : {"static", "dynamic"}
        One range of iterations for each thread, or smaller ones, which whoever is free takes: for bodies that take different times.

    Raises
    ------
    Exception
        What the lowest of the iterations that failed has raised, as the loop would. Iterations above it may have run.
    OptionError
        For another number of threads, or schedule.

    Notes
    -----
    Each range runs in a copy of the caller's context (`contextvars`), so that `numpy.errstate` holds. Ctrl-C ends the region between two
    iterations. Inside `accel.disabled()`, with `ACCEL=0`, and while a tracer, a profiler or a tool of `sys.monitoring` looks on, it is the loop,
    so that they see every line.

    Examples
    --------
    >>> import accel
    >>> import numpy
    >>> rows = numpy.arange(6.0).reshape(3, 2)
    >>> def normalise(i):
    ...     rows[i] /= rows[i].sum()
    >>> accel.parallel_for(normalise, 3, num_threads=2)
    >>> rows.sum(axis=1).tolist()
    [1.0, 1.0, 1.0]

    Machine code, with what it works on:

    >>> @accel.fn(nogil=True)
    ... def scale(i, rows, factor):
    ...     for j in range(rows.shape[1]):
    ...         rows[i, j] *= factor
    >>> accel.parallel_for(scale, 3, args=(rows, 4.0), num_threads=2)
    >>> rows.sum(axis=1).tolist()
    [4.0, 4.0, 4.0]
    """
    count, named = operator.index(n), {} if kwargs is None else kwargs
    threads = min(_threads_for(num_threads, schedule, body), count)
    if threads < 2:
        for i in range(count):
            body(i, *args, **named)
        return
    call_each, pool = _find_calls()
    done = call_each(body, count, tuple(args), named, threads)
    if rest := count - done:
        call = (lambda i: body(done + i, *args, **named)) if args or named or done else body
        pool().each(call, rest, -(-rest // (threads if schedule == "static" else threads * _CHUNKS_PER_THREAD)), threads)


def parallel_map(
    function: Callable[[T], S], values: Iterable[T], *, num_threads: int | None = None, schedule: str = "dynamic"
) -> list[S]:
    """`[function(v) for v in values]`, on several threads.

    Parameters
    ----------
    function : callable
        Takes one value.
    values : iterable
        Read to its end first.
    num_threads, schedule
        As of `parallel_for`.

    Returns
    -------
    list
        The results in the order of the values.

    Raises
    ------
    Exception
        As `parallel_for`.

    Examples
    --------
    >>> import accel
    >>> accel.parallel_map(abs, [-2, 3, -4])
    [2, 3, 4]
    """
    given = list(values)
    results: list[Any] = [None] * len(given)

    def body(i: int) -> None:
        results[i] = function(given[i])

    parallel_for(body, len(given), num_threads=_threads_for(num_threads, schedule, function), schedule=schedule)
    return results


def parallel_reduce(
    function: Callable[[int], T], n: int, *, combine: Callable[[T, T], T], identity: T, num_threads: int | None = None
) -> T:
    """`function(0)`, ..., `function(n - 1)` put together by an associative `combine`, on several threads.

    The order is fixed by `n` alone: at most 256 ranges of equal size, each from left to right beginning with `identity`, then the ranges
    in pairs, neighbours first. So the result is the same to the last bit for every number of threads, though not that of a loop where
    `combine` is associative only nearly, as the addition of floats.

    Parameters
    ----------
    function : callable
        Takes the number of the iteration.
    n : int
        How many; `identity` is the result when it is not positive.
    combine : callable
        Takes two results and gives one; `combine(identity, x)` is `x`.
    identity : object
        What to begin with. It must not be changed by `combine`.
    num_threads : int, optional
        As of `parallel_for`.

    Raises
    ------
    Exception
        As `parallel_for`.

    Examples
    --------
    >>> import accel, operator
    >>> accel.parallel_reduce(lambda i: i * i, 10, combine=operator.add, identity=0)
    285
    """
    count = max(operator.index(n), 0)
    size = max(1, -(-count // _MOST_BLOCKS))
    parts: list[Any] = [identity] * -(-count // size)

    def block(number: int) -> None:
        total = identity
        for i in range(number * size, min(count, (number + 1) * size)):
            total = combine(total, function(i))
        parts[number] = total

    threads = _threads_for(num_threads, "dynamic", function, combine)
    parallel_for(block, len(parts), num_threads=threads, schedule="dynamic")
    while len(parts) > 1:
        pairs = [combine(parts[k], parts[k + 1]) for k in range(0, len(parts) - 1, 2)]
        parts = pairs + parts[2 * len(pairs) :]
    return parts[0] if parts else identity


def _threads_for(given: int | None, schedule: str, *functions: Callable[..., object]) -> int:
    """How many threads a call is to use: one where somebody looks on, or at one of these functions."""
    check_choice("schedule", schedule, SCHEDULES)
    if given is not None:
        given = check_threads("num_threads", given)
    is_watched, current_threads = _find_parts()
    if read_switch("ACCEL") == "0" or any(map(is_watched, functions)):
        return 1
    return given if given is not None else current_threads()


@cache
def _find_parts() -> tuple[Callable[[Callable[..., object]], bool], Callable[[], int]]:
    """What is imported when the first loop wants to know; an import in each call takes longer than all else in it."""
    from accel.dispatch.tracing import is_watched
    from accel.runtime.pool import current_threads

    return is_watched, current_threads


@cache
def _find_calls() -> tuple[Callable[..., int], Callable[[], Any]]:
    """The same of what the first region wants."""
    from accel.dispatch.tasks import call_each
    from accel.runtime.pool import pool

    return call_each, pool


for _public in (num_threads, parallel, parallel_for, parallel_map, parallel_reduce):
    _public.__module__ = "accel"  # where users find them, and what tracebacks show
