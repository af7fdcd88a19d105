"""This module tells one machine from another, as far as the fastest candidate may depend on it."""

from __future__ import annotations

import os

from accel.runtime.cpu import fingerprint, read_text, usable_cores, vector_bits

try:
    from _blake2 import blake2b  # hashlib would load OpenSSL
except ImportError:  # an interpreter built without it
    from hashlib import blake2b

__all__ = ["Machine", "instructions_of"]

_NAMES = {512: "AVX-512", 256: "AVX2", 128: "SSE"}
_CACHES = "/sys/devices/system/cpu/cpu0/cache"
_MOST_CACHES = 4  # two of the first level, one each of the second and third
_caches: list[tuple[str, ...]] = []


class Machine:
    """The machine this process runs on: its processor, how many cores it may use, and its caches.

    Attributes
    ----------
    digest : str
        What stands for it in the record: its instruction set and 12 hexadecimal digits.
    cores : int
        How many cores this process may use: its affinity mask, as far as its control group lets it have them.
    caches : tuple of str
        The sizes of the caches of the first processor as the system has them, the innermost first; empty when it does not tell.

    Notes
    -----
    A process that may use fewer cores, and one with another `ACCEL_CPU`, is on another machine: what is fastest there may differ. Two machines of the same model,
    features, caches and number of cores are one.

    Examples
    --------
    >>> from accel.tuning import Machine
    >>> Machine().digest == Machine().digest
    True
    """

    __slots__ = ("caches", "cores", "digest", "instructions")

    def __init__(self) -> None:
        self.cores = usable_cores()
        self.caches = _find_caches()
        self.instructions = _NAMES[vector_bits()]
        content = "\n".join((fingerprint(), str(self.cores), *self.caches)).encode()
        self.digest = f"{self.instructions.lower().replace('-', '')}-{blake2b(content, digest_size=6).hexdigest()}"

    def __repr__(self) -> str:
        return f"Machine({self.digest!r}, {self.description!r})"

    @property
    def description(self) -> str:
        """The machine for people: "AMD EPYC, 2 cores, AVX2"."""
        narrowed = os.environ.get("ACCEL_CPU")
        cores = f"{self.cores} core{'s' if self.cores > 1 else ''}"
        return ", ".join([_find_model(), cores, self.instructions, *([f"as {narrowed}"] if narrowed else [])])


def instructions_of(digest: str) -> str:
    """The part of a machine's digest that stands for its instruction set."""
    return digest.partition("-")[0]


def _find_caches() -> tuple[str, ...]:
    if not _caches:
        found = [read_text(f"{_CACHES}/index{at}/size").strip() for at in range(_MOST_CACHES)]
        _caches.append(tuple([size for size in found if size]))
    return _caches[0]


def _find_model() -> str:
    """The name the processor gives itself, without what says nothing."""
    name = next((line.partition(":")[2] for line in read_text("/proc/cpuinfo").splitlines() if line.startswith("model name")), "")
    for noise in ("(R)", "(TM)", "(r)", "(tm)", " CPU", " Processor"):
        name = name.replace(noise, "")
    return " ".join(name.partition(" @ ")[0].split()) or "unknown processor"
