"""The error for an argument that is not what its annotation says."""

from __future__ import annotations

from accel.errors import Diagnostic
from accel.types.declared import ArrayType, name_of_class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FunctionType
    from typing import Any

    from accel.types.annotations import Enforced

__all__ = ["argument_error", "refuse_argument"]


def argument_error(diagnostic: Diagnostic) -> TypeError:
    """What a call with a wrong argument raises: a plain TypeError, as Python's own calls do, whose `diagnostics` tell more."""
    error: Any = TypeError(str(diagnostic))
    error.diagnostics = (diagnostic,)
    return error  # type: ignore[no-any-return]


def refuse_argument(function: FunctionType, parameter: Enforced, value: Any) -> TypeError:
    """The error to raise."""
    code, expected, text = function.__code__, parameter.expected, parameter.text
    found = ""
    if isinstance(expected, ArrayType):
        got, remedy = expected.find_fault(value) or ("", "")
    else:
        got, found = name_of_class(type(value)), f"{value!r:.40}"
        remedy = f"pass {' or '.join(map(name_of_class, parameter.accepted))}"
    return argument_error(
        Diagnostic(f"`{function.__qualname__}` takes {text} for `{parameter.name}`, got {got}", "argument-type", code.co_filename, code.co_firstlineno,
                   found=found, why=f"parameters annotated {text} are enforced", do=(remedy, "or drop the annotation: the function then takes anything"))
    )  # fmt: skip
