"""The error for an argument that is not what its annotation says."""

from __future__ import annotations

from accel.errors import ArgumentError, Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FunctionType
    from typing import Any

    from accel.types.annotations import Enforced

__all__ = ["refuse_argument"]


def refuse_argument(function: FunctionType, parameter: Enforced, value: Any) -> ArgumentError:
    """The error to raise."""
    code = function.__code__
    what = f"`{function.__qualname__}` takes {parameter.expected.__name__} for `{parameter.name}`, got {type(value).__name__}"
    accepted = " or ".join(c.__name__ for c in parameter.accepted)
    do = (f"pass {accepted}", "or drop the annotation: the function then takes anything")
    return ArgumentError(
        Diagnostic(what, "argument-type", code.co_filename, code.co_firstlineno, found=f"{value!r:.40}",
                   why=f"parameters annotated {parameter.expected.__name__} are enforced", do=do)
    )  # fmt: skip
