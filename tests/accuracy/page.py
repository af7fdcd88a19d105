"""This module writes the table of docs/accuracy.md."""

from __future__ import annotations

import re

from tests.accuracy.measure import BOUNDS
from tests.architecture.modules import ROOT

__all__ = ["PAGE", "listed", "write_table"]

PAGE = ROOT / "docs" / "accuracy.md"
BEGIN, END = "<!-- written by python -m tests.accuracy -->", "<!-- end -->"
TYPES = {"d": "float64", "f": "float32"}


def write_table(rows):
    """Put the figures into the page."""
    lines = ["| function | dtype | largest error | at | mean | bound tested |", "|---|---|---|---|---|---|"]
    for name, char, most, mean, where, _ in rows:
        at = ", ".join(f"{x:.17g}" if char == "d" else f"{x:.9g}" for x in where)
        lines.append(f"| `{name}` | {TYPES[char]} | {most:.3f} | {at} | {mean:.3f} | {BOUNDS[name]} |")
    points = min(count for *_, count in rows)
    table = "\n".join([BEGIN, "", f"Units in the last place of the true value; {points:,} points or more for each row.", "", *lines, "", END])
    text = PAGE.read_text()
    start, end = text.index(BEGIN), text.index(END) + len(END)
    PAGE.write_text(text[:start] + table + text[end:])


def listed():
    """(function, dtype) -> largest error, as the page has them."""
    found = re.findall(r"^\| `(\w+)` \| (\w+) \| ([\d.]+) \|", PAGE.read_text(), re.MULTILINE)
    return {(name, type_): float(error) for name, type_, error in found}
