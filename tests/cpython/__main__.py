"""`python -m tests.cpython`: run modules of the interpreter's test package plain and decorated, report tests that are lost."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cpython.child import MARKER, run_module
from tests.cpython.modules import EXCLUDED, UNDECORATED, choose_modules

__all__ = ["main"]

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(slots=True)
class Result:
    """What came of one module."""

    name: str
    passed: int = 0
    decorated: int = 0
    compiled: int = 0
    lost: dict[str, str] = field(default_factory=dict)
    crash: str = ""
    problem: str = ""
    seconds: tuple[float, float] = (0.0, 0.0)

    def __str__(self) -> str:
        plain, fn = self.seconds
        state = "CRASH" if self.crash else f"{len(self.lost)} lost" if self.lost else self.problem or "ok"
        return f"{self.name:28} {self.passed:6} {self.decorated:9} {self.compiled:8} {plain:7.1f} {fn:7.1f}  {state}"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the status is 1 when a test is lost or a process crashes."""
    parser = argparse.ArgumentParser("python -m tests.cpython", description=__doc__)
    parser.add_argument("--modules", nargs="*", default=[], help="names with or without test_; all by default")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--decorator", default="accel")
    parser.add_argument("--outermost", action="store_true", help="decorate no function inside another, so that more can compile")
    parser.add_argument("--limit", type=float, default=300.0, help="seconds for a module")
    parser.add_argument("--list", action="store_true", help="print what is left out, and why")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parsed = parser.parse_args(arguments)
    if parsed.child:
        run_module(parsed.child, parsed.decorator, parsed.outermost)
        return 0
    if parsed.list:
        for name, reason in {**EXCLUDED, **UNDECORATED}.items():
            print(f"{name:70} {reason}")
        return 0
    return run_all(parsed)


def present_modules() -> set[str]:
    """The modules of the test package that this interpreter has."""
    import test

    folder = Path(test.__path__[0])
    return {path.stem for path in folder.iterdir() if path.stem.startswith("test_") and (path.suffix == ".py" or path.is_dir())}


def run_all(parsed: argparse.Namespace) -> int:
    """Run every module, print a row for each and the totals."""
    names = choose_modules(parsed.modules, present_modules())
    print(f"{'module':28} {'passed':>6} {'decorated':>9} {'compiled':>8} {'plain s':>7} {'fn s':>7}")
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="accel-cache-") as cache, ThreadPoolExecutor(max(1, parsed.jobs)) as pool:
        for result in pool.map(lambda name: compare_module(name, parsed, cache), names):
            print(result, flush=True)
            results.append(result)
    for result in results:
        for test, text in result.lost.items():
            print(f"\n--- lost: {test}\n{text}")
        if result.crash:
            print(f"\n--- crash: {result.name}\n{result.crash}")
    lost, crashes = sum(len(r.lost) for r in results), sum(bool(r.crash) for r in results)
    print(f"\nmodules {len(results)}, tests passed plain {sum(r.passed for r in results)}, functions decorated "
          f"{sum(r.decorated for r in results)}, compiled {sum(r.compiled for r in results)}, lost {lost}, crashes {crashes}")  # fmt: skip
    return int(bool(lost or crashes))


def compare_module(name: str, parsed: argparse.Namespace, cache: str) -> Result:
    """Run a module plain and decorated; what is lost must be lost twice."""
    result = once = compare_once(name, parsed, cache)
    if once.lost and not once.crash:
        result = compare_once(name, parsed, cache)
        result.lost = {test: text for test, text in result.lost.items() if test in once.lost}
    return result


def compare_once(name: str, parsed: argparse.Namespace, cache: str) -> Result:
    """Run a module plain and decorated."""
    result = Result(name)
    start = time.monotonic()
    plain, problem = run_child(name, "none", parsed, cache)
    middle = time.monotonic()
    if plain is None:
        result.problem = f"plain run: {problem.splitlines()[-1] if problem else 'failed'}"
        return result
    decorated, problem = run_child(name, parsed.decorator, parsed, cache)
    result.seconds = (middle - start, time.monotonic() - middle)
    good = [test for test, word in plain["words"].items() if word == "passed"]
    result.passed = len(good)
    if decorated is None:
        result.crash = problem
        return result
    result.decorated, result.compiled = decorated["decorated"], decorated["compiled"]
    for test in good:
        word = decorated["words"].get(test, "missing")
        if word != "passed":
            result.lost[test] = decorated["texts"].get(test, word)
    return result


def run_child(name: str, decorator: str, parsed: argparse.Namespace, cache: str) -> tuple[dict[str, Any] | None, str]:
    """Run one module in a child; None and the end of its output when it crashes."""
    environment = {**os.environ, "ACCEL_HINTS": "0", "PYTHONHASHSEED": "0"}
    environment.setdefault("ACCEL_CACHE_DIR", cache)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH", "")]))
    command = [sys.executable, "-m", "tests.cpython", "--child", name, "--decorator", decorator]
    command += ["--outermost"] if parsed.outermost else []
    with tempfile.TemporaryFile("w+") as output:
        child = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=environment,
                                 start_new_session=True, cwd=_ROOT)  # fmt: skip
        try:
            status = child.wait(parsed.limit)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            status = 124
        output.seek(0)
        text = output.read()
    for line in text.splitlines():
        if line.startswith(MARKER):
            row: dict[str, Any] = json.loads(line[len(MARKER) :])
            return row, ""
    ended = signal.Signals(-status).name if status < 0 else f"no answer within {parsed.limit:g} s" if status == 124 else f"status {status}"
    return None, "\n".join([*text.splitlines()[-40:], ended])


if __name__ == "__main__":
    sys.exit(main())
