"""Objects the compiler knows by name: builtins, `math`, `cmath`, NumPy's ufuncs and scalar types."""

from __future__ import annotations

import builtins
import sys
from typing import Any

__all__ = ["bind_known", "find_known_name"]

_BUILTINS = (
    "abs min max sum len int float bool complex round divmod pow range enumerate zip isinstance reversed type".split()
)  # those whose meaning the compiler knows


def _build() -> dict[int, str]:
    names = {id(getattr(builtins, n)): f"builtins.{n}" for n in _BUILTINS}
    for module in ("math", "cmath"):
        namespace = vars(__import__(module))
        names |= {id(v): f"{module}.{n}" for n, v in namespace.items() if callable(v) and not n.startswith("_")}
    return names


_names: dict[int, str] = {}


def find_known_name(value: Any) -> str:
    """The name under which the compiler knows this very object, for example "math.sqrt"; "" if it doesn't.

    >>> find_known_name(len)
    'builtins.len'
    """
    if not _names:
        _names.update(_build())
    name = _names.get(id(value), "")
    numpy: Any = sys.modules.get("numpy")
    if name or not numpy:
        return name
    if type(value) is numpy.ufunc:
        named = str(value.__name__)
        return f"numpy.{named}" if getattr(numpy, named, None) is value else ""
    if type(value) is type and issubclass(value, numpy.generic) and value.__module__ == "numpy":
        return f"numpy.{value.__name__}"
    return ""


# Parameters that may be given by keyword, as (name, may be positional, default); "" is one that may not.
_ISCLOSE = (("a", True, None), ("b", True, None), ("rel_tol", False, 1e-9), ("abs_tol", False, 0.0))
_PARAMETERS: dict[str, tuple[tuple[str, bool, float | None], ...]] = {
    "builtins.complex": (("real", True, 0.0), ("imag", True, None)),
    "builtins.enumerate": (("iterable", True, None), ("start", True, None)),
    "builtins.pow": (("base", True, None), ("exp", True, None), ("mod", True, None)),
    "builtins.round": (("number", True, None), ("ndigits", True, None)),
    "builtins.sum": (("", True, None), ("start", True, None)),
    "cmath.isclose": _ISCLOSE,
    "math.isclose": _ISCLOSE,
    "math.prod": (("", True, None), ("start", False, None)),
}


def bind_known(name: str, positional: int, keywords: tuple[str, ...]) -> tuple[tuple[str, Any], ...] | None:
    """The arguments of a known function in the order of its parameters: ("argument", position) or ("default", value).

    None for a call that CPython had better do, or refuse.

    >>> bind_known("math.isclose", 2, ("abs_tol",))
    (('argument', 0), ('argument', 1), ('default', 1e-09), ('argument', 2))
    """
    parameters = _PARAMETERS.get(name, ())
    given: dict[int, tuple[str, Any]] = {k: ("argument", k) for k in range(positional)}
    if not keywords:
        fits = all(parameters[k][1] for k in given if k < len(parameters))
        return tuple(given.values()) if fits else None
    names = [parameter[0] for parameter in parameters]
    for k, keyword in enumerate(keywords, positional):
        if keyword not in names or names.index(keyword) in given:
            return None
        given[names.index(keyword)] = ("argument", k)
    if max(given) >= len(parameters) or not all(parameters[k][1] for k in range(positional)):
        return None
    last = max(given) if parameters[-1][2] is None else len(parameters) - 1
    for k in range(last):
        if k not in given:
            if parameters[k][2] is None:
                return None
            given[k] = ("default", parameters[k][2])
    if last not in given:
        given[last] = ("default", parameters[last][2])
    return tuple(given[k] for k in range(last + 1))
