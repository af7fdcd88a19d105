"""This module shows how far a search is, and what it has found: a bar on a terminal, a line now and then in a log, nothing with `ACCEL_PROGRESS=0`."""

from __future__ import annotations

import os
import sys
import time

from accel.options import read_switch
from accel.tuning.texts import show_arguments, show_count, show_ratio, show_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Self, TextIO

    from accel.tuning.history import History
    from accel.tuning.space import Space

__all__ = ["Progress"]

_BETWEEN_LINES_S = 1.0  # in a log
_BETWEEN_DRAWINGS_S = 0.1  # on a terminal


class Progress:
    """Shows a search on the error stream.

    On a terminal a bar is drawn anew ten times a second at most, by rich where it is installed. Elsewhere a line is written every second at most, the first after a
    second, so that short searches leave no trace in logs. Nothing is shown with `ACCEL_PROGRESS=0` in the environment.

    Parameters
    ----------
    title : str
        What is tuned.
    trials : int, optional
        How many measurements there are at most.
    budget_s : float, optional
        How many seconds the search takes at most.

    Notes
    -----
    It draws when it is told of news, and has no thread: nothing of it runs while candidates are timed. A stream that is closed, full or missing ends the showing, not the search.

    Examples
    --------
    >>> from accel.tuning import History, Progress, Space
    >>> history, space = History(), Space({"tile": [16, 32]})
    >>> with Progress("matmul", trials=10, budget_s=5.0) as progress:
    ...     history.add((0,), 1500.0)
    ...     progress.update(history, space)
    ...     progress.close("tile=16")
    """

    def __init__(self, title: str, trials: int | None = None, budget_s: float | None = None) -> None:
        self.title, self.trials, self.budget_s = title, trials, budget_s
        self._start = self._shown = time.monotonic()
        self._has_shown = False
        self._screen = _find_screen()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close("" if kind is None else "interrupted")

    def update(self, history: History, space: Space) -> None:
        """Show what is new, unless something was shown a moment ago."""
        now = time.monotonic()
        if self._screen is None or now - self._shown < self._screen.between_s:
            return
        self._shown, self._has_shown = now, True
        passed = now - self._start
        parts = [passed / self.budget_s] if self.budget_s else []
        parts += [history.count / self.trials] if self.trials else []
        self._do(self._screen.show, self.title, min(1.0, max(parts, default=0.0)), self._describe(history, space, passed))

    def close(self, outcome: str = "") -> None:
        """End the showing, with a last line that says how it ended. Later calls do nothing."""
        screen = self._screen
        if screen is not None:
            self._do(screen.close, f"{self.title}: {outcome}" if outcome and (self._has_shown or screen.always_ends) else "")
        self._screen = None

    def _describe(self, history: History, space: Space, passed_s: float) -> str:
        tried = f"{history.count} of {show_count(self.trials, 'trial')}" if self.trials else show_count(history.count, "trial")
        seconds = f"{passed_s:.0f} of {self.budget_s:.3g} s" if self.budget_s else f"{passed_s:.0f} s"
        best = history.best()
        if best is None:
            return f"{tried}, {seconds}"
        best_ns, default_ns = history.time_ns(best), history.time_ns(space.default)
        return f"{tried}, {seconds}, best {show_time(best_ns)} ({show_ratio(default_ns, best_ns)}): {show_arguments(space.arguments(best))}"

    def _do(self, show: Any, *shown: Any) -> None:
        try:
            show(*shown)
        except Exception:  # a stream that is closed or full must not end the search
            self._screen = None


class _Lines:
    """A log: whole lines."""

    between_s = _BETWEEN_LINES_S
    always_ends = False  # whether a search that showed nothing before has a last line

    def __init__(self, file: TextIO) -> None:
        self.file = file

    def show(self, title: str, part: float, told: str) -> None:
        self.file.write(f"tuning {title}: {told}\n")
        self.file.flush()

    def close(self, last: str) -> None:
        if last:
            self.file.write(f"tuned {last}\n")
            self.file.flush()


class _Bar(_Lines):
    """A terminal: one line that is written again and again."""

    between_s = _BETWEEN_DRAWINGS_S
    always_ends = True

    def show(self, title: str, part: float, told: str) -> None:
        from shutil import get_terminal_size

        filled = int(20 * part)
        text = f"tuning {title} [{'=' * filled}{' ' * (20 - filled)}] {told}"
        self.file.write(f"\r\x1b[K{text[: get_terminal_size().columns - 1]}")
        self.file.flush()

    def close(self, last: str) -> None:
        self.file.write("\r\x1b[K")
        super().close(last)


class _RichBar(_Lines):
    """A terminal, drawn on by rich, without the thread it would draw in."""

    between_s = _BETWEEN_DRAWINGS_S
    always_ends = True

    def __init__(self, file: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bars
        from rich.table import Column

        super().__init__(file)
        told = TextColumn("{task.fields[told]}", markup=False, table_column=Column(no_wrap=True))
        columns = (TextColumn("tuning {task.description}", markup=False, table_column=Column(no_wrap=True)), BarColumn(20), told)
        console = Console(file=file)
        self._bars = Bars(*columns, console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False)
        self._bar: Any = None

    def show(self, title: str, part: float, told: str) -> None:
        if self._bar is None:
            self._bars.start()
            self._bar = self._bars.add_task(title, total=1.0, told="")
        self._bars.update(self._bar, completed=part, told=told)
        self._bars.refresh()

    def close(self, last: str) -> None:
        if self._bar is not None:
            self._bars.stop()
        super().close(last)


def _find_screen() -> _Lines | None:
    file = sys.stderr
    if read_switch("ACCEL_PROGRESS") == "0" or file is None:
        return None
    try:
        if not file.isatty() or os.environ.get("TERM") == "dumb":
            return _Lines(file)
    except Exception:  # a closed stream, or something of the user's in its stead
        return None
    try:
        return _RichBar(file)
    except ImportError:
        return _Bar(file)
