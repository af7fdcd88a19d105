"""This module builds Mojo rivals, where Mojo is installed, and loads them through ctypes.

The compiler is what the environment variable `ACCEL_MOJO` names, `mojo` on the path, or that of `scripts/bench-setup`.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from pathlib import Path

from benchmarks.harness.c import make_folder
from benchmarks.harness.rivals import find_program

FLAGS = ("--emit", "shared-lib", "--fp-mode", "contract=off")
LIMIT_S = 120.0


def find_mojo() -> str | None:
    """The path of the compiler, None where there is none."""
    named = os.environ.get("ACCEL_MOJO")
    return shutil.which(named or "mojo") or (None if named else str(find_program("mojo", "mojo") or "") or None)


def build(python_file: str, flags: tuple[str, ...] = ()) -> ctypes.CDLL:
    """The library made of `mojo_.mojo` beside this Python file, with these flags too.

    Raises
    ------
    RuntimeError
        if there is no Mojo, or it rejects the source
    """
    compiler = find_mojo()
    if compiler is None:
        raise RuntimeError("no mojo on this machine")
    source, library = Path(python_file).with_name("mojo_.mojo"), Path(make_folder(), "library.so")
    command = [compiler, "build", *FLAGS, *flags, str(source), "-o", str(library)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"ended with status {done.returncode}"]
        raise RuntimeError(f"mojo: {next((line for line in lines if 'error: ' in line), lines[-1])}")
    return ctypes.CDLL(str(library))
