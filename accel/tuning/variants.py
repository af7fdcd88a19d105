"""This module has a function compiled for each combination of values known while compiling, without the limit on how many one function may have."""

from __future__ import annotations

from types import FunctionType

from accel.dispatch.dispatcher import Dispatcher, find_dispatcher
from accel.types.annotations import comptime_parameters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from accel.tuning.space import Space

__all__ = ["Variants"]


class Variants:
    """Copies of a compiled function. The default candidate is the function itself; so are all where no value is known while compiling.

    Parameters
    ----------
    function : callable
        What is tuned.
    space : Space
        The candidates.

    Notes
    -----
    The cache on disk knows functions by their content: what a copy has compiled the function itself finds there.

    Examples
    --------
    >>> from accel.tuning import Space
    >>> def plain(x, *, tile):
    ...     return x
    >>> Variants(plain, Space({"tile": [1, 2]})).find({"tile": 2}) is plain
    True
    """

    def __init__(self, function: Callable[..., Any], space: Space) -> None:
        self._function = function
        self._dispatcher = find_dispatcher(function)
        known = comptime_parameters(function) if self._dispatcher is not None and isinstance(function, FunctionType) else ()
        self._names = [name for name in space.names if name in known]
        self._made: dict[tuple[Any, ...], Callable[..., Any]] = {self._values(space.arguments(space.default)): function}

    def find(self, arguments: Mapping[str, Any]) -> Callable[..., Any]:
        """The function to call with these values of what is searched."""
        values = self._values(arguments)
        found = self._made.get(values)
        if found is None:
            found = self._made[values] = self._copy()
        return found

    def _values(self, arguments: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple([(type(arguments[name]), arguments[name]) for name in self._names])

    def _copy(self) -> Callable[..., Any]:
        function: Any = self._function
        assert self._dispatcher is not None
        made = FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__)
        made.__kwdefaults__, made.__annotations__ = function.__kwdefaults__, function.__annotations__
        made.__qualname__, made.__module__ = function.__qualname__, function.__module__
        Dispatcher(made, self._dispatcher.options).attach()
        return made
