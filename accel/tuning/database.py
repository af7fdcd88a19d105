"""This module is the record on disk: one SQLite file that several processes read and write at once."""

from __future__ import annotations

import os
import stat
import time
from contextlib import contextmanager

from accel.tuning.entry import Entry, check_entry, write_entry
from accel.tuning.quick import FORMAT, clear_files, read_file, write_file
from accel.values import replace

try:
    from _blake2 import blake2b  # hashlib would load OpenSSL
except ImportError:  # an interpreter built without it
    from hashlib import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from sqlite3 import Connection
    from typing import Any

__all__ = ["Damaged", "Database", "Locked", "Unavailable"]

_SHORT_S = 0.2  # how long a call waits for a lock
_LONG_S = 5.0  # what saves waits longer: a search has just taken longer, too
_RETRY_S = 0.01
_CONTENTS_KEPT = 50  # versions of one function, for one key and machine
_TRIED_KEPT = 5000
_BUSY, _LOCKED, _CORRUPT, _NO_DATABASE = 5, 6, 11, 26  # SQLite's codes
_TABLE = """CREATE TABLE entries (
    function TEXT NOT NULL, content TEXT NOT NULL, key TEXT NOT NULL, machine TEXT NOT NULL,
    decided TEXT NOT NULL, tried TEXT NOT NULL, digest BLOB NOT NULL, saved REAL NOT NULL,
    PRIMARY KEY (function, content, key, machine)) WITHOUT ROWID"""


class Unavailable(Exception):
    """The record can't be read or written; the text says why."""


class Locked(Unavailable):
    """Another process has had it for too long."""


class Damaged(Unavailable):
    """The file is no SQLite database, or not a whole one."""


class Database:
    """One SQLite file. Each call opens and closes it, so that no lock, descriptor or connection outlives it, in a forked child neither.

    Parameters
    ----------
    path : str
        The file; its folder has to be there.
    is_patient : bool, default True
        Whether what writes waits longer for a lock than what reads.
    """

    __slots__ = ("path", "patience_s")

    def __init__(self, path: str, is_patient: bool = True) -> None:
        self.path = path
        self.patience_s = _LONG_S if is_patient else _SHORT_S

    def load(self, function: str, content: str, machine: str) -> list[Entry]:
        """All entries of a function on a machine, without what was tried; a file for `accel.tuning.quick` is left behind where that is possible.

        Raises
        ------
        Unavailable
            When the file can't be read.
        """
        asked = (function, content, machine)
        try:
            with self._open(writes=True, timeout_s=_SHORT_S) as connection:
                found = _select(connection, asked)
                write_file(self.path, asked, found, _identity(connection))
                return found
        except Damaged:
            raise
        except (Unavailable, OSError):
            with self._open(writes=False, timeout_s=_SHORT_S) as connection:
                return _select(connection, asked)

    def entries(self) -> list[Entry]:
        """All there is, with what was tried, the newest last.

        Raises
        ------
        Unavailable
            When the file can't be read.
        """
        with self._open(writes=False, timeout_s=self.patience_s) as connection:
            rows = connection.execute("SELECT function, content, key, machine, decided, tried, digest FROM entries ORDER BY saved").fetchall()
        return [entry for row in rows if (entry := _read_row(row)) is not None]

    def save(self, entry: Entry) -> bool:
        """Keep an entry, in the place of one with the same function, content, key and machine; true.

        Raises
        ------
        Unavailable
            When the file can't be written.
        ValueError
            When a value of the entry can't be.
        """
        row = _write_row(entry)
        with self._open(writes=True, timeout_s=self.patience_s) as connection:
            connection.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            connection.execute(
                "DELETE FROM entries WHERE function = ? AND machine = ? AND key = ? AND content NOT IN (SELECT content FROM entries "
                "WHERE function = ? AND machine = ? AND key = ? ORDER BY saved DESC LIMIT ?)",
                (*(entry.function, entry.machine, entry.key) * 2, _CONTENTS_KEPT),
            )
            self._write_quick(connection, entry)
        return True

    def _write_quick(self, connection: Connection, entry: Entry) -> None:
        """Write the file for what is asked as this entry is; what it holds already is read from there, ten times as fast.

        Should the process be killed before the record has the entry, too, the file has one more, which is as true as the others.
        """
        asked, identity = (entry.function, entry.content, entry.machine), _identity(connection)
        known = read_file(self.path, asked, identity)
        if known is None:
            known = _select(connection, asked)
        others = [other for other in known if other.key != entry.key]
        write_file(self.path, asked, [*others, replace(entry, tried=[])], identity)

    def forget(self, function: str | None) -> int:
        """Remove the entries of a function, or all; return how many there were.

        Raises
        ------
        Unavailable
            When the file can't be written.
        """
        with self._open(writes=True, timeout_s=self.patience_s) as connection:
            removed = connection.execute("DELETE FROM entries WHERE ? IS NULL OR function = ?", (function, function)).rowcount
            clear_files(self.path)
        return removed

    def move_aside(self) -> str:
        """Give a damaged file another name; return that name."""
        aside = f"{self.path}.damaged"
        os.replace(self.path, aside)
        for ending in ("-wal", "-shm", "-journal"):
            if os.path.lexists(self.path + ending):
                os.unlink(self.path + ending)
        return aside

    @contextmanager
    def _open(self, *, writes: bool, timeout_s: float) -> Iterator[Connection]:
        """A connection; one that writes has the write lock, and what was done is kept when the block ends without an exception."""
        import sqlite3

        try:
            connection = self._acquire(writes, time.monotonic() + timeout_s)
            try:
                yield connection
                if writes:
                    connection.execute("COMMIT")
            finally:
                connection.close()  # what is not committed is rolled back
        except sqlite3.Error as error:
            raise _explain(error) from error
        except OSError as error:
            raise Unavailable(error.strerror or str(error)) from error

    def _acquire(self, writes: bool, until_s: float) -> Connection:
        """A connection, with the write lock when it writes. SQLite itself would ask ever more seldom, so that who comes first may wait longest."""
        import sqlite3

        while True:
            try:
                connection = self._connect(writes)
                try:
                    if writes:
                        connection.execute("BEGIN IMMEDIATE")
                    connection.execute(f"PRAGMA busy_timeout = {round(_SHORT_S * 1e3)}")
                    return connection
                except BaseException:
                    connection.close()
                    raise
            except sqlite3.Error as error:
                if _code(error) not in (_BUSY, _LOCKED) or time.monotonic() > until_s:
                    raise
            time.sleep(_RETRY_S)

    def _connect(self, writes: bool) -> Connection:
        import sqlite3

        is_there = os.path.lexists(self.path)
        if is_there and not stat.S_ISREG(os.stat(self.path).st_mode):
            raise Unavailable("it is no file")
        if writes:
            connection = sqlite3.connect(self.path, timeout=_RETRY_S, isolation_level=None)
        else:
            connection = self._connect_to_read()
        try:
            connection.execute("PRAGMA synchronous = NORMAL")  # a loss of power may cost the last entries, not the file
            (format_,) = connection.execute("PRAGMA user_version").fetchone()
            if format_ > FORMAT:
                raise Unavailable("a newer version of accel has written it")
            if not format_:
                _create(connection, writes)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect_to_read(self) -> Connection:
        """A connection that works in a folder that can't be written, too, where SQLite can't have its files beside."""
        import sqlite3

        quoted = self.path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
        for more in ("", "&immutable=1"):
            connection = sqlite3.connect(f"file:{quoted}?mode=ro{more}", uri=True, timeout=_RETRY_S, isolation_level=None)
            try:
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
                return connection
            except sqlite3.Error as error:
                connection.close()
                if more or _code(error) in (_BUSY, _LOCKED, _CORRUPT, _NO_DATABASE):
                    raise
        raise AssertionError


