"""The stages, in order."""

from __future__ import annotations

from types import FunctionType

from accel.ir import ElementForm, Facts, Lowered, Plan, Signature
from accel.options import FnOptions
from accel.types.kinds import Constant
from accel.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from accel.cache.store import Store
    from accel.types.kinds import Kind

__all__ = ["analyse", "plan", "specialize", "specialize_elements"]


def analyse(function: FunctionType) -> Facts:
    """Function -> Facts."""
    from accel.analysis.facts import find_facts
    from accel.analysis.parse import parse_function

    return find_facts(parse_function(function))


def _with_known(function: FunctionType, kinds: tuple[Kind, ...]) -> FunctionType:
    """A function with what is known while compiling put in (`accel.analysis.comptime`); itself where nothing is to be."""
    from accel.types.annotations import comptime_parameters, evaluates_early

    if not evaluates_early(function):
        return function
    from accel.analysis.comptime import derive
    from accel.analysis.parse import parse_function
    from accel.cache.routes import DERIVED

    positions = comptime_parameters(function)
    made = derive(parse_function(function), {name: kind.value for name, k in positions.items() if isinstance(kind := kinds[k], Constant)})
    made.__dict__[DERIVED] = function, kinds
    return made


def plan(function: FunctionType, signature: Signature, options: FnOptions | None = None) -> Plan:
    """Function + Signature -> Plan."""
    from accel.specialize.infer import plan_function

    made = plan_function(function, signature, analyse, _with_known)
    return made if options is None else replace(made, relaxed=options.relaxed, inline=options.inline, nogil=options.nogil)


def specialize(function: FunctionType, signature: Signature, options: FnOptions | None = None) -> Lowered:
    """Function + Signature -> Lowered: machine code and its boundary, from the cache if it is there.

    Raises
    ------
    CompileError
        When the function can't be compiled for these arguments.
    """

    function = _with_known(function, signature.kinds)

    def make() -> Lowered:
        from accel.lower.program import lower_plan

        return lower_plan(plan(function, signature, options))

    return _kept(function, signature, options, make) if options is None or options.cache else make()


def specialize_elements(function: FunctionType, signature: Signature, form: ElementForm, *, cache: bool) -> Lowered:
    """A function + the kinds of its arguments, which are elements of arrays -> Lowered: a loop over elements.

    Raises
    ------
    CompileError
        When the function can't be compiled for them, or does not give so many numbers.
    """

    function = _with_known(function, signature.kinds)

    def make() -> Lowered:
        from accel.lower.program import lower_elements
        from accel.specialize.refusal import refuse_unknown_results

        planned = plan(function, signature)
        if form.is_compiled:
            refuse_unknown_results(planned.functions)
        return lower_elements(planned, form)

    if not (cache and form.is_compiled):
        return make()
    options = {
        "inputs": form.inputs, "outputs": form.outputs, "uniform": tuple(sorted(form.uniform)), "threads": form.threads, "accuracy": form.accuracy,
    }  # fmt: skip
    return _kept(function, signature, options, make)


def _kept(function: FunctionType, signature: Signature, options: Any, make: Callable[[], Lowered]) -> Lowered:
    """What the cache has, or what is made now, and kept."""
    from accel.cache.store import Store

    if not _stores:
        _stores.append(Store(derive=_with_known))
    found = _stores[0].load(function, signature, options)
    if found is None:
        found = make()
        _stores[0].save(function, found, options)
    return found


_stores: list[Store] = []
