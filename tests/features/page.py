"""The page `docs/what-compiles.md`, written from what the rows do when they run."""

from __future__ import annotations

from pathlib import Path

from accel.runtime.image import Image
from tests.differential.counters import count_exits, has_compiled
from tests.exactness.agreement import agree
from tests.features.row import Row
from tests.features.table import SECTIONS

__all__ = ["PAGE", "cell", "row_line", "write_page"]

PAGE = Path(__file__).parents[2] / "docs" / "what-compiles.md"
_HEAD = """\
# What compiles

Each row is a small program in `tests/features/` that is run decorated and plain, with the same arguments; the answers have to be the same.
This page says how it ran. `python -m tests.features` writes it, a test compares it.

- **compiled**: machine code from beginning to end.
- **compiled, with calls**: machine code that has NumPy, or CPython, do single operations on whole objects.
- **compiled, leaves**: machine code; some of the arguments shown make CPython go on in the middle (an error, an int beyond 64 bits).
- **CPython**: the function is left alone.

"""


def _describe_row(row: Row) -> str:
    """How a row runs; fails when its answers are not CPython's."""
    made = agree(row.function, *row.makers)
    if not has_compiled(made):
        return "CPython"
    if count_exits([made]):
        return "compiled, leaves"
    images = [Image.loads(entry.lowered.image) for entry in made.accel._dispatcher.entries]
    calls = any(name.startswith("python.") for image in images for name in image.imports)
    return "compiled, with calls" if calls else "compiled"


def row_line(row: Row) -> str:
    """A row of the table."""
    return f"| {cell(row.says)} | {_describe_row(row)} |"


def cell(text: str) -> str:
    """A text as it stands in a table."""
    return text.replace("|", "\\|")


def write_page() -> str:
    """The text of the page."""
    parts = [_HEAD]
    for section in SECTIONS:
        rows = [row_line(row) for row in section.rows]
        parts.append("\n".join([f"## {section.title}\n", "| what | how |", "|---|---|", *rows]) + "\n\n")
    return "".join(parts).rstrip() + "\n"
