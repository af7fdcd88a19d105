"""This module is one line of the record: what a search has decided, in values that can be written down."""

from __future__ import annotations

import sys

from accel.values import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from accel.tuning.space import Candidate, Space

__all__ = ["Entry", "check_entry", "find_candidate", "find_version", "write_arguments", "write_entry"]

_NEEDED = ("function", "content", "key", "machine", "arguments", "time_ns", "default_ns", "trials")
_TEXTS = ("function", "content", "key", "machine", "strategy", "version", "python", "when", "hardware")
_PLAIN = (type(None), bool, int, float, str)
_DEPTH = 16  # lists in lists, beyond which a value is not written


@dataclass(frozen=True, slots=True)
class Entry:
    """What a search has decided for one function, one key, one machine.

    Parameters
    ----------
    function : str
        Module and qualified name: "package.module:Class.method".
    content : str
        A digest of the function; the entry holds for this content alone.
    key : str
        What the decision depends on, as JSON.
    machine : str
        `Machine.digest`.
    arguments : dict of str to object
        The candidate. What is read from the record has numbers, texts, booleans, None, lists and dicts of them; functions and classes are "module:name".
    time_ns, default_ns : float
        What a call took with it, and with the default.
    trials : int
        How many measurements the search made.
    tried : list of [arguments, time_ns or reason]
        Each candidate in the order it was first measured: nanoseconds of a call, or why it is out.
    strategy : str
        The name of the strategy.
    version, python, when, hardware : str
        Of accel, of Python, the time in UTC (ISO 8601), `Machine.description`; what is left empty is filled in when the entry is saved.

    Examples
    --------
    >>> from accel.tuning import Entry
    >>> Entry("work:f", "c0", "[100]", "avx2-0", {"tile": 32}, 800.0, 1200.0, 12).arguments
    {'tile': 32}
    """

    function: str
    content: str
    key: str
    machine: str
    arguments: dict[str, Any]
    time_ns: float
    default_ns: float
    trials: int
    tried: list[Any] = field(default_factory=list)
    strategy: str = ""
    version: str = ""
    python: str = ""
    when: str = ""
    hardware: str = ""


def write_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as they stand in the record.

    Numbers, texts, booleans and None stay; tuples become lists, NumPy's scalars numbers, NaN and infinities texts, functions and classes "module:name".

    Raises
    ------
    ValueError
        For a value that can't be written.

    Examples
    --------
    >>> write_arguments({"tile": 32, "sort": sorted, "shape": (1, 2)})
    {'tile': 32, 'sort': 'builtins:sorted', 'shape': [1, 2]}
    """
    return {str(name): _write_value(value, _DEPTH) for name, value in arguments.items()}


def _write_value(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind is float and value - value != 0.0:
        return repr(value)
    if kind in _PLAIN:
        return value
    if depth and kind in (list, tuple):
        return [_write_value(item, depth - 1) for item in value]
    if depth and kind is dict and all(type(name) is str for name in value):
        return {name: _write_value(item, depth - 1) for name, item in value.items()}
    if kind.__module__ == "numpy" and hasattr(value, "item") and not getattr(value, "shape", None):
        if type(item := value.item()) in _PLAIN:
            return _write_value(item, depth)
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", getattr(value, "__name__", None))
    if callable(value) and isinstance(module, str) and isinstance(name, str):
        return f"{module}:{name}"
    raise ValueError(f"a value of class {kind.__name__} can't be written down")


def find_candidate(space: Space, arguments: Mapping[str, Any]) -> Candidate | None:
    """The candidate of a space that is written like this; None when there is none, or more than one.

    Examples
    --------
    >>> from accel.tuning import Choice, Space
    >>> space = Space({"sort": Choice(sorted, list), "tile": [16, 32]})
    >>> find_candidate(space, {"sort": "builtins:list", "tile": 32}), find_candidate(space, {"sort": "builtins:list", "tile": 64})
    ((1, 1), None)
    """
    if set(arguments) != set(space.names):
        return None
    places = []
    for name, domain in space.domains.items():
        alike = [place for place, value in enumerate(domain.values) if _is_written(value, arguments[name])]
        if not alike or any(not _is_same(domain.values[alike[0]], domain.values[place]) for place in alike[1:]):
            return None
        places.append(alike[0])
    found = tuple(places)
    return found if found in space else None


def _is_written(value: Any, written: Any) -> bool:
    try:
        as_written = _write_value(value, _DEPTH)
    except ValueError:
        return False
    return type(as_written) is type(written) and bool(as_written == written)


def _is_same(value: Any, other: Any) -> bool:
    return value is other or (type(value) is type(other) and type(value) in _PLAIN and bool(value == other))


def find_version() -> str:
    """The version of accel."""
    return str(getattr(sys.modules.get("accel"), "__version__", ""))


def write_entry(entry: Entry, *, with_tried: bool = True) -> dict[str, Any]:
    """The fields of an entry by name, as they can be written as JSON.

    Raises
    ------
    ValueError
        When a value can't be.
    """
    tried = [[write_arguments(arguments), _write_value(outcome, 0)] for arguments, outcome in entry.tried] if with_tried else []
    fields: dict[str, Any] = {name: getattr(entry, name) for name in Entry.__match_args__}
    fields |= {"arguments": write_arguments(entry.arguments), "time_ns": float(entry.time_ns), "default_ns": float(entry.default_ns)}
    fields |= {"trials": int(entry.trials), "tried": tried}
    check_entry(fields)
    return fields


def check_entry(fields: object) -> Entry:
    """The entry that was written.

    Raises
    ------
    ValueError
        Saying what is wrong with it.
    """
    if not isinstance(fields, dict):
        raise ValueError("an entry is no object")
    for name in Entry.__match_args__:
        if name not in fields and name in _NEEDED:
            raise ValueError(f"`{name}` is missing")
    made = Entry(**{name: fields[name] for name in Entry.__match_args__ if name in fields})
    for text in _TEXTS:
        if type(getattr(made, text)) is not str:
            raise ValueError(f"`{text}` is no text")
    for number in ("time_ns", "default_ns", "trials"):
        if not _is_number(getattr(made, number)):
            raise ValueError(f"`{number}` is no number from 0")
    if type(made.arguments) is not dict or type(made.trials) is not int:
        raise ValueError("`arguments` is no object" if type(made.trials) is int else "`trials` is no whole number")
    if type(made.tried) is not list or not all(map(_is_trial, made.tried)):
        raise ValueError("`tried` is no list of arguments and times")
    return made


def _is_trial(trial: object) -> bool:
    if not isinstance(trial, (list, tuple)) or len(trial) != 2:
        return False
    return type(trial[0]) is dict and (type(trial[1]) is str or _is_number(trial[1]))


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and 0 <= value < float("inf")  # type: ignore[operator]  # one of the two
