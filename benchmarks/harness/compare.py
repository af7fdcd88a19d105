"""This module compares two revisions of accel: `python -m benchmarks compare REV`.

Each pair of samples is of two new processes, one of the revision and one of the working tree, so that what a process is stuck with (where its memory
lies, say) counts as the noise it is. Both run the problems of the working tree. Problems that measure in a way of their own are run as a whole for each sample.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from accel.tuning.measure import LEVEL, find_gain, is_faster
from benchmarks.harness import elements, kernels
from benchmarks.harness.apart import Apart, make_link
from benchmarks.harness.load import load
from benchmarks.harness.measure import interleave
from benchmarks.harness.problem import Problem, Settings
from benchmarks.harness.process import measure_apart
from benchmarks.harness.report import format_time
from benchmarks.harness.rivals import ROOT, RivalError, describe_fault

SIDES = ("old", "new")
PAIRS, QUICK_PAIRS = 24, 14  # 14 can decide among 160 cases
UNTIMED = ("checks by programs",)
ROUNDS = 5  # of a pair; a sample is their median
LOADERS: dict[Any, Callable[..., tuple[dict[str, Any], dict[str, str]]]] = {
    kernels.measure_kernels: kernels.load_checked,
    elements.measure_elements: elements.load_checked,
}


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Samples of one case in pairs, or why there are none."""

    problem: str
    case: str
    old_ns: tuple[float, ...] = ()
    new_ns: tuple[float, ...] = ()
    fault: str = ""

    @property
    def ratio(self) -> float:
        """Time of the working tree over that of the revision: the median of the pairs."""
        return find_gain(self.old_ns, self.new_ns)

    @property
    def quartiles(self) -> tuple[float, float]:
        """Of the ratios of the pairs."""
        low, _, high = statistics.quantiles([new / old for new, old in zip(self.new_ns, self.old_ns, strict=True)], n=4)
        return low, high

    def judge(self, level: float) -> str:
        """Whether the working tree is faster or slower beyond the noise; each is said by chance with this probability at most."""
        if is_faster(self.new_ns, self.old_ns, level):
            return "faster"
        return "slower" if is_faster(self.old_ns, self.new_ns, level) else "no difference seen"


def is_comparable(problem: Problem) -> bool:
    """Whether a problem is made of functions under accel that are checked and timed one by one."""
    return problem.measure in LOADERS and "accel" in problem.implementations and problem.group != "dynamic"


def compare_problem(problem: Problem, folders: Mapping[str, Path], settings: Settings, pairs: int, seed: int = 0) -> Iterator[Comparison]:
    """The comparison of each case; the packages of each side are in its folder."""
    order = random.Random(seed)
    for case, how in problem.cases.items():
        arguments = how.make(how.size(settings))
        times: dict[str, list[float]] = {side: [] for side in SIDES}
        try:
            for side in SIDES:
                check_side(problem, case, arguments, folders[side])
            for _ in range(pairs):
                for side, rounds_ns in measure_pair(problem, case, arguments, folders, order).items():
                    times[side].append(statistics.median(rounds_ns))
        except RivalError as error:
            yield Comparison(problem.name, case, fault=str(error))
            continue
        yield Comparison(problem.name, case, tuple(times["old"]), tuple(times["new"]))


def is_whole(problem: Problem) -> bool:
    """Whether a problem has times of accel that it measures itself."""
    return not is_comparable(problem) and "accel" in problem.implementations and problem.group not in UNTIMED


def compare_whole(problem: Problem, folders: Mapping[str, Path], settings: Settings, pairs: int, seed: int = 0) -> Iterator[Comparison]:
    """The same for a problem that measures itself: each sample is the median round of a run of all its cases."""
    order = random.Random(seed)
    times: dict[str, dict[str, list[float]]] = {}
    faults: dict[str, str] = {}
    for _ in range(pairs):
        for side in order.sample(SIDES, 2):
            for row in measure_apart(problem, settings, folders[side]):
                if row.fault and row.implementation in ("accel", "all"):
                    faults.setdefault(row.case, f"{side}: {row.fault}")
                elif row.rounds_ns and row.implementation == "accel":
                    times.setdefault(row.case, {name: [] for name in SIDES})[side].append(row.median_ns)
        if "all" in faults:
            break  # nothing can be measured
    for case, found in times.items():
        if case not in faults and "all" not in faults:
            yield Comparison(problem.name, case, tuple(found["old"]), tuple(found["new"]))
    for case, fault in faults.items():
        yield Comparison(problem.name, case, fault=fault)


def check_side(problem: Problem, case: str, arguments: tuple[Any, ...], folder: Path) -> None:
    """Compare answers with CPython's.

    Raises
    ------
    RivalError
        if they differ, or the function is not compiled
    """
    with open_side(problem, case, folder) as function:

        def load_side(problem: Problem, implementation: str, case: str) -> Any:
            return function if implementation == "accel" else load(problem, implementation, case)

        alone = dataclasses.replace(problem, implementations=("accel",))
        _, faults = LOADERS[problem.measure](alone, case, arguments, load=load_side)
    if faults:
        raise RivalError(f"{folder.name}: {faults['accel']}")


