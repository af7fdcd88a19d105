"""The decorators: they check what they are given, and build a Dispatcher."""

from __future__ import annotations

import os
import sys
from types import FunctionType

from accel.options import HOPELESS, FnOptions, ParallelizeOptions, StructOptions, VectorizeOptions, read_switch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import field
    from typing import Any, Literal, NoReturn, TypeVar, dataclass_transform, overload

    import numpy

    C = TypeVar("C")  # a class
    F = TypeVar("F")  # what is decorated keeps its type: signature, overloads, type variables, binding as a method

__all__ = ["autotune", "disabled", "fn", "parallelize", "struct", "vectorize"]

_GENERATOR, _COROUTINE, _ASYNC_GENERATOR = 0x20, 0x80, 0x200
_NEVER = _GENERATOR | _COROUTINE | _ASYNC_GENERATOR  # CPython's own, which is no fault: no hint
_said: list[bool] = []


if TYPE_CHECKING:

    @overload
    def fn(
        function: F, /, *, strict: bool = ..., relaxed: bool = ..., cache: bool = ..., inline: bool = ..., nogil: bool = ...,
        debug: bool = ..., identity: object = ...,
    ) -> F: ...  # fmt: skip
    @overload
    def fn(
        *, strict: bool = ..., relaxed: bool = ..., cache: bool = ..., inline: bool = ..., nogil: bool = ..., debug: bool = ..., identity: object = ...
    ) -> Callable[[F], F]: ...


