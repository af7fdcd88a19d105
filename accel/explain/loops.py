"""`f.accel` of a function under `@parallelize`."""

from __future__ import annotations

from accel.errors import Diagnostic, render_diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["LoopInspection"]


class LoopInspection:
    """What accel knows of the loops of one function: the class of `f.accel` under `@parallelize`.

    Examples
    --------
    >>> import accel
    >>> @accel.parallelize
    ... def fill(x):
    ...     for i in range(x.shape[0]):
    ...         x[i] = i
    >>> fill.accel.loops
    ((3, 'parallel'),)
    """

    def __init__(self, parallelized: Any) -> None:
        self._made = parallelized

    @property
    def function(self) -> Any:
        """The decorated function itself."""
        return self._made.function

    @property
    def enforced(self) -> tuple[Any, ...]:
        """Its parameters that take only what their annotation says (`accel.types.annotations.Enforced`)."""
        return () if self._made.whole is None else tuple(self._made.whole.enforced)

    @property
    def runs_loops(self) -> bool:
        """Whether its code is such as hands loops to others: not that of its text, so that no caller can be compiled with it."""
        return self._made.function.__code__ is not self._made.given.__code__

    @property
    def loops(self) -> tuple[tuple[int, str], ...]:
        """Line of each loop that was looked at, and "parallel" or why it is not."""
        found = [(region.found.loop.lineno, "parallel") for region in self._made.regions]
        return tuple(sorted(found + [(line, what) for line, what in self._made.refused]))

    @property
    def compiled(self) -> bool:
        """Whether machine code was made (or loaded) for one of its loops, or for the whole where no loop is parallel."""
        parts = [region.part.function.__dict__.get("accel") for region in self._made.regions]
        return any(part.compiled for part in [*parts, self._made.whole] if part is not None)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What keeps loops from running in parallel."""
        return tuple(self._made.diagnostics)

    def explain(self) -> str:
        """A report: which loops run in parallel and why they may, how often they did, and what keeps the others from it."""
        made = self._made
        lines = [f"{made.function.__qualname__}: {len(made.regions)} parallel loops" if made.regions else f"{made.function.__qualname__}: no parallel loop"]
        for region in made.regions:
            lines.append(f"  line {region.found.loop.lineno}: parallel; ran {_times(region.runs)}, {_times(region.shared)} of them on several threads")
            lines += [f"    {fact}" for fact in _facts(region.found, vouched=region.detector is not None)]
            if region.obstacle:
                lines.append(f"    it ran on one thread, as {region.obstacle}")
            if (own := region.part.function.__dict__.get("accel")) is not None:
                lines += [f"    {line}" for line in own.explain().splitlines()[1:]]
        lines += [render_diagnostic(found) for found in made.diagnostics]
        if made.whole is not None:
            lines.append(made.whole.explain())
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<accel: {self._made.function.__qualname__}, {len(self._made.regions)} parallel loops>"


def _facts(found: Any, *, vouched: bool) -> list[str]:
    """Why the iterations are independent, in sentences."""
    facts = []
    if written := found.written - set(found.histograms):
        facts.append(f"no two iterations touch the same element of {_names(written)}" + (", as you vouch for" if vouched else ""))
    facts += [f"`{name}` is only added to: each block of iterations has its own" for name in found.histograms]
    facts += [f"`{r.name}` is a reduction ({r.function or r.how})" + (f", with {_names(r.companions)}" if r.companions else "") for r in found.reductions]
    if found.leaves:
        facts.append("it may be left early: of the iterations that would leave it, the first one counts")
    if found.last:
        facts.append(f"{_names(found.last)}: the last iteration's value")
    return facts


def _names(names: Any) -> str:
    return ", ".join(f"`{n}`" for n in sorted(names))


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