def _create(connection: Connection, writes: bool) -> None:
    """Make the table, and give the record the number it is known by."""
    if not writes:
        raise Unavailable("it holds nothing yet")
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("PRAGMA user_version").fetchone() == (0,):  # else another process was quicker
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() != (0,):
            raise Unavailable("it is a database of another kind")
        connection.execute(_TABLE)
        connection.execute(f"PRAGMA application_id = {int.from_bytes(os.urandom(4), 'big') >> 1}")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
    connection.execute("COMMIT")
    try:
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
    except Exception:  # another process uses it: the next one tries again
        pass


def _select(connection: Connection, asked: tuple[str, str, str]) -> list[Entry]:
    query = "SELECT function, content, key, machine, decided, '[]', digest FROM entries WHERE function = ? AND content = ? AND machine = ? ORDER BY saved"
    return [entry for row in connection.execute(query, asked).fetchall() if (entry := _read_row(row)) is not None]


def _identity(connection: Connection) -> bytes:
    """What `read_identity` reads from the file."""
    number: int = connection.execute("PRAGMA application_id").fetchone()[0]
    return number.to_bytes(4, "big")


def _write_row(entry: Entry) -> tuple[Any, ...]:
    from json import dumps

    fields = write_entry(entry)
    names = tuple([fields.pop(name) for name in ("function", "content", "key", "machine")])
    tried = dumps(fields.pop("tried")[:_TRIED_KEPT])
    decided = dumps(fields)
    for text in (*names, decided):
        text.encode()  # raises a ValueError for half a surrogate pair
    return (*names, decided, tried, _digest(*names, decided), time.time())


def _read_row(row: tuple[Any, ...]) -> Entry | None:
    """The entry in a row; None when a value is damaged."""
    from json import loads

    *names, decided, tried, digest = row
    try:
        if _digest(*names, decided) != digest:
            return None
        return check_entry(dict(zip(("function", "content", "key", "machine"), names, strict=True)) | loads(decided) | {"tried": loads(tried)})
    except (ValueError, TypeError, RecursionError):
        return None


def _digest(*texts: str) -> bytes:
    return blake2b("\0".join(texts).encode(), digest_size=16).digest()


def _code(error: Exception) -> int:
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF


def _explain(error: Exception) -> Unavailable:
    code = _code(error)
    if code in (_CORRUPT, _NO_DATABASE):
        return Damaged(str(error))
    return Locked("another process has locked it") if code in (_BUSY, _LOCKED) else Unavailable(str(error))