def fn(function: Any = ..., /, **options: Any) -> Any:
    """Compile a function when it can be, and run it in CPython when it can't: the same answer either way.

    Parameters
    ----------
    function : function, staticmethod or classmethod
        What to compile. It is compiled when it is called, for the types it is called with.
    strict : bool, default False
        Raise CompileError when it can't be compiled, instead of leaving it to CPython.
    relaxed : bool, default False
        Allow float and complex `+ - * /` to be reordered and contracted, here and in what is compiled with it: sums in loops become several
        times faster and differ from CPython's in the last bits. Infinity, NaN and errors stay.
    cache : bool, default True
        Keep machine code on disk and find it again in other processes.
    inline : bool, default True
        Allow the bodies of called functions in place of the calls; False keeps each a function of its own in the machine code.
    nogil : bool, default False
        Run machine code that touches no Python objects without the GIL, so that other threads run meanwhile. They must not change the arrays it
        works on.
    debug : bool, default False
        Run every line in CPython, where debuggers and coverage see it.
    identity : object, optional
        Declares that the function takes two values and is associative, `f(f(a, b), c)` being `f(a, f(b, c))`, and that `f(identity, a)` is `a`. Loops
        under `parallelize` may then put values together with it: `s = f(s, x[i])`.

    Returns
    -------
    function
        The very function. `function.accel` says what was compiled.

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
    A call of compiled code costs less than a call of a plain function. Threads may call at once; one compiles. Parameters
    annotated `int`, `float`, `bool`, `complex`, with a scalar type of NumPy's or `accel.types.Array` are enforced: another argument raises TypeError.
    A function all of whose parameters are so annotated is compiled at its first call.

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
    if not options and type(function) is FunctionType and function.__code__ in HOPELESS and not function.__annotations__:
        return function  # a closure made again, say: finding out once was enough
    chosen = FnOptions(**options)
    if function is ...:  # `@fn()` or `@fn(strict=True)`
        return lambda decorated: _decorate(decorated, chosen)
    return _decorate(function, chosen)


if TYPE_CHECKING:

    @overload
    def vectorize(
        function: Callable[..., Any], /, *, strict: bool = ..., cache: bool = ..., identity: object = ..., threads: int | None = ...,
        accuracy: Literal["exact", "1ulp"] = ...,
    ) -> numpy.ufunc: ...
    @overload
    def vectorize(
        *, strict: bool = ..., cache: bool = ..., identity: object = ..., threads: int | None = ..., accuracy: Literal["exact", "1ulp"] = ...
    ) -> Callable[[Callable[..., Any]], numpy.ufunc]: ...


def vectorize(function: Any = ..., /, **options: Any) -> Any:
    """Make a `numpy.ufunc` of a function of numbers: `f(a, b)` gives what the loop `out[i] = f(a[i], b[i])` gives.

    Parameters
    ----------
    function : function
        A function of one or more numbers. Each positional parameter is an operand; defaults are not used.
    strict : bool, default False
        Raise CompileError when it can't be compiled for some dtypes, instead of calling it for each element.
    cache : bool, default True
        Keep machine code on disk and find it again in other processes.
    identity : object, optional
        What `f.reduce` gives for no elements; without it that raises ValueError.
    threads : int, optional
        How many threads share large calls, 1 to 256; by default as many as the innermost `accel.parallel` says, outside of it one. The results are the
        same. Whether it pays is measured on the first elements of each call.
    accuracy : str, default "exact"
        "exact": `math.exp`, `numpy.exp` and the like give the bits of CPython and NumPy. "1ulp": functions of the package's own, which are done in vectors
        and off by one or two units in the last place at most. The bits are the same whatever the processor, the number of threads and the place in the array.

    Returns
    -------
    numpy.ufunc
        With broadcasting, `out=`, `where=`, `dtype=`, `reduce`, `accumulate`, `outer`, `at` and `reduceat`. A function whose every `return`
        has a tuple of the same length gives so many arrays. `f.accel` says what was compiled.

    Raises
    ------
    DecorationError
        For anything that is no Python function of a fixed number of positional parameters.
    OptionError
        For an unknown option, another number of threads, or another accuracy.

    Notes
    -----
    The function sees the elements as NumPy scalars (integers wrap, a division by zero warns), or as Python's numbers (`a[i].item()`) in a
    parameter annotated `bool`, `int`, `float` or `complex`: exact, whatever the size. Loops for new dtypes are compiled when they are
    met. What an element does that compiled code can't, CPython does: it raises, or warns, what the loop would at that element. Results
    that do not fit their array raise OverflowError.

    Examples
    --------
    >>> import accel, numpy
    >>> @accel.vectorize
    ... def ramp(x):
    ...     if x <= 0.0:
    ...         return 0.0
    ...     return 1.0 if x >= 1.0 else x * x * (3.0 - 2.0 * x)
    >>> ramp(numpy.array([-1.0, 0.25, 0.5, 2.0])).tolist()
    [0.0, 0.15625, 0.5, 1.0]
    """
    chosen = VectorizeOptions(**options)
    if function is ...:
        return lambda decorated: _vectorize(decorated, chosen)
    return _vectorize(function, chosen)


if TYPE_CHECKING:

    @overload
    def parallelize(
        function: F, /, *, strict: bool = ..., assume: str | None = ..., num_threads: int | None = ..., schedule: str = ..., cache: bool = ...
    ) -> F: ...
    @overload
    def parallelize(
        *, strict: bool = ..., assume: str | None = ..., num_threads: int | None = ..., schedule: str = ..., cache: bool = ...
    ) -> Callable[[F], F]: ...


def parallelize(function: Any = ..., /, **options: Any) -> Any:
    """Run the loops of a function on several threads, where their iterations are proven not to depend on each other.

    Parameters
    ----------
    function : function
        A function with `for ... in range(...)` loops over arrays. Of a nest, the outermost loop that is proven runs in parallel.
    strict : bool, default False
        Raise CompileError for a nest in which no loop is proven, when the function is decorated.
    assume : {"independent"}, optional
        Take for granted that no iteration of any loop touches an array element which another one writes; scalars are looked at all the same.
        With `ACCEL_RACES=1` in the environment such loops run one iteration after the other, and raise RaceError where that is not so.
    num_threads : int, optional
        1 to 256; by default what the innermost `accel.parallel` says, else the default of `accel.parallel`.
    schedule : {"static", "dynamic"}
        One range of iterations for each thread, or some more, which whoever is free takes: for iterations that take different times.
    cache : bool, default True
        Keep machine code on disk and find it again in other processes.

    Returns
    -------
    function
        Another function, with the name, signature and documentation of the given one. `f.accel.explain()` says which loops run in parallel and
        what keeps the others from it.

    Raises
    ------
    DecorationError
        For anything that is no Python function.
    OptionError
        For an unknown option, or a value it does not take.
    CompileError
        With `strict=True`.

    Notes
    -----
    Proven are: subscripts that are affine in the names the loops count with; names bound in each iteration before they are read; reductions
    (`+ - * | & ^`, `min`, `max` with the place where, `and`, `or`, functions under `fn(identity=...)`); arrays that are only added to (histograms). Arrays that share memory, and
    numbers that are not what the proof takes them for, are noticed at the call: the loop is sequential then.

    The result is the loop's, bit for bit, but for sums and products of floats, and what is associative only nearly: they are put together in an order fixed by the number of
    iterations alone, so that they are the same for any number of threads. Where iterations raise, the exception of the lowest one comes out, and
    some above it may have run. Short loops stay on one thread: how long the first iterations take decides.

    Examples
    --------
    >>> import accel, numpy
    >>> @accel.parallelize
    ... def scale(x, y):
    ...     for i in range(x.shape[0]):
    ...         y[i] = 2.0 * x[i]
    >>> x, y = numpy.arange(4.0), numpy.zeros(4)
    >>> scale(x, y)
    >>> y.tolist()
    [0.0, 2.0, 4.0, 6.0]
    """
    chosen = ParallelizeOptions(**options)
    if function is ...:
        return lambda decorated: _parallelize(decorated, chosen)
    return _parallelize(function, chosen)


if TYPE_CHECKING:

    @overload
    @dataclass_transform(frozen_default=True, field_specifiers=(field,))
    def struct(class_: type[C], /, *, order: bool = ..., kw_only: bool = ...) -> type[C]: ...
    @overload
    @dataclass_transform(frozen_default=True, field_specifiers=(field,))
    def struct(*, order: bool = ..., kw_only: bool = ...) -> Callable[[type[C]], type[C]]: ...


def struct(class_: Any = ..., /, **options: Any) -> Any:
    """Make a value type of an annotated class: fixed fields, checked types, compiled methods; registers inside compiled code.

    Parameters
    ----------
    class_ : type
        A class without bases whose annotated attributes are the fields, as for `dataclasses.dataclass`. A field is a `bool`, `int`, `float` or `complex`, a scalar
        type of `accel.types`, another struct, or a `tuple[...]` of those. `dataclasses.field` and `dataclasses.KW_ONLY` mean what they mean there.
    order : bool, default False
        Structs are compared with `<` and the like as the tuples of their fields.
    kw_only : bool, default False
        The constructor takes the fields by keyword only.

    Returns
    -------
    type
        A class with `__slots__`, a constructor that takes the fields, and `__eq__`, `__hash__`, `__repr__` and `__match_args__` of a frozen dataclass, which it is:
        `dataclasses.replace`, `asdict` and `fields` work. Its functions, properties, static and class methods are decorated with `fn`.

    Raises
    ------
    DecorationError
        For anything that is no such class, and for a field that has no type, one a struct has no place for, or a default that does not fit. The class raises
        TypeError when it is called with the wrong values, and FrozenInstanceError, an AttributeError, when a field is assigned.
    OptionError
        For an unknown option.

    Notes
    -----
    A field holds an object of its very type: an int given for a float is converted, as is an object of a class derived from one of numbers; all else is refused.
    A struct is a value: it can't be changed, and it is its fields. Compiled code passes it in registers and makes an object only where one leaves
    compiled code: that one is equal, and maybe not the same (`is`).

    `Point.array(shape)` makes an array of structs, `Point.from_array(a)` sees a structured array as one, `Point.dtype` is its dtype. The elements of such arrays are
    records: they have the fields, which can be assigned, and the methods of the struct. A class with type parameters, `class Vec(Generic[T])`, gives structs by `Vec[float]`.

    Making an object costs less than making one of a class with `__slots__` and an `__init__`, reading a field the same.

    Examples
    --------
    >>> import accel
    >>> @accel.struct
    ... class Point:
    ...     x: float
    ...     y: float = 0.0
    ...     def __add__(self, other):
    ...         return Point(self.x + other.x, self.y + other.y)
    >>> Point(1.0) + Point(x=2, y=0.5)
    Point(x=3.0, y=0.5)
    """
    chosen = StructOptions(**options)
    if class_ is ...:
        return lambda decorated: _struct(decorated, chosen)
    return _struct(class_, chosen)


def _struct(class_: Any, options: StructOptions) -> Any:
    from accel.types.structs import function_of, layout_of

    if not isinstance(class_, type):
        _refuse_class(class_)
    if layout_of(class_) is not None:
        return class_
    from accel.dispatch.definitions import Definition
    from accel.dispatch.structs import make_struct

    is_compiled = read_switch("ACCEL") != "0" and _is_known()
    definition = Definition(class_, sys._getframe(2))
    decorate = _decorate_method if is_compiled else None
    for function in () if is_compiled else filter(None, map(function_of, vars(class_).values())):
        _check_ownership(function)
    if "typing" in sys.modules:
        from accel.dispatch.generics import GenericStruct, is_generic

        if is_generic(class_):
            return GenericStruct(class_, definition, lambda made, where: make_struct(made, options, where, decorate))
    return make_struct(class_, options, definition, decorate)


def _decorate_method(function: FunctionType, class_: type) -> Any:
    return _decorate(function, FnOptions(), own_class=class_)


def _refuse_class(given: Any) -> NoReturn:
    from accel.errors import DecorationError, Diagnostic

    what = f"`struct` decorates classes, and {getattr(given, '__qualname__', None) or repr(given)[:60]} is an object of class {type(given).__name__}"
    raise DecorationError(Diagnostic(what, "decorated-object", do=("write a class with annotated fields", "or decorate a function with `@fn`")))


def _parallelize(function: Any, options: ParallelizeOptions) -> Any:
    if not isinstance(function, FunctionType):
        _refuse(function, "parallelize")
    _check_ownership(function)
    if read_switch("ACCEL") == "0" or not _is_known() or function.__code__.co_flags & _NEVER:
        return function
    from accel.dispatch.parallel import Parallelized
    from accel.explain.hints import give_hint
    from accel.explain.loops import LoopInspection

    made = Parallelized(function, options, _decorate)
    if not made.regions and made.diagnostics:
        give_hint(function, made.diagnostics, "its loops run on one thread")
    made.function.__dict__["accel"] = LoopInspection(made)
    return made.release()


def _vectorize(function: Any, options: VectorizeOptions) -> Any:
    from accel.dispatch.ufuncs import Elementwise, find_elementwise
    from accel.explain.hints import give_hint

    if find_elementwise(function) is not None:
        return function
    if not isinstance(function, FunctionType):
        _refuse(function, "vectorize")
    code = function.__code__
    if code.co_flags & (_NEVER | _VARIADIC) or code.co_kwonlyargcount or not 1 <= code.co_argcount <= _MOST_OPERANDS:
        _refuse_operands(function)
    if not _is_known():
        import numpy

        from accel.analysis.results import count_results

        return numpy.frompyfunc(function, code.co_argcount, count_results(code))
    if (options.threads or 1) > 1:
        from accel.runtime.pool import pool

        pool()  # machine code finds it then
    return Elementwise(function, options, compiles=read_switch("ACCEL") != "0", hint=give_hint).ufunc


_VARIADIC = 0x04 | 0x08
_MOST_OPERANDS = 31  # NumPy's ufuncs have 64 operands at most


def _refuse_operands(function: FunctionType) -> NoReturn:
    from accel.errors import DecorationError, Diagnostic

    what = f"`vectorize` takes functions of 1 to {_MOST_OPERANDS} positional parameters, and `{function.__qualname__}` is none"
    code = function.__code__
    do = ("write a function of numbers that calls it with the rest fixed, and put `@vectorize` on that",)
    raise DecorationError(Diagnostic(what, "decorated-object", code.co_filename, code.co_firstlineno, do=do))


_IMPLICIT = ("__new__", "__init_subclass__", "__class_getitem__")


def _decorate(function: Any, options: FnOptions, own_class: type | None = None) -> Any:
    """`own_class` is the struct a method belongs to: nobody asked to have just this one compiled, and is told why it is not."""
    if isinstance(function, (staticmethod, classmethod)):
        return type(function)(_decorate(function.__func__, options))
    if not isinstance(function, FunctionType):
        return _pass_through(function)
    _check_ownership(function)
    if sys.version_info < (3, 12) and function.__name__ in _IMPLICIT:
        return function  # a class makes a static or class method of it only when it is a function
    if _is_decorated(function) or read_switch("ACCEL") == "0" or not _is_known():
        return function
    from accel.dispatch.dispatcher import Dispatcher
    from accel.explain.hints import give_hint
    from accel.explain.inspect import Inspection

    never = function.__code__.co_flags & _NEVER
    if never and options.strict:
        _refuse_strict(function)
    is_plain = never or options.debug or read_switch("ACCEL_DEBUG") == "1"
    dispatcher = Dispatcher(function, options, hint=None if own_class else give_hint, inspect=Inspection, own_class=own_class)
    if is_plain and not dispatcher.enforced:
        Inspection.tell_of(dispatcher)
        return function
    dispatcher.attach()
    if is_plain:
        dispatcher.settle()
    return function


_ROLES = ("Borrowed", "Inout", "Owned")


def _check_ownership(function: FunctionType) -> None:
    """Raise for what the source shows against the rules of `accel.types.ownership`, on or off; functions that have nothing to do with it cost next to nothing."""
    annotations = function.__annotations__.values()
    if "accel.types.ownership" in sys.modules or any(isinstance(text, str) and any(role in text for role in _ROLES) for text in annotations):
        from accel.types.ownership import mentions_ownership

        if mentions_ownership(function) and not _is_decorated(function):
            from accel.analysis.ownership import check_ownership

            check_ownership(function)


def _is_decorated(function: FunctionType) -> bool:
    """Whether `f.accel` is the function's own (`functools.wraps` copies it to others)."""
    inspection = function.__dict__.get("accel")
    return inspection is not None and getattr(inspection, "function", None) is function