def measure_pair(
    problem: Problem, case: str, arguments: tuple[Any, ...], folders: Mapping[str, Path], order: random.Random
) -> dict[str, list[float]]:
    """Rounds of two new processes in turns; which begins is chance."""
    with contextlib.ExitStack() as stack:
        calls = {}
        for side in order.sample(SIDES, 2):
            function = stack.enter_context(open_side(problem, case, folders[side]))
            with blame(side):
                for _ in range(2):  # what the first call compiles or reads is not timed
                    function.run_fresh(arguments)
                calls[side] = function.bind(arguments)
        faults: dict[str, str] = {}
        times = interleave(calls, rounds=ROUNDS, faults=faults)
    for side, fault in faults.items():
        raise RivalError(f"{side}: {fault}")
    return times


@contextlib.contextmanager
def open_side(problem: Problem, case: str, folder: Path) -> Iterator[Apart]:
    """The function of one side, in a new process."""
    link = make_link(folder, folder / "cache")
    try:
        with blame(folder.name):
            function = Apart(link, problem.name, "accel", case)
        yield function
    finally:
        link.close()


@contextlib.contextmanager
def blame(side: str) -> Iterator[None]:
    """What fails is of this side."""
    try:
        yield
    except RivalError as error:
        raise RivalError(f"{side}: {error}") from error


@contextlib.contextmanager
def open_sides(revision: str) -> Iterator[dict[str, Path]]:
    """For each side a folder with its accel, and the benchmarks of the working tree.

    Raises
    ------
    RivalError
        if there is no such revision
    """
    with tempfile.TemporaryDirectory(prefix="accel-compare-") as name:
        tree = Path(name, "tree")
        run_git("worktree", "add", "--detach", "--quiet", str(tree), revision)
        try:
            folders = {side: Path(name, side) for side in SIDES}
            for side, root in zip(SIDES, (tree, ROOT), strict=True):
                folders[side].mkdir()
                (folders[side] / "accel").symlink_to(root / "accel")
                (folders[side] / "benchmarks").symlink_to(ROOT / "benchmarks")
            yield folders
        finally:
            run_git("worktree", "remove", "--force", str(tree))


def run_git(*arguments: str) -> str:
    """What git prints.

    Raises
    ------
    RivalError
        if it fails
    """
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True)
    if done.returncode:
        raise RivalError(f"git: {(done.stderr.strip().splitlines() or ['failed'])[-1]}")
    return done.stdout.strip()


def print_comparisons(comparisons: Sequence[Comparison]) -> int:
    """One line for each case, and what the verdicts mean; 1 if the working tree is slower somewhere, or broken."""
    timed = [one for one in comparisons if not one.fault]
    level = LEVEL / max(1, len(timed))
    print(f"\n{'problem':<17} {'case':<15} {'old':>9} {'new':>9} {'ratio':>7}  {'quartiles':<13} verdict")
    for one in comparisons:
        start = f"{one.problem:<17} {one.case:<15}"
        if one.fault:
            print(f"{start} *** BROKEN OR MISSING: {one.fault}")
            continue
        times = " ".join(f"{format_time(statistics.median(times_ns)):>9}" for times_ns in (one.old_ns, one.new_ns))
        print(f"{start} {times} {one.ratio:>7.3f}  {'{:.2f} .. {:.2f}'.format(*one.quartiles):<13} {one.judge(level)}")
    if timed:
        mean = statistics.geometric_mean([one.ratio for one in timed])
        print(f"\nratio: new over old, median of the pairs; < 1 is faster; geometric mean {mean:.3f} of {len(timed)}")
        print(f"verdicts: signed-rank tests; where nothing changed, any `faster` of the table has a probability of {LEVEL:.0%} at most, and so has any `slower`")
    return int(any(one.judge(level) == "slower" for one in timed) or any(one.fault.startswith("new: ") for one in comparisons))


def main(arguments: list[str], problems: Mapping[str, Problem]) -> int:
    """The command `python -m benchmarks compare`; 1 if the working tree is slower somewhere, or broken."""
    comparable = [name for name, problem in problems.items() if is_comparable(problem)]
    whole = [name for name, problem in problems.items() if is_whole(problem)]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks compare",
        description="Compare the accel of the working tree with that of a revision, in pairs of new processes.",
    )
    parser.add_argument("revision", metavar="REV", help="what git understands: a tag, a branch, HEAD~3")
    told = f"{', '.join(comparable)} (all of these unless told otherwise); {', '.join(whole)} (run as a whole for each sample, which takes minutes)"
    parser.add_argument("--only", nargs="+", choices=[*comparable, *whole], metavar="PROBLEM", default=comparable, help=told)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_PAIRS} pairs instead of {PAIRS}, smaller sizes")
    options = parser.parse_args(arguments)
    settings, found = Settings(options.quick), []
    try:
        revision = run_git("rev-parse", "--verify", f"{options.revision}^{{commit}}")
        print(f"old: {run_git('log', '-1', '--format=%h %s', revision)}\nnew: the working tree, {run_git('describe', '--always', '--dirty')}", flush=True)
        with open_sides(revision) as folders:
            for name in dict.fromkeys(options.only):
                how = compare_whole if name in whole else compare_problem
                for one in how(problems[name], folders, settings, QUICK_PAIRS if options.quick else PAIRS):
                    print(f"{name} {one.case}: {one.fault or f'{one.ratio:.3f}'}", file=sys.stderr, flush=True)
                    found.append(one)
    except RivalError as error:
        parser.error(describe_fault(error))
    return print_comparisons(found)
