"""Lowered -> machine code in this process: every symbol an image imports gets its address."""

from __future__ import annotations

import sys
import weakref
from types import CellType, FunctionType

from accel.dispatch.carriers import stubs
from accel.dispatch.guards import function_words, guard_words
from accel.dispatch.resume import Resumer
from accel.dispatch.tracing import tracing_symbols
from accel.ir import Lowered, Source
from accel.runtime.image import Image, Loaded
from accel.runtime.interrupt import find_tripped
from accel.runtime.moved import moved_word
from accel.runtime.symbols import resolve
from accel.types.structs import layout_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from accel.dispatch.dispatcher import Dispatcher

__all__ = ["Linking"]


class Linking:
    """Finds the address of each symbol of one program."""

    def __init__(self, dispatcher: Dispatcher, lowered: Lowered) -> None:
        self.dispatcher, self.lowered = dispatcher, lowered
        self.function = dispatcher.function
        self.words = [guard_words(g) for g in lowered.guards]
        self.resumers: list[Resumer] = []
        code = self.function.__code__
        self._parameters = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        defaults = self.function.__defaults__ or ()
        self._defaults = dict(zip(self._parameters[code.co_argcount - len(defaults) : code.co_argcount], defaults, strict=True))
        self._defaults.update(self.function.__kwdefaults__ or {})

    def load(self, countdown: int) -> Loaded:
        """Map the image. Raises KeyError for a symbol nobody knows."""
        self._plain = {
            "function": id(self.function), **function_words(self.function), "accel.countdown": countdown,
            "accel.tripped": find_tripped(), "accel.recheck": stubs()["recheck"], "accel.stack_limit": stubs()["stack_limit"], "accel.is_deep": stubs()["is_deep"],
            "trigger": self.dispatcher.trigger_address(), "next": 0, **tracing_symbols(),
            "owners": id(self.dispatcher.look), "accel.moved": moved_word(),
            "plain": self.dispatcher.plain_address(),
        }  # fmt: skip
        function = self.function  # what words of memory stand for must not be freed: another object could come to lie there
        watched = self.lowered.guards, function.__code__, function.__defaults__, function.__kwdefaults__, self._defaults
        self.dispatcher.kept.append(watched)
        return Loaded(Image.loads(self.lowered.image), self.address)

    def address(self, name: str) -> int:
        """The address of one symbol."""
        if name in self._plain:
            return self._plain[name]
        if name == "accel.watch_key":
            from accel.runtime.pool import watch_symbol

            return watch_symbol()
        head, _, rest = name.partition(".")
        match head:
            case "guard":
                number, part = rest.split(".")
                return self.words[int(number)][part]
            case "class":
                return self._held(self.lowered.classes[int(rest)])
            case "record" | "structs":
                return self._held(_find_array_part(head, self.lowered.classes[int(rest)] if rest else None))
            case "parameter":
                return id(sys.intern(self._parameters[int(rest)]))
            case "default":
                given = self._parameters[int(rest)]
                return id(self._defaults[given]) if given in self._defaults else 0
            case "resume":
                return self._resumer(rest)
            case "python":
                symbol, _, number = rest.rpartition(".")
                from accel.dispatch.python_steps import make_step

                return self._held(make_step(self._function_of(symbol), self.lowered.steps[symbol][int(number)]))
            case "ndarray" | "numpy" | "dtype":
                numpy = sys.modules.get("numpy")
                if numpy is None:
                    return 0
                if head == "dtype":
                    return self._held(numpy.dtype(rest))
                return id(numpy.ndarray) if head == "ndarray" else id(numpy.dtype(rest).type)
        return resolve(name)

    def _resumer(self, symbol: str) -> int:
        source, function = self.lowered.sources.get(symbol), self._function_of(symbol)
        known = source if isinstance(source, Source) else None  # code from the cache: parsed when it first leaves
        resumer = Resumer(function, self.lowered.exits[symbol], known, hold=self._hold)
        resumer.enclosing = self._hold(
            getattr(source, "enclosing", None) or (self.function if source is None else source.function)
        )
        noting = weakref.WeakMethod(self.dispatcher.note_exit)
        resumer.on_exit = lambda: _note(noting)
        self.resumers.append(resumer)
        return self._held(resumer.prepare)

    def _function_of(self, symbol: str) -> FunctionType:
        """The function a symbol stands for; a nested one is made anew, with the cells of the function it is in."""
        source = self.lowered.sources.get(symbol)
        function: FunctionType = self.function if source is None else source.function
        if source is None:
            return function
        if source.code is function.__code__:
            return function
        from accel.analysis.facts import find_cells

        cells = tuple(find_cells(function).get(name) or CellType() for name in source.code.co_freevars)
        return FunctionType(source.code, function.__globals__, source.code.co_name, None, cells)

    def _hold(self, function: FunctionType) -> Callable[[], Any]:
        """Gives a function when asked. It keeps it alive, unless it is the one all this belongs to."""
        return weakref.ref(function) if function is self.function else lambda: function

    def _held(self, value: Any) -> int:
        self.dispatcher.kept.append(value)
        return id(value)


def _find_array_part(what: str, struct: type | None) -> Any:
    """The class of the records of a struct, the dtype of its arrays, or the class of all arrays of structs."""
    from accel.types import records

    layout = layout_of(struct)
    if layout is None:
        return records.array_class()
    return records.record_of(layout) if what == "record" else records.dtype_of(layout)


def _note(noting: weakref.WeakMethod[Any]) -> None:
    note = noting()
    if note is not None:
        note()