def _is_known() -> bool:
    """Whether this interpreter is one that machine code can be made for; says so once if not."""
    system = sys.platform, os.uname().machine if hasattr(os, "uname") else ""
    known = sys.implementation.name == "cpython" and (3, 11) <= sys.version_info[:2] <= (3, 13) and system == ("linux", "x86_64")
    if known:
        from accel.dispatch.tracing import find_layout

        known = find_layout() is not None
    if not known and not _said:
        from accel.explain.hints import say

        _said.append(True)
        name = f"{sys.implementation.name} {sys.version.split()[0]}"
        say(f"accel does not know {name} on {' '.join(system)}: decorated functions run as plain Python")
    return known


def _pass_through(given: Any) -> Any:
    """What is decorated already, or wraps a function (`functools.cache` and the like), stays as it is. All else is refused."""
    if callable(given) and hasattr(given, "__wrapped__") and not isinstance(given, type):
        from accel.explain.hints import say

        say(f"{given!r:.60} is left as it is: put `@fn` below the decorator that made it")
        return given
    _refuse(given)


def _refuse(given: Any, decorator: str = "fn") -> NoReturn:
    from accel.errors import DecorationError, Diagnostic

    is_class = isinstance(given, type)
    kind = "a class" if is_class else f"an object of class {type(given).__name__}"
    name = getattr(given, "__qualname__", "") or repr(given)[:60]
    what = f"`{decorator}` decorates Python functions, and `{name}` is {kind}"
    calls = f"write a Python function that calls it, and put `@{decorator}` on that"
    do = ("put `@fn` on its methods",) if is_class and decorator == "fn" else (calls,)
    raise DecorationError(Diagnostic(what, "decorated-class" if is_class else "decorated-object", do=do))


