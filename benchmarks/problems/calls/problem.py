"""This module says which hot calls are timed, and times them."""

import time
from typing import Any

from benchmarks.harness.check import require_compiled
from benchmarks.harness.load import describe_fault, load
from benchmarks.harness.measure import interleave_statements
from benchmarks.harness.problem import Problem, Row, Settings, make_rows

STATEMENTS = {
    "f(int, int)": "add(1, 2)",
    "f(float, float)": "half(1.5, 2.5)",
    "f()": "nothing()",
    "f(ndarray)": "first(x)",
    "method(float)": "scaler.scale(1.5)",
    "keyword": "add(1, b=2)",
}
REPEATS = 20_000


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of each statement; the loop around it is `timeit`'s."""
    spaces, broken = load_spaces(problem)
    statements = {
        (case, name): (text, space)
        for case, text in STATEMENTS.items()
        for name, space in spaces.items()
        if text.split("(")[0].split(".")[0] in space
    }
    faults: dict[str, dict[str, str]] = {case: dict(broken) for case in STATEMENTS}
    for (case, name), (text, space) in list(statements.items()):
        try:
            got, want = [eval(text, space) for _ in range(3)][-1], eval(text, spaces["python"])
            if got != want or (name == "accel" and type(got) is not type(want)):
                raise ValueError(f"{text} is {got!r}, CPython's is {want!r}")
            require_compiled(eval(text.partition("(")[0], space))
        except Exception as error:
            faults[case][name] = describe_fault(error)
            del statements[case, name]
    for _ in range(2):  # whatever is compiled in the background has its time
        interleave_statements({f"{case} {name}": how for (case, name), how in statements.items()}, rounds=1, count=3000)
        time.sleep(1.0)
    rows: list[Row] = []
    for case in STATEMENTS:
        mine = {name: how for (other, name), how in statements.items() if other == case}
        rows += make_rows(problem, case, interleave_statements(mine, rounds=2 * settings.rounds, count=REPEATS), faults[case])
    return rows


def load_spaces(problem: Problem) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Names each implementation offers to the statements, and the faults of those that can't be imported."""
    spaces, faults = {}, {}
    for name in problem.implementations:
        try:
            spaces[name] = dict(load(problem, name, "SPACE"))  # type: ignore[call-overload]
        except Exception as error:
            faults[name] = describe_fault(error)
    return spaces, faults


CALLS = Problem(name="calls", group="calls", implementations=("python", "numba", "accel"), measure=measure, baseline="python")
