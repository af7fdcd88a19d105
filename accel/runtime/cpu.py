"""The processor: what tells one kind from another, read without a compiler."""

from __future__ import annotations

import os

__all__ = ["fingerprint", "vector_bits"]

_found: list[str] = []
_LEVELS = {"x86-64": 128, "x86-64-v2": 128, "x86-64-v3": 256, "x86-64-v4": 512}


def fingerprint() -> str:
    """Vendor, model and features of the first processor, with the narrowing of `ACCEL_CPU`, as one text."""
    if not _found:
        try:
            with open("/proc/cpuinfo") as file:
                first = file.read(16384).partition("\n\n")[0]
        except OSError:
            first = ""
        wanted = ("vendor_id", "cpu family", "model\t", "flags")
        _found.append("\n".join(line for line in first.splitlines() if line.startswith(wanted)))
    return f"{_found[0]}\n{os.environ.get('ACCEL_CPU', '')}"


def vector_bits() -> int:
    """Width of the vectors of the processor compiled for: 512, 256 or 128."""
    if name := os.environ.get("ACCEL_CPU"):
        return _LEVELS.get(name, 256)
    features = fingerprint().split()
    return 512 if "avx512f" in features else 256 if "avx2" in features else 128
