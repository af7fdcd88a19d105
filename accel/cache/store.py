"""Entries on disk: looked up, saved, counted and pruned. Whatever is wrong with the disk, the answer is "not cached"."""

from __future__ import annotations

import marshal
import os
import stat
import sys
import time

from accel.cache.build import FORMAT
from accel.cache.content import NotCacheable, compute_digest
from accel.cache.key import Key
from accel.cache.pack import pack_lowered, unpack_lowered
from accel.cache.places import Place, find_places, is_trusted
from accel.cache.routes import Finder
from accel.cache.source import find_source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FunctionType
    from typing import Any

    from accel.cache.routes import Derive
    from accel.ir import Lowered, Signature

__all__ = ["DEFAULT_LIMIT_BYTES", "PlaceInfo", "Store", "find_limit_bytes"]

DEFAULT_LIMIT_BYTES = 512 << 20

_SUFFIX = ".code"
_UNFINISHED = ".tmp"
_DIGEST_BYTES = 32
_NAME_LENGTH = 2 * _DIGEST_BYTES + len(_SUFFIX)
_TOUCH_AFTER_S = 3600.0  # uses within an hour are one use
_UNFINISHED_AFTER_S = 3600.0  # a file being written for so long was left behind
_SAVES_PER_PRUNE = 64
_FILE_LIMIT_BYTES = 1 << 28
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_OPEN = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK if hasattr(os, "O_NOFOLLOW") else getattr(os, "O_BINARY", 0)


class PlaceInfo:
    """How many entries a place holds and how large they are together.

    Attributes
    ----------
    folder : str
        The place.
    count : int
        Number of entries.
    size_bytes : int
        Their size.
    is_writable : bool
        Whether entries can be saved there.

    Examples
    --------
    >>> PlaceInfo("/home/me/.cache/accel/code", 3, 20480, True)
    PlaceInfo('/home/me/.cache/accel/code', 3 entries, 20480 bytes)
    """

    __slots__ = ("count", "folder", "is_writable", "size_bytes")

    def __init__(self, folder: str, count: int, size_bytes: int, is_writable: bool) -> None:
        self.folder, self.count, self.size_bytes, self.is_writable = folder, count, size_bytes, is_writable

    def __repr__(self) -> str:
        return f"PlaceInfo({self.folder!r}, {self.count} entries, {self.size_bytes} bytes)"


