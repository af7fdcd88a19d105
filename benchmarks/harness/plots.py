"""This module draws the rows of a record with matplotlib, as SVG: speed over size, the roofline, the first answers."""

from __future__ import annotations

import importlib.util
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.harness.problem import Row

INCHES = (7.0, 3.8)
STYLES = "os^Dv<>ph*X"


@dataclass(frozen=True)
class Plot:
    """A picture: its name in files, what it shows, the SVG."""

    name: str
    caption: str
    svg: str


def draw_all(rows: Sequence[Row], roof: Mapping[str, float]) -> list[Plot]:
    """The pictures that these rows are enough for; none without matplotlib."""
    if importlib.util.find_spec("matplotlib") is None:
        return []
    timed = [row for row in rows if row.rounds_ns]
    plots = [draw_sizes(title, series) for title, series in find_series(timed).items()]
    working = [row for row in timed if row.figures.get("flops") and row.figures.get("bytes")]
    if working and {"flops_per_s", "copy_bytes_per_s"} <= set(roof):
        plots.append(draw_roofline(working, roof))
    firsts = find_firsts(timed)
    return [*plots, draw_firsts(firsts)] if firsts else plots


def find_series(rows: Sequence[Row]) -> dict[str, dict[str, list[tuple[float, Row]]]]:
    """Problem and case -> program -> rows in the order of their sizes, where there are several sizes."""
    found: dict[str, dict[str, list[tuple[float, Row]]]] = {}
    for row in rows:
        size = row.figures.get("size")
        if size:
            case = re.sub(rf"\s*\b({size:,.0f}|{size:.0f})\b", "", row.case)
            found.setdefault(row.problem if case == row.problem else f"{row.problem}: {case}", {}).setdefault(row.implementation, []).append((size, row))
    for series in found.values():
        for points in series.values():
            points.sort(key=lambda point: point[0])
    return {title: series for title, series in found.items() if max(map(len, series.values())) > 1}


def find_firsts(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Problem -> program -> seconds to the first answer of its first case."""
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        if "first_ns" in row.figures:
            found.setdefault(row.problem, {}).setdefault(row.implementation, row.figures["first_ns"] / 1e9)
    return found


def draw_sizes(title: str, series: Mapping[str, Sequence[tuple[float, Row]]]) -> Plot:
    """A line for each program: GFLOP/s where the work is known, else elements a microsecond."""
    by_work = all("flops" in row.figures for points in series.values() for _, row in points)
    figure, axes = make_figure("size", "GFLOP/s" if by_work else "size per microsecond")
    for k, (name, points) in enumerate(series.items()):
        speeds = [row.figures["flops"] / row.best_ns if by_work else 1e3 * size / row.best_ns for size, row in points]
        axes.plot([size for size, _ in points], speeds, marker=STYLES[k % len(STYLES)], label=name, color=f"C{k % 10}")
    axes.set_title(title, parse_math=False)
    name = re.sub(r"\W+", "-", title).strip("-")
    return finish(figure, f"speed-{name}", f"{title}: speed over size, fastest rounds")


def draw_roofline(rows: Sequence[Row], roof: Mapping[str, float]) -> Plot:
    """A point for each row, under the peak of operations and what a copy of memory lets through."""
    peak, bandwidth = roof["flops_per_s"] / 1e9, roof["copy_bytes_per_s"] / 1e9
    figure, axes = make_figure("operations on floats for each byte of the arrays", "GFLOP/s")
    intensities = [row.figures["flops"] / row.figures["bytes"] for row in rows]
    low, high = min([*intensities, peak / bandwidth]) / 2, max([*intensities, peak / bandwidth]) * 2
    axes.plot([low, peak / bandwidth, high], [low * bandwidth, peak, peak], color="black", label="measured roof")
    names = list(dict.fromkeys(row.implementation for row in rows))
    for k, name in enumerate(names):
        mine = [(x, row.figures["flops"] / row.best_ns) for x, row in zip(intensities, rows, strict=True) if row.implementation == name]
        axes.plot(*zip(*mine, strict=True), linestyle="none", marker=STYLES[k % len(STYLES)], label=name, color=f"C{k % 10}")
    problems = ", ".join(dict.fromkeys(row.problem for row in rows))
    told = f"Roofline of one thread ({problems}): {peak:.3g} GFLOP/s of fused operations on doubles, {bandwidth:.3g} GB/s read and written by a copy."
    return finish(figure, "roofline", f"{told} Arrays that stay in the caches may pass the slope.")


def draw_firsts(firsts: Mapping[str, Mapping[str, float]]) -> Plot:
    """Bars from asking for a program to its first answer."""
    figure, axes = make_figure("", "seconds to the first answer", across="linear")
    names = list(dict.fromkeys(name for found in firsts.values() for name in found))
    for k, name in enumerate(names):
        places = [place + 0.8 * (k + 0.5) / len(names) - 0.4 for place, found in enumerate(firsts.values()) if name in found]
        axes.bar(places, [found[name] for found in firsts.values() if name in found], 0.8 / len(names), label=name, color=f"C{k % 10}")
    axes.set_xticks(range(len(firsts)), list(firsts), rotation=20, parse_math=False)
    return finish(figure, "first-answer", "First answer: what is imported, compiled and called for it, in a process without caches on disk.")


def make_figure(across_label: str, up_label: str, across: str = "log") -> tuple[Any, Any]:
    """A figure with logarithmic axes."""
    from matplotlib.figure import Figure  # not pyplot: that keeps the figures

    figure = Figure(figsize=INCHES, layout="constrained")
    axes = figure.subplots()
    axes.set_xscale(across)
    axes.set_yscale("log")
    axes.set_xlabel(across_label)
    axes.set_ylabel(up_label)
    axes.grid(alpha=0.3)
    return figure, axes


def finish(figure: Any, name: str, caption: str) -> Plot:
    """The picture as text; identifiers differ between pictures of one page, and not between two runs."""
    import matplotlib

    figure.legend(loc="outside right upper", fontsize="small")
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    return Plot(name, caption, text[text.index("<svg") :])
