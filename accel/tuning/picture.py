"""This module draws what searches have decided with matplotlib, which is needed for nothing else."""

from __future__ import annotations

from accel.errors import Diagnostic, MissingPackageError
from accel.tuning.landscape import Landscape
from accel.tuning.texts import show_arguments, show_ratio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from accel.tuning.entry import Entry

__all__ = ["draw"]

_INCHES = (5.0, 3.6)  # of a picture
_LABELS = 24  # of a landscape, along one side


def draw(entries: Sequence[Entry]) -> Any:
    """A figure with two pictures for each entry: the landscape, and how the best candidate got better.

    Raises
    ------
    MissingPackageError
        When matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # not pyplot: that keeps the figure, and may open windows
    except ImportError as error:
        what = "`plot` draws with matplotlib, which can't be imported"
        do = ('install it: `pip install "accel-jit[plots]"`', "or write `report.to_html(path)`, which draws without it")
        raise MissingPackageError(Diagnostic(what, "missing-package", found=str(error), do=do)) from error
    figure = Figure(figsize=(2 * _INCHES[0], max(1, len(entries)) * _INCHES[1]), layout="constrained")
    pictures = figure.subplots(max(1, len(entries)), 2, squeeze=False)
    for entry, (left, right) in zip(entries, pictures, strict=False):
        landscape = Landscape(entry)
        _draw_landscape(left, landscape)
        left.set_title(f"{entry.function.partition(':')[2]} {entry.key}", fontsize="medium", parse_math=False)
        _draw_progress(right, landscape.progress)
        told = f"{show_arguments(entry.arguments)}: {show_ratio(entry.default_ns, entry.time_ns)} as fast as the default"
        right.set_title(told, fontsize="medium", parse_math=False)
    return figure


def _draw_landscape(axes: Any, landscape: Landscape) -> None:
    """A heat map over two parameters, a line over one."""
    if not landscape.axes or not landscape.times:
        axes.text(0.5, 0.5, "one candidate at most was measured", ha="center")
        axes.set_axis_off()
        return
    least = max(landscape.times[0][1], 1e-9)
    times = [[float("nan") if t is None or t == float("inf") else t / least for t in row] for row in landscape.grid]
    axes.set_xlabel(landscape.axes[0], parse_math=False)
    _label(axes.xaxis, landscape.columns)
    if len(landscape.axes) == 1:
        axes.plot(range(len(landscape.columns)), times[0], marker="o")
        axes.set_ylabel("time, multiple of the least")
        return
    for row, told in enumerate(landscape.grid):
        for column, time_ns in enumerate(told):
            if time_ns == float("inf"):
                axes.text(column, row, "failed", ha="center", va="center", fontsize=7)
    image = axes.imshow(times, aspect="auto", cmap="viridis_r", origin="lower")
    axes.set_ylabel(landscape.axes[1], parse_math=False)
    _label(axes.yaxis, landscape.rows)
    axes.figure.colorbar(image, ax=axes, label="time, multiple of the least")


def _label(axis: Any, texts: list[str]) -> None:
    step = -(-len(texts) // _LABELS)
    axis.set_ticks(range(0, len(texts), step), [text.replace("$", r"\$") for text in texts[::step]], fontsize="small")


def _draw_progress(axes: Any, progress: list[float]) -> None:
    least = max(progress[-1], 1e-9) if progress else 1.0
    axes.step(range(1, len(progress) + 1), [time_ns / least for time_ns in progress], where="post")
    axes.set_xlabel("candidates that work")
    axes.set_ylabel("best so far, multiple of the least")
