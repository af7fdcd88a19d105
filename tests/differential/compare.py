"""Run a program plain and decorated, and say where the answers differ."""

from __future__ import annotations

import sys
import tempfile
import types
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.differential.counters import count_exits, find_methods, find_refusals, has_compiled, hasten
from tests.differential.describe import describe, describe_exception, describe_warning
from tests.differential.program import Program, evaluate_arguments, load_program, write_program
from tests.differential.watchdog import TooLong, time_limit

__all__ = ["Difference", "Outcome", "Run", "Verdict", "compare_program", "observe", "plain", "run_program"]

Decorator = Callable[[Callable[..., Any]], Any]
REPEATS = 3
PLAIN_LIMIT_S = 2.0
DECORATED_LIMIT_S = 60.0


def plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """The decorator that does nothing."""
    return function


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that can be seen of one call, described."""

    value: Any
    error: Any
    arguments: tuple[Any, ...]
    warnings: tuple[Any, ...]
    names: tuple[Any, ...]


@dataclass(slots=True)
class Run:
    """The outcomes of a program's calls, and whether compiled code served them."""

    outcomes: list[Outcome] = field(default_factory=list)
    compiled: bool = False
    exits: Counter[str] = field(default_factory=Counter)
    refusals: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Difference:
    """The first thing that differs: which call, what about it, and the two sides."""

    index: int
    what: str
    want: Any
    got: Any

    def __str__(self) -> str:
        return f"call {self.index}: {self.what}\n  CPython: {self.want}\n  got:     {self.got}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of comparing one program; `skipped` says why it could not be compared."""

    calls: int = 0
    raised: int = 0
    difference: Difference | None = None
    skipped: str = ""
    compiled: bool = False
    exits: Counter[str] = field(default_factory=Counter)
    refusals: list[str] = field(default_factory=list)
    in_lanes: bool = False


def observe(
    function: Callable[..., Any],
    positional: Sequence[Any],
    keywords: dict[str, Any],
    filename: str,
    names: Callable[[], tuple[Any, ...]] = tuple,
) -> Outcome:
    """Call the function and describe what came of it."""
    given = [*positional, *keywords.values()]
    value = error = None
    with warnings.catch_warnings(record=True) as caught:
        try:
            value = describe(function(*positional, **keywords), given)
        except (MemoryError, TooLong, KeyboardInterrupt):
            raise
        except BaseException as raised:
            error = describe_exception(raised, filename)
    after = tuple(describe(argument) for argument in given)
    return Outcome(value, error, after, tuple(describe_warning(w, filename) for w in caught or ()), names())


def _describe_names(namespace: dict[str, Any]) -> tuple[Any, ...]:
    skipped = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)
    return tuple(
        (name, describe(value)) for name, value in sorted(namespace.items()) if name[0].isupper() and not isinstance(value, skipped)
    )


def run_program(path: Path, program: Program, decorate: Decorator, repeats: int = REPEATS) -> Run:
    """Make every call of the program, several rounds, so that compiled code serves the later ones."""
    run = Run()
    with warnings.catch_warnings(), np.errstate():
        warnings.simplefilter("always")
        namespace = load_program(path, decorate)
        functions = [value for value in namespace.values() if callable(value) and hasattr(value, "accel")]
        methods = find_methods(namespace)
        if zlib.crc32(program.body.encode()) % 5:
            for function in [*functions, *methods]:
                hasten(function)
        for _ in range(repeats):
            for call in program.calls:
                if call.setup:
                    exec(call.setup, namespace)
                positional, keywords = evaluate_arguments(call.arguments, namespace)
                main = namespace["main"]
                run.outcomes.append(observe(main, positional, keywords, str(path), lambda: _describe_names(namespace)))
    run.compiled = any(has_compiled(function) for function in functions)
    run.exits = count_exits([*functions, *methods])
    run.refusals = find_refusals([*functions, *methods])
    return run


