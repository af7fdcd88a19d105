"""Compiled code left at an exit -> CPython goes on there: boxes the values and calls what is left of the function."""

from __future__ import annotations

import ctypes
import threading
from functools import lru_cache, partial
from itertools import repeat
from types import CellType, FunctionType

from accel.analysis.text import decode_text, read_raw
from accel.dispatch.carriers import LENT_CALLS, stubs
from accel.dispatch.handlers import drop_own_frames, is_from_a_handler
from accel.dispatch.tracing import lend_calls
from accel.types.kinds import Nested
from accel.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any

    from accel.analysis.continuation import Continuation
    from accel.ir import Exit, Source

__all__ = ["Resumer", "make_raiser"]


class Resumer:
    """Goes on in CPython at the exits of one compiled function.

    Parameters
    ----------
    function : FunctionType
        The function.
    exits : tuple of Exit
        Its exits, by number.
    source : Source, optional
        Its source, if at hand; else it is parsed at the first exit, from the text its file has now.
    hold : callable, optional
        Gives for a function what gives the function when it is asked; by default that keeps it alive.

    Notes
    -----
    Threads may use one Resumer at the same time.
    """

    def __init__(self, function: FunctionType, exits: tuple[Exit, ...], source: Source | None = None, *,
                 hold: Callable[[FunctionType], Callable[[], Any]] | None = None) -> None:  # fmt: skip
        self._function: Callable[[], Any] = hold(function) if hold else lambda: function
        self._hull = _make_hull(function)
        self.exits = exits
        self.counts = [0] * len(exits)
        self.on_exit: Callable[[], None] | None = None
        self.enclosing = self._function  # has the cells of the functions around and beside a nested one
        self._source = None if source is None else replace(source, function=self._hull, enclosing=None)
        self._text = None if source is not None else read_raw(function)
        self._lock = threading.RLock()  # a signal handler may come back here
        self._built: dict[tuple[int, frozenset[str]], Continuation] = {}

    def __call__(self, exit_number: int, record_address: int) -> Any:
        """Do what is left of the call. The traceback of what it raises does not show this frame, though callees could see it:
        machine code had better use `prepare`."""
        left = self.prepare(exit_number, record_address)
        try:
            return left()
        except BaseException as error:
            if error.__traceback__ is not None:
                error.__traceback__ = error.__traceback__.tb_next
            raise  # a bare raise does not enter this frame a second time
        finally:
            del left

    def prepare(self, exit_number: int, record_address: int) -> partial[Any]:
        """A callable without arguments, to be called once, that does what is left of the call.

        Calling it from C puts the frame of the user's function right above that of its caller, as CPython would.

        Raises
        ------
        ContinuationError
            When nothing can be continued there: a fault of the compiler.
        """
        raised: BaseException | None = None
        exchange = _Exchange(self.exits[exit_number])
        while True:
            try:
                exchange.do()
                return self._prepare(exit_number, record_address, raised, exchange)
            except BaseException as error:
                if not is_from_a_handler(error):
                    raise
                drop_own_frames(error)
                raised = error

    def _prepare(self, exit_number: int, record_address: int, raised: BaseException | None, exchange: _Exchange) -> partial[Any]:
        """The same, and where a signal handler has raised meanwhile, its exception is raised there."""
        from accel.dispatch.python_steps import drop_step_frame  # from here on: what most processes never come to
        from accel.dispatch.record import read_record

        exit_ = self.exits[exit_number]
        values = read_record(exit_, record_address)
        cells = exchange.cells
        _take(exit_.takes, exchange.taken or {}, values)
        closures = {name: value for name, value in values.items() if isinstance(value, Nested)}
        stage, at, leaving = exit_.phase.partition("@")
        if stage == "raise" or exit_.raises or raised is not None:
            error = raised or values["%result"]
            drop_step_frame(error)
            values["%raise"] = make_raiser(error)
            values.pop("%result", None)
        if exit_.asks and raised is None:
            values["%asked"] = _stand_in(exit_.asks, values.pop("%raise") if exit_.raises else partial(next, repeat(values.pop("%result"))))
        phase = f"raise{at}{leaving}" if raised is not None else exit_.phase
        cells.update((name, CellType()) for name in exit_.gives)
        if closures:
            self._remake(values, closures, cells)
        _fill(cells, values)
        own = {name: kind for name, kind in closures.items() if values[name] is kind}
        return self._continuation(exit_number, phase, frozenset(values), own).bind(self._function(), values, cells)

    def _remake(self, values: dict[str, Any], closures: dict[str, Nested], cells: dict[str, CellType]) -> None:
        """Make functions that are defined around this one anew, in place of their kinds among the values. `cells` receives those they
        share, by the name of the variable."""
        from accel.analysis.facts import find_cells

        around = find_cells(self.enclosing())
        for name, kind in closures.items():
            if _find_nested(self.source(), kind.code) is None:
                closure = [
                    cells.setdefault(n, CellType()) if n in kind.captured else around.get(n) or CellType()
                    for n in kind.code.co_freevars
                ]
                code = kind.code
                values[name] = FunctionType(code, self._hull.__globals__, code.co_name, kind.defaults, tuple(closure))
                values[name].__kwdefaults__ = dict(kind.keyword_defaults) or None

    def exit_lines(self) -> dict[int, int]:
        """Line -> how often CPython went on there."""
        tally: dict[int, int] = {}
        for exit_, count in zip(self.exits, self.counts, strict=True):
            if count:
                line = getattr(self.source().nodes[exit_.node], "lineno", 0)
                tally[line] = tally.get(line, 0) + count
        return tally

    def source(self) -> Source:
        """The source of the function."""
        if self._source is None:
            from accel.analysis.parse import parse_function

            self._source = parse_function(self._hull, decode_text(self._text))
        return self._source

    def _continuation(self, number: int, phase: str, bound: frozenset[str], closures: dict[str, Nested]) -> Continuation:
        from accel.analysis.continuation import build_continuation

        exit_ = self.exits[number]
        with self._lock:
            self.counts[number] += 1
            made = self._built.get((number, bound))
            if made is None:
                source = self.source()
                found = {name: _find_nested(source, kind.code) for name, kind in closures.items()}
                numbers = {name: node for name, node in found.items() if node is not None}
                made = self._built[number, bound] = build_continuation(
                    source, exit_.node, phase, bound, numbers, shared=exit_.gives
                )
        if self.on_exit is not None and not phase.startswith("raise") and not exit_.raises:
            self.on_exit()  # outside of the lock: it may take others
        return made


