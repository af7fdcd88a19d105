"""The race detector: runs a loop whose independence was vouched for one iteration after the other, and notes who touches which element."""

from __future__ import annotations

import sys

from accel.errors import Diagnostic, RaceError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FunctionType
    from typing import Any

    from accel.dependence.loops import ParallelLoop

__all__ = ["RaceDetector"]


class RaceDetector:
    """What stands for a parallel loop in a driver, under `ACCEL_RACES=1`.

    Parameters
    ----------
    found : ParallelLoop
        The loop.
    part : FunctionType
        Its iterations, not compiled.
    limits : callable
        Gives what the part takes of a range.
    """

    def __init__(self, found: ParallelLoop, part: FunctionType, limits: Callable[[range], tuple[int, ...]]) -> None:
        self._found, self._part, self._limits = found, part, limits

    def run(self, numbers: range, values: tuple[Any, ...]) -> Any:
        """Do the iterations; the outputs.

        Raises
        ------
        RaceError
            When an iteration touches an element that another one stores into.
        """
        log = _Log(self._found.loop.lineno)
        given = list(values)
        for k, name in enumerate(self._found.inputs):
            if name in self._found.arrays and hasattr(given[k], "__array_interface__"):
                given[k] = _Watched(given[k], name, log)
        outputs: Any = None
        starting = [n for r in self._found.reductions for n in (r.name, *r.companions)]
        for k, number in enumerate(numbers):
            log.iteration = number
            outputs = self._part(*self._limits(numbers[k : k + 1]), *given)
            for position, name in enumerate(starting, len(self._found.last)):
                given[self._found.inputs.index(name)] = outputs[position]
        return outputs


class _Log:
    """Who has touched which address: (iteration, line, name)."""

    def __init__(self, loop_line: int) -> None:
        self.iteration, self._loop_line = 0, loop_line
        self._stores: dict[int, tuple[int, int, str]] = {}
        self._loads: dict[int, list[tuple[int, int, str]]] = {}  # of two different iterations at most

    def note(self, addresses: list[int], name: str, *, is_store: bool) -> None:
        """Note an access of this iteration, two frames up."""
        frame = sys._getframe(2)
        mine = self.iteration, frame.f_lineno, name
        for address in addresses:
            others = [self._stores[address]] if address in self._stores else []
            loads = self._loads.setdefault(address, [])
            if is_store:
                others += loads
                self._stores[address] = mine
            elif len({*(i for i, _, _ in loads), mine[0]}) > len(loads) and len(loads) < 2:
                loads.append(mine)
            for other in others:
                if other[0] != mine[0]:
                    raise RaceError(self._describe(frame.f_code.co_filename, other, mine, is_store))

    def _describe(self, filename: str, other: tuple[int, int, str], mine: tuple[int, int, str], is_store: bool) -> Diagnostic:
        import linecache

        text = linecache.getline(filename, mine[1]).rstrip("\n")
        begin = len(text) - len(text.lstrip())
        what = f"the iterations {other[0]} and {mine[0]} of the loop in line {self._loop_line} touch the same element of `{mine[2]}`"
        why = f"iteration {other[0]} did so in line {other[1]}, iteration {mine[0]} {'stores into it' if is_store else 'reads it'} here"
        return Diagnostic(what, "racing-iterations", filename, mine[1], begin, len(text), text, why=why)


class _Watched:
    """An array that tells the log of each element that is read or written."""

    def __init__(self, array: Any, name: str, log: _Log) -> None:
        import numpy

        self._array, self._name, self._log = array, name, log
        self._addresses = numpy.full((), array.__array_interface__["data"][0], numpy.int64)
        for stride, length in zip(array.strides, array.shape, strict=True):
            self._addresses = numpy.add.outer(self._addresses, numpy.arange(length) * stride)

    def __getitem__(self, index: Any) -> Any:
        value = self._array[index]
        self._log.note(self._addresses[index].ravel().tolist(), self._name, is_store=False)
        return value

    def __setitem__(self, index: Any, value: Any) -> None:
        self._array[index] = value
        self._log.note(self._addresses[index].ravel().tolist(), self._name, is_store=True)

    def __len__(self) -> int:
        return len(self._array)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._array, name)
