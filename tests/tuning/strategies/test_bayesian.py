"""Optuna's proposals, and what is said where there is no Optuna."""

import sys
import warnings

import pytest

from accel.errors import MissingPackageError
from accel.tuning import Choice, Int, Space
from accel.tuning.strategies.bayesian import Bayesian
from tests.tuning.strategies.searches import bowl, search

SPACE = Space({"tile": Int(0, 29), "unroll": Int(0, 29), "algorithm": Choice("a", "b", "c")})


def test_without_optuna(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingPackageError, match=r'^strategy "bayesian" needs the package `optuna` \[missing-package\]\n.*pip install "accel-jit\[tune\]"'):
        Bayesian(SPACE, trials=10)


def test_proposals_are_better_than_chance(caplog):
    pytest.importorskip("optuna")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history, steps = search(Bayesian, SPACE, bowl, trials=90)
    assert bowl(history.best()) < 26.0  # 1 candidate in 180
    assert len(steps[0]) == 18 and all(len(step) == 1 for step in steps[1:40])
    assert caplog.records == []


def test_a_sampler_of_ones_own():
    optuna = pytest.importorskip("optuna")
    history, _ = search(Bayesian, SPACE, bowl, trials=40, sampler=optuna.samplers.RandomSampler(seed=3))
    assert history.count == 40


def test_logging_is_left_as_it_was():
    optuna = pytest.importorskip("optuna")
    before = optuna.logging.get_verbosity()
    Bayesian(SPACE, trials=10)
    assert optuna.logging.get_verbosity() == before
