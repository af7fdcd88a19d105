"""This module carries what was decided from one machine to another: as a JSON file, by hand or with a package.

A file named `accel-tuning.json` beside the module of a tuned function, or in the folder of its outermost package, is found without being asked for.
"""

from __future__ import annotations

import os

from accel.tuning.entry import Entry, check_entry, find_version, write_entry
from accel.tuning.home import find_home
from accel.tuning.machine import Machine, instructions_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["SHIPPED", "export", "find_shipped", "import_", "rank_entries", "write_text"]

SHIPPED = "accel-tuning.json"

_FORMAT = 1
_LARGEST_BYTES = 1 << 26
_shipped: dict[str, tuple[Entry, ...]] = {}  # module -> what lies beside it


def export(entries: Iterable[Entry], path: str | os.PathLike[str], *, with_tried: bool = False) -> int:
    """Write entries to a file; return how many.

    Parameters
    ----------
    entries : iterable of Entry
        What is written, sorted, so that the same entries make the same file.
    path : str or path
        The file, which is there whole or not at all.
    with_tried : bool, default False
        Whether what was tried is written too: reports show it, and it makes the file large.

    Raises
    ------
    OSError
        When the file can't be written.
    ValueError
        When an entry has a value that can't be.

    Examples
    --------
    >>> import tempfile
    >>> from accel.tuning import Entry, export, import_
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export([Entry("work:f", "c0", "[100]", "avx2-0", {"tile": 32}, 800.0, 1200.0, 12)], f"{folder}/accel-tuning.json")
    ...     import_(f"{folder}/accel-tuning.json")[0].arguments
    1
    {'tile': 32}
    """
    entries = list(entries)
    text = write_text(entries, with_tried=with_tried)
    path = os.fspath(path)
    beside = f"{path}.{os.urandom(8).hex()}"
    try:
        with open(beside, "x", encoding="ascii") as file:
            file.write(text)
        os.replace(beside, path)
    except BaseException:
        if os.path.lexists(beside):
            os.unlink(beside)
        raise
    return len(entries)


def write_text(entries: Iterable[Entry], *, with_tried: bool = False) -> str:
    """What `export` writes."""
    import json

    ordered = sorted(entries, key=lambda e: (e.function, e.key, e.machine, e.content))
    told = []
    for entry in ordered:
        fields = write_entry(entry, with_tried=with_tried)
        told.append({name: value for name, value in fields.items() if name != "tried" or with_tried})
    return json.dumps({"format": _FORMAT, "accel": find_version(), "entries": told}, indent=1, allow_nan=False) + "\n"


def import_(path: str | os.PathLike[str]) -> list[Entry]:
    """The entries in a file.

    Parameters
    ----------
    path : str or path
        What `export` has written.

    Raises
    ------
    RecordError
        When it is not such a file, or a newer version of accel has written it; the whole file is refused when one entry is wrong.
    OSError
        When it can't be read.

    Examples
    --------
    >>> import_("nowhere.json")
    Traceback (most recent call last):
      ...
    FileNotFoundError: [Errno 2] No such file or directory: 'nowhere.json'
    """
    with open(path, "rb") as file:
        content = file.read(_LARGEST_BYTES + 1)
    return _parse(content, os.fspath(path))


def find_shipped(module: str) -> tuple[Entry, ...]:
    """What lies beside a module, or in the folder of its outermost package, for all functions; the nearer first.

    A file that can't be used is one that is not there, with a hint. It is read once in a process.
    """
    known = _shipped.get(module)
    if known is None:
        known = _shipped[module] = tuple([entry for path in _find_paths(module) for entry in _read_shipped(path, module)])
    return known


def rank_entries(entries: Iterable[Entry], machine: Machine | None = None) -> list[Entry]:
    """Those that may be of use on a machine, by default this one: its own first, then those of machines with the same instruction set; others are left out."""
    digest = (machine or Machine()).digest
    own, near = [], []
    for entry in entries:
        if entry.machine == digest:
            own.append(entry)
        elif instructions_of(entry.machine) == instructions_of(digest):
            near.append(entry)
    return own + near


def _find_paths(module: str) -> list[str]:
    folders = []
    for name in dict.fromkeys((module, module.partition(".")[0])):
        path = getattr(find_home(name), "__file__", None)
        if isinstance(path, str):
            folders.append(os.path.dirname(path))
    return [os.path.join(folder, SHIPPED) for folder in dict.fromkeys(folders)]


def _read_shipped(path: str, module: str) -> list[Entry]:
    loader: Any = getattr(getattr(find_home(module), "__spec__", None), "loader", None)
    try:
        if os.path.lexists(path):
            return import_(path)
        if hasattr(loader, "get_data") and not os.path.isdir(os.path.dirname(path)):  # a package in an archive
            return _parse(loader.get_data(path), path)
    except OSError as error:
        if os.path.lexists(path):
            _hint(f"{path} can't be read: {error.strerror or error}")
    except Exception as error:
        _hint(str(error))
    return []


def _hint(text: str) -> None:
    from accel.explain.hints import say

    say(f"{text}\n   = so: what ships with the package is not used")


def _parse(content: bytes, path: str) -> list[Entry]:
    import json

    try:
        if len(content) > _LARGEST_BYTES:
            raise ValueError(f"it is larger than {_LARGEST_BYTES >> 20} MB")
        held = json.loads(content)
    except json.JSONDecodeError as error:
        line = error.doc.splitlines()[error.lineno - 1] if error.doc.splitlines()[error.lineno - 1 :] else ""
        _refuse(path, f"it is no JSON: {error.msg}", error.lineno, error.colno - 1, line)
    except (ValueError, RecursionError) as error:
        _refuse(path, str(error))
    if not isinstance(held, dict) or type(held.get("format")) is not int or not isinstance(held.get("entries"), list):
        _refuse(path, "it has no `format` and `entries`")
    if held["format"] > _FORMAT:
        _refuse(path, f"a newer version of accel has written it ({held.get('accel', 'unknown')!s:.20})")
    found = []
    for number, fields in enumerate(held["entries"], 1):
        try:
            found.append(check_entry(fields))
        except ValueError as error:
            _refuse(path, f"entry {number}: {error}")
    return found


def _refuse(path: str, found: str, line: int = 0, column: int = 0, source_line: str = "") -> Any:
    from accel.errors import Diagnostic, RecordError

    what = "this is no file of results of tuning"
    short = source_line if len(source_line) <= 160 else ""
    told = found if short else f"{found}, line {line}" if line else found
    raise RecordError(Diagnostic(what, "tuning-file", path, line, column, column + 1, short, told)) from None
