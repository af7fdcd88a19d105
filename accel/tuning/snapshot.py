"""This module takes copies of what a call may change, and puts the contents back: into the same objects, the same memory."""

from __future__ import annotations

from accel.tuning.parts import CONSTANT, ArrayPart, find_parts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy import ndarray

    from accel.tuning.parts import Part

__all__ = ["Snapshot"]


class Snapshot:
    """The contents of the arguments of a call: of arrays, containers and objects, and of whatever is reached from there.

    Parameters
    ----------
    arguments : tuple
        By position.
    keywords : dict
        By keyword.
    names : sequence of str, optional
        What the first ones are called, for texts.

    Attributes
    ----------
    problem : str or None
        What there is that can't be put back, such as a generator: then nothing may be called more often than the user has called it.

    Notes
    -----
    An array is put back element by element, whatever its layout, and views which overlap are put back together. One that can't be written to is not copied. Lists, dicts,
    sets and attributes get the same objects again, in the same order, and these their contents. What functions, classes and modules hold is not looked at, but for the
    variables of closures. Locks and loggers are taken to be as they were.

    Examples
    --------
    >>> items, names = [3, 1, 2], {"a": [1]}
    >>> snapshot = Snapshot((items,), {"names": names})
    >>> items.sort()
    >>> names["a"].append(2)
    >>> snapshot.differs()
    True
    >>> snapshot.restore()
    >>> items, names
    ([3, 1, 2], {'a': [1]})
    """

    def __init__(self, arguments: tuple[Any, ...], keywords: dict[str, Any], names: Sequence[str] = ()) -> None:
        self.arguments, self.keywords = arguments, keywords
        self.problem: str | None = None
        self._constant: list[Any] = []
        self._names = [f"`{name}`" for name in names[: len(arguments)]]
        self._names += [str(number + 1) for number in range(len(self._names), len(arguments))]
        try:
            self._parts = self._save()
        except MemoryError:
            self._parts, self.problem = [], "the arguments are too large to be copied"
        self._changed = self._parts

    @property
    def named(self) -> list[tuple[str, Any]]:
        """Each argument with what it is called in texts."""
        return [*zip(self._names, self.arguments, strict=True), *((f"`{name}`", value) for name, value in self.keywords.items())]

    def restore(self) -> None:
        """Put everything back."""
        for part in self._parts:
            if part.differs():
                part.write()

    def differs(self) -> bool:
        """Whether anything is not as it was."""
        return any(part.differs() for part in self._parts)

    def narrow(self) -> bool:
        """Take it that calls change what is changed now, and nothing else: `restore_changed` puts only that back. Whether there is such a thing."""
        self._changed = [part for part in self._parts if part.differs()]
        return bool(self._changed)

    def restore_changed(self) -> None:
        """Put back what calls change."""
        for part in self._changed:
            part.write()

    def duplicate(self, value: Any) -> Any:
        """A deep copy, for a comparison later. What is in it of arrays, and of lists of numbers, that calls don't change is not copied once more.

        Raises
        ------
        Exception
            What `copy.deepcopy` raises for what it can't copy.
        """
        from copy import deepcopy

        changed = {id(part) for part in self._changed}
        memo = {id(part.owner): part.saved for part in self._parts if id(part) not in changed and part.is_copy}
        return deepcopy(value, memo | {id(one): one for one in self._constant})  # locks, modules and the like can't be copied, and need not be

    def _save(self) -> list[Part]:
        parts: list[Part] = []
        seen: dict[int, Any] = {}  # the objects too, so that none of them is another one later
        todo = [(value, name) for name, value in self.named]
        while todo and self.problem is None:
            value, name = todo.pop()
            class_ = type(value)
            if class_ in CONSTANT or id(value) in seen:
                continue
            seen[id(value)] = value
            found = self._parts_of(value, name)
            if not found:
                self._constant.append(value)
            for part in found:
                parts += [part] if part.is_mutable else []
                inner = list(part.inner())
                if not set(map(type, inner)) <= CONSTANT:
                    todo += [(one, name) for one in inner]
        return _without_covered(parts)

    def _parts_of(self, value: Any, name: str) -> list[Part]:
        try:
            return [kind(value) for kind in find_parts(value)]
        except MemoryError:
            raise
        except Exception:  # of ours, or of what an object does when it is asked
            self.problem = f"argument {name} is, or leads to, an object of class {type(value).__name__}, which can't be put back"
            return []


def _without_covered(parts: list[Part]) -> list[Part]:
    """Arrays that lie in another one without gaps need no copy of their own."""
    arrays = [part for part in parts if isinstance(part, ArrayPart) and not part.view.dtype.hasobject and part.view.size]
    if len(arrays) < 2:
        return parts
    bounds = {id(part): _bounds(part.view) for part in arrays}
    reach, covered = 0, set()  # how far arrays without gaps reach that begin no later
    for part in sorted(arrays, key=lambda part: (bounds[id(part)][0], -part.view.nbytes)):
        low, high = bounds[id(part)]
        if high <= reach:
            covered.add(id(part))
        elif high - low == part.view.nbytes:
            reach = high
    return [part for part in parts if id(part) not in covered]


def _bounds(array: ndarray[Any, Any]) -> tuple[int, int]:
    from numpy.lib.array_utils import byte_bounds

    return byte_bounds(array)