class Store:
    """Machine code on disk, found by content.

    Parameters
    ----------
    places : tuple of Place, optional
        Where entries lie; by default what `find_places` says at each use, so a changed environment variable is noticed.
    derive : callable, optional
        Gives the function that is analysed in place of one, for arguments of these kinds. Without it entries that were made of such are passed over.

    Notes
    -----
    No method raises because of what is on disk, in the environment or in the function: an entry that can't be read, checked or
    written is an entry that is not there, and logger `accel.cache` tells why at debug level. Safe from any thread and with any
    number of processes.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [place.count for place in Store((Place(folder),)).info()]
    [0]
    """

    def __init__(self, places: tuple[Place, ...] | None = None, derive: Derive | None = None) -> None:
        self._places, self._derive = places, derive
        self._asked: dict[int, set[bytes]] = {}  # id of a function -> keys that were not found
        self._saves = 0

    @property
    def places(self) -> tuple[Place, ...]:
        """The places searched, in order."""
        return find_places() if self._places is None else self._places

    def load(self, function: FunctionType, signature: Signature, options: Any = None) -> Lowered | None:
        """The code of `function` for these argument kinds and options; None if there is none that is right at this moment."""
        try:
            key = Key(function, signature, options)
            for place in self.places:
                lowered = self._load_from(place, key, function, signature)
                if lowered is not None:
                    return lowered
            if len(self._asked) > 4096:
                self._asked.clear()
            self._asked.setdefault(id(function), set()).add(key.digest)
        except Exception as error:  # promised: never raises
            _log("%s is not looked up: %s", _name(function), error)
        return None

    def _load_from(self, place: Place, key: Key, function: FunctionType, signature: Signature) -> Lowered | None:
        path = os.path.join(place.folder, key.digest.hex() + _SUFFIX)
        try:
            if not place.is_usable():
                return None
            content = _read(path)
            format_, digest, promise, packed = marshal.loads(content)
            if format_ != FORMAT or digest != key.digest:
                raise NotCacheable("an entry of another function")
            lowered = unpack_lowered(packed, Finder(function, signature, self._derive))
            if key.promise(lowered.guards) != promise:
                raise NotCacheable("what its guards watch has changed")
        except FileNotFoundError:
            return None
        except Exception as error:
            _log("%s of %s is passed over: %s", path, _name(function), error)
            return None
        return lowered

    def save(self, function: FunctionType, lowered: Lowered, options: Any = None) -> bool:
        """Keep the code of `function`; whether that was possible."""
        try:
            key = Key(function, lowered.signature, options)
            asked = self._asked.get(id(function))
            if asked is not None and key.digest not in asked:
                raise NotCacheable("what it depends on changed while it was compiled")
            _check_sources(function, lowered)
            packed = pack_lowered(lowered, function)
            content = marshal.dumps((FORMAT, key.digest, key.promise(lowered.guards), packed), 2)
        except Exception as error:
            _log("%s is not saved: %s", _name(function), error)
            return False
        if len(content) > find_limit_bytes():
            return False
        return any(self._save_to(place, key.digest.hex(), content) for place in self._find_writable())

    def _find_writable(self) -> Iterator[Place]:
        try:
            yield from self.places
        except Exception as error:
            _log("no place to save to: %s", error)

    def _save_to(self, place: Place, name: str, content: bytes) -> bool:
        beside = os.path.join(place.folder, f".{name[:16]}.{os.urandom(8).hex()}{_UNFINISHED}")
        try:
            place.make()
            _write(beside, os.path.join(place.folder, name + _SUFFIX), compute_digest(content) + content)
        except Exception as error:
            _log("nothing saved to %s: %s", place.folder, error)
            return False
        self._saves += 1
        if self._saves % _SAVES_PER_PRUNE == 1:
            limit_bytes = find_limit_bytes()
            if sum(size for _, size, _ in _list(place)) > limit_bytes:
                _prune(place, limit_bytes - limit_bytes // 8)
            _remove_unfinished(place)
        return True

    def info(self) -> tuple[PlaceInfo, ...]:
        """What each place holds."""
        told = []
        for place in self._find_writable():
            sizes = [size for _, size, _ in _list(place)]
            told.append(PlaceInfo(place.folder, len(sizes), sum(sizes), place.is_writable()))
        return tuple(told)

    def clear(self) -> int:
        """Remove all entries from all places; return how many there were."""
        return self.prune(0)

    def prune(self, limit_bytes: int | None = None) -> int:
        """Remove the least recently used entries of each place beyond `limit_bytes`; return how many were removed."""
        limit_bytes = find_limit_bytes() if limit_bytes is None else limit_bytes
        removed = 0
        for place in self._find_writable():
            removed += _prune(place, limit_bytes)
            _remove_unfinished(place)
        return removed


def find_limit_bytes() -> int:
    """How large a place may grow: `ACCEL_CACHE_SIZE` in bytes, or with K, M, G, T (powers of 1024); 512 MB by default.

    >>> find_limit_bytes() == DEFAULT_LIMIT_BYTES or "ACCEL_CACHE_SIZE" in os.environ
    True
    """
    text = os.environ.get("ACCEL_CACHE_SIZE", "").strip().upper()
    number = text.removesuffix("B").removesuffix("I").rstrip("KMGT")
    unit = text.removesuffix("B").removesuffix("I")[len(number) :]
    try:
        size_bytes = int(float(number) * _UNITS[unit])
    except (ValueError, KeyError, OverflowError):
        if text:
            _log("ACCEL_CACHE_SIZE=%s is not a size", text)
        return DEFAULT_LIMIT_BYTES
    return max(size_bytes, 0)


def _check_sources(function: FunctionType, lowered: Lowered) -> None:
    """Exits name syntax nodes, so each function that has some must have its text in the key."""
    if not any(lowered.exits.values()):
        return
    for owner in (function, *[guard.holder for guard in lowered.guards if guard.what == "function"]):
        if find_source(owner.__code__, owner.__globals__) is None:
            raise NotCacheable(f"no source text of {owner.__qualname__}")


def _read(path: str) -> bytes:
    """The checked content of a file that is this user's own; raises OSError or NotCacheable for any other."""
    descriptor = os.open(path, os.O_RDONLY | _OPEN)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or not is_trusted(status) or status.st_size > _FILE_LIMIT_BYTES:
            raise NotCacheable("not a file of this user's own")
        content = os.read(descriptor, status.st_size + 1)
        while len(content) < status.st_size and (more := os.read(descriptor, status.st_size - len(content))):
            content += more
        if time.time() - status.st_mtime > _TOUCH_AFTER_S:
            _touch(path)
    finally:
        os.close(descriptor)
    digest, content = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if compute_digest(content) != digest:
        raise NotCacheable("damaged")
    return content


def _touch(path: str) -> None:
    try:
        os.utime(path)
    except OSError as error:  # a read-only place
        _log("%s keeps its time of last use: %s", path, error)


def _write(beside: str, path: str, content: bytes) -> None:
    """Write a file that others see whole or not at all. A loss of power may tear it: its digest tells."""
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _OPEN, 0o600)
    try:
        try:
            left = memoryview(content)
            while left:
                written = os.write(descriptor, left)
                if not written:
                    raise OSError("nothing written")
                left = left[written:]
        finally:
            os.close(descriptor)
        os.replace(beside, path)
    except BaseException:
        _remove(beside)
        raise


