"""This module lets a strategy search a stored landscape: each measurement is a stored one of that candidate, drawn at random."""

from __future__ import annotations

from random import Random
from typing import Any

from accel.tuning import History
from accel.tuning.strategies import find_strategy
from benchmarks.problems.tuning_quality.landscape import Landscape


def replay(landscape: Landscape, strategy: Any, *, trials: int, seed: int) -> History:
    """What a search with this strategy finds out."""
    random, history = Random(seed), History()
    history.add(landscape.space.default, landscape.sample(landscape.space.default, random))
    searching = find_strategy(strategy)(landscape.space, trials=trials, seed=seed)
    while step := searching.ask(history):
        for candidate in step:
            history.add(candidate, landscape.sample(candidate, random))
    return history


def find_excess(landscape: Landscape, history: History) -> float:
    """How much longer than the best of all the best that was found takes in truth: 0.05 is five per cent."""
    best = history.best()
    assert best is not None
    return landscape.time_ns(best) / landscape.optimum_ns - 1
