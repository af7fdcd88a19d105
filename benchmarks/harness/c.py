"""This module builds C rivals with gcc and calls them through ctypes."""

from __future__ import annotations

import atexit
import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

FLAGS = ("-O3", "-march=native", "-ffp-contract=off", "-shared", "-fPIC")


def build(python_file: str) -> ctypes.CDLL:
    """The library made of `c_.c` beside this Python file.

    Raises
    ------
    RuntimeError
        if there is no gcc, or it rejects the source
    """
    return build_text(Path(python_file).with_name("c_.c").read_text())


def build_text(text: str, flags: tuple[str, ...] = FLAGS) -> ctypes.CDLL:
    """The library made of this C source.

    Raises
    ------
    RuntimeError
        if there is no gcc, or it rejects the source
    """
    if shutil.which("gcc") is None:
        raise RuntimeError("no gcc on this machine")
    folder = make_folder()
    source, library = Path(folder, "source.c"), Path(folder, "library.so")
    source.write_text(text)
    done = subprocess.run(["gcc", *flags, str(source), "-o", str(library), "-lm"], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"gcc: {done.stderr.strip().splitlines()[0]}")
    return ctypes.CDLL(str(library))


def make_folder() -> str:
    """A new folder that is gone when the process ends."""
    folder = tempfile.mkdtemp(prefix="accel-benchmarks-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def declare(library: ctypes.CDLL, name: str, result: Any, *parameters: Any) -> Any:
    """The C function of that name with its types; arrays go in as `address(array)`."""
    function = getattr(library, name)
    function.restype, function.argtypes = result, list(parameters)
    return function


def address(array: Any) -> int:
    """Where the elements of a NumPy array begin."""
    place: int = array.ctypes.data
    return place


POINTER, LONG, DOUBLE = ctypes.c_void_p, ctypes.c_long, ctypes.c_double
