"""What all machine code of this process has in common: the interpreter, the processor, the compiler and its libraries."""

from __future__ import annotations

import marshal
import os
import sys

from accel.cache.content import compute_digest
from accel.runtime.cpu import fingerprint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["FORMAT", "describe_build", "find_library_version"]

FORMAT = 1  # of the files; raise it when their structure changes

_CODE_SUFFIXES = (".py", ".pyc", ".so", ".pyd")
_PLAUSIBLE_TIME_NS = 631_152_000 * 10**9  # 1990: archives and reproducible builds set earlier, meaningless times
_VERSION_FILES = {"llvmlite": "_version.py", "numpy": "version.py"}

_builds: dict[str, bytes] = {}  # by processor, as the environment may narrow it
_versions: dict[str, bytes] = {}


def describe_build() -> bytes:
    """A digest of Python, processor, this package's own files, the compiler library and libm; found once per process."""
    processor = fingerprint()
    if processor not in _builds:
        machine = os.uname().machine if hasattr(os, "uname") else os.environ.get("PROCESSOR_ARCHITECTURE", "")
        parts = (
            FORMAT,
            (sys.version, str(sys.implementation.cache_tag), getattr(sys, "abiflags", ""), sys.flags.optimize),
            (sys.platform, machine, sys.maxsize, processor),
            _find_own_files(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))),
            find_library_version("llvmlite"),
            os.confstr("CS_GNU_LIBC_VERSION") if "CS_GNU_LIBC_VERSION" in os.confstr_names else "",
        )
        _builds[processor] = compute_digest(marshal.dumps(parts, 2))
    return _builds[processor]


def find_library_version(name: str) -> bytes:
    """The version file of a library, found without importing it; b"" if there is none.

    The same whether the library is imported yet or not, as it may be imported between a look into the cache and a save.
    """
    if name not in _versions:
        found = b""
        for folder in sys.path:
            try:
                with open(os.path.join(folder or ".", name, _VERSION_FILES[name]), "rb") as file:
                    found = file.read()
                break
            except OSError:
                continue
        _versions[name] = compute_digest(found) if found else b""
    return _versions[name]


def _find_own_files(folder: str) -> tuple[Any, ...]:
    """Name, size and time of each file of this package; of the archive when it is in one."""
    found: list[tuple[Any, ...]] = []
    waiting = [folder]
    try:
        while waiting:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir():
                        if entry.name != "__pycache__":
                            waiting.append(entry.path)
                    elif entry.name.endswith(_CODE_SUFFIXES):
                        found.append(_identify(entry.path[len(folder) :], entry.path, entry.stat()))
    except OSError:
        return _find_archive(folder)
    return tuple(sorted(found))


def _identify(name: str, path: str, status: os.stat_result) -> tuple[Any, ...]:
    if status.st_mtime_ns > _PLAUSIBLE_TIME_NS:
        return name, status.st_size, status.st_mtime_ns, b""
    with open(path, "rb") as file:
        return name, status.st_size, 0, compute_digest(file.read())


def _find_archive(path: str) -> tuple[Any, ...]:
    """The nearest thing above `path` that exists: the archive which holds the package."""
    while not os.path.exists(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    status = os.stat(path)
    return (_identify("archive", path, status),)
