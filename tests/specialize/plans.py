"""Plans of functions for given arguments."""

from __future__ import annotations

import pytest

import accel
from accel.dispatch.arguments import find_signature
from accel.pipeline import plan


def plan_for(function, *arguments):
    """The plan of a function for the kinds of these arguments."""
    signature = find_signature(list(arguments))
    assert signature is not None
    return plan(function, signature)


def result(function, *arguments):
    """The kind of what it gives, as text."""
    return str(plan_for(function, *arguments).root.result)


def refusal(function, *arguments):
    """(slug, line in the function, what) of each reason why it is not compiled."""
    with pytest.raises(accel.CompileError) as raised:
        plan_for(function, *arguments)
    start = function.__code__.co_firstlineno
    return [(d.slug, d.line - start, d.what.rpartition(": ")[2]) for d in raised.value.diagnostics]


def instructions(typed, op):
    """The instructions of one kind in a typed function."""
    return [i for i in typed.flow.instructions() if i.op == op]
