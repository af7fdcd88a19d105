"""Objects the compiler knows by name: builtins, `math`, `cmath`, NumPy's ufuncs and scalar types."""

from __future__ import annotations

import builtins
import sys
from typing import Any

__all__ = ["find_known_name"]

_BUILTINS = (
    "abs min max sum len int float bool complex round divmod pow range enumerate zip isinstance".split()
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
