"""Wherever the flow of a function may leave, something can be continued with the names that are live there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from accel.analysis.continuation import build_continuation
from accel.analysis.facts import find_facts
from accel.analysis.parse import parse_function
from accel.ir import Facts
from accel.specialize.liveness import find_live
from tests.analysis import corpus

_INNER = ("jump", "branch", "const", "copy")  # they never leave
_OPEN: dict[str, str] = {}  # faults of the flow, to be mended there
FUNCTIONS = {f.__qualname__: f for f, _ in corpus.CASES if f.__qualname__ != "closure_writes"}  # which is not compiled


def all_facts(facts: Facts) -> Iterator[Facts]:
    yield facts
    for inner in facts.nested.values():
        yield from all_facts(inner)


def parameters() -> list[Any]:
    return [
        pytest.param(f, id=name.strip("<>"), marks=[pytest.mark.xfail(reason=_OPEN[name])] if name in _OPEN else [])
        for name, f in FUNCTIONS.items()
    ]


@pytest.mark.parametrize("function", parameters())
def test_every_exit_can_be_continued(function: Any) -> None:
    for facts in all_facts(find_facts(parse_function(function))):
        live, instructions = find_live(facts.source, facts.flow), list(facts.flow.instructions())
        made = {t: i for i in instructions for t in i.targets}
        absent = {t for t, i in made.items() if i.op == "static" or t.startswith("%truth")}
        names = {*made, *facts.flow.parameters} - absent
        closures = {t: i.detail for t, i in made.items() if i.op == "closure"}
        for instruction in instructions:
            if instruction.op in _INNER:
                continue
            bound = (live[id(instruction)] | set(instruction.arguments)) & names
            nested = {n: closures[n] for n in bound if n in closures}
            extra = {"": frozenset[str](), "value": frozenset({"%result"}), "raise": frozenset({"%raise"})}
            for stage in ("", "value", "raise") if instruction.op == "call" else ("",):
                at_hand = frozenset(bound - set(nested)) | extra[stage]
                build_continuation(facts.source, instruction.node, stage + instruction.phase, at_hand, nested)
