"""The first turn of a loop is written out when a name has another kind in it than later.

Before: `x = 0.0` and then `x = x * x + c[i]` in a loop: at its head, x is a float or a NumPy scalar
After: the first turn has a float; behind it, x is a NumPy scalar in all turns
"""

from __future__ import annotations

from accel.ir import Block, Flow, TypedFunction
from accel.specialize.loops import Graph
from accel.types.kinds import Float, Scalar, Union
from accel.values import replace

__all__ = ["peel_loops"]

_FLOATS = Union((Float(), Scalar("d")))
_MOST = 150  # instructions of a loop whose first turn is written out


def peel_loops(typed: TypedFunction) -> Flow | None:
    """A flow with such first turns, None if there are none."""
    graph = Graph(typed)
    peeled: dict[str, frozenset[str]] = {}
    for head, inside in graph.bodies.items():
        size = sum(len(graph.blocks[n].instructions) for n in inside)
        if graph.is_innermost(head) and size <= _MOST and _is_mixed(typed, graph.blocks, head, inside):
            peeled[head] = inside
    return _peeled(typed.flow, peeled) if peeled else None


def _is_mixed(typed: TypedFunction, blocks: dict[str, Block], head: str, inside: frozenset[str]) -> bool:
    """Whether a name the loop binds is of a union at its head, though nothing else mixes it."""
    bound = {t for name in inside for i in blocks[name].instructions for t in i.targets}
    state = typed.entry_states[head]
    mixed = {n for n in bound if n in state and isinstance(state[n][0], Union)}
    mixed = {n for n in mixed if state[n][0] != _FLOATS or not _is_settled(typed, blocks, inside, n)}
    given = [k for name in inside for i in blocks[name].instructions if i.op == "copy" and i.targets[0] in mixed
             for k in typed.target_kinds.get(id(i), ())]  # fmt: skip
    return bool(mixed) and not any(isinstance(k, Union) and len(k.members) > 2 for k in given)


def _is_settled(typed: TypedFunction, blocks: dict[str, Block], inside: frozenset[str], name: str) -> bool:
    """Whether all that is computed from a float that may be a NumPy one is a NumPy one: then both take the same instructions."""
    uses = [i for block in inside for i in blocks[block].instructions if name in i.arguments and i.op != "bound"]
    return all(i.op in ("binary", "inplace") and typed.target_kinds.get(id(i)) == (Scalar("d"),) for i in uses)


def _peeled(flow: Flow, peeled: dict[str, frozenset[str]]) -> Flow:
    made: dict[str, Block] = {}
    for name, block in flow.blocks.items():
        for head, inside in peeled.items():
            if name == head:
                made |= {_first(n): _first_turn(flow.blocks[n], head, inside) for n in flow.blocks if n in inside}
        entries = {h: _first(h) for h, inside in peeled.items() if name not in inside}
        made[name] = Block(name, block.instructions, tuple(entries.get(s, s) for s in block.successors))
    return Flow(flow.name, flow.parameters, made)


def _first_turn(block: Block, head: str, inside: frozenset[str]) -> Block:
    """A block of the first turn: where that ends, the loop begins."""
    successors = tuple(_first(s) if s in inside and s != head else s for s in block.successors)
    return Block(_first(block.name), [replace(i) for i in block.instructions], successors)


def _first(name: str) -> str:
    return f"{name}.first"
