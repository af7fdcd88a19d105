"""The one hint a function gives when it stays in CPython."""

from __future__ import annotations

import sys
import warnings
from types import FunctionType

from accel.errors import Diagnostic, FallbackHint, render_diagnostic
from accel.options import read_switch

__all__ = ["give_hint", "say"]

_given: set[tuple[str, int]] = set()


def give_hint(function: FunctionType, diagnostics: tuple[Diagnostic, ...], so: str = "it runs in CPython, as before") -> None:
    """Warn once per function, at its definition; a filter that makes errors of warnings does not make one of this."""
    code = function.__code__
    place = (code.co_filename, code.co_firstlineno)
    if read_switch("ACCEL_HINTS") == "0" or place in _given or not diagnostics:
        return
    _given.add(place)
    text = "\n\n".join(render_diagnostic(d) for d in diagnostics) + f"\n{so}"
    registry = function.__globals__.setdefault("__warningregistry__", {})
    try:
        warnings.warn_explicit(text, FallbackHint, code.co_filename, code.co_firstlineno, function.__module__, registry)
    except Warning:
        pass


_MADE = "<tuned "  # files of functions that stand in front of others, by their module's name the user's (`accel.tuning.wrappers`)


def say(text: str) -> None:
    """Warn about something that is no single function's, at the line outside accel that led here."""
    if read_switch("ACCEL_HINTS") == "0":
        return
    frame = sys._getframe(1)
    while frame.f_back is not None and (frame.f_globals.get("__name__", "").partition(".")[0] == "accel" or frame.f_code.co_filename.startswith(_MADE)):
        frame = frame.f_back
    space, filename = frame.f_globals, frame.f_code.co_filename
    registry = space.setdefault("__warningregistry__", {})
    try:
        warnings.warn_explicit(text, FallbackHint, filename, frame.f_lineno, space.get("__name__"), registry)
    except Warning:
        pass
