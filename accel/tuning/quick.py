"""This module keeps a small file beside the record for each function, so that a program that finds it loads no SQLite.

Before: `import sqlite3`, open, ask: 7 ms. After: two files are read: 0.1 ms. A file holds what the record says of one function on one machine, and is written
while the record is locked for writing, by whoever changes it. It names the record it was made from by a number in the record's head, so that
one that was deleted, replaced or moved aside takes its files with it.
"""

from __future__ import annotations

import marshal
import os
import stat

from accel.cache.places import is_trusted
from accel.tuning.entry import Entry

try:
    from _blake2 import blake2b  # hashlib would load OpenSSL
except ImportError:  # an interpreter built without it
    from hashlib import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["FORMAT", "clear_files", "read_file", "read_identity", "write_file"]

FORMAT = 1  # of the record and of these files

_MOST_FILES = 1000  # beyond, all are removed: each is made anew when it is asked for
_LARGEST_BYTES = 1 << 24
_DIGEST_BYTES = 32
_OPEN = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read_file(record: str, asked: tuple[str, str, str], identity: bytes = b"") -> list[Entry] | None:
    """What the record at `record` says of a function, content and machine, but for what was tried; None when no file tells.

    The identity is read from the record when it is not given. It has to be given while this process has the record open: closing a descriptor of a file gives up the
    locks that SQLite has on it.
    """
    try:
        identity = identity or read_identity(record)
        if not identity:
            return None
        written = _read(_path(record, *asked), _LARGEST_BYTES)
        body = written[_DIGEST_BYTES:]
        if blake2b(body, digest_size=_DIGEST_BYTES).digest() != written[:_DIGEST_BYTES]:
            return None
        head, rows = marshal.loads(body)
        if head != (FORMAT, identity, *asked):
            return None
        return [Entry(*row) for row in rows]
    except Exception:  # promised: whatever is wrong with the file, it is one that is not there
        return None


def write_file(record: str, asked: tuple[str, str, str], entries: list[Entry], identity: bytes) -> None:
    """Write what the record of this identity says of a function, content and machine. The record has to be locked for writing.

    Raises
    ------
    OSError
        When it can't be written, and the file that was there can't be removed.
    """
    path = _path(record, *asked)
    beside = f"{path}.{os.urandom(8).hex()}"
    try:
        rows = [tuple([getattr(entry, name) for name in Entry.__match_args__]) for entry in entries]
        body = marshal.dumps(((FORMAT, identity, *asked), rows), 2)
        os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
        _limit_files(os.path.dirname(path))
        with open(beside, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(blake2b(body, digest_size=_DIGEST_BYTES).digest() + body)
        os.replace(beside, path)
    except (OSError, ValueError):
        for stale in (beside, path):
            try:
                os.unlink(stale)
            except (FileNotFoundError, NotADirectoryError):
                pass


def clear_files(record: str) -> None:
    """Remove all files beside a record; raises OSError when one stays."""
    folder = _folder(record)
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in names:
        try:
            os.unlink(os.path.join(folder, name))
        except FileNotFoundError:  # another process was quicker
            pass


def read_identity(record: str) -> bytes:
    """The number by which a record is told from another at the same path, from the head of the SQLite file; empty when it is none of this format."""
    try:
        head = _read(record, 100, is_whole=False)
    except (OSError, ValueError):
        return b""
    is_ours = head[:16] == b"SQLite format 3\0" and int.from_bytes(head[60:64], "big") == FORMAT
    return head[68:72] if is_ours else b""


def _folder(record: str) -> str:
    return f"{record}-quick"


def _path(record: str, function: str, content: str, machine: str) -> str:
    name = blake2b("\0".join((function, content, machine)).encode(errors="surrogatepass"), digest_size=16).hexdigest()
    return os.path.join(_folder(record), name)


def _limit_files(folder: str) -> None:
    if len(names := os.listdir(folder)) > _MOST_FILES:
        for name in names:
            os.unlink(os.path.join(folder, name))


def _read(path: str, most_bytes: int, *, is_whole: bool = True) -> bytes:
    descriptor = os.open(path, _OPEN)
    try:
        status: Any = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or (is_whole and (not is_trusted(status) or status.st_size > most_bytes)):
            raise ValueError("not a file of this user's own")
        content = b""
        while len(content) < most_bytes and (more := os.read(descriptor, most_bytes - len(content))):
            content += more
        return content
    finally:
        os.close(descriptor)
