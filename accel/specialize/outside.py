"""Arrays from outside a function (globals, closure cells, attributes of modules) are read once, at the entry.

Before: `%5 = static[WEIGHTS]` and `%7 = item %5, i` in a loop
After: `%outside.WEIGHTS = outside[('static', 'WEIGHTS')]` at the entry, `%7 = item %outside.WEIGHTS, i` in the loop
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from accel.ir import Block, Flow, Instruction
from accel.specialize.lookup import MISSING, Lookup
from accel.specialize.samples import kind_of_value
from accel.values import replace

__all__ = ["read_outside_arrays"]


def read_outside_arrays(lookup: Lookup, flow: Flow, written: set[tuple[Any, ...]]) -> Flow:
    """The flow with a name for each array from outside, but for names in `written`, which are bound while compiled code runs. What the
    names stand for is looked up (and guarded) when it is typed."""
    if "numpy" not in sys.modules:
        return flow
    found: dict[str, Any] = {}  # temporary -> object
    paths: dict[str, tuple[str, ...]] = {}
    for i in flow.instructions():
        if i.op in ("static", "cell"):
            value, key = lookup.find_now("global" if i.op == "static" else "nonlocal", i.detail)
            found[i.targets[0]], paths[i.targets[0]] = MISSING if key in written else value, (i.op, i.detail)
        elif i.op == "attribute" and type(owner := found.get(i.arguments[0])) is ModuleType and i.detail in vars(owner):
            found[i.targets[0]] = vars(owner)[i.detail]
            paths[i.targets[0]] = (*paths[i.arguments[0]], i.detail)
    names = {t: f"%outside.{'.'.join(paths[t][1:])}" for t, value in found.items() if _is_array(value)}
    if not names:
        return flow
    blocks = {name: _with_names(block, names) for name, block in flow.blocks.items()}
    wanted = {names[t]: paths[t] for t in names}
    read = [Instruction("outside", (name,), (), path, 0, "start") for name, path in sorted(wanted.items())]
    blocks["entry"].instructions[:0] = read
    return Flow(flow.name, flow.parameters, blocks)


def _is_array(value: Any) -> bool:
    return type(value) is sys.modules["numpy"].ndarray and kind_of_value(value) is not None


def _with_names(block: Block, names: dict[str, str]) -> Block:
    """What only leaves stays as it is: CPython reads the names itself there."""
    made = []
    for i in block.instructions:
        if i.op != "leave" and any(a in names for a in i.arguments):
            i = replace(i, arguments=tuple(names.get(a, a) for a in i.arguments))
        made.append(i)
    return Block(block.name, made, block.successors)
