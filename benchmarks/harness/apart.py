"""This module calls implementations in other processes: of environments that rivals have for themselves, or of another revision of accel."""

from __future__ import annotations

import atexit
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.harness.process import describe_end
from benchmarks.harness.rivals import LIMIT_S, ONE_THREAD, RIVALS, ROOT, RivalError, find_program

_links: dict[tuple[str, str], Link] = {}


class Link:
    """A process that waits for commands (`worker`), and the folder where values are handed over."""

    def __init__(self, python: str, environment: Mapping[str, str]) -> None:
        self.folder = tempfile.mkdtemp(prefix="accel-apart-")
        self.said = Path(self.folder, "stderr.txt")
        with self.said.open("w") as said:
            self.process = subprocess.Popen(
                [python, "-P", "-W", "ignore", "-m", "benchmarks.harness.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                bufsize=0,  # nothing is left to be written when a process has died
                cwd=self.folder,
                env=dict(environment),
            )
        atexit.register(self.close)

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        """What the process answers.

        Raises
        ------
        RivalError
            if the command fails there, or the process ends
        """
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps([command, arguments]).encode() + b"\n")
        except BrokenPipeError:
            pass  # there is no answer either
        line = self.process.stdout.readline()
        if not line:
            raise RivalError(self.describe_end())
        answer: dict[str, Any] = json.loads(line)
        if "fault" in answer:
            raise RivalError(answer["fault"])
        return answer

    @property
    def ended(self) -> bool:
        """Whether the process is gone."""
        return self.process.poll() is not None

    def describe_end(self) -> str:
        """Why there are no more answers."""
        status = self.process.wait()
        if status == -signal.SIGALRM:
            return f"took longer than {LIMIT_S} s"
        return (self.said.read_text(errors="replace").strip().splitlines() or [describe_end(status)])[-1]

    def close(self) -> None:
        """End the process."""
        atexit.unregister(self.close)
        self.process.kill()
        self.process.communicate()
        shutil.rmtree(self.folder, ignore_errors=True)


class Apart:
    """A function of another process. Arguments are sent once, as long as they are the same objects."""

    def __init__(self, link: Link, problem: str, implementation: str, case: str) -> None:
        self.link = link
        self.load_ns = float(link.ask("load", problem=problem, implementation=implementation, case=case)["time_ns"])
        self.sent: tuple[Any, ...] | None = None
        self.first_ns = 0.0

    def __call__(self, *arguments: Any) -> Any:
        raise TypeError("a function of another process is called by `run_fresh`, and timed by what `bind` gives: else the way there would count")

    def run_fresh(self, arguments: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        """The answer for copies of the arguments, and what became of these."""
        self.send(arguments)
        path = Path(self.link.folder, "answer.pickle")
        taken_ns = self.link.ask("fresh", path=str(path))["time_ns"]
        if not self.first_ns:
            self.first_ns = self.load_ns + taken_ns
        found: tuple[Any, tuple[Any, ...]] = pickle.loads(path.read_bytes())
        return found

    def send(self, arguments: tuple[Any, ...]) -> None:
        """Let the process have the arguments."""
        if self.sent is not None and list(map(id, self.sent)) == list(map(id, arguments)):
            return
        path = Path(self.link.folder, "arguments.pickle")
        path.write_bytes(pickle.dumps(arguments))
        self.link.ask("take", path=str(path))
        self.sent = arguments

    def bind(self, arguments: tuple[Any, ...]) -> Call:
        """The call with these arguments."""
        self.send(arguments)
        return Call(self.link)

    def require_compiled(self) -> None:
        """Refuse a function under accel that runs in CPython there."""
        self.link.ask("compiled")


class Call:
    """A call in another process, which is timed there."""

    def __init__(self, link: Link) -> None:
        self.link = link

    def __call__(self) -> None:
        self.time_calls(1)

    def time_calls(self, count: int) -> float:
        """Nanoseconds per call over so many calls."""
        return float(self.link.ask("time", count=count)["time_ns"])


def load_apart(problem: str, implementation: str, case: str) -> Apart:
    """The function of a rival, in the process of this problem and rival.

    Raises
    ------
    RivalError
        if its environment was not made, or the implementation can't be loaded there
    """
    link = _links.get((problem, implementation))
    if link is None or link.ended:
        python = str(find_program(implementation, "python") or "")
        if not python:
            raise RivalError(f"not set up here (scripts/bench-setup --only {implementation})")
        own = {"PYTHONPATH": str(ROOT)} | ONE_THREAD | dict(RIVALS[implementation].environment)
        path = os.pathsep.join((str(Path(python).parent), os.environ.get("PATH", "")))
        link = _links[problem, implementation] = Link(python, os.environ | own | {"PATH": path})
    return Apart(link, problem, implementation, case)


def make_link(folder: Path, cache: Path) -> Link:
    """A process of this interpreter that imports packages from a folder, and keeps compiled code in another."""
    return Link(sys.executable, os.environ | {"PYTHONPATH": str(folder), "ACCEL_CACHE_DIR": str(cache)})
