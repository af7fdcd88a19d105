"""Where in the user's code something is called, for messages."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Place = tuple[str, int, int, int, str]  # file, line, columns and text of the line, as a Diagnostic has them

__all__ = ["Place", "find_caller"]


def find_caller(filename: str) -> Place:
    """Where the innermost function is that is not of this file, with the expression it evaluates: file, line, columns, text of the line."""
    import linecache

    frame: Any = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename == filename:
        frame = frame.f_back
    code, line = frame.f_code, frame.f_lineno
    text = linecache.getline(code.co_filename, line, frame.f_globals)
    first, last, start, end = list(code.co_positions())[frame.f_lasti // 2]
    if (first, last) != (line, line) or start is None or end is None:
        return code.co_filename, line, 0, 0, ""
    column, end_column = (len(text.encode()[:offset].decode(errors="replace")) for offset in (start, end))
    return code.co_filename, line, column, end_column, text.rstrip("\n")
