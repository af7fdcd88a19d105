"""Writes the table of docs/types.md: what operators give, as the compiler has it."""

from __future__ import annotations

import re

from accel.types.kinds import DTYPES, Bool, Complex, Float, Int, Scalar
from accel.types.promotion import binary_kind
from tests.architecture.modules import ROOT

PAGE = ROOT / "docs" / "types.md"
CHARS = "?bhilBHILefdFD"
PYTHON = {"int": Int(), "float": Float(), "complex": Complex()}
PART = re.compile(r"(?<=<!-- promotion -->\n).*", re.DOTALL)


def short(kind):
    """A kind in few letters: I8, U16, F32, C64, Bool; numbers of Python's by name."""
    for name, plain in {**PYTHON, "bool": Bool()}.items():
        if kind == plain:
            return name
    dtype = DTYPES[kind.char]
    return "Bool" if dtype.family == "b" else f"{dtype.family.upper()}{dtype.bits}"


def table(symbol):
    """What `symbol` gives, row by row, as Markdown."""
    rows = [Scalar(c) for c in CHARS]
    columns = [*rows, *PYTHON.values()]
    lines = [f"| `{symbol}` | {' | '.join(f'**{short(c)}**' for c in columns)} |", "|---" * (len(columns) + 1) + "|"]
    for row in rows:
        found = [binary_kind(symbol, row, column) for column in columns]
        lines.append(f"| **{short(row)}** | {' | '.join('' if k is None else short(k) for k in found)} |")
    return "\n".join(lines)


def write_page():
    """The text of the page."""
    told = (
        "`I8` is `Int8`, `U16` `UInt16`, `F32` `Float32`, `C64` `Complex64`; behind them Python's numbers. Nothing stands where the operator raises, or CPython does it.\n\n"
        f"{table('+')}\n\n{table('/')}\n\n{table('//')}\n\n{table('<<')}\n\nWritten by `python -m tests.docs`.\n"
    )
    return PART.sub("\n" + told.replace("\\", "\\\\"), PAGE.read_text())
