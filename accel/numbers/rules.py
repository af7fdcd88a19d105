"""What stands for `math.sin`, `max` and the like where a function is differentiated: they take dual numbers, and anything else as before."""

from __future__ import annotations

import math
import sys

from accel.errors import ArgumentError, Diagnostic
from accel.numbers.dual import Dual
from accel.numbers.slopes import FLAT, NUMPY_NAMES, SLOPES, TWO_SLOPES
from accel.runtime.frames import find_caller

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["find_rule", "meaning_of"]


def of_one(function: Callable[..., Any], slope: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one number, by its slope."""

    def applied(x: Any) -> Any:
        if isinstance(x, Dual):
            y = function(x.value)
            return x.along(y, slope(x.value, y))
        return function(x)

    return applied


def of_two(function: Callable[..., Any], first: Callable[..., Any], second: Callable[..., Any]) -> Callable[..., Any]:
    """A function of two numbers, by its slopes in them."""

    def applied(a: Any, b: Any) -> Any:
        if isinstance(a, Dual):
            if isinstance(b, Dual):
                y = function(a.value, b.value)
                return a.joined(b, y, first(a.value, b.value, y), second(a.value, b.value, y))
            y = function(a.value, b)
            return a.along(y, first(a.value, b, y))
        if isinstance(b, Dual):
            y = function(a, b.value)
            return b.along(y, second(a, b.value, y))
        return function(a, b)

    return applied


def flat(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that changes in steps only: it gets the value."""

    def applied(x: Any, *more: Any) -> Any:
        return function(x.value, *more) if isinstance(x, Dual) else function(x, *more)

    return applied


def without_rule(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """A function of which nobody said how it changes."""

    def applied(*values: Any, **named: Any) -> Any:
        if any(isinstance(value, Dual) for value in (*values, *named.values())):
            what = f"`{name}` has no derivative rule, and gets a number that is differentiated"
            do = ("write it with functions that have one", "or pass it numbers that do not depend on the parameter: `int(x)` does not")
            raise ArgumentError(Diagnostic(what, "no-derivative", *find_caller(__file__), do=do))
        return function(*values, **named)

    return applied


def logarithm(x: Any, base: Any = None) -> Any:
    return log(x) if base is None else log(x) / log(base)


log = of_one(math.log, SLOPES["log"])


def extreme(function: Callable[..., Any], is_better: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """`max` or `min`: of equal numbers, the first."""

    def better(a: Any, b: Any) -> Any:
        if isinstance(a, Dual):
            other = b if isinstance(b, Dual) else a.of(b)
            return other if is_better(other, a) else a
        if isinstance(b, Dual):
            one = b.of(a)
            return b if is_better(b, one) else one
        return function(a, b)

    def applied(a: Any, b: Any = None, c: Any = None, *more: Any) -> Any:
        if b is None:
            return applied(*a) if len(a) > 1 else function(a)
        if c is None:
            return better(a, b)
        return applied(better(a, b), c, *more)

    return applied


def has_class(x: Any, classes: Any) -> bool:
    return isinstance(x.value, classes) if isinstance(x, Dual) else isinstance(x, classes)


_rules: dict[int, tuple[Any, Any]] = {}  # by the address of a function: itself, and what stands for it


def find_rule(function: Any) -> Any:
    """What stands for a builtin function, one of `math` or `cmath`, or a ufunc, where it may get dual numbers; None for anything else.

    Examples
    --------
    >>> find_rule(math.sqrt)(Dual[float, 1](4.0, (1.0,)))
    Dual[float, 1](value=2.0, partials=(0.25,))
    """
    if not _rules:
        for known, rule in _all_rules():
            _rules[id(known)] = known, rule
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None and isinstance(function, numpy.ufunc) and id(function) not in _rules:
        _rules[id(function)] = function, _rule_of_ufunc(function)
    return _rules.get(id(function), (None, None))[1]


def meaning_of(function: Any) -> str:
    """What a function gives: "arithmetic" with its arguments, "float" if it is that class, "flat" where it is no dual number, "" where nobody knows.

    Examples
    --------
    >>> meaning_of(math.sin), meaning_of(math.floor), meaning_of(print)
    ('arithmetic', 'flat', '')
    """
    if any(function is known for known in (int, len, bool, round, range, isinstance)):
        return "flat"
    if function is float:
        return "float"
    rule = find_rule(function)
    if rule is not None and function.__name__ in FLAT:
        return "flat"
    return "arithmetic" if rule is not None or function is abs or function is pow else ""


def _all_rules() -> list[tuple[Any, Any]]:
    import cmath

    made: list[tuple[Any, Any]] = [
        (max, extreme(max, lambda a, b: a > b)), (min, extreme(min, lambda a, b: a < b)), (isinstance, has_class), (round, flat(round)),
        (divmod, without_rule(divmod, "divmod")), (sum, sum),
    ]  # fmt: skip
    for module in (math, cmath):
        for name, function in vars(module).items():
            if callable(function) and not name.startswith("__"):
                made.append((function, _rule_of(name, function, f"{module.__name__}.{name}", is_real=module is math)))
    return made


def _rule_of(name: str, function: Any, shown: str, *, is_real: bool = True) -> Any:
    if function is math.log:
        return logarithm
    if is_real and name in SLOPES:
        return of_one(function, SLOPES[name])
    if is_real and name in TWO_SLOPES:
        return of_two(function, *TWO_SLOPES[name])
    return flat(function) if is_real and name in FLAT else without_rule(function, shown)


def _rule_of_ufunc(function: Any) -> Any:
    name = str(function.__name__)
    is_own = getattr(sys.modules["numpy"], name, None) is function
    return _rule_of(NUMPY_NAMES.get(name, name), function, f"numpy.{name}" if is_own else name, is_real=is_own)
