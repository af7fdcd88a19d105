"""What calls of a function with `Borrowed`, `Inout` and `Owned` parameters are asked, compiled or not."""

from __future__ import annotations

import sys

from accel.errors import Diagnostic, OwnershipError
from accel.runtime.frames import find_user
from accel.runtime.moved import is_moved
from accel.types.ownership import find_exclusive_pairs, refuse_moved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FunctionType
    from typing import Any

    from accel.types.annotations import Enforced

__all__ = ["OwnershipChecks"]

_MOST_WORK = 1_000_000  # steps of NumPy's exact test, milliseconds


class OwnershipChecks:
    """The checks of one function; it does not keep the function alive."""

    def __init__(self, function: FunctionType, enforced: tuple[Enforced, ...]) -> None:
        self._name = function.__qualname__
        self._owned = tuple([(p.name, p.position) for p in enforced if p.role])
        self._borrowed = tuple([(p.name, p.position) for p in enforced if p.role == "Borrowed"])
        self._pairs = tuple([(one.position, other.position, one, other) for one, other in find_exclusive_pairs(enforced)])

    def refuse_moved(self, bound: Sequence[Any]) -> None:
        """Raise for an argument that has been moved."""
        for name, position in self._owned:
            if is_moved(bound[position]):
                refuse_moved(f"`{self._name}` takes an array for `{name}`")

    def refuse_overlap(self, bound: Sequence[Any]) -> None:
        """Raise for arguments that share memory and must not. A default that is no array shares none."""
        for at, other_at, one, other in self._pairs:
            first, second = bound[at], bound[other_at]
            if not (hasattr(first, "ndim") and hasattr(second, "ndim")):
                continue
            shared = _share_elements(first, second)
            if shared is not False:
                so = "these do" if shared else "of these that can't be told in a million steps"
                copied = one if one.role == "Borrowed" else other
                raise OwnershipError(Diagnostic(
                    f"`{self._name}` takes arrays for `{one.name}` and `{other.name}` that share no memory, and {so}", "overlapping-arguments", *find_user(),
                    why=f"`{one.name}` is {one.role}, `{other.name}` {other.role}", do=(f"pass a copy for `{copied.name}`: `x.copy()`",),
                ))  # fmt: skip

    def look(self, *bound: Any) -> None:
        """What machine code asks, with all arguments, when it can't tell."""
        self.refuse_moved(bound)
        self.refuse_overlap(bound)

    def lend(self, bound: Sequence[Any]) -> dict[str, Any]:
        """By name, what CPython is to see for the arguments that are borrowed."""
        return {name: _lend(value) for name, position in self._borrowed if hasattr(value := bound[position], "setflags")}


def _share_elements(first: Any, second: Any) -> bool | None:
    """Whether two arrays share memory; None when that takes too long to find out."""
    compare: Callable[..., bool] = sys.modules["numpy"].shares_memory
    try:
        return compare(first, second, _MOST_WORK)
    except RuntimeError:  # numpy.exceptions.TooHardError
        return None


def _lend(value: Any) -> Any:
    """A view of an array that can't be written."""
    ndarray = sys.modules["numpy"].ndarray
    view: Any = value[...] if type(value) is ndarray else ndarray.view(value)  # another class may have a `[]` of its own
    view.setflags(False)
    return view
