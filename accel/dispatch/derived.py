"""Functions made of pieces of another one: how what they give, or raise, becomes the other one's."""

from __future__ import annotations

from types import FunctionType

from accel.dispatch.dispatcher import find_dispatcher
from accel.dispatch.resume import make_raiser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any

    from accel.analysis.outline import Place

__all__ = ["Part"]


class Part:
    """A function that does a piece of another one.

    Attributes
    ----------
    function : FunctionType
        It, decorated.
    """

    def __init__(self, function: FunctionType, places: list[Place]) -> None:
        self.function = function
        self._free: Any = None  # machine code for it which runs without the GIL
        self._places = {place: number for number, place in enumerate(places, 1)}
        self._lines = {place[0]: number for number, place in reversed(list(enumerate(places, 1)))}

    def __call__(self, *values: Any) -> tuple[int, Any]:
        """Do the piece; as `answer` says."""
        return self.answer(lambda: self.function(*values))

    def answer(self, call: Callable[[], Any]) -> tuple[int, Any]:
        """0 and what `call()` gives. If the piece raises while it runs: the number of the place where, from 1, and something that raises the
        exception when it is called; its traceback begins behind the piece."""
        try:
            return 0, call()
        except BaseException as error:
            trace = error.__traceback__
            while trace is not None and not self._is_own(trace):
                trace = trace.tb_next
            error.__traceback__ = None if trace is None else trace.tb_next
            return self._place(trace), make_raiser(error)

    def _is_own(self, trace: TracebackType) -> bool:
        """Whether a frame is that of the piece, or of what was left of it when compiled code had to leave."""
        code, own = trace.tb_frame.f_code, self.function.__code__
        return (code.co_filename, code.co_qualname) == (own.co_filename, own.co_qualname)

    def _place(self, trace: TracebackType | None) -> int:
        if trace is None:
            return 1
        place = next((p for k, p in enumerate(trace.tb_frame.f_code.co_positions()) if 2 * k == trace.tb_lasti), (None,) * 4)
        return self._places.get(place) or self._lines.get(trace.tb_lineno, 1)

    def is_free(self) -> bool:
        """Whether it runs without the GIL."""
        dispatcher = find_dispatcher(self.function)
        entries = dispatcher.entries if dispatcher is not None else []
        if self._free not in entries:
            self._free = next((entry for entry in entries if "nogil" in entry.loaded.image.exports), None)
        return self._free is not None

    def spent(self) -> float:
        """Seconds spent on compiling it."""
        dispatcher = find_dispatcher(self.function)
        return dispatcher.seconds if dispatcher is not None else 0.0
