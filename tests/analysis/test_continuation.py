"""The rest of a function, from each of its operations on, does what the whole function does."""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from accel.analysis.continuation import build_continuation
from accel.analysis.parse import parse_function
from accel.dispatch.resume import make_raiser
from tests.analysis import corpus
from tests.analysis.stepper import NotStepped, Stepper, Stopped

LIMIT = 400  # operations of one run


def places(error: BaseException) -> list[Any]:
    """Where the traceback of an error leads, below the function that called."""
    found = []
    trace = error.__traceback__.tb_next if error.__traceback__ else None
    while trace is not None:
        code = trace.tb_frame.f_code
        columns = list(code.co_positions())[trace.tb_lasti // 2]
        module = trace.tb_frame.f_globals["__name__"]
        found.append((code.co_name, code.co_qualname, code.co_filename, trace.tb_lineno, columns, module))
        trace = trace.tb_next
    return found


def describe(error: BaseException | None) -> Any:
    """An error with what led to it."""
    if error is None:
        return None
    inner = describe(error.__context__), describe(error.__cause__), error.__suppress_context__
    return type(error), text_of(error), getattr(error, "__notes__", None), inner


def outcome(function: Callable[[], Any]) -> Any:
    """What a call gives: value, or error with its places."""
    try:
        value = function()
    except Exception as error:
        return "raised", describe(error), places(error)
    return "returned", type(value), text_of(value)


def text_of(value: Any) -> str:
    """What a value looks like, without addresses."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def arguments(function: Any, values: tuple[Any, ...]) -> dict[str, Any]:
    bound = inspect.signature(function).bind(*values)
    bound.apply_defaults()
    mangled = function.__code__.co_varnames
    return {(n if n in mangled else next(m for m in mangled if m.endswith(n))): v for n, v in bound.arguments.items()}


def cells_of(function: Any) -> list[Any]:
    return [c for c in function.__closure__ or ()]


def rest_at(function: Any, make: Callable[[], tuple[Any, ...]], stop_at: int, sparse: bool) -> tuple[Any, Any] | None:
    """(place, outcome) of running up to an operation and then what is left; None when the function ends before."""
    values = make()
    source = parse_function(function)
    stopped = stop(Stepper(source, arguments(function, values), stop_at, sparse=sparse))
    if stopped is None:
        return None
    here = dict(stopped.values)
    if stopped.phase.startswith("raise"):
        here["%raise"] = make_raiser(here.pop("%result"))
    made = build_continuation(source, stopped.node, stopped.phase, frozenset(here), stopped.closures)
    stopped.values.clear()
    found = outcome(made.bind(function, here))
    node = source.nodes[stopped.node]
    place = f"{type(node).__name__} at line {getattr(node, 'lineno', '?')}, phase {stopped.phase!r}, with {made.names}"
    return place, (found, text_of(values), text_of(corpus.LOG))


def stop(stepper: Stepper) -> Stopped | None:
    """Run up to the operation to stop at; None when the function ends before."""
    try:
        stepper.run()
    except Stopped as stopped:
        return stopped.with_traceback(None)
    except (NotStepped, Exception):
        return None
    return None


IDENTIFIERS = [f"{f.__qualname__.replace('<', '').replace('>', '')}-{n}" for n, (f, _) in enumerate(corpus.CASES)]


@pytest.mark.parametrize("sparse", [True, False], ids=["sparse", "full"])
@pytest.mark.parametrize(("function", "make"), corpus.CASES, ids=IDENTIFIERS)
def test_rest_at_every_operation(function: Any, make: Callable[[], tuple[Any, ...]], sparse: bool) -> None:
    cells = [copy.copy(c.cell_contents) for c in cells_of(function)]

    def reset() -> None:
        corpus.LOG.clear()
        for cell, value in zip(cells_of(function), cells, strict=True):
            cell.cell_contents = value

    reset()
    values = make()
    expected = outcome(partial(function, *values)), text_of(values), text_of(corpus.LOG)
    stops = 0
    for stop_at in range(1, LIMIT):
        reset()
        found = rest_at(function, make, stop_at, sparse)
        if found is None:
            break
        stops += 1
        place, got = found
        assert got == expected, place
    assert stops
    reset()
