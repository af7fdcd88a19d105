"""The text a function was made from: read at once, as its file may change, and decoded when somebody wants to see it."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FunctionType

__all__ = ["decode_text", "read_raw", "read_text"]


def read_text(function: FunctionType) -> str | None:
    """The text of the file (or cell) a function is from, as it is now; None if there is none."""
    import linecache

    lines = linecache.getlines(function.__code__.co_filename, function.__globals__)
    return "".join(lines) if lines else None


def read_raw(function: FunctionType) -> bytes | str | None:
    """The same as `read_text`, without decoding what is in a file."""
    filename = function.__code__.co_filename
    linecache = sys.modules.get("linecache")
    if linecache is None or filename not in linecache.cache:
        try:
            with open(filename, "rb") as file:
                return file.read()
        except (OSError, ValueError):  # a cell, or in an archive, or on the path
            pass
    return read_text(function)


def decode_text(raw: bytes | str | None) -> str | None:
    """What `read_raw` gave, as text; None where it is none."""
    if not isinstance(raw, bytes):
        return raw
    from io import BytesIO, TextIOWrapper
    from tokenize import detect_encoding

    try:
        encoding, _ = detect_encoding(BytesIO(raw).readline)
        text = TextIOWrapper(BytesIO(raw), encoding).read()
    except (UnicodeDecodeError, SyntaxError):
        return None
    return text if text.endswith("\n") or not text else text + "\n"
