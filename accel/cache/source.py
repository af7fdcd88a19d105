"""The source text of one function, as bytes: what numbers of syntax nodes refer to, and what byte code alone does not tell."""

from __future__ import annotations

import os
import stat
import sys

TYPE_CHECKING = False  # type checkers read it as true; `typing` itself is not imported when a program starts warm
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

__all__ = ["find_source"]

_ONLY_SYNTAX_TREE = 0x400  # ast.PyCF_ONLY_AST
_FILES_KEPT = 16

_files: dict[str, tuple[tuple[int, int, int], list[bytes]]] = {}  # path -> (identity of the file, its lines)


def find_source(code: CodeType, namespace: dict[str, Any]) -> bytes | None:
    """The lines of a function from its first decorator to its last statement; None where there is no text.

    Code that the compiler of CPython drops (after a `return`, under `if 0`) is part of the text: it is not in the byte code,
    yet it has syntax nodes.
    """
    lines = _find_lines(code.co_filename, namespace)
    start = code.co_firstlineno - 1
    if lines is None or not 0 <= start < len(lines):
        return None
    end = _find_end(lines, start, code.co_name == "<lambda>")
    while end > start + 1 and _is_blank(lines[end - 1]):
        end -= 1
    return b"\n".join(line.rstrip(b"\r\n") for line in lines[start:end])


def _find_lines(filename: str, namespace: dict[str, Any]) -> list[bytes] | None:
    """The lines of a file, of a module in an archive, or of a notebook cell."""
    lines = _read_file(filename)
    if lines is None and namespace.get("__name__") == "__main__":  # a script started by a relative path, before a chdir
        main = namespace.get("__file__")
        if type(main) is str and os.path.basename(main) == os.path.basename(filename):
            lines = _read_file(main)
    if lines is not None:
        return lines
    linecache = sys.modules.get("linecache")  # notebooks and doctest put their cells there
    text = "".join(linecache.getlines(filename, namespace)) if linecache else ""
    if not text and not filename.startswith("<"):
        get_source = getattr(namespace.get("__loader__"), "get_source", None)
        name = namespace.get("__name__")
        text = (get_source(name) or "") if get_source and type(name) is str else ""
    return text.encode("utf-8", "surrogatepass").splitlines(keepends=True) if text else None


def _read_file(path: str) -> list[bytes] | None:
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return None
        identity = (status.st_ino, status.st_size, status.st_mtime_ns)
        known = _files.get(path)
        if known is not None and known[0] == identity:
            return known[1]
        with open(path, "rb") as file:
            lines = file.read().splitlines(keepends=True)
    except (OSError, ValueError):
        return None
    if len(_files) >= _FILES_KEPT:
        _files.clear()
    _files[path] = identity, lines
    return lines


def _find_end(lines: list[bytes], start: int, is_lambda: bool) -> int:
    """The line after the last one of the block that starts at `start`; rather too far than too short."""
    base = _indent(lines[start])
    in_header = not is_lambda
    text = b""
    for number in range(start, len(lines)):
        line = lines[number]
        if number > start and not in_header and not _is_blank(line) and _indent(line) <= base and _is_closed(text, is_lambda):
            return number
        text += line
        if in_header and line.lstrip().startswith((b"def", b"async")):
            in_header = False
    return len(lines)


def _is_closed(text: bytes, is_lambda: bool) -> bool:
    """Whether no bracket, string or line continues behind `text`, as far as counting tells; else the parser is asked."""
    opened = text.count(b"(") + text.count(b"[") + text.count(b"{")
    closed = text.count(b")") + text.count(b"]") + text.count(b"}")
    if is_lambda:  # no statement of its own: may end with brackets that others opened
        return opened <= closed and not text.rstrip(b"\r\n").endswith(b"\\")
    quotes = text.count(b'"""') % 2 + text.count(b"'''") % 2
    if opened == closed and not quotes and not text.rstrip(b"\r\n").endswith(b"\\"):
        return True
    prefix = b"if 1:\n" if text[:1] in b" \t" else b""
    try:
        compile(prefix + text, "<block>", "exec", _ONLY_SYNTAX_TREE, dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def _indent(line: bytes) -> int:
    return len(line) - len(line.lstrip())


def _is_blank(line: bytes) -> bool:
    return line.strip()[:1] in (b"", b"#")
