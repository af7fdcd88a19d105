"""The stages, in order."""

from __future__ import annotations

from types import FunctionType

from accel.ir import Facts, Lowered, Plan, Signature
from accel.options import FnOptions
from accel.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from accel.cache.store import Store

__all__ = ["analyse", "plan", "specialize"]


def analyse(function: FunctionType) -> Facts:
    """Function -> Facts."""
    from accel.analysis.facts import find_facts
    from accel.analysis.parse import parse_function

    return find_facts(parse_function(function))


def plan(function: FunctionType, signature: Signature, options: FnOptions | None = None) -> Plan:
    """Function + Signature -> Plan."""
    from accel.specialize.infer import plan_function

    made = plan_function(function, signature, analyse)
    return made if options is None else replace(made, relaxed=options.relaxed, inline=options.inline)


def specialize(function: FunctionType, signature: Signature, options: FnOptions | None = None) -> Lowered:
    """Function + Signature -> Lowered: machine code and its boundary, from the cache if it is there.

    Raises
    ------
    CompileError
        When the function can't be compiled for these arguments.
    """
    cached = options is None or options.cache
    if cached:
        from accel.cache.store import Store

        if not _stores:
            _stores.append(Store())
        store = _stores[0]
        found = store.load(function, signature, options)
        if found is not None:
            return found
    from accel.lower.program import lower_plan

    lowered = lower_plan(plan(function, signature, options))
    if cached:
        store.save(function, lowered, options)
    return lowered


_stores: list[Store] = []
