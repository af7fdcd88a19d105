"""This module remembers what searches have decided, for all processes of a user. Whatever is wrong with the disk, the answer is "nothing known"."""

from __future__ import annotations

import os
import sys
from _thread import allocate_lock

from accel.cache.places import Place, find_places
from accel.tuning.entry import Entry
from accel.tuning.quick import read_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from accel.tuning.database import Database

    T = TypeVar("T")

__all__ = ["Entry", "Record"]

_NAME = "tuning.db"
_said: set[str] = set()
_locked: set[str] = set()  # files that were waited for in vain: next time, the wait is short
_lock = allocate_lock()  # closing any descriptor of a file gives up the locks SQLite has on it in this process


class Record:
    """What searches have decided, on disk.

    Parameters
    ----------
    path : str, optional
        The SQLite file. By default `tuning.db` in a folder `tuning` beside that for machine code: all places are read, the first that can be written is written.

    Attributes
    ----------
    fault : str
        Why the last call could not do all of what it should; empty when it could.

    Notes
    -----
    No method raises because of what is on disk, in the environment or in an entry. A damaged file is moved aside (`tuning.db.damaged`), with a hint. A file that
    a newer version of accel has written is left alone. Safe from any thread and with any number of processes.

    Examples
    --------
    >>> import tempfile
    >>> from accel.tuning import Entry, Record
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     record = Record(f"{folder}/tuning.db")
    ...     record.save(Entry("work:f", "c0", "[100]", "avx2-0", {"tile": 32}, 800.0, 1200.0, 12))
    ...     [entry.arguments for entry in record.load("work:f", "c0", "avx2-0")]
    True
    [{'tile': 32}]
    """

    def __init__(self, path: str | None = None) -> None:
        self.fault = ""
        self._path = path
        try:
            self._path = None if path is None else os.path.abspath(path)
        except OSError:  # the working directory is gone
            pass

    def __repr__(self) -> str:
        return f"Record({self._path!r})" if self._path else "Record()"

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that are read, in order; they need not be there."""
        return tuple([path for path, _ in self._find_files()])

    def load(self, function: str, content: str, machine: str) -> list[Entry]:
        """All entries of a function on a machine, the newest last, without what was tried; none, whatever is wrong with the file."""
        self.fault = ""
        found: dict[str, Entry] = {}
        for path, place in self._find_files():
            if place is None or place.is_usable():
                for entry in self._load_from(path, function, content, machine):
                    found.setdefault(entry.key, entry)
        return list(found.values())

    def _load_from(self, path: str, function: str, content: str, machine: str) -> list[Entry]:
        with _lock:
            known = read_file(path, (function, content, machine))
        if known is not None or not os.path.lexists(path):
            return known or []
        return self._ask(path, lambda database: database.load(function, content, machine)) or []

    def save(self, entry: Entry) -> bool:
        """Keep an entry, in the place of one with the same function, content, key and machine; whether that was possible."""
        self.fault = ""
        try:
            complete = _complete(entry)
        except Exception as error:
            self.fault = str(error)
            return False
        for path, place in self._find_files():
            if self._make_folder(path, place) and self._ask(path, lambda database: database.save(complete), tries=2):
                self.fault = ""
                return True
        _say(f"what was tuned can't be kept ({self.fault})\n   = so: the next process tunes anew")
        return False

    def forget(self, function: str | None) -> int:
        """Remove the entries of a function ("module:qualified name"), or all of them; return how many there were. `fault` tells when some could not be."""
        removed, faults = 0, []
        for path, _ in self._find_files():
            self.fault = ""
            if os.path.lexists(path):
                removed += self._ask(path, lambda database: database.forget(function)) or 0
                faults += [self.fault] if self.fault else []
        self.fault = "; ".join(faults)
        return removed

    def entries(self) -> list[Entry]:
        """All entries of all functions and machines, with what was tried, the newest last."""
        self.fault = ""
        found: dict[tuple[str, ...], Entry] = {}
        for path, place in self._find_files():
            if os.path.lexists(path) and (place is None or place.is_usable()):
                for entry in self._ask(path, lambda database: database.entries()) or []:
                    found.setdefault((entry.function, entry.content, entry.key, entry.machine), entry)
        return list(found.values())

    def _find_files(self) -> list[tuple[str, Place | None]]:
        if self._path is not None:
            return [(self._path, None)]
        try:
            places = [Place(os.path.join(os.path.dirname(place.folder), "tuning"), place.is_shared) for place in find_places()]
        except Exception as error:
            self.fault = str(error)
            return []
        return [(os.path.join(place.folder, _NAME), place) for place in places]

    def _make_folder(self, path: str, place: Place | None) -> bool:
        try:
            if place is None:
                os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
            else:
                place.make()
        except Exception as error:
            self.fault = self.fault or f"{os.path.dirname(path)}: {getattr(error, 'strerror', None) or error}"
            return False
        return True

    def _ask(self, path: str, ask: Callable[[Database], T], tries: int = 1) -> T | None:
        """What the database answers; None when it can't. One that is damaged is moved aside, and asked anew when `tries` are left."""
        from accel.tuning.database import Damaged, Database, Locked

        database = Database(path, is_patient=path not in _locked)
        with _lock:
            for left in range(tries, 0, -1):
                try:
                    status = os.stat(path) if os.path.lexists(path) else None
                    answer = ask(database)
                    _locked.discard(path)
                    return answer
                except Damaged as error:
                    self._give_up(path, str(error))
                    if status is None or not self._move_aside(database, status) or left == 1:
                        return None
                except Exception as error:  # promised: never raises
                    self._give_up(path, str(error))
                    if isinstance(error, Locked):
                        _locked.add(path)
                    return None
        return None

    def _give_up(self, path: str, reason: str) -> None:
        self.fault = self.fault or f"{path}: {reason}"
        _log("%s: %s", path, reason)

    def _move_aside(self, database: Database, seen: os.stat_result) -> bool:
        """Whether the damaged file is out of the way."""
        try:
            if os.path.lexists(database.path) and os.path.samestat(seen, os.stat(database.path)):  # else another process was quicker
                aside = database.move_aside()
                _say(f"the record of tuning was damaged ({self.fault})\n   = so: it is now {aside}, and what is called is tuned anew")
        except OSError as error:
            _log("%s can't be moved aside: %s", database.path, error)
            return False
        return True


def _complete(entry: Entry) -> Entry:
    """An entry with what was left empty."""
    import time

    from accel.tuning.entry import check_entry, find_version, write_entry
    from accel.tuning.machine import Machine

    fields = write_entry(entry)
    made = {"version": find_version(), "python": sys.version.split()[0], "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    machine = Machine()
    if machine.digest == entry.machine:
        made["hardware"] = machine.description
    return check_entry(fields | {name: value for name, value in made.items() if not fields[name]})


def _say(text: str) -> None:
    """Give a hint, once in a process."""
    from accel.explain.hints import say

    if text not in _said:
        _said.add(text)
        say(text)


def _log(message: str, *parts: object) -> None:
    """Say something at debug level. Without `logging` imported nobody listens, and importing it takes 5 ms."""
    logging = sys.modules.get("logging")
    if logging is not None:
        logging.getLogger("accel.tuning").debug(message, *parts)


def _renew_lock() -> None:
    global _lock
    _lock = allocate_lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)  # another thread may have had it
