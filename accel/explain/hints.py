"""The one hint a function gives when it stays in CPython."""

from __future__ import annotations

import os
import warnings
from types import FunctionType

from accel.errors import Diagnostic, FallbackHint, render_diagnostic

__all__ = ["give_hint"]

_given: set[tuple[str, int]] = set()


def give_hint(function: FunctionType, diagnostics: tuple[Diagnostic, ...]) -> None:
    """Warn once per function, at its definition; a filter that makes errors of warnings does not make one of this."""
    code = function.__code__
    place = (code.co_filename, code.co_firstlineno)
    if os.environ.get("ACCEL_HINTS") == "0" or place in _given or not diagnostics:
        return
    _given.add(place)
    text = "\n\n".join(render_diagnostic(d) for d in diagnostics) + "\nit runs in CPython, as before"
    registry = function.__globals__.setdefault("__warningregistry__", {})
    try:
        warnings.warn_explicit(text, FallbackHint, code.co_filename, code.co_firstlineno, function.__module__, registry)
    except Warning:
        pass
