"""`f.accel`: what belongs to accel about a decorated function."""

from __future__ import annotations

from accel.errors import Diagnostic, render_diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any, ClassVar

__all__ = ["Inspection"]


class Inspection:
    """What accel knows of one decorated function: the class of `f.accel`.

    Examples
    --------
    >>> import accel
    >>> @accel.fn
    ... def twice(x):
    ...     return 2 * x
    >>> [twice(n) for n in range(20)][-1]
    38
    >>> twice.accel.compiled
    True
    >>> [str(s) for s in twice.accel.signatures]
    ['(int)']
    """

    _watchers: ClassVar[list[Callable[[Inspection], object]]] = []

    def __init__(self, dispatcher: Any) -> None:
        self._dispatcher = dispatcher
        self._name: str = dispatcher.function.__qualname__
        self._code: CodeType = dispatcher.function.__code__
        for watcher in self._watchers:
            watcher(self)

    @classmethod
    def watch(cls, watcher: Callable[[Inspection], object]) -> None:
        """Have `watcher` called with the inspection of each function decorated from now on."""
        cls._watchers.append(watcher)

    @classmethod
    def tell_of(cls, dispatcher: Any) -> None:
        """Have watchers see a function that stays what it was, and so has no `accel`."""
        if cls._watchers:
            cls(dispatcher)

    @property
    def function(self) -> Any:
        """The decorated function itself."""
        return self._dispatcher.function

    @property
    def enforced(self) -> tuple[Any, ...]:
        """Its parameters that take only what their annotation says (`accel.types.annotations.Enforced`)."""
        found: tuple[Any, ...] = self._dispatcher.enforced
        return found

    @property
    def name(self) -> str:
        """Its qualified name when it was decorated."""
        return self._name

    @property
    def code(self) -> CodeType:
        """Its code when it was decorated, which tells where it stands; it is there when the function is gone, too."""
        return self._code

    @property
    def options(self) -> Any:
        """The options it was decorated with."""
        return self._dispatcher.options

    @property
    def compiled(self) -> bool:
        """Whether machine code was made (or loaded) for at least one signature."""
        counters = self._dispatcher.counters
        return bool(counters["compiled"] + counters["loaded"])

    @property
    def signatures(self) -> tuple[Any, ...]:
        """The argument kinds there is machine code for, newest first."""
        return tuple(entry.signature for entry in self._dispatcher.entries)

    @property
    def counters(self) -> dict[str, int]:
        """How often: compiled, loaded from the cache, refused, failed, renewed, retired."""
        return dict(self._dispatcher.counters)

    @property
    def calls(self) -> int | None:
        """How many calls came from Python; None unless they are counted, as under `accel run`."""
        meter = self._dispatcher.carrier.meter
        return None if meter is None else int(meter.calls)

    @property
    def seconds(self) -> float | None:
        """Time in those calls, compiling and calls of others included; None unless they are timed, as under `accel run`."""
        meter = self._dispatcher.carrier.meter
        return None if meter is None else float(meter.seconds)

    @property
    def compile_seconds(self) -> float:
        """Time spent on compiling it, or loading it from the cache."""
        return float(self._dispatcher.seconds)

    @property
    def exits(self) -> dict[str, int]:
        """How often compiled code handed over to CPython, by phase of the operation."""
        tally: dict[str, int] = {}
        for resumer in self._dispatcher.resumers:
            for exit_, count in zip(resumer.exits, resumer.counts, strict=True):
                if count:
                    name = exit_.phase or "operation"
                    tally[name] = tally.get(name, 0) + count
        return tally

    @property
    def exit_lines(self) -> dict[int, int]:
        """How often compiled code handed over to CPython, by line."""
        tally: dict[int, int] = {}
        for resumer in self._dispatcher.resumers:
            for line, count in resumer.exit_lines().items():
                tally[line] = tally.get(line, 0) + count
        return dict(sorted(tally.items()))

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Why it was not compiled, the last time that was tried in vain."""
        return tuple(self._dispatcher.diagnostics)

    def explain(self) -> str:
        """A report: what is compiled for which arguments, what is not and why, how often CPython took over."""
        d = self._dispatcher
        lines = [f"{self.name}: {len(d.entries)} compiled, {d.seconds * 1e3:.0f} ms spent on it"]
        if self.calls is not None:
            lines.append(f"  {self.calls} calls from Python in {self.seconds:.3g} s")
        for entry in d.entries:
            lines.append(f"  {entry.signature} -> {entry.result}")
        lines += [f"  CPython went on in line {line}: {_times(count)}" for line, count in self.exit_lines.items()]
        if d.slower:
            lines.append(f"  retired: it left compiled code so often that calls took some {d.slower:.2g} times as long as in CPython")
        lines += [render_diagnostic(found) for found in d.diagnostics]
        return "\n".join(lines)

    def llvm(self, index: int = 0, *, optimised: bool = False) -> str:
        """LLVM text of a specialisation; empty when it came from the cache."""
        text: str = self._dispatcher.entries[index].lowered.text
        return self._dispatcher.show(text, "optimise") if optimised and text else text

    def assembler(self, index: int = 0) -> str:
        """Assembler text of a specialisation; empty when it came from the cache."""
        text: str = self._dispatcher.entries[index].lowered.text
        return self._dispatcher.show(text, "assembler_text") if text else text

    def recompile(self) -> None:
        """Forget what was compiled; the next calls make it anew."""
        self._dispatcher.recompile()

    def disable(self) -> None:
        """Have CPython serve every call."""
        self._dispatcher.disable()

    def enable(self) -> None:
        """Undo `disable`."""
        self._dispatcher.enable()

    def __repr__(self) -> str:
        return f"<accel: {self.name}, {len(self._dispatcher.entries)} compiled>"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
