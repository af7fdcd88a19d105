"""This module says which module a function belongs to, when that one is the program, too."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

__all__ = ["find_home", "home_of"]

_PROGRAM = ("__main__", "__mp_main__")  # the latter in processes that multiprocessing spawns


def home_of(function: Any) -> str:
    """The name of the module a function was defined in: that by which others import it, when it is run as `python -m package.module`; "__main__" in a script.

    Examples
    --------
    >>> from json import dumps
    >>> home_of(dumps)
    'json'
    """
    name = str(getattr(function, "__module__", None))
    if name in _PROGRAM:
        spec = getattr(sys.modules.get(name), "__spec__", None)
        return str(getattr(spec, "name", None) or "__main__")
    return name


def find_home(name: str) -> ModuleType | None:
    """The module that `home_of` names."""
    for main in _PROGRAM:
        if name not in sys.modules and getattr(getattr(sys.modules.get(main), "__spec__", None), "name", None) == name:
            return sys.modules[main]
    return sys.modules.get(name)
