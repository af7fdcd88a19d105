"""Run many programs in child processes, survive their crashes, and add up what came of it."""

from __future__ import annotations

import faulthandler
import json
import os
import queue
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.differential.compare import compare_program
from tests.differential.decorators import find_decorator
from tests.differential.generate import make_program

__all__ = ["Options", "Summary", "run_batches", "serve_batch"]

BATCH = 40
SILENCE_S = 120.0
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Options:
    """What to run."""

    programs: int
    seed: int
    kind: str = "all"
    jobs: int = 2
    decorator: str = "accel"
    shrink: bool = True
    silence_s: float = SILENCE_S


@dataclass(slots=True)
class Summary:
    """What came of all programs."""

    programs: int = 0
    calls: int = 0
    raised: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    compiled: int = 0
    in_lanes: int = 0
    exits: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    differences: list[tuple[int, str]] = field(default_factory=list)
    crashes: list[tuple[int, str]] = field(default_factory=list)
    faults: list[int] = field(default_factory=list)

    def add(self, row: dict[str, Any]) -> None:
        """Count the verdict on one program."""
        self.programs += 1
        self.calls += row["calls"]
        self.raised += row["raised"]
        self.compiled += row["compiled"]
        self.in_lanes += row["in_lanes"]
        self.exits.update(row["exits"])
        self.refusals.update(why for why in row["refusals"] if not row["compiled"] or "compiler-failure" in why)
        if any("the compiler failed" in why for why in row["refusals"]):
            self.faults.append(row["seed"])
        if row["skipped"]:
            self.skipped[row["skipped"]] += 1
        if row["difference"]:
            self.differences.append((row["seed"], row["difference"]))

    def __str__(self) -> str:
        share = 100 * self.compiled / max(1, self.programs)
        lines = [f"programs     {self.programs}", f"calls        {self.calls} ({self.raised} raise in CPython)"]
        lines += [f"compiled     {self.compiled} programs ({share:.0f} %)"]
        lines += [f"in lanes     {self.in_lanes} programs ({100 * self.in_lanes / max(1, self.programs):.0f} %)"] if self.in_lanes else []
        lines += [f"skipped      {dict(self.skipped) or 0}"]
        lines += [f"differences  {len(self.differences)}  seeds {[s for s, _ in self.differences]}"]
        lines += [f"crashes      {len(self.crashes)}  seeds {[s for s, _ in self.crashes]}"]
        lines += [f"faults       {len(self.faults)} of the compiler, which left these to CPython: seeds {sorted(self.faults)}"] if self.faults else []
        lines += [f"exits        {sum(self.exits.values())}"]
        lines += [f"  {count:>9}  {kind}" for kind, count in self.exits.most_common(30)]
        if self.refusals:
            lines += ["why programs were not compiled, and failures of the compiler"] + [f"  {count:>9}  {why}" for why, count in self.refusals.most_common(12)]
        return "\n".join(lines)


def serve_batch(start: int, stop: int, kind: str, decorator: str) -> None:
    """In a child: run the programs of these seeds, one line of JSON before and after each."""
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for seed in range(start, stop):
        print(json.dumps({"begin": seed}), flush=True)
        program = make_program(seed, kind)
        verdict = compare_program(program, find_decorator(decorator, program))
        row: dict[str, Any] = {"seed": seed, "calls": verdict.calls, "raised": verdict.raised, "compiled": verdict.compiled}
        row |= {"exits": dict(verdict.exits), "skipped": verdict.skipped, "refusals": verdict.refusals, "in_lanes": verdict.in_lanes}
        row |= {"difference": str(verdict.difference) if verdict.difference else ""}
        print(json.dumps(row), flush=True)


def run_batches(options: Options, found: Callable[[int, str], None]) -> Summary:
    """Run all programs on `options.jobs` children at a time; `found(seed, text)` is told each difference and crash."""
    work: queue.Queue[tuple[int, int]] = queue.Queue()
    end = options.seed + options.programs
    for start in range(options.seed, end, BATCH):
        work.put((start, min(start + BATCH, end)))
    summary, lock = Summary(), threading.Lock()

    def serve(cache: str) -> None:
        while True:
            try:
                start, stop = work.get_nowait()
            except queue.Empty:
                return
            _Batch(options, start, stop, cache, summary, lock, found).run()

    with tempfile.TemporaryDirectory(prefix="accel-cache-") as cache:
        threads = [threading.Thread(target=serve, args=(cache,)) for _ in range(max(1, options.jobs))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    summary.differences.sort()
    summary.crashes.sort()
    return summary


@dataclass(slots=True)
class _Batch:
    """The seeds one child is to run; another child goes on after one that died."""

    options: Options
    start: int
    stop: int
    cache: str
    summary: Summary
    lock: threading.Lock
    found: Callable[[int, str], None]
    last: float = 0.0

    def run(self) -> None:
        """Run them all."""
        while self.start < self.stop:
            with tempfile.TemporaryFile("w+") as errors:
                current, ended = self.run_child(errors)
                errors.seek(0)
                text = errors.read()
            if current is None and ended == 0:
                return
            seed = self.start if current is None else current
            self.report_crash(seed, ended, text)
            self.start = seed + 1

    def run_child(self, errors: Any) -> tuple[int | None, int]:
        """One child; returns the seed it was at when it ended (None: between two) and its exit status."""
        environment = {"ACCEL_HINTS": "0", "ACCEL_CACHE_DIR": self.cache, **os.environ}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH", "")]))
        command = [sys.executable, "-m", "tests.differential", "--serve", f"{self.start}:{self.stop}", "--kind", self.options.kind]
        command += ["--decorator", self.options.decorator]
        current: int | None = None
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=_ROOT, env=environment) as child:
            self.last = time.monotonic()
            threading.Thread(target=self.watch, args=(child,), daemon=True).start()
            assert child.stdout is not None
            for line in child.stdout:
                self.last = time.monotonic()
                row = json.loads(line)
                current = row.get("begin")
                if current is None:
                    self.take(row)
            return current, child.wait()

    def watch(self, child: subprocess.Popen[str]) -> None:
        """Kill a child that says nothing for too long."""
        while child.poll() is None:
            if time.monotonic() - self.last > self.options.silence_s:
                child.send_signal(signal.SIGKILL)
                return
            time.sleep(0.2)

    def take(self, row: dict[str, Any]) -> None:
        """Count a verdict."""
        self.start = row["seed"] + 1
        with self.lock:
            self.summary.add(row)
        if row["difference"]:
            self.found(row["seed"], row["difference"])

    def report_crash(self, seed: int, ended: int, text: str) -> None:
        """Count a crash, with the end of what the child wrote."""
        name = signal.Signals(-ended).name if ended < 0 else f"exit status {ended}"
        if ended == -signal.SIGKILL:
            name = f"no answer within {self.options.silence_s:g} s, or killed"
        message = f"crash: {name}\n" + "\n".join(text.splitlines()[-12:])
        with self.lock:
            self.summary.programs += 1
            self.summary.crashes.append((seed, message))
        self.found(seed, message)
