"""This module writes what searches have decided as HTML that needs no other file, no script and no package."""

from __future__ import annotations

from html import escape
from math import log

from accel.tuning.landscape import Landscape
from accel.tuning.tables import describe_entry, describe_failures, list_candidates
from accel.tuning.texts import show_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from accel.tuning.entry import Entry

__all__ = ["write_page", "write_part"]

_WIDTH, _HEIGHT, _MARGIN = 480, 150, 6  # of the curve, in pixels
_CELLS = 4000  # a landscape of more is left out
_STYLE = """<style>
.accel-tuning {font: 14px/1.4 system-ui, sans-serif; margin: 1em 0}
.accel-tuning table {border-collapse: collapse; margin: .6em 0}
.accel-tuning td, .accel-tuning th {padding: .15em .6em; text-align: left; border-bottom: 1px solid #8884}
.accel-tuning .grid td, .accel-tuning .grid th {text-align: center; border: 0}
.accel-tuning svg {display: block; border: 1px solid #8884}
.accel-tuning polyline {fill: none; stroke: #2a6fbb; stroke-width: 2}
.accel-tuning p {margin: .6em 0 0}
</style>"""


def write_page(entries: Sequence[Entry]) -> str:
    """A whole page."""
    title = ", ".join(dict.fromkeys(entry.function.partition(":")[2] for entry in entries)) or "nothing is tuned"
    head = f'<meta charset="utf-8"><title>Tuning of {_escape(title)}</title>'
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>\n{write_part(entries)}\n</body></html>\n'


def write_part(entries: Sequence[Entry]) -> str:
    """What stands in a page, or in the output of a notebook."""
    told = "\n".join([_write_entry(entry) for entry in entries]) or "<p>nothing is tuned</p>"
    return f'{_STYLE}\n<div class="accel-tuning">\n{told}\n</div>'


def _write_entry(entry: Entry) -> str:
    landscape = Landscape(entry)
    parts = [f"<h3>{_escape(entry.function)} <code>{_escape(entry.key)}</code></h3>", _write_rows(describe_entry(entry, landscape))]
    if landscape.times:
        parts.append(_write_rows(list_candidates(entry, landscape), ("candidate", "time", "to the default")))
    if landscape.failures:
        parts.append(_write_rows(describe_failures(landscape), ("failed", "why")))
    if len(landscape.columns) > 1 and len(landscape.columns) * len(landscape.rows) <= _CELLS:
        parts.append(_write_grid(landscape))
    if len(landscape.progress) > 1:
        parts.append(_write_curve(landscape.progress))
    return "\n".join(parts)


def _write_rows(rows: Iterable[tuple[str, ...]], titles: tuple[str, ...] = ()) -> str:
    lines = [f"<tr>{''.join([f'<th>{_escape(title)}</th>' for title in titles])}</tr>"] if titles else []
    lines += [f"<tr>{''.join([f'<td>{_escape(cell)}</td>' for cell in row])}</tr>" for row in rows]
    return "<table>\n{}\n</table>".format("\n".join(lines))


def _write_grid(landscape: Landscape) -> str:
    """The landscape in shades of blue: the darker, the faster."""
    works = [t for times in landscape.grid for t in times if t is not None and t < float("inf")]
    least, most = max(min(works, default=1.0), 1e-9), max(works, default=1.0)
    across, down = landscape.axes[0], landscape.axes[1] if landscape.axes[1:] else ""
    corner = f"{down} \\ {across}" if down else across
    lines = [f"<tr><th>{_escape(corner)}</th>{''.join([f'<th>{_escape(column)}</th>' for column in landscape.columns])}</tr>"]
    for value, times in zip(landscape.rows, landscape.grid, strict=True):
        cells = "".join([_write_cell(time_ns, least, most) for time_ns in times])
        lines.append(f"<tr><th>{_escape(value)}</th>{cells}</tr>")
    return '<p>Landscape: times as multiples of the least</p>\n<table class="grid">\n{}\n</table>'.format("\n".join(lines))


def _write_cell(time_ns: float | None, least: float, most: float) -> str:
    if time_ns is None:
        return "<td></td>"
    if time_ns == float("inf"):
        return '<td title="failed">×</td>'
    place = (log(max(time_ns, least)) - log(least)) / (log(most) - log(least)) if most > least else 0.0
    lightness = round(40 + 52 * place)
    colour = f"background: hsl(212 62% {lightness}%); color: {'#fff' if lightness < 62 else '#000'}"
    return f'<td style="{colour}" title="{show_time(time_ns)}">{time_ns / least:.2f}</td>'


def _write_curve(progress: list[float]) -> str:
    """How the best candidate got better, the time on a logarithmic scale."""
    high, low = log(max(progress[0], 1e-9)), log(max(progress[-1], 1e-9))
    across = (_WIDTH - 2 * _MARGIN) / (len(progress) - 1)
    down = (_HEIGHT - 2 * _MARGIN) / (high - low) if high > low else 0.0
    points = [(_MARGIN, _MARGIN)]
    for at, time_ns in enumerate(progress):
        if at in (0, len(progress) - 1) or time_ns != progress[at - 1]:
            place = (round(_MARGIN + at * across), round(_MARGIN + (high - log(max(time_ns, 1e-9))) * down))
            points += [(place[0], points[-1][1]), place]
    drawn = " ".join([f"{x},{y}" for x, y in points])
    told = f"{show_time(progress[0])} at first, {show_time(progress[-1])} after {len(progress)} candidates"
    return f'<p>Best so far: {_escape(told)}</p>\n<svg width="{_WIDTH}" height="{_HEIGHT}" role="img"><polyline points="{drawn}"/></svg>'


def _escape(text: str) -> str:
    """A text that can stand in HTML in any encoding."""
    return escape(text).encode(errors="replace").decode()
