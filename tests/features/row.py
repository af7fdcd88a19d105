"""A row of the table of what compiles: a sentence, a small program that shows it, and arguments to call it with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Row", "Section"]

Maker = Callable[[], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Row:
    """One feature. `makers` give the arguments of a call anew each time, as calls may change them."""

    says: str
    function: Callable[..., Any]
    makers: tuple[Maker, ...]


class Section:
    """A group of rows, which a decorator adds to."""

    def __init__(self, title: str) -> None:
        self.title, self.rows = title, list[Row]()

    def row(self, says: str, *calls: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Add the decorated function as a row; each call is a tuple of arguments or a function that makes one."""
        makers = tuple(call if callable(call) else (lambda call=call: call) for call in calls)

        def add(function: Callable[..., Any]) -> Callable[..., Any]:
            self.rows.append(Row(says, function, makers))
            return function

        return add