def _refuse_strict(function: FunctionType) -> NoReturn:
    import linecache

    from accel.errors import CompileError, Diagnostic

    code = function.__code__
    kinds = {_GENERATOR: "a generator", _COROUTINE: "a coroutine", _ASYNC_GENERATOR: "an asynchronous generator"}
    kind = kinds[code.co_flags & _NEVER]
    text = linecache.getline(code.co_filename, code.co_firstlineno, function.__globals__).rstrip()
    indent = len(text) - len(text.lstrip())
    raise CompileError(Diagnostic(
        f"cannot compile `{function.__qualname__}`: it is {kind}", "generator", code.co_filename, code.co_firstlineno, indent,
        len(text), text, why="generators and coroutines run in CPython, which suspends and resumes them",
        do=("drop `strict=True`", "or move the computing into a plain function and put `@fn` on that"),
    ))  # fmt: skip


def autotune(function: Any = ..., /, **options: Any) -> Any:
    """Find the fastest values of keyword-only parameters, once for each machine and kind of call, and remember them.

    Parameters
    ----------
    function : callable
        What is tuned: a function under `fn` or `parallelize`, a method, or any Python callable. It must give the same result whatever the values.
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
    function
        One that can be called without these parameters. `function.tuning` knows what was tried (`accel.tuning.Tuning`). Values that a caller gives count;
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
    when it beats the default beyond the noise. Then the call is done with the winner. Arguments that can't be copied are not tuned, with a hint. What a function does besides (files,
    globals) it does as often as it is tried. Ctrl-C ends a search with the best so far. Calls of other threads meanwhile use the default.

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
    if function is ...:
        return lambda decorated: _autotune(decorated, settings)
    return _autotune(function, settings)


def _autotune(function: Any, settings: Any) -> Any:
    if isinstance(function, (staticmethod, classmethod)):
        return type(function)(_autotune(function.__func__, settings))
    if isinstance(function, type) or not callable(function):
        _refuse(function, "autotune")
    if getattr(getattr(function, "__code__", None), "co_flags", 0) & _NEVER:
        _refuse_suspended(function)
    from accel.tuning.settings import with_defaults
    from accel.tuning.tuned import Tuning

    return Tuning(function, with_defaults(settings, function)).function


def _refuse_suspended(function: FunctionType) -> NoReturn:
    from accel.errors import DecorationError, Diagnostic

    code, what = function.__code__, f"`{function.__qualname__}` can't be tuned: calling it does not run it"
    raise DecorationError(Diagnostic(what, "generator", code.co_filename, code.co_firstlineno, do=("tune a plain function that it calls",)))


class disabled:  # noqa: N801  a context manager reads as a verb here
    """Context manager: inside it, decorated functions run in CPython, in every thread.

    Notes
    -----
    Calls that run in machine code already are not stopped. `f.accel.disable()` does it for one function, `ACCEL=0` for a process.

    Examples
    --------
    >>> import accel
    >>> @accel.fn
    ... def total(n):
    ...     s = 0
    ...     for i in range(n):
    ...         s += i
    ...     return s
    >>> with accel.disabled():
    ...     total(10)
    45
    >>> total.accel.compiled
    False
    """

    def __enter__(self) -> None:
        from accel.dispatch.tracing import suspend

        suspend(True)

    def __exit__(self, *exception: object) -> None:
        from accel.dispatch.tracing import suspend

        suspend(False)


fn.__module__ = autotune.__module__ = vectorize.__module__ = parallelize.__module__ = struct.__module__ = disabled.__module__ = "accel"  # where users find them, and what tracebacks show
