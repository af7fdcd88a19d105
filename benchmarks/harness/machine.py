"""This module describes the machine, the versions and the date of a run."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import re
import subprocess
from pathlib import Path

from benchmarks.harness.mojo import find_mojo
from benchmarks.harness.rivals import RIVALS, find_home, is_apart

PACKAGES = ("numpy", "numba", "llvmlite")


def describe_machine() -> dict[str, object]:
    """What a reader needs to compare two runs."""
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": {
            "cpu": find_cpu(),
            "vectors": find_vectors(),
            "cores": os.cpu_count(),
            "system": platform.platform(),
            "load": round(os.getloadavg()[0], 2),
        },
        "versions": {"python": platform.python_version(), "gcc": first_line("gcc", "--version")}
        | {"mojo": first_line(find_mojo() or "mojo", "--version")}
        | find_rival_versions()
        | {name: find_version(name) for name in PACKAGES},
        "commit": first_line("git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"),
    }


def find_cpu() -> str:
    """Name of the processor as the system tells it."""
    return find_cpu_field("model name") or platform.processor() or platform.machine()


def find_vectors() -> str:
    """Widest vectors the processor has."""
    flags = find_cpu_field("flags").split()
    return next((name for name in ("avx512f", "avx2", "sse2") if name in flags), "unknown")


def find_cpu_field(name: str) -> str:
    """A field of /proc/cpuinfo, empty where there is none."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def find_rival_versions() -> dict[str, str]:
    """Versions in the environments of rivals that have a process of their own."""
    found = {}
    for name in filter(is_apart, RIVALS):
        folders = [str(path) for path in (find_home() / name).glob("lib/python*/site-packages")]
        package = re.split(r"[\[=<>]", RIVALS[name].packages[0])[0]
        versions = [one.version for one in importlib.metadata.distributions(name=package, path=folders)]
        found[name] = versions[0] if versions else "absent"
    return found


def find_version(package: str) -> str:
    """Installed version, or that there is none."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def first_line(*command: str) -> str:
    """First line a command prints, or that it is absent."""
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.partition("\n")[0] or "unknown"
    except OSError:
        return "absent"
