"""This module is a process that waits for commands of `apart`: it loads an implementation, calls it, and answers with nanoseconds measured here.

A command and its answer are one line of JSON each. Arguments and results are pickles in files of the folder they share.
"""

from __future__ import annotations

import gc
import json
import os
import pickle
import signal
import sys
import time
import types
from pathlib import Path
from typing import Any

from benchmarks.harness.check import require_compiled, run_fresh
from benchmarks.harness.load import describe_fault, load_named
from benchmarks.harness.measure import time_calls
from benchmarks.harness.rivals import LIMIT_S


class Worker:
    """One function at a time, and its arguments."""

    def __init__(self) -> None:
        self.function: Any = None
        self.arguments: tuple[Any, ...] = ()

    def load(self, problem: str, implementation: str, case: str) -> dict[str, Any]:
        """Import the implementation, which may compile it."""
        start_ns = time.perf_counter_ns()
        self.function = load_named(problem, implementation, case)
        return {"time_ns": time.perf_counter_ns() - start_ns}

    def take(self, path: str) -> dict[str, Any]:
        """Read the arguments, which stay here from now on."""
        self.arguments = pickle.loads(Path(path).read_bytes())
        return {}

    def fresh(self, path: str) -> dict[str, Any]:
        """Call the function with copies of the arguments; write its answer, and what became of the copies."""
        start_ns = time.perf_counter_ns()
        found = run_fresh(self.function, self.arguments)
        taken_ns = time.perf_counter_ns() - start_ns
        Path(path).write_bytes(pickle.dumps(found))
        return {"time_ns": taken_ns}

    def compiled(self) -> dict[str, Any]:
        """Refuse a function under accel that is CPython's."""
        require_compiled(self.function)
        return {}

    def time(self, count: int) -> dict[str, Any]:
        """One turn. What is called several times is called once before: its memory went cold while others had their turns."""
        function, arguments = self.function, self.arguments
        if count > 1:
            function(*arguments)
        return {"time_ns": time_calls(lambda: function(*arguments), count)}


def main() -> None:
    """Obey until there are no more commands."""
    skip_table()
    gc.disable()
    worker = Worker()
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)  # what libraries print is no answer
        for line in sys.stdin:
            name, arguments = json.loads(line)
            signal.alarm(LIMIT_S)  # which ends this process, whatever it does
            try:
                answer = getattr(worker, name)(**arguments)
            except Exception as error:
                answer = {"fault": describe_fault(error)}
            signal.alarm(0)
            print(json.dumps(answer), file=answers, flush=True)


def skip_table() -> None:
    """Let implementations be imported without the table of all problems, whose imports this environment may lack."""
    package = types.ModuleType("benchmarks.problems")
    package.__path__ = [str(Path(__file__).parents[1] / "problems")]
    sys.modules[package.__name__] = package


if __name__ == "__main__":
    main()
