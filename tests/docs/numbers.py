"""Writes the table of docs/numbers.md: what a sum with each class of numbers is, as the types have it."""

from __future__ import annotations

import re

import numpy as np

from accel.types import BFloat16, Dual, Fixed, Mod, Saturating, UInt8
from tests.architecture.modules import ROOT

PAGE = ROOT / "docs" / "numbers.md"
PART = re.compile(r"(?<=<!-- rows -->\n).*", re.DOTALL)
TYPES = {
    "BFloat16": BFloat16.of(1), "Fixed[16, 8]": Fixed[16, 8].of(1), "Saturating[UInt8]": Saturating[UInt8](1), "Dual[float, 1]": Dual[float, 1](1.0, (1.0,)),
    "Mod[7]": Mod[7](1),
}  # fmt: skip
BESIDE = {
    "bool": True, "int": 2, "float": 2.0, "complex": 2j, "Int8 ... UInt64": np.int16(2), "Float32": np.float32(2), "Float64": np.float64(2),
    "Float16": np.float16(2),
}  # fmt: skip


def sum_of(one, other):
    """The type of a sum in either order, "" where it raises TypeError."""
    found = set()
    for pair in ((one, other), (other, one)):
        try:
            found.add(type(pair[0] + pair[1]) is type(one))
        except TypeError:
            found.add(None)
    assert len(found) == 1 and False not in found
    return "its own" if True in found else ""


def table():
    """Row by row, as Markdown."""
    lines = [f"| beside | {' | '.join(f'`{name}`' for name in TYPES)} |", "|---" * (len(TYPES) + 1) + "|"]
    lines += [f"| {name} | {' | '.join(sum_of(one, other) for one in TYPES.values())} |" for name, other in BESIDE.items()]
    return "\n".join(lines)


def write_page():
    """The text of the page."""
    told = (
        "The type of `x + y` and of `y + x`, nothing where they raise TypeError. `numpy.float64` is a Python float, for these as for fields of structs. Two types of these do not mix.\n\n"
        f"{table()}\n\nWritten by `python -m tests.docs`.\n"
    )
    return PART.sub("\n" + told, PAGE.read_text())