def _list(place: Place) -> list[tuple[float, int, str]]:
    """Time of last use, size and path of the entries in a place."""
    return [found for found in _list_files(place, _SUFFIX) if len(os.path.basename(found[2])) == _NAME_LENGTH]


def _list_files(place: Place, suffix: str) -> list[tuple[float, int, str]]:
    found = []
    try:
        names = os.listdir(place.folder) if place.is_usable() else []
    except OSError as error:
        _log("%s can't be listed: %s", place.folder, error)
        return []
    for name in names:
        if name.endswith(suffix):
            path = os.path.join(place.folder, name)
            try:
                status = os.lstat(path)
            except OSError:  # another process was quicker
                continue
            if stat.S_ISREG(status.st_mode):
                found.append((status.st_mtime, status.st_size, path))
    return found


def _prune(place: Place, limit_bytes: int) -> int:
    """Remove entries, those used longest ago first, until the rest fits."""
    entries = sorted(_list(place))
    size_bytes, removed = sum(size for _, size, _ in entries), 0
    for _, size, path in entries:
        if size_bytes <= limit_bytes:
            break
        removed += _remove(path)
        size_bytes -= size
    return removed


def _remove_unfinished(place: Place) -> None:
    """Remove what processes that were killed left behind."""
    for used, _, path in _list_files(place, _UNFINISHED):
        if time.time() - used > _UNFINISHED_AFTER_S:
            _remove(path)


def _remove(path: str) -> bool:
    try:
        os.unlink(path)
    except OSError:
        return False
    return True


def _name(function: Any) -> str:
    return str(getattr(function, "__qualname__", type(function).__name__))


def _log(message: str, *parts: object) -> None:
    """Say something at debug level. Without `logging` imported nobody listens, and importing it takes 5 ms."""
    logging = sys.modules.get("logging")
    if logging is not None:
        logging.getLogger("accel.cache").debug(message, *parts)
