"""This module writes times and candidates for people."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = ["show_arguments", "show_count", "show_ratio", "show_text", "show_time", "show_value"]


def show_time(time_ns: float) -> str:
    """A time in three digits.

    Examples
    --------
    >>> [show_time(t) for t in (12.0, 1234.0, 4.56e6, 2e9, float("inf"))]
    ['12 ns', '1.23 µs', '4.56 ms', '2 s', '-']
    """
    if not 0.0 <= time_ns < float("inf"):
        return "-"
    for limit, unit in ((1e3, "ns"), (1e6, "µs"), (1e9, "ms")):
        if float(f"{time_ns:.3g}") < limit:
            return f"{time_ns / limit * 1e3:.3g} {unit}"
    return f"{time_ns / 1e9:.3g} s" if time_ns < 1e12 else f"{time_ns / 1e9:.0f} s"


def show_ratio(default_ns: float, time_ns: float) -> str:
    """How many times as fast as the default.

    Examples
    --------
    >>> show_ratio(300.0, 200.0), show_ratio(200.0, 200.0), show_ratio(0.0, 0.0)
    ('1.50x', '1.00x', '-')
    """
    if not (0.0 < time_ns < float("inf") and default_ns < float("inf")):
        return "-"
    ratio = default_ns / time_ns
    return f"{ratio:.2f}x" if ratio < 100 else f"{ratio:,.0f}x"


def show_count(count: int, noun: str) -> str:
    """A number and what it counts.

    Examples
    --------
    >>> show_count(1, "trial"), show_count(12, "trial")
    ('1 trial', '12 trials')
    """
    return f"{count} {noun}{'' if count == 1 else 's'}"


def show_text(text: str) -> str:
    """A text in one line, with what can't be printed left out.

    Examples
    --------
    >>> show_text("raised ValueError: two\\nlines")
    'raised ValueError: two lines'
    """
    return " ".join("".join([c if c.isprintable() else " " for c in text]).split())


def show_value(value: Any) -> str:
    """A value of a candidate: functions by name, texts without quotes.

    Examples
    --------
    >>> show_value(sorted), show_value("fast"), show_value(0.5)
    ('sorted', 'fast', '0.5')
    """
    name = getattr(value, "__name__", None) if callable(value) else None
    shown = name if isinstance(name, str) else value if isinstance(value, str) else repr(value)
    shown = show_text(shown)
    return shown if len(shown) <= 40 else f"{shown[:39]}…"


def show_arguments(arguments: Mapping[str, Any]) -> str:
    """A candidate.

    Examples
    --------
    >>> show_arguments({"tile": 32, "sort": sorted})
    'tile=32, sort=sorted'
    """
    return ", ".join([f"{name}={show_value(value)}" for name, value in arguments.items()])
