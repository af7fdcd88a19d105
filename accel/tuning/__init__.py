"""Finds the fastest choice of parameters, checks it, and remembers it: what `autotune` is made of, and what strategies of one's own build on."""

from __future__ import annotations

TYPE_CHECKING = False  # what type checkers see; at run time names are imported when first used: programs that are tuned already need few of them
if TYPE_CHECKING:
    from accel.tuning.entry import Entry
    from accel.tuning.exchange import export, import_
    from accel.tuning.history import History
    from accel.tuning.machine import Machine
    from accel.tuning.progress import Progress
    from accel.tuning.record import Record
    from accel.tuning.report import Report
    from accel.tuning.space import Choice, Int, Space
    from accel.tuning.strategies.strategy import Strategy

__all__ = ["Choice", "Entry", "History", "Int", "Machine", "Progress", "Record", "Report", "Space", "Strategy", "export", "import_"]

_HOMES = dict.fromkeys(("Choice", "Int", "Space"), "space")
_HOMES |= dict.fromkeys(("export", "import_"), "exchange")
_HOMES |= {"Entry": "entry", "History": "history", "Machine": "machine", "Progress": "progress", "Record": "record", "Report": "report", "Strategy": "strategies.strategy"}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'accel.tuning' has no attribute {name!r}")
    value: object = getattr(__import__(f"accel.tuning.{home}", fromlist=[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__} - {"TYPE_CHECKING", "annotations"})
