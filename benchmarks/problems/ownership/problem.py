"""This module times calls inside `accel.disabled()`: plain functions, those with annotations, and those that say whose the arrays are, too.

What ownership costs is the time beyond that of the annotations; where an array is moved, beyond that of the same with a view of it, as `move` gives another object over
the same memory. A function without annotations that was never compiled costs what a plain one does, and a call that the interpreter does not inline.
"""

from typing import Any

import accel
from benchmarks.harness.load import describe_fault, load
from benchmarks.harness.measure import interleave_statements
from benchmarks.harness.problem import Problem, Row, Settings, make_rows

STATEMENTS = {  # by implementation, or for all
    "Borrowed": {"": "reads(held.x)"},
    "Inout, Inout": {"": "writes(held.x, held.y)"},
    "Owned": {"": "held.x = takes(held.x)"},
    "Owned, move": {"python": "held.x = takes(held.x)", "types": "held.x = takes(held.x.view())", "accel": "held.x = takes(move(held.x))"},
    "never compiled": {"": "never(held.x)"},
}
COUNT, TURNS = 2_000, 8  # executions in one turn: short ones find a quiet moment


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """Rows of each statement."""
    rows: list[Row] = []
    with accel.disabled():
        for case, texts in STATEMENTS.items():
            statements, faults = {}, {}
            for name in problem.implementations:
                try:
                    space = dict(load(problem, name, "SPACE"))  # type: ignore[call-overload]
                    check_space(space, name)
                    statements[name] = texts.get(name) or texts[""], space
                except Exception as error:
                    faults[name] = describe_fault(error)
            rows += make_rows(problem, case, interleave_statements(statements, rounds=TURNS * settings.rounds, count=COUNT), faults)
    return rows


def check_space(space: dict[str, Any], name: str) -> None:
    """Raise unless functions refuse what their annotations say, and nothing else."""
    refused = {text for text in ("reads(3)", "writes(held.x, held.x)", "takes(3)") if is_refused(text, space)}
    want = {"python": set(), "types": {"reads(3)", "takes(3)"}}.get(name, {"reads(3)", "writes(held.x, held.x)", "takes(3)"})
    if refused != want:
        raise ValueError(f"refused are {sorted(refused)}")


def is_refused(text: str, space: dict[str, Any]) -> bool:
    """Whether a call raises what wrong arguments raise."""
    try:
        eval(text, space)
    except (TypeError, accel.OwnershipError):
        return True
    return False


OWNERSHIP = Problem(name="ownership", group="ownership", implementations=("python", "types", "accel"), measure=measure, baseline="types")