def compare_program(program: Program, decorate: Decorator, repeats: int = REPEATS) -> Verdict:
    """Run the program plain and decorated and compare.

    NumPy's SIMD loops may round otherwise than its scalar ones, and which it takes depends on where operands lie in memory (`numpy.square` of
    a complex number is fused at the first call of a process only). A program for which CPython, asked again, gives just what the decorated
    one gave, is not compared.
    """
    if program.is_elementwise:
        from tests.differential.ufuncs import compare_elements

        return compare_elements(program, decorate)
    with tempfile.TemporaryDirectory(prefix="accel-fuzz-") as folder:
        path = write_program(program, Path(folder))
        try:
            with time_limit(PLAIN_LIMIT_S):
                want = run_program(path, program, plain, repeats)
        except TooLong:
            return Verdict(skipped="CPython takes too long")
        except MemoryError:
            return Verdict(skipped="CPython runs out of memory")
        calls, raised = len(want.outcomes), sum(o.error is not None for o in want.outcomes)
        try:
            with time_limit(DECORATED_LIMIT_S):
                got = run_program(path, program, decorate, repeats)
        except TooLong:
            return Verdict(calls, raised, Difference(-1, "time", "an answer", f"none within {DECORATED_LIMIT_S:g} s"))
        except MemoryError:
            return Verdict(calls, raised, Difference(-1, "memory", "an answer", "MemoryError"))
        goes_on = getattr(decorate, "goes_on", False)
        difference = find_difference(want.outcomes, got.outcomes, goes_on=goes_on)
        again = [] if difference is None else run_program(path, program, plain, repeats).outcomes
        if difference is not None and find_difference(again, got.outcomes, goes_on=goes_on) is None:
            return Verdict(skipped="CPython gives both answers")
    return Verdict(calls, raised, difference, "", got.compiled, got.exits, got.refusals)


def find_difference(want: Sequence[Outcome], got: Sequence[Outcome], *, goes_on: bool = False) -> Difference | None:
    """The first difference between two runs of the same calls. `goes_on`: what comes behind an operation that raises may be done, too."""
    for index, (a, b) in enumerate(zip(want, got, strict=True)):
        if a == b:
            continue
        if (a.error is None) != (b.error is None):
            return Difference(index, "raised or not", _shown(a), _shown(b))
        if a.error != b.error:
            found = _error_difference(index, a.error, b.error)
            if found is not None:
                return found
        pairs = [("value", a.value, b.value), ("arguments", a.arguments, b.arguments)]
        pairs += [("warnings", a.warnings, b.warnings), ("globals", a.names, b.names)]
        if goes_on:
            pairs = [("value", a.value, b.value), ("arguments", a.arguments, b.arguments)] if a.error is None else []
        for what, left, right in pairs:
            if left != right:
                return Difference(index, _value_difference(left, right) if what == "value" else what, left, right)
    return None


def _shown(outcome: Outcome) -> Any:
    return outcome.error if outcome.error is not None else outcome.value


def _value_difference(a: Any, b: Any) -> str:
    same_type = isinstance(a, tuple) and isinstance(b, tuple) and a[:1] == b[:1]
    return "value" if same_type else "type"


def _error_difference(index: int, a: dict[str, Any], b: dict[str, Any]) -> Difference | None:
    for what in a:
        if a[what] != b[what] and not (what in ("line", "places") and _is_unsure(a)):
            if what in ("cause", "context") and a[what] is not None and b[what] is not None:
                inner = _error_difference(index, a[what], b[what])
                if inner is None:
                    continue
            return Difference(index, f"exception: {what}", a, b)
    return None


def _is_unsure(error: dict[str, Any]) -> bool:
    # Python 3.11 itself gives the line before for an unbound local once the code is warm.
    return sys.version_info < (3, 12) and bool(error["class"] == "builtins.UnboundLocalError")
