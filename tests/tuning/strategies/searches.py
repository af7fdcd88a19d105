"""Searches with simulated measurements."""

from __future__ import annotations

from random import Random

from accel.tuning import History


def search(strategy, space, time, *, trials, seed=0, noise=0.0, **options):
    """The history of a search, and what was asked for, step by step."""
    history, chance, steps = History(), Random(seed), []
    history.add(space.default, time(space.default))
    searching = strategy(space, trials=trials, seed=seed, **options)
    while step := searching.ask(history):
        steps.append(list(step))
        for candidate in step:
            history.add(candidate, time(candidate) * (1 + noise * chance.random()))
    return history, steps


def bowl(candidate):
    """A time with one minimum, at the places 6, 5, 4 and so on."""
    return 20.0 + sum((place - 6 + at) ** 2 for at, place in enumerate(candidate))
