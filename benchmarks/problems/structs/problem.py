"""This module times structs: in CPython against a plain class with slots, in compiled code against the same loops over separate arrays and floats.

A loop over a million structs waits for one stream of memory where the other has six, and some processors prefetch several streams sooner than one: the row
of C, over the same array of structs, says what this layout takes. The cached cases are those loops where they wait for nothing.
"""

import dataclasses
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.harness.check import check, require_compiled
from benchmarks.harness.load import describe_fault, load
from benchmarks.harness.measure import interleave, interleave_statements
from benchmarks.harness.problem import Case, Problem, Row, Settings, make_rows
from benchmarks.problems.nbody.problem import make as make_bodies

STATEMENTS = {"new": "Point(3.0, 4.0)", "new, keywords": "Point(x=3.0, y=4.0)", "read": "p.x", "method": "p.norm()"}
COUNT, REPEATS = 2000, 10  # executions of the statement that `timeit` loops over, and how many times that holds the text
WAITING = ("energy", "move")  # for memory
COLUMNS = {"nbody": 3, "energy": 6, "move": 6, "walk": 4}  # leading arguments whose elements side by side are a struct


def make_particles(size: int) -> tuple[Any, ...]:
    """Places and speeds, each in an array of its own."""
    return tuple(np.random.default_rng(31).random((6, size)) - 0.5)


def make_moving(size: int) -> tuple[Any, ...]:
    """The same, and the length of a step."""
    return *make_particles(size), 1e-4


def make_walk(size: int) -> tuple[Any, ...]:
    """Two pairs of numbers, a factor, and the number of turns."""
    return 0.0, 1.0, 0.3, 0.4, 1e-3, size


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of the statements, then those of the loops."""
    rows = measure_statements(dataclasses.replace(problem, implementations=("python", "accel"), baseline="python"), settings)
    for case, how in problem.cases.items():
        names = ("flat", "accel", "c") if case in WAITING else ("flat", "accel")
        rows += measure_loop(dataclasses.replace(problem, implementations=names), case, how.make(how.size(settings)), settings)
    return rows


def measure_statements(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of each statement in CPython."""
    rows: list[Row] = []
    for case, text in STATEMENTS.items():
        statements, faults = {}, {}
        for name in problem.implementations:
            try:
                space = dict(load(problem, name, "SPACE"))  # type: ignore[call-overload]
                check_statement(text, space, load(problem, "python", "SPACE"))  # type: ignore[arg-type]
                statements[name] = "; ".join([text] * REPEATS), space
            except Exception as error:
                faults[name] = describe_fault(error)
        times = interleave_statements(statements, rounds=2 * settings.rounds, count=COUNT)
        rows += make_rows(problem, case, {name: [time / REPEATS for time in found] for name, found in times.items()}, faults)
    return rows


def check_statement(text: str, space: dict[str, Any], plain: dict[str, Any]) -> None:
    """Raise unless the third evaluation gives what it gives for the plain class, or its method is not compiled."""
    got, want = [[eval(text, names) for _ in range(3)][-1] for names in (dict(space), dict(plain))]
    if text.startswith("Point"):
        got, want = [((type(a.x), a.x), (type(a.y), a.y)) for a in (got, want)]
    if got != want or type(got) is not type(want):
        raise ValueError(f"{text} is {got!r}, the plain class's is {want!r}")
    if text == "p.norm()":
        require_compiled(space["p"].norm)


def measure_loop(problem: Problem, case: str, arguments: tuple[Any, ...], settings: Settings) -> list[Row]:
    """Rows of one loop, each with the answer and the contents of the arrays that CPython leaves."""
    function, calls, faults = case.partition(" ")[0], {}, {}
    want = run(problem, "python", function, arguments)
    for name in problem.implementations:
        try:
            for _ in range(2):  # the first call may have been CPython's
                check(run(problem, name, function, arguments), want, loose=False, types=name == "flat")  # a field is no numpy.float64
            require_compiled(load(problem, name, function))
            calls[name] = prepare(problem, name, function, arguments)[0]
        except Exception as error:
            faults[name] = describe_fault(error)
    return make_rows(problem, case, interleave(calls, rounds=2 * settings.rounds), faults)


def run(problem: Problem, name: str, function: str, arguments: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """The answer, a struct as the tuple of its fields, and the table of the elements afterwards."""
    call, find_table = prepare(problem, name, function, arguments)
    answer = call()
    return dataclasses.astuple(answer) if dataclasses.is_dataclass(answer) else answer, (find_table(),)  # type: ignore[arg-type]


def prepare(
    problem: Problem, name: str, function: str, arguments: tuple[Any, ...]
) -> tuple[Callable[[], Any], Callable[[], np.ndarray]]:
    """A call on copies of the arguments, in the layout of this implementation, and what finds all elements as a table."""
    count, called = COLUMNS[function], load(problem, name, function)
    arrange = getattr(importlib.import_module(called.__module__), "ARRANGE", None)
    if arrange is None:
        columns = [column.copy() if isinstance(column, np.ndarray) else column for column in arguments[:count]]
        return lambda: called(*columns, *arguments[count:]), lambda: np.column_stack(columns)
    table = np.column_stack(arguments[:count])
    arranged = (*arrange[function](table), *arguments[count:])
    return lambda: called(*arranged), lambda: table


STRUCTS = Problem(
    name="structs",
    group="structs",
    implementations=("python", "flat", "accel", "c"),
    measure=measure,
    cases={
        "nbody": Case(make_bodies, small=20, full=2000),
        "energy": Case(make_particles, small=300, full=1_000_000),
        "move": Case(make_moving, small=300, full=1_000_000),
        "energy cached": Case(make_particles, small=300, full=500),
        "move cached": Case(make_moving, small=300, full=500),
        "walk": Case(make_walk, small=300, full=100_000),
    },
    baseline="flat",
)
