"""This module defines what a problem is and the rows that measuring it gives."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

Make = Callable[[int], tuple[Any, ...]]


@dataclass(frozen=True)
class Settings:
    """How long to measure, and what stands in the place of accel."""

    quick: bool = False
    stand_in: bool = False
    programs: int = 10_000
    seed: int = 0
    sizes: bool = False

    @property
    def rounds(self) -> int:
        """Number of rounds in which every implementation has its turn."""
        return 9 if self.quick else 25


@dataclass(frozen=True)
class Work:
    """What a call has to do, whoever does it: operations on floats, and bytes of arrays that are read and written at least once."""

    flops: float
    bytes: float


@dataclass(frozen=True)
class Case:
    """One function of a problem: how its arguments are made, and for which sizes.

    `small` serves compile times and the first check, `full` the timing, `quick` the timing under ``--quick``, `sizes` the timing under ``--sizes`` beside them.
    `work` says what is done for a size.
    """

    make: Make
    small: int = 0
    full: int = 0
    quick: int = 0
    sizes: tuple[int, ...] = ()
    work: Callable[[int], Work] | None = None

    def size(self, settings: Settings) -> int:
        """Size that is timed under these settings."""
        return self.quick or self.full if settings.quick else self.full

    def describe(self, size: int) -> dict[str, float]:
        """The size and the work, as figures of a row."""
        return {"size": float(size)} | (asdict(self.work(size)) if self.work else {})


@dataclass(frozen=True)
class Problem:
    """A named group of cases, the implementations it has, and how it is measured.

    `loose` names the implementations that may add in another order: their floats are compared to 1e-9, all others bit by bit.
    """

    name: str
    group: str
    implementations: tuple[str, ...]
    measure: Callable[[Problem, Settings], list[Row]]
    cases: Mapping[str, Case] = field(default_factory=dict)
    baseline: str = "numba"
    loose: tuple[str, ...] = ("numpy",)


@dataclass(frozen=True)
class Row:
    """What one implementation did in one case: nanoseconds per call of each round, or why there are none."""

    problem: str
    group: str
    case: str
    implementation: str
    rounds_ns: tuple[float, ...] = ()
    baseline: str = ""
    ratio: float | None = None
    quartiles: tuple[float, float] | None = None
    fault: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)

    @property
    def best_ns(self) -> float:
        """Fastest round."""
        return min(self.rounds_ns)

    @property
    def median_ns(self) -> float:
        """Middle round."""
        return statistics.median(self.rounds_ns)

    def to_json(self) -> dict[str, object]:
        """Plain values for a JSON file."""
        return asdict(self) | {"rounds_ns": [round(x, 2) for x in self.rounds_ns], "figures": dict(self.figures)}

    @staticmethod
    def from_json(fields: dict[str, Any]) -> Row:
        """The row that `to_json` described."""
        quartiles = fields["quartiles"]
        return Row(**fields | {"rounds_ns": tuple(fields["rounds_ns"]), "quartiles": tuple(quartiles) if quartiles else None})


def make_rows(
    problem: Problem,
    case: str,
    times: Mapping[str, list[float]],
    faults: Mapping[str, str],
    figures: Mapping[str, Mapping[str, float]] | None = None,
) -> list[Row]:
    """Rows of one case, in the order of the problem's implementations, each with its ratio to the baseline and what else is known of it.

    The ratio is that of the fastest rounds; the quartiles are of the ratios within each round.
    """
    rows = []
    for name in problem.implementations:
        if name in faults:
            rows.append(Row(problem.name, problem.group, case, name, fault=faults[name]))
        elif name in times:
            ratio, quartiles = find_ratio(times[name], times.get(problem.baseline, []))
            known = (figures or {}).get(name, {})
            rows.append(Row(problem.name, problem.group, case, name, tuple(times[name]), problem.baseline, ratio, quartiles, figures=known))
    return rows


def find_ratio(mine: list[float], theirs: list[float]) -> tuple[float | None, tuple[float, float] | None]:
    """Ratio of the fastest rounds, and quartiles of the ratios of rounds that both took part in."""
    if not mine or not theirs:
        return None, None
    paired = [a / b for a, b in zip(mine, theirs, strict=False)]
    if len(paired) < 2:
        return min(mine) / min(theirs), None
    low, _, high = statistics.quantiles(paired, n=4)
    return min(mine) / min(theirs), (low, high)
