"""This module runs random loop nests against the analysis of dependences, as their command, and reads what it found."""

from functools import partial

from benchmarks.harness import commands
from benchmarks.harness.problem import Problem, Row, Settings

NESTS = 5000
FOUND = {
    "nests": r"^(\d+) nests",
    "false proofs": r"(\d+) false proofs$",
    "independent": r"^(\d+) independent",
    "proven": r"(\d+) proven",
}
read_counts = partial(commands.read_counts, patterns=FOUND)


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """One row with the counts of a fresh seed."""
    nests = min(NESTS, settings.programs)
    return commands.measure_command(problem, settings, ["tests.dependence", "--nests", str(nests)], FOUND)


DEPENDENCE = Problem(name="dependence", group="checks by programs", implementations=("accel",), measure=measure)
