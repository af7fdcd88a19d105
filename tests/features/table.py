"""The sections of the table, in the order of the page."""

from __future__ import annotations

from tests.features import arrays, calls, control, numbers, structs

__all__ = ["SECTIONS"]

SECTIONS = (
    numbers.values, numbers.operators, numbers.builtins_, numbers.mathematics, control.unpacking, control.branches,
    control.exceptions, calls.calls, calls.nested, calls.outside, arrays.elements, arrays.whole, structs.structs,
)  # fmt: skip
