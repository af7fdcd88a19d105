"""This module asks Optuna, which builds a model of the times and proposes what it expects to improve on them."""

from __future__ import annotations

from accel.errors import Diagnostic, MissingPackageError
from accel.tuning.strategies.strategy import Strategy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from accel.tuning.space import Candidate, Space

__all__ = ["Bayesian"]

_CONFIRMED = 0.15  # of the trials, to measure the fastest again
_BEGUN = 0.2  # of the trials, for candidates at random
_PROPOSALS = 3  # asked of the model for each candidate that is wanted; it proposes what it knows again and again


class Bayesian(Strategy):
    """Tree-structured Parzen estimators, by Optuna: places that fast candidates have are proposed more often than those that slow ones have.

    For measurements so dear that a few milliseconds of thought for each are nothing. Needs the extra `tune`.

    Parameters
    ----------
    sampler : optuna.samplers.BaseSampler, optional
        Another sampler of Optuna's.

    Raises
    ------
    MissingPackageError
        When Optuna is not installed.

    Examples
    --------
    >>> from accel.tuning import History, Space
    >>> len(Bayesian(Space({"n": range(1000)}), trials=50).ask(History()))
    10
    """

    def __init__(self, space: Space, *, trials: int, seed: int = 0, sampler: Any = None) -> None:
        super().__init__(space, trials=trials, seed=seed)
        self._optuna = _import_optuna()
        if sampler is None:
            sampler = self._optuna.samplers.TPESampler(seed=seed, n_startup_trials=1, multivariate=True)
        self._study = _make_study(self._optuna, sampler)
        distributions = self._optuna.distributions
        self._distributions = {
            name: distributions.IntDistribution(0, size - 1) if domain.is_ordered else distributions.CategoricalDistribution(range(size))
            for (name, domain), size in zip(space.domains.items(), space.sizes, strict=True)
        }

    def plan(self) -> Iterator[Sequence[Candidate]]:
        """A sample, then one proposal after the other; at last the doubtful."""
        kept = max(3, int(_CONFIRMED * self.trials))
        sample = self.fresh(min(max(4, int(_BEGUN * self.trials)), self.left - kept))
        yield sample
        for candidate in [*self.history.times_ns, *self.history.failures]:
            self.add(candidate)
        while self.left > kept:
            proposed, trial = self.propose()
            if proposed is None:
                break
            yield [proposed]
            if trial is None:
                self.add(proposed)
            else:
                self._study.tell(trial, *self.outcome(proposed))
        yield from self.confirm()

    def propose(self) -> tuple[Candidate | None, Any]:
        """A candidate that is new, and the study's trial of it: beside the best, without a trial, when the study proposes nothing new; None when there is none."""
        for _ in range(_PROPOSALS):
            trial = self._study.ask(self._distributions)
            candidate = tuple([trial.params[name] for name in self.space.names])
            if self.history.is_new(candidate) and candidate in self.space:
                return candidate, trial
            self._study.tell(trial, *self.outcome(candidate))
        near = [n for c in self.history.ranked()[:3] for n in self.space.neighbours(c)]
        self.random.shuffle(near)
        return next(iter(self.new_of(near, 1) or self.fresh(1)), None), None

    def add(self, candidate: Candidate) -> None:
        """Tell the study about a candidate it has not proposed."""
        value, state = self.outcome(candidate)
        parameters = dict(zip(self.space.names, candidate, strict=True))
        self._study.add_trial(self._optuna.trial.create_trial(params=parameters, distributions=self._distributions, value=value, state=state))

    def outcome(self, candidate: Candidate) -> tuple[float | None, Any]:
        """What the study is told: a time, or that the candidate is bad."""
        states = self._optuna.trial.TrialState
        works = candidate in self.history.times_ns
        return (self.history.time_ns(candidate), states.COMPLETE) if works else (None, states.PRUNED)


def _import_optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        what = 'strategy "bayesian" needs the package `optuna`'
        raise MissingPackageError(Diagnostic(what, "missing-package", do=('run `pip install "accel-jit[tune]"`', 'or write `strategy="racing"`'))) from error
    return optuna


def _make_study(optuna: Any, sampler: Any) -> Any:
    """A study in memory; that it is made is not announced."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        return optuna.create_study(sampler=sampler)
    finally:
        optuna.logging.set_verbosity(before)
