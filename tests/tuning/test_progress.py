"""How a search is shown: on a terminal, in a log, not at all."""

import io
import os
import pty
import re
import subprocess
import sys
import time

import pytest

from accel.tuning import History, Progress, Space
from accel.tuning import progress as progress_module
from tests.architecture.modules import ROOT

SPACE = Space({"tile": [16, 32], "sort": [sorted, list]})


class Clock:
    now = 100.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(progress_module, "time", clock)
    return clock


class Terminal(io.StringIO):
    def isatty(self):
        return True


def history(*times_ns):
    made = History()
    for candidate, time_ns in zip(SPACE, times_ns, strict=False):
        made.add(candidate, time_ns)
    return made


def test_lines_in_a_log(clock, capsys):
    with Progress("matmul", trials=40, budget_s=5.0) as progress:
        for _ in range(24):
            clock.now += 0.125
            progress.update(history(1200.0, 900.0, 800.0), SPACE)
        progress.close("tile=32, sort=sorted")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4  # in three seconds, and the end
    assert lines[0] == "tuning matmul: 3 of 40 trials, 1 of 5 s, best 800 ns (1.50x): tile=32, sort=sorted"
    assert lines[-1] == "tuned matmul: tile=32, sort=sorted"


def test_a_short_search_leaves_no_trace_in_a_log(clock, capsys):
    with Progress("matmul", trials=40) as progress:
        clock.now += 0.9
        progress.update(history(1.0), SPACE)
        progress.close("tile=32")
    assert capsys.readouterr().err == ""


def test_without_limits_or_measurements(clock, capsys):
    with Progress("matmul") as progress:
        clock.now += 2
        progress.update(history(), SPACE)
    assert capsys.readouterr().err == "tuning matmul: 0 trials, 2 s\n"


def test_interrupted(clock, capsys):
    with pytest.raises(KeyboardInterrupt), Progress("matmul") as progress:
        clock.now += 2
        progress.update(history(), SPACE)
        raise KeyboardInterrupt
    assert capsys.readouterr().err.endswith("tuned matmul: interrupted\n")
    progress.update(history(), SPACE), progress.close("more")
    assert capsys.readouterr().err == ""


def test_silent_by_switch(clock, monkeypatch):
    monkeypatch.setenv("ACCEL_PROGRESS", "0")
    for stream in (io.StringIO(), Terminal()):
        monkeypatch.setattr(sys, "stderr", stream)
        with Progress("matmul") as progress:
            clock.now += 2
            progress.update(history(1.0), SPACE)
            progress.close("tile=32")
        assert stream.getvalue() == ""


@pytest.mark.parametrize("with_rich", [True, False])
def test_a_terminal(clock, monkeypatch, with_rich):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "150")
    if with_rich:
        pytest.importorskip("rich")
    else:
        monkeypatch.setitem(sys.modules, "rich.console", None)
    with Progress("f[g]", trials=4, budget_s=5.0) as progress:
        for _ in range(10):
            clock.now += 0.0625
            progress.update(history(1200.0, 800.0), SPACE)
        progress.close("tile=16")
    text = terminal.getvalue()
    assert "tuning f[g]" in text and "2 of 4 trials, 0 of 5 s, best 800 ns (1.50x): tile=16, sort=list" in text and text.endswith("tuned f[g]: tile=16\n")
    assert type(progress_module._find_screen()).__name__ == ("_RichBar" if with_rich else "_Bar")
    if not with_rich:
        assert text.count("\r") == 6 and "[==========          ]" in text  # five drawings, and the end


@pytest.mark.parametrize("with_rich", [True, False])
def test_a_narrow_terminal_has_one_line(clock, monkeypatch, with_rich):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    if with_rich:
        pytest.importorskip("rich")
    else:
        monkeypatch.setitem(sys.modules, "rich.console", None)
    with Progress("a_function", trials=4) as progress:
        for _ in range(3):
            clock.now += 0.125
            progress.update(history(1200.0, 800.0), SPACE)
    drawn = re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", sys.stderr.getvalue())
    assert "tuning a_function" in drawn and max(map(len, re.split("[\r\n]", drawn))) <= 60
    assert drawn.rstrip("\r\n").count("\n") <= 1


def test_a_search_that_ends_at_once_is_told_of_on_a_terminal(clock, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    Progress("f").close("tile=16")
    assert sys.stderr.getvalue().endswith("tuned f: tile=16\n")


def test_a_terminal_that_can_do_nothing_is_a_log(clock, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "dumb")
    with Progress("f") as progress:
        clock.now += 2
        progress.update(history(), SPACE)
    assert sys.stderr.getvalue() == "tuning f: 0 trials, 2 s\n"


class Broken(io.StringIO):
    def write(self, text):
        raise OSError(28, "No space left on device")


def test_streams_that_are_broken(clock, monkeypatch):
    closed = io.StringIO()
    closed.close()
    for stream in (None, closed, Broken(), object()):
        monkeypatch.setattr(sys, "stderr", stream)
        with Progress("f") as progress:
            clock.now += 2
            progress.update(history(1.0), SPACE)
            progress.update(history(1.0), SPACE)
            progress.close("tile=16")
        assert progress._screen is None


PROGRAM = """
import threading, time
from accel.tuning import History, Progress, Space
space, history = Space({"tile": [16, 32]}), History()
with Progress("f", trials=20) as progress:
    for number in range(20):
        history.add((number % 2,), 1000.0 + number)
        progress.update(history, space)
        assert threading.active_count() == 1
        time.sleep(0.02)
    progress.close("tile=16")
"""


def test_on_a_real_terminal():
    """No thread, and the cursor is there again at the end."""
    leader, follower = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color"}
    child = subprocess.Popen([sys.executable, "-c", PROGRAM], stderr=follower, env=environment)
    os.close(follower)
    seen = b""
    while True:
        try:
            more = os.read(leader, 4096)
        except OSError:  # the other side is closed
            break
        if not more:
            break
        seen += more
    os.close(leader)
    assert child.wait(60) == 0 and b"of 20 trials" in seen and seen.endswith(b"tuned f: tile=16\r\n"), seen
    assert seen.count(b"\x1b[?25l") == seen.count(b"\x1b[?25h")


def test_the_clock_is_the_real_one():
    assert progress_module.time is time
