"""This module says what a function is made of, by its text: the same on every machine, in every version of Python."""

from __future__ import annotations

import marshal
from types import FunctionType

from accel.cache.content import compute_digest, describe_code
from accel.cache.source import find_source
from accel.tuning.home import home_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

__all__ = ["describe_content"]

_MOST_FUNCTIONS = 64


def describe_content(function: Callable[..., Any]) -> str:
    """A digest of the text of a function, and of those of its package which it mentions, to any depth; decorators don't count.

    Examples
    --------
    >>> def twice(x):
    ...     return 2 * x
    >>> len(describe_content(twice))
    24
    """
    if not isinstance(function, FunctionType):
        return compute_digest(repr((function.__class__.__qualname__, getattr(function, "__qualname__", ""))).encode())[:12].hex()
    package = home_of(function).partition(".")[0]
    waiting, seen = [function], {id(function.__code__)}
    texts: list[bytes] = []
    while waiting and len(texts) < _MOST_FUNCTIONS:
        at_hand = waiting.pop(0)
        texts.append(_text_of(at_hand))
        for other in _mentioned(at_hand):
            if id(other.__code__) not in seen and home_of(other).partition(".")[0] == package:
                seen.add(id(other.__code__))
                waiting.append(other)
    return compute_digest(marshal.dumps(texts, 2))[:12].hex()


def _text_of(function: FunctionType) -> bytes:
    text = find_source(function.__code__, function.__globals__)
    if text is None:
        return describe_code(function.__code__)[0]
    lines = [line.strip() for line in text.split(b"\n")]
    start = next((at for at, line in enumerate(lines) if line.startswith((b"def ", b"async def "))), 0)
    return b"\n".join(text.split(b"\n")[start:])


def _mentioned(function: FunctionType) -> Iterator[FunctionType]:
    """The functions a function looks up as it is now; for one in front of another, that one."""
    for name in function.__code__.co_names:
        if isinstance(value := function.__globals__.get(name), FunctionType):
            yield getattr(value, "__wrapped__", value) if isinstance(getattr(value, "__wrapped__", None), FunctionType) else value
    for cell in function.__closure__ or ():
        try:
            value = cell.cell_contents
        except ValueError:
            continue
        if isinstance(value, FunctionType):
            yield value
