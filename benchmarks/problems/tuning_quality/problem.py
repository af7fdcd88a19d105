"""This module lets strategies search the stored landscapes of six kernels, with a tenth of the measurements that each candidate once would take.

Nothing is timed here: what is counted is how many of the seeds end within a few per cent of the best candidate there is.
"""

from __future__ import annotations

from statistics import median, quantiles

from benchmarks.harness.load import describe_fault
from benchmarks.harness.problem import Problem, Row, Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from benchmarks.problems.tuning_quality.landscape import Landscape

KERNELS = ("matmul", "transpose", "stencil", "histogram", "sort", "pieces")
SHARE = 0.1  # of the measurements of an exhaustive search, each candidate once
WITHIN = {"racing": 0.05, "bayesian": 0.05, "genetic": 0.08, "pattern": 0.05, "random": 0.05}
SEEDS = {"racing": 100, "bayesian": 20, "genetic": 100, "pattern": 100, "random": 100}  # Optuna thinks for seconds
QUICK_SEEDS = 10


def measure(problem: Problem, settings: Settings) -> list[Row]:
    """A row for each kernel and strategy."""
    from benchmarks.problems.tuning_quality.landscape import load_landscape  # imports accel

    rows = []
    for kernel in KERNELS:
        landscape = load_landscape(kernel)
        for strategy in problem.implementations:
            seeds = QUICK_SEEDS if settings.quick else SEEDS[strategy]
            try:
                figures = find_quality(landscape, strategy, seeds)
            except Exception as error:
                rows.append(Row(problem.name, problem.group, kernel, strategy, fault=describe_fault(error)))
            else:
                rows.append(Row(problem.name, problem.group, kernel, strategy, figures=figures))
    return rows


def find_quality(landscape: Landscape, strategy: str, seeds: int) -> dict[str, float]:
    """How near to the best a strategy comes."""
    from benchmarks.problems.tuning_quality.replay import find_excess, replay

    trials = int(SHARE * len(landscape.space))
    histories = [replay(landscape, strategy, trials=trials, seed=seed) for seed in range(seeds)]
    excesses = [find_excess(landscape, history) for history in histories]
    return {
        "candidates": len(landscape.space),
        "measurements": max(history.count for history in histories),
        "default %": round(100 * (landscape.time_ns(landscape.space.default) / landscape.optimum_ns - 1), 1),
        "median %": round(100 * median(excesses), 1),
        "9 of 10 %": round(100 * quantiles(excesses, n=10)[-1], 1),
        "within": round(sum(excess <= WITHIN[strategy] for excess in excesses) / seeds, 3),
    }


TUNING_QUALITY = Problem("tuning_quality", "tuning quality", tuple(WITHIN), measure, baseline="")
