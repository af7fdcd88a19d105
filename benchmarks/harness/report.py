"""This module prints rows and figures as one table of text."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.harness.figures import Figure
from benchmarks.harness.problem import Row

HEADINGS = ("problem", "case", "program", "fastest", "median", "ratio", "quartiles", "to")
UNITS = (("s", 1e9), ("ms", 1e6), ("us", 1e3), ("ns", 1.0))


def format_time(time_ns: float) -> str:
    """A time with three figures and a unit."""
    unit, size = next((pair for pair in UNITS if time_ns >= pair[1]), UNITS[-1])
    return f"{time_ns / size:.3g} {unit}" if time_ns / size < 1000 else f"{time_ns / size:.0f} {unit}"


def print_rows(rows: Iterable[Row], *, heading: bool = False) -> None:
    """One line per row; a fault stands in capitals where the figures would be."""
    if heading:
        print("ratio: fastest over fastest of the program in the last column; quartiles: of the ratios round by round; < 1 is faster\n")
        print("{:<13} {:<15} {:<8} {:>9} {:>9} {:>8}  {:<13} {}".format(*HEADINGS))
    for row in rows:
        print(format_row(row), flush=True)


def format_row(row: Row) -> str:
    """The line of one row."""
    start = f"{row.problem:<13} {row.case:<15} {row.implementation:<8}"
    if row.fault:
        return f"{start} *** BROKEN OR MISSING: {row.fault}"
    if not row.rounds_ns:
        return f"{start} " + ", ".join(f"{name} {value:g}" for name, value in row.figures.items())
    ratio = "" if row.ratio is None else f"{row.ratio:.3f}"
    spread = "" if row.quartiles is None else "{:.2f} .. {:.2f}".format(*row.quartiles)
    baseline = row.baseline if row.ratio is not None else ""
    return f"{start} {format_time(row.best_ns):>9} {format_time(row.median_ns):>9} {ratio:>8}  {spread:<13} {baseline}".rstrip()


def print_figures(figures: Iterable[Figure]) -> None:
    """The promised figures: what, measured, limit, and whether it holds."""
    print(f"\n{'figure':<42} {'limit':<44} verdict      measured")
    for figure in figures:
        print(f"{figure.what:<42} {figure.limit:<44} {figure.verdict:<12} {figure.measured}")
