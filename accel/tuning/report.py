"""This module tells what searches have decided: as text, as HTML, as a picture."""

from __future__ import annotations

from accel.tuning.landscape import Landscape
from accel.tuning.tables import CANDIDATES, describe_entry, describe_failures, list_candidates
from accel.tuning.texts import show_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike
    from typing import Any

    from accel.tuning.entry import Entry

__all__ = ["Report"]

_COLUMNS, _ROWS = 12, 24  # of a landscape as text


class Report:
    """What searches have decided, in the order of the entries: its text is a table for each.

    Parameters
    ----------
    entries : iterable of Entry
        What is told of.

    Notes
    -----
    Notebooks show it as HTML, with the landscape in colours and how the best candidate got better.

    Examples
    --------
    >>> from accel.tuning import Entry, Report
    >>> print(Report([Entry("work:f", "c0", "[100]", "avx2-0", {"tile": 32}, 800.0, 1200.0, 4, [[{"tile": 16}, 1200.0], [{"tile": 32}, 800.0]], "racing")]))
    f [100]
      chosen   tile=32
      time     800 ns, 1.50x as fast as the default (1.2 µs)
      search   racing, 4 trials of 2 candidates, none failed
      machine  avx2-0
    <BLANKLINE>
      candidate  time    to the default
      tile=32    800 ns  1.50x
      tile=16    1.2 µs  1.00x
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)

    def __str__(self) -> str:
        return "\n\n".join([_write_entry(entry) for entry in self.entries]) or "nothing is tuned"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from accel.tuning.html import write_part

        return write_part(self.entries)

    def to_html(self, path: str | PathLike[str] | None = None) -> str:
        """The text of a page that needs nothing else; written to `path` when it is given.

        Raises
        ------
        OSError
            When it can't be written.
        """
        from accel.tuning.html import write_page

        page = write_page(self.entries)
        if path is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(page)
        return page

    def plot(self, path: str | PathLike[str] | None = None) -> Any:
        """A matplotlib figure: for each entry the landscape, and how the best candidate got better; saved to `path` when it is given.

        Raises
        ------
        MissingPackageError
            When matplotlib is not installed.
        OSError, ValueError
            When it can't be saved, or not in the format that the name of the file asks for.
        """
        from accel.tuning.picture import draw

        figure = draw(self.entries)
        if path is not None:
            figure.savefig(path)
        return figure


def _write_entry(entry: Entry) -> str:
    landscape = Landscape(entry)
    lines = [show_text(f"{entry.function.partition(':')[2] or entry.function} {entry.key}")]
    lines += _align(describe_entry(entry, landscape))
    if landscape.times:
        lines += ["", *_align([("candidate", "time", "to the default"), *list_candidates(entry, landscape)])]
        left_out = len(landscape.times) - CANDIDATES
        lines += [f"  and {left_out} slower"] if left_out > 0 else []
    if landscape.failures:
        lines += ["", *_align([("failed", "why"), *describe_failures(landscape)])]
    if 1 < len(landscape.rows) <= _ROWS and 1 < len(landscape.columns) <= _COLUMNS:
        lines += ["", *_write_landscape(landscape)]
    return "\n".join(lines)


def _write_landscape(landscape: Landscape) -> list[str]:
    """Times over two parameters, as multiples of the least."""
    across, down = landscape.axes
    least = landscape.times[0][1] if landscape.times else 1.0
    rows = [(f"{down} \\ {across}", *landscape.columns)]
    for value, times in zip(landscape.rows, landscape.grid, strict=True):
        rows.append((value, *["" if t is None else "failed" if t == float("inf") else f"{t / max(least, 1e-9):.2f}" for t in times]))
    return ["  landscape: times as multiples of the least", *_align(rows)]


def _align(rows: list[Any]) -> list[str]:
    widths = [max([len(cell) for cell in column]) for column in zip(*rows, strict=True)]
    return ["  " + "  ".join([cell.ljust(width) for cell, width in zip(row, widths, strict=True)]).rstrip() for row in rows]
