"""The decorator `tests.differential.parallel:shared`: each loop that may be is run on two threads, however little it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import accel
from accel.dispatch import regions

__all__ = ["shared"]


def shared(function: Callable[..., Any]) -> Callable[..., Any]:
    """`parallelize`, without asking whether it pays."""
    regions._WORTH_NS, regions._TRUSTED_NS, regions._FLAT_PROBE, regions._SHORT_NS = -1, -1, 1, 0
    decorated: Callable[..., Any] = accel.parallelize(num_threads=2)(function)
    return decorated


shared.goes_on = True  # type: ignore[attr-defined]  # iterations above one that raises may have run
