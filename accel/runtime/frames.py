"""Where in the user's code something stands, for messages."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

Place = tuple[str, int, int, int, str]  # file, line, columns and text of the line, as a Diagnostic has them

__all__ = ["Place", "column_of", "find_caller", "find_user", "place_of"]


def find_caller(filename: str) -> Place:
    """Where the innermost function is that is not of this file, with the expression it evaluates: file, line, columns, text of the line."""
    frame: Any = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename == filename:
        frame = frame.f_back
    return _place_in(frame)


def find_user() -> Place:
    """Where the innermost function is that is not of this package, with the expression it evaluates."""
    frame: Any = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "accel":
        frame = frame.f_back
    return _place_in(frame)


def _place_in(frame: Any) -> Place:
    import linecache

    code, line = frame.f_code, frame.f_lineno
    text = linecache.getline(code.co_filename, line, frame.f_globals)
    first, last, start, end = list(code.co_positions())[frame.f_lasti // 2]
    if (first, last) != (line, line) or start is None or end is None:
        return code.co_filename, line, 0, 0, ""
    return code.co_filename, line, column_of(text, start), column_of(text, end), text.rstrip("\n")


def place_of(node: Any, filename: str, lines: Sequence[str], otherwise: int = 1) -> Place:
    """Where a node of a syntax tree stands, up to the end of its first line; a node without a place stands at the beginning of the line `otherwise`."""
    line = getattr(node, "lineno", otherwise)
    text = lines[line - 1].rstrip("\n") if line <= len(lines) else ""
    start = column_of(text, getattr(node, "col_offset", 0))
    end = column_of(text, node.end_col_offset) if getattr(node, "end_lineno", None) == line else len(text)
    return filename, line, start, max(end, start + 1), text


def column_of(text: str, offset: int) -> int:
    """A place in a line in characters, given in bytes of UTF-8."""
    return len(text.encode()[:offset].decode(errors="replace"))
