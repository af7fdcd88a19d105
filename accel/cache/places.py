"""The folders in which entries may lie, in order of preference, and which of them can be trusted."""

from __future__ import annotations

import os
import stat
import sys

__all__ = ["Place", "find_places", "is_trusted"]

_VARIABLES = ("ACCEL_CACHE_DIR", "XDG_CACHE_HOME", "HOME", "LOCALAPPDATA", "TMPDIR", "TEMP", "TMP")
_found: list[tuple[tuple[str | int | None, ...], tuple[Place, ...]]] = []  # the last answer, and what it was the answer to


class Place:
    """A folder for entries.

    Parameters
    ----------
    folder : str
        Its path.
    is_shared : bool, default False
        Whether all users share the folder it lies in, as that for temporary files: links are not followed there.

    Examples
    --------
    >>> Place("/nowhere").is_usable()
    False
    """

    __slots__ = ("folder", "is_shared")

    def __init__(self, folder: str, is_shared: bool = False) -> None:
        self.folder, self.is_shared = folder, is_shared

    def __repr__(self) -> str:
        return f"Place({self.folder!r})"

    def is_usable(self) -> bool:
        """Whether the folder is there and only its owner can write to it; false for anything else in its stead."""
        try:
            status = os.stat(self.folder, follow_symlinks=not self.is_shared)
        except (OSError, ValueError):
            return False
        return stat.S_ISDIR(status.st_mode) and is_trusted(status)

    def is_writable(self) -> bool:
        """Whether entries can be saved here, as far as one can tell without trying."""
        try:
            os.lstat(self.folder)
        except FileNotFoundError:
            pass
        except (OSError, ValueError):
            return False
        else:
            return self.is_usable() and os.access(self.folder, os.W_OK | os.X_OK)
        parent = os.path.dirname(self.folder)
        while not os.path.lexists(parent) and os.path.dirname(parent) != parent:
            parent = os.path.dirname(parent)
        return os.path.isdir(parent) and os.access(parent, os.W_OK | os.X_OK)

    def make(self) -> None:
        """Create the folder, for its owner alone; raises OSError when it can't be, or can't be trusted."""
        if not self.is_usable():
            parent = os.path.dirname(self.folder)
            os.makedirs(parent, 0o700, exist_ok=True)
            if self.is_shared and not Place(parent, True).is_usable():
                raise PermissionError(f"{parent} belongs to someone else")
            if not os.path.lexists(self.folder):
                os.makedirs(self.folder, 0o700, exist_ok=True)  # another process may be quicker
            if not self.is_usable():
                raise PermissionError(f"{self.folder} can't be trusted")


def is_trusted(status: os.stat_result) -> bool:
    """Whether a file or folder is this user's own, or the administrator's, and nobody else can write to it."""
    if not hasattr(os, "geteuid"):  # Windows: the profile folder is the user's own
        return True
    return status.st_uid in (os.geteuid(), 0) and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def find_places() -> tuple[Place, ...]:
    """The places to look at, best first.

    `ACCEL_CACHE_DIR` alone while it can be written to; else also the user's cache folder and one among the temporary files.

    Examples
    --------
    >>> all(isinstance(place, Place) for place in find_places())
    True
    """
    asked = (os.geteuid() if hasattr(os, "geteuid") else 0, *[os.environ.get(name) for name in _VARIABLES])
    for known, places in _found[:1]:
        if known == asked:
            return places
    wanted = os.environ.get("ACCEL_CACHE_DIR")
    if wanted:
        place = Place(os.path.join(os.path.abspath(os.path.expanduser(wanted)), "code"))
        if place.is_writable():
            _found[:] = [(asked, (place,))]
            return (place,)
    places = tuple(([place] if wanted else []) + _find_default_places())
    _found[:] = [(asked, places)]
    return places


def _find_default_places() -> list[Place]:
    places = []
    xdg = os.environ.get("XDG_CACHE_HOME")
    if xdg and os.path.isabs(xdg):
        places.append(Place(os.path.join(xdg, "accel", "code")))
    if sys.platform == "win32":
        home = os.environ.get("LOCALAPPDATA", "")
    else:
        home = os.path.join(os.path.expanduser("~"), ".cache")
    if os.path.isabs(home):  # the user may have no home
        places.append(Place(os.path.join(home, "accel", "code")))
    user = os.geteuid() if hasattr(os, "geteuid") else os.environ.get("USERNAME", "")
    for folder in (*[os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP")], "/tmp", "/var/tmp"):
        if folder and os.path.isabs(folder) and os.path.isdir(folder):
            places.append(Place(os.path.join(folder, f"accel-{user}", "code"), is_shared=True))
            break
    return places
