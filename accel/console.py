"""Prints the tables of the `accel` command."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

__all__ = ["print_table"]


def print_table(file: TextIO, titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """A table, with rich on a terminal where it is installed."""
    rows = list(rows)
    if file.isatty():
        try:
            from rich.console import Console
            from rich.table import Table
            from rich.text import Text
        except ImportError:
            pass
        else:
            table = Table(*titles)
            for row in rows:
                table.add_row(*map(Text, row))
            Console(file=file).print(table)
            return
    widths = [max([len(r[k]) for r in (titles, *rows)]) for k in range(len(titles))]
    for row in (titles, *rows):
        print("  ".join([cell.ljust(width) for cell, width in zip(row, widths, strict=True)]).rstrip(), file=file)
