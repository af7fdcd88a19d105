"""`agree`: a function decorated and not, called with the same arguments, must look the same from outside."""

from __future__ import annotations

import types
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import accel
from tests.differential.compare import Outcome, find_difference, observe
from tests.differential.counters import hasten, require_compiled
from tests.differential.decorators import find_decorator

__all__ = ["ROUNDS", "agree", "agree_compiled", "agree_with_disabled", "decorated", "outcome", "outcomes"]

ROUNDS = 3


def decorated(function: Callable[..., Any]) -> Any:
    """The function under accel's decorator, ready to be compiled at its next call; the original stays plain."""
    twin = types.FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__)
    twin.__kwdefaults__ = function.__kwdefaults__
    twin.__qualname__ = function.__qualname__
    twin.__module__ = function.__module__
    made = find_decorator("accel")(twin)
    hasten(made)
    return made


def outcomes(function: Callable[..., Any], filename: str, makers: tuple[Callable[[], tuple[Any, ...]], ...]) -> list[Outcome]:
    """What comes of calls with new arguments of each maker, several rounds."""
    found = []
    for _ in range(ROUNDS):
        for make in makers:
            found.append(observe(function, make(), {}, filename))
    return found


def agree(function: Callable[..., Any], *makers: Callable[[], tuple[Any, ...]]) -> Any:
    """Fail unless the decorated function does what the plain one does; each maker gives the arguments of a call anew.

    Returns the decorated function.
    """
    filename = function.__code__.co_filename
    with warnings.catch_warnings(), np.errstate():
        warnings.simplefilter("always")
        want = outcomes(function, filename, makers)
        made = decorated(function)
        got = outcomes(made, filename, makers)
    difference = find_difference(want, got)
    assert difference is None, f"{function.__qualname__}: {difference}"
    return made


def agree_compiled(function: Callable[..., Any], *makers: Callable[[], tuple[Any, ...]]) -> Any:
    """As `agree`, and the function must have been compiled for some of the calls."""
    made = agree(function, *makers)
    require_compiled(made)
    return made


def outcome(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """What a call gives, written out, or the class and the text of what it raises."""
    try:
        return repr(function(*arguments))
    except Exception as error:
        return type(error), str(error)


def agree_with_disabled(function: Callable[..., Any], inputs: list[tuple[Any, ...]]) -> Any:
    """Fail unless the decorated function gives what it gives in CPython, with all that it calls in CPython, too, in four rounds of calls.

    Returns the decorated function.
    """
    with accel.disabled():
        expected = [outcome(function, given) for given in inputs]
    made = accel.fn(function)
    for _ in range(4):
        assert [outcome(made, given) for given in inputs] == expected
    return made
