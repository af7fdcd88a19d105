"""Counts and times the calls of decorated functions, for `accel run` and for trials: machine code that stands between a carrier and what serves it."""

from __future__ import annotations

import ctypes
from functools import lru_cache

from accel.dispatch.carriers import METERS
from accel.runtime.image import Image, Loaded
from accel.runtime.symbols import resolve

__all__ = ["Meter", "start_metering"]

_keep: list[object] = []


def start_metering() -> None:
    """Have the calls of each function decorated from now on counted and timed, which costs some 50 ns a call."""
    METERS[:] = [Meter]


class Meter:
    """Counts the calls of one function that come from Python, whoever serves them, and adds up the time in them."""

    def __init__(self) -> None:
        self._record = (ctypes.c_int64 * 5)()  # as accel.lower.meter has it
        record = ctypes.addressof(self._record)
        self.address = Loaded(_image(), lambda name: record if name == "record" else resolve(name))["meter"]
        _keep.append(self._record)  # late calls come while the interpreter shuts down

    def send_to(self, target: int) -> int:
        """Have calls go on at `target`; the address at which the meter is called."""
        self._record[0] = target
        return self.address

    @property
    def calls(self) -> int:
        """How many calls there were."""
        return self._record[1]

    @property
    def finished(self) -> tuple[int, int]:
        """How many calls that are in no other one have ended, and the nanoseconds in them."""
        return self._record[4], self._record[2]

    @property
    def seconds(self) -> float:
        """Time in them, compiling included; a call inside a call of the same function counts once."""
        return self._record[2] / 1e9


@lru_cache(maxsize=1)
def _image() -> Image:
    from accel.runtime.stubs import METER_IMAGE

    return Image.loads(bytes.fromhex(METER_IMAGE))
