"""Ways to search a space, by name: a file and a row each."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from accel.tuning.strategies.strategy import Strategy

__all__ = ["STRATEGIES", "find_strategy", "refuse_unknown"]

STRATEGIES: dict[str, tuple[str, str]] = {  # name -> module and class, imported when it is chosen
    "racing": ("racing", "Racing"),
    "exhaustive": ("exhaustive", "Exhaustive"),
    "random": ("random", "RandomSearch"),
    "pattern": ("pattern", "Pattern"),
    "genetic": ("genetic", "Genetic"),
    "bayesian": ("bayesian", "Bayesian"),
    "bandit": ("bandit", "Bandit"),
}


def find_strategy(strategy: Any) -> Callable[..., Strategy]:
    """What makes the strategy that is meant: called with a space, `trials` and `seed`.

    Parameters
    ----------
    strategy : str, type or callable
        A name of `STRATEGIES`, a subclass of `Strategy`, or anything that makes one, such as `functools.partial(Racing, first=0.5)`.

    Returns
    -------
    callable
        A class, or what was given.

    Raises
    ------
    OptionError
        For an unknown name, and for what makes no strategy: a strategy itself belongs to one search, and makes none.

    Examples
    --------
    >>> from accel.tuning.strategies import find_strategy
    >>> find_strategy("racing").__name__
    'Racing'
    """
    from accel.tuning.strategies.strategy import Strategy

    if isinstance(strategy, str) and strategy in STRATEGIES:
        from importlib import import_module

        module, name = STRATEGIES[strategy]
        found: type[Strategy] = getattr(import_module(f"accel.tuning.strategies.{module}"), name)
        return found
    if issubclass(strategy, Strategy) if isinstance(strategy, type) else callable(strategy):
        made: Callable[..., Strategy] = strategy
        return made
    _refuse(strategy)


def refuse_unknown(strategy: object) -> None:
    """Raise OptionError for an unknown name, and for what is neither a name nor can be called, without importing a strategy.

    Examples
    --------
    >>> from accel.tuning.strategies import refuse_unknown
    >>> refuse_unknown("racing")
    """
    if strategy not in STRATEGIES if isinstance(strategy, str) else not callable(strategy):
        _refuse(strategy)


def _refuse(strategy: object) -> NoReturn:
    from accel.errors import Diagnostic, OptionError

    known = ", ".join([f'"{name}"' for name in STRATEGIES])
    do = (f"write one of {known}", "or a subclass of `accel.tuning.Strategy`")
    raise OptionError(Diagnostic(f"`strategy` takes the name of a strategy or a class, not {strategy!r:.60}", "option-value", do=do))
