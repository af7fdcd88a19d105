"""The stages, in order."""

from __future__ import annotations

from types import FunctionType

from accel.ir import Facts, Lowered, Plan, Signature

__all__ = ["analyse", "plan", "specialize"]


def analyse(function: FunctionType) -> Facts:
    """Function -> Facts."""
    from accel.analysis.facts import find_facts
    from accel.analysis.parse import parse_function

    return find_facts(parse_function(function))


def plan(function: FunctionType, signature: Signature) -> Plan:
    """Function + Signature -> Plan."""
    from accel.specialize.infer import plan_function

    return plan_function(function, signature, analyse)


def specialize(function: FunctionType, signature: Signature, options: object = None) -> Lowered:
    """Function + Signature -> Lowered: machine code and its boundary.

    Raises
    ------
    CompileError
        When the function can't be compiled for these arguments.
    """
    from accel.lower.program import lower_plan

    return lower_plan(plan(function, signature))
