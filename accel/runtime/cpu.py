"""The processor: what tells one kind from another, read without a compiler."""

from __future__ import annotations

import os

__all__ = ["fingerprint", "read_text", "usable_cores", "vector_bits"]

_found: list[str] = []
_LEVELS = {"x86-64": 128, "x86-64-v2": 128, "x86-64-v3": 256, "x86-64-v4": 512}


def fingerprint() -> str:
    """Vendor, model and features of the first processor, with the narrowing of `ACCEL_CPU`, as one text."""
    if not _found:
        first = read_text("/proc/cpuinfo")
        wanted = ("vendor_id", "cpu family", "model\t", "flags")
        _found.append("\n".join(line for line in first.splitlines() if line.startswith(wanted)))
    return f"{_found[0]}\n{os.environ.get('ACCEL_CPU', '')}"


def vector_bits() -> int:
    """Width of the vectors of the processor compiled for: 512, 256 or 128."""
    if name := os.environ.get("ACCEL_CPU"):
        return _LEVELS.get(name, 256)
    features = fingerprint().split()
    return 512 if "avx512f" in features else 256 if "avx2" in features else 128


def usable_cores() -> int:
    """How many processors this process may use: those of its affinity mask, as far as its control group lets it have them."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, _group_limit() or allowed))


def _group_limit() -> int:
    """How many processors the control group of this process lets it have, rounded up; 0 when it does not say."""
    words = read_text("/sys/fs/cgroup/cpu.max").split()
    if not words:
        words = [*read_text("/sys/fs/cgroup/cpu/cpu.cfs_quota_us").split(), *read_text("/sys/fs/cgroup/cpu/cpu.cfs_period_us").split()]
    try:
        quota, period = map(int, words)
    except ValueError:  # no limit
        return 0
    return -(-quota // period) if quota > 0 and period > 0 else 0


def read_text(path: str) -> str:
    """What the system tells in one of its files, up to the first empty line; nothing when there is none. `open` would take five times as long."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return ""
    try:
        content = b""
        while b"\n\n" not in content and (more := os.read(descriptor, 16384)):
            content += more
        return content.partition(b"\n\n")[0].decode(errors="replace")
    except OSError:
        return ""
    finally:
        os.close(descriptor)