def _make_hull(function: FunctionType) -> FunctionType:
    """A function that has the code and holds nothing of what the function itself does."""
    cells = tuple(CellType() for _ in function.__code__.co_freevars)
    return FunctionType(function.__code__, function.__globals__, function.__name__, None, cells)


def _stand_in(asks: str, answer: Callable[[], Any]) -> Any:
    """An object that answers what an operation asks for ("Point.__bool__"). The operation then looks at the answer, and raises where it has to."""
    name, _, method = asks.rpartition(".")
    return type(name, (), {method: staticmethod(answer)})()


def _held_as(name: str, values: dict[str, Any]) -> str:
    """Under which name the value of a captured variable is at hand."""
    return f"%captured.{name}" if f"%captured.{name}" in values else name


_local = threading.local()


class _Exchange:
    """Cells of calls under way in this thread that end in CPython: the compiled caller takes over what they hold.

    `taken` are those of the call that has ended, `cells` those of the function that leaves now; the caller finds them whatever happens
    meanwhile. A signal handler may raise anywhere: done once more, nothing changes.
    """

    def __init__(self, exit_: Exit) -> None:
        self.exit = exit_
        self.cells: dict[str, CellType] = {}
        self.taken: dict[str, CellType] | None = None
        self._depth: int | None = None

    def do(self) -> None:
        """Take and give."""
        if not self.exit.takes and not self.exit.gives:
            return
        stack: list[dict[str, CellType]] = _local.__dict__.setdefault("given", [])  # outermost first
        if self.exit.takes and self.taken is None:
            self.taken = stack[-1]
        if self._depth is None:
            self._depth = len(stack) - bool(self.exit.takes)
        stack[self._depth :] = [self.cells] if self.exit.gives else []


def _take(names: tuple[str, ...], taken: dict[str, CellType], values: dict[str, Any]) -> None:
    """Take over the variables that a call, which has ended in CPython, may have bound; they come first among its cells."""
    for name, cell in zip(names, taken.values(), strict=False):
        try:
            values[name] = cell.cell_contents
        except ValueError:  # deleted
            values.pop(name, None)


def _fill(cells: dict[str, CellType], values: dict[str, Any]) -> None:
    for name, cell in cells.items():
        held = _held_as(name, values)
        if held in values:
            cell.cell_contents = values[held]


def _find_nested(source: Source, code: CodeType) -> int | None:
    """Number of the def or lambda that a code object inside the function is of; None when it is that of a function around."""
    from accel.analysis.continuation import ContinuationError
    from accel.analysis.facts import find_nested_definitions, is_code_of

    found = [number for number, node in find_nested_definitions(source) if is_code_of(node, code)]
    if not any(constant is code for constant in source.code.co_consts):
        return None
    if len(found) != 1:
        raise ContinuationError(f"which nested function {code.co_qualname} is, is not known")
    return found[0]


class _MethodDef(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("function", ctypes.c_void_p), ("flags", ctypes.c_int), ("doc", ctypes.c_char_p)]


_NO_ARGUMENTS = 0x0004


def make_raiser(error: BaseException) -> Callable[[], None]:
    """A callable that raises `error` as it is: its traceback goes on from the caller, context and cause stay. To be called once.

    `raise error` would set the context anew, and a Python function would stand in the traceback. It is done at the limit of
    recursion too, without making room for what runs afterwards.
    """
    if LENT_CALLS:
        lend_calls(LENT_CALLS)
    raiser: Callable[[], None] = _new_function()(ctypes.addressof(_raising_method()), CellType(error), None)
    return raiser


@lru_cache(maxsize=1)
def _raising_method() -> _MethodDef:
    return _MethodDef(b"raise", stubs()["raise"], _NO_ARGUMENTS)


@lru_cache(maxsize=1)
def _new_function() -> Any:
    thing = ctypes.py_object
    return ctypes.PYFUNCTYPE(thing, ctypes.c_void_p, thing, ctypes.c_void_p)(("PyCFunction_NewEx", ctypes.pythonapi))
