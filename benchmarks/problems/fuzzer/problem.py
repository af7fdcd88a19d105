"""This module runs the differential fuzzer as its command and reads what it found."""

from functools import partial

from benchmarks.harness import commands
from benchmarks.harness.problem import Problem, Row, Settings

FOUND = {
    "programs": r"^programs +(\d+)",
    "differences": r"^differences +(\d+)",
    "crashes": r"^crashes +(\d+)",
    "compiled": r"^compiled .*\(([\d.]+) ?%\)",
}
read_counts = partial(commands.read_counts, patterns=FOUND)


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """One row with the counts of a fresh seed."""
    return commands.measure_command(problem, settings, ["tests.differential", "--programs", str(settings.programs)], FOUND)


FUZZER = Problem(name="fuzzer", group="checks by programs", implementations=("accel",), measure=measure)
