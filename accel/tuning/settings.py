"""This module reads what `autotune` is given: the parameters it searches, and how."""

from __future__ import annotations

import re

from accel.errors import DecorationError, Diagnostic, OptionError
from accel.tuning.keys import PARTS
from accel.tuning.space import Choice, Int, Space
from accel.tuning.strategies import refuse_unknown
from accel.values import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Mapping
    from typing import Any, NoReturn

__all__ = ["Budget", "Settings", "read_budget", "read_settings", "with_defaults"]

_OPTIONS = ("where", "default", "key", "budget", "strategy", "rtol", "atol", "timeout", "memory", "seed", "space")
_UNITS_S = {"": 1.0, "ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_AMOUNT = re.compile(r"\s*([0-9]*\.?[0-9]+(?:e[+-]?[0-9]+)?)\s*([a-z]*)\s*\Z")
_SIZES = {"": 1, "b": 1, "kb": 1 << 10, "k": 1 << 10, "mb": 1 << 20, "m": 1 << 20, "gb": 1 << 30, "g": 1 << 30}
_DEFAULT_BUDGET_S = 5.0


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a search may take.

    Parameters
    ----------
    seconds : float
        At most so long; infinite when trials alone count.
    trials : int or None
        At most so many measurements and failures.
    """

    seconds: float
    trials: int | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What `autotune` was told.

    Parameters
    ----------
    space : Space
        The candidates.
    key : tuple of str, or callable
        Which calls are alike: `accel.tuning.keys.Keyer`.
    budget : Budget
        How long a search may take.
    strategy : object
        A name, a Strategy class, or a callable that makes one.
    rtol, atol : float
        How far results may be from those of the default candidate; both 0: not at all.
    timeout_s : float or None
        How long a trial may take at first; by default some times what the default candidate takes.
    memory_bytes : int or None
        How much memory a trial may take beyond what the process has.
    seed : int
        Of what the strategy draws.
    has_default : bool
        Whether the default candidate was named.
    """

    space: Space
    key: tuple[str, ...] | Callable[..., Any] | None
    budget: Budget
    strategy: Any
    rtol: float
    atol: float
    timeout_s: float | None
    memory_bytes: int | None
    seed: int
    has_default: bool = False


def read_settings(options: Mapping[str, Any]) -> Settings:
    """Settings from the keyword arguments of `autotune`. What is no option is a parameter to search.

    Raises
    ------
    OptionError
        For an empty space, conditions that nothing meets, a default that is no candidate, a value an option does not take.

    Examples
    --------
    >>> from accel.tuning.settings import read_settings
    >>> settings = read_settings({"tile": [16, 32], "budget": "500ms"})
    >>> settings.space, settings.budget
    (Space(tile=[16, 32]), Budget(seconds=0.5, trials=None))
    """
    given = {name: options[name] for name in _OPTIONS if name in options}
    space, seed = given.get("space") or {}, given.get("seed", 0)
    if not isinstance(space, dict):
        raise OptionError(Diagnostic(f"`space` takes a dict of parameters and their values, not {space!r:.60}", "option-value"))
    if not isinstance(seed, int):
        raise OptionError(Diagnostic(f"`seed` takes a whole number, not {seed!r:.60}", "option-value"))
    domains = {name: domain for name, domain in options.items() if name not in _OPTIONS} | space
    if not domains:
        raise OptionError(Diagnostic("`autotune` is given no parameter to search", "empty-space", do=("name some of the function's: `@autotune(tile=[16, 32, 64])`",)))
    for name, domain in domains.items():
        _check_domain(name, domain)
    where, default, strategy = given.get("where"), given.get("default"), given.get("strategy", "racing")
    refuse_unknown(strategy)
    return Settings(
        _make_space(domains, where, default),
        _read_key(given.get("key")),
        read_budget(given.get("budget", _DEFAULT_BUDGET_S)),
        strategy,
        _read_number("rtol", given.get("rtol", 0.0)),
        _read_number("atol", given.get("atol", 0.0)),
        None if given.get("timeout") is None else _read_amount("timeout", given["timeout"], _UNITS_S),
        None if given.get("memory") is None else int(_read_amount("memory", given["memory"], _SIZES)),
        seed,
        default is not None,
    )


def with_defaults(settings: Settings, function: Callable[..., Any]) -> Settings:
    """Settings for a function, whose own defaults are the default candidate where that was not given and there is such a candidate.

    Raises
    ------
    OptionError
        For a searched name that is no keyword-only parameter of the function, and for an unknown one in a key.
    DecorationError
        For a callable whose parameters are not known.
    """
    import inspect

    try:
        parameters = inspect.signature(function).parameters
    except (ValueError, TypeError) as error:
        raise DecorationError(Diagnostic(f"`autotune` needs to know the parameters: {error}", "decorated-object")) from error
    _check_parameters(function, settings, parameters)
    own = {name: parameters[name].default for name in settings.space.names if parameters[name].default is not inspect.Parameter.empty}
    if settings.has_default or not own:
        return settings
    return replace(settings, space=settings.space.with_default(own))


def _check_parameters(function: Callable[..., Any], settings: Settings, parameters: Mapping[str, inspect.Parameter]) -> None:
    optional = [name for name, p in parameters.items() if p.kind is p.KEYWORD_ONLY]
    known = f"its keyword-only ones are {', '.join([f'`{name}`' for name in optional])}" if optional else "it has none that are keyword-only"
    name_of_function = getattr(function, "__qualname__", repr(function))
    for name in settings.space.names:
        if name not in parameters:
            _refuse(function, f"`{name_of_function}` has no parameter `{name}`", known)
        if name not in optional:
            _refuse(function, f"`{name}` of `{name_of_function}` is not keyword-only", known, (f"put it behind a `*`: `*, {name}`",))
    if isinstance(settings.key, tuple):
        for part in settings.key:
            if part not in PARTS and (part not in parameters or part in settings.space.names):
                _refuse(function, f"`key` names `{part}`", f"it takes {', '.join(map(repr, PARTS))} and parameters that are not searched")


def _refuse(function: Callable[..., Any], what: str, why: str, do: tuple[str, ...] = ()) -> NoReturn:
    import linecache

    code: Any = getattr(function, "__code__", None)
    if code is None:
        raise OptionError(Diagnostic(what, "tuned-parameter", why=why, do=do))
    line = linecache.getline(code.co_filename, code.co_firstlineno).rstrip()
    start = len(line) - len(line.lstrip())
    raise OptionError(Diagnostic(what, "tuned-parameter", code.co_filename, code.co_firstlineno, start, len(line), line, why=why, do=do))


def _check_domain(name: str, domain: Any) -> None:
    if isinstance(domain, (Int, Choice)):
        values = domain.values
    elif isinstance(domain, (list, tuple, range)):
        values = tuple(domain)
    else:
        from difflib import get_close_matches

        meant = tuple([f"or did you mean the option `{option}`?" for option in get_close_matches(name, _OPTIONS, 1)])
        do = (f"write a list, `{name}=[...]`", f"or `{name}=Int(lo, hi)` or `{name}=Choice(...)`", *meant)
        raise OptionError(Diagnostic(f"`{name}` takes the values to try, not {domain!r:.60}", "option-value", do=do))
    if not values:
        raise OptionError(Diagnostic(f"`{name}` has no values to try", "empty-space", found=repr(domain)))


def _make_space(domains: dict[str, Any], where: Any, default: Any) -> Space:
    import inspect

    if where is not None:
        if not callable(where):
            raise OptionError(Diagnostic(f"`where` takes a function of the parameters, not {where!r:.60}", "option-value"))
        unknown = [name for name in inspect.signature(where).parameters if name not in domains]
        if unknown:
            known = ", ".join([f"`{name}`" for name in domains])
            raise OptionError(Diagnostic(f"`where` asks for `{unknown[0]}`", "tuned-parameter", why=f"the parameters searched are {known}"))
    if default is not None and (not isinstance(default, dict) or set(default) != set(domains)):
        raise OptionError(Diagnostic(f"`default` takes a value for each parameter, not {default!r:.60}", "option-value"))
    space = Space(domains, where, default)
    if not space.default:
        raise OptionError(Diagnostic("no candidate meets the condition `where`", "empty-space", found=repr(space)))
    if default is not None and space.arguments(space.default) != dict(default):
        raise OptionError(Diagnostic(f"`default` is no candidate: {default!r:.60}", "option-value", why="its values are to be among those to try, and to meet `where`"))
    return space


def _read_key(key: Any) -> tuple[str, ...] | Callable[..., Any] | None:
    if key is None or callable(key):
        return key  # type: ignore[no-any-return]
    parts = (key,) if isinstance(key, str) else tuple(key)
    if not all(isinstance(part, str) for part in parts):
        raise OptionError(Diagnostic(f"`key` takes names or a function, not {key!r:.60}", "option-value"))
    return parts


def read_budget(budget: Any) -> Budget:
    """A budget as users write it.

    Raises
    ------
    OptionError
        For anything else.

    Examples
    --------
    >>> read_budget("2min"), read_budget("200 trials")
    (Budget(seconds=120.0, trials=None), Budget(seconds=inf, trials=200))
    """
    if isinstance(budget, str) and budget.strip().endswith(("trials", "trial")):
        count = budget.strip().removesuffix("s").removesuffix("trial")
        if count.strip().isdigit():
            return Budget(float("inf"), int(count))
    return Budget(_read_amount("budget", budget, _UNITS_S))


def _read_amount(name: str, given: Any, units: Mapping[str, float]) -> float:
    """A number, or one with a unit, as text."""
    if isinstance(given, str) and (match := _AMOUNT.match(given.lower())) and match[2] in units:
        return float(match[1]) * units[match[2]]
    return _read_number(name, given, f' or text as "5{list(units)[-2]}"')


def _read_number(name: str, given: Any, more: str = "") -> float:
    if type(given) in (int, float) and given >= 0:
        return float(given)
    raise OptionError(Diagnostic(f"`{name}` takes a number that is not negative{more}, not {given!r:.60}", "option-value"))
