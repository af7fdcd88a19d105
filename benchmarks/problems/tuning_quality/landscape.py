"""This module measures every candidate of the kernels, several times, and keeps the times: `python -m benchmarks.problems.tuning_quality.landscape [KERNEL ...]`.

A sample is the fastest of three or more calls, so that a pause of the process is no time of a candidate (the processor's time of a thread would leave pauses out, but in a virtual machine
some calls take none at all by it); it is taken in a quiet moment, in which a piece of work that is always the same is about as fast as in the best twentieth of the moments before. The candidates have their turns in rounds, in random order. The fastest twentieth is measured more often, so that which
one is the best is known better than by luck. The files are made again when a kernel or its space changes, or for another machine.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
import time
from pathlib import Path
from random import Random
from statistics import median, quantiles
from types import FunctionType
from typing import Any

import numpy as np

from accel import fn
from accel.tuning import Space
from accel.tuning.space import Candidate
from benchmarks.harness.check import WrongAnswerError
from benchmarks.harness.machine import describe_machine
from benchmarks.problems.tuning_quality.problem import KERNELS

FOLDER = Path(__file__).parents[2] / "results" / "landscapes"
SAMPLE_NS = 300_000
CALLS = 3  # at least, of a sample
TRIES = 20  # moments that are looked at for a sample
UNQUIET = 0.08  # how much slower than at best the control may be
ROUNDS = 5
MORE = 10  # rounds of the fastest twentieth
UNIT_NS = 10  # of the times in the files


def load_kernel(name: str) -> Any:
    """The module of a kernel; the functions it calls are compiled with it."""
    module = importlib.import_module(f"benchmarks.problems.tuning_quality.{name}")
    if module.COMPILED:
        for called in ("block", "sweep", "middle_of", "insert"):
            if isinstance(getattr(module, called, None), FunctionType):
                setattr(module, called, fn(getattr(module, called)))
    return module


def make_calls(module: Any) -> dict[Candidate, Any]:
    """A function of no arguments for each candidate, compiled and found right.

    Raises
    ------
    WrongAnswerError
        If a candidate gives another answer.
    """
    arguments, variants, calls = module.make(), {}, {}
    for candidate in module.SPACE:
        values = module.SPACE.arguments(candidate)
        variant = tuple([values[name] for name in module.COMPILED])
        if variant not in variants:
            variants[variant] = compile_variant(module)
        calls[candidate] = lambda function=variants[variant], values=values: function(*arguments, **values)
        if not module.is_right(arguments, calls[candidate]()):
            raise WrongAnswerError(f"{module.__name__}: {values}")
    return calls


def compile_variant(module: Any) -> Any:
    """A function of its own for each combination of what is known while compiling."""
    if not module.COMPILED:
        return module.kernel
    made = FunctionType(module.kernel.__code__, module.kernel.__globals__, module.kernel.__name__)
    made.__annotations__ = dict(module.kernel.__annotations__)
    return fn(made, strict=True)


class Quiet:
    """Takes samples in moments in which nothing else runs on the core: other work there makes everything up to twice as slow."""

    def __init__(self) -> None:
        self.array = np.ones(2000)
        self.tries = self.late = 0
        controls = []
        for _ in range(1000):
            time.sleep(0.001)
            controls.append(self.control())
        self.quiet_ns = quantiles(controls, n=20)[0] * (1 + UNQUIET)

    def control(self) -> int:
        """Nanoseconds of a piece of work that is always the same."""
        best = 1 << 60
        for _ in range(3):
            before = time.perf_counter_ns()
            sum(range(300))
            np.add(self.array, self.array)
            best = min(best, time.perf_counter_ns() - before)
        return best

    def sample(self, call: Any) -> float:
        """Nanoseconds of a call: from a moment that is quiet before and after, or else the quietest of many."""
        tried = []
        for turn in range(TRIES):
            self.tries += 1
            if (before := self.control()) > self.quiet_ns and turn < TRIES // 2:
                time.sleep(0.001)
                continue
            time_ns, after = time_calls(call), self.control()
            tried.append((max(before, after), time_ns))
            if tried[-1][0] <= self.quiet_ns:
                return time_ns
        self.late += 1
        return min(tried)[1]


def time_calls(call: Any) -> int:
    """The fastest of some calls; the first does not count, as it finds caches and branch predictors as another candidate left them."""
    call()
    times: list[int] = []
    begin = now = time.perf_counter_ns()
    while now - begin < SAMPLE_NS or len(times) < CALLS:
        before, _ = now, call()
        now = time.perf_counter_ns()
        times.append(now - before)
    return min(times)


def measure(calls: dict[Candidate, Any], random: Random) -> dict[Candidate, list[float]]:
    """The times of each candidate."""
    times: dict[Candidate, list[float]] = {candidate: [] for candidate in calls}
    gc.disable()
    quiet = Quiet()
    for turn in range(ROUNDS + MORE):
        chosen = list(calls) if turn < ROUNDS else sorted(calls, key=lambda c: median(times[c][:ROUNDS]))[: max(20, len(calls) // 20)]
        random.shuffle(chosen)
        for candidate in chosen:
            times[candidate].append(quiet.sample(calls[candidate]))
    gc.enable()
    print(f"{quiet.tries} moments looked at, {quiet.late} samples from none that was quiet")
    return times


def write_landscape(name: str) -> None:
    """Measure one kernel, write its file."""
    module = load_kernel(name)
    start = time.perf_counter()
    calls = make_calls(module)
    compiled_s = time.perf_counter() - start
    times = measure(calls, Random(1))
    rows = ",\n".join(json.dumps([round(t / UNIT_NS) for t in times[c]], separators=(",", ":")) for c in module.SPACE)
    head = describe_machine() | {"kernel": name, "space": repr(module.SPACE), "unit_ns": UNIT_NS}
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(head, indent=1)[:-2] + f',\n "times": [\n{rows}\n]}}\n')
    print(f"{name}: {len(times)} candidates, made in {compiled_s:.0f} s, measured in {time.perf_counter() - start - compiled_s:.0f} s", flush=True)


class Landscape:
    """The stored times of a kernel: `sample` draws a measurement, `time_ns` is what a candidate takes in truth, as far as that is known."""

    def __init__(self, space: Space, times: dict[Candidate, list[float]], machine: str) -> None:
        self.space, self.times, self.machine = space, times, machine
        self.optimum_ns = min(map(median, times.values()))

    def sample(self, candidate: Candidate, random: Random) -> float:
        """One of the measurements, at random."""
        return random.choice(self.times[candidate])

    def time_ns(self, candidate: Candidate) -> float:
        """The median of all measurements of a candidate."""
        return median(self.times[candidate])


def load_landscape(name: str) -> Landscape:
    """The landscape of a kernel.

    Raises
    ------
    ValueError
        If the file is of another space than the kernel's.
    """
    space = importlib.import_module(f"benchmarks.problems.tuning_quality.{name}").SPACE
    stored = json.loads((FOLDER / f"{name}.json").read_text())
    if stored["space"] != repr(space) or len(stored["times"]) != len(space):
        raise ValueError(f"the landscape of {name} is of another space: python -m benchmarks.problems.tuning_quality.landscape {name}")
    times = {c: [t * stored["unit_ns"] for t in row] for c, row in zip(space, stored["times"], strict=True)}
    return Landscape(space, times, f"{stored['machine']['cpu']}, {stored['machine']['cores']} cores")


if __name__ == "__main__":
    for chosen in sys.argv[1:] or KERNELS:
        write_landscape(chosen)
