"""A function under `@parallelize`: the driver, the functions of its loops, and when it had better be one compiled function."""

from __future__ import annotations

import ast
import weakref
from types import FunctionType, ModuleType

from accel.analysis.outline import copy_attributes, make_driver, make_part, make_summary, places_of
from accel.analysis.parse import parse_function
from accel.dependence.loops import find_loops
from accel.dispatch.derived import Part
from accel.dispatch.dispatcher import find_dispatcher
from accel.dispatch.races import RaceDetector
from accel.dispatch.regions import Region
from accel.dispatch.tracing import is_watched
from accel.errors import CompileError, Diagnostic
from accel.options import FnOptions
from accel.runtime.frames import place_of
from accel.runtime.pool import current_threads
from accel.types.annotations import enforced_parameters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from accel.dependence.loops import Loops, ParallelLoop, RefusedLoop, SequentialLoop
    from accel.ir import Source
    from accel.options import ParallelizeOptions

__all__ = ["Parallelized"]

_REMEDIES = ("bind what an iteration needs in the iteration itself, or put it together as a reduction: docs/parallelize.md",)
_PATIENCE = 256  # runs of loops in one call, none of them worth several threads, until the function is compiled as one


class Parallelized:
    """What `@parallelize` makes of a function.

    Attributes
    ----------
    function : FunctionType
        The driver; the decorated function itself when none of its loops may run in parallel.
    given : FunctionType
        What was decorated.
    regions : list of Region
    refused : list of tuple
        Line of each other loop, and what keeps it from running in parallel.
    diagnostics : tuple of Diagnostic
        The same in full.
    whole : object
        The `accel` of the whole function, where it is compiled as one.
    """

    def __init__(self, function: FunctionType, options: ParallelizeOptions, compile_: Callable[[FunctionType, FnOptions], Any]) -> None:
        self.given, self._options, self._compile = function, options, compile_
        self._runs = self._shared = 0
        self._repeats = False  # whether a call may run a loop more than once
        self.whole: Any = None
        self.regions: list[Region] = []
        self.refused: list[tuple[int, str]] = []
        self.diagnostics: tuple[Diagnostic, ...] = ()
        try:
            source = parse_function(function)
        except CompileError as error:
            if options.strict:
                raise
            self.diagnostics = error.diagnostics
            self.driver = self._plain(function)
        else:
            self.driver = self._make(source)
        self._function = weakref.ref(self.driver)

    @property
    def function(self) -> Any:  # a FunctionType, which mypy takes for a method here
        """The driver, which keeps this alive."""
        function = self._function()
        assert function is not None
        return function

    def release(self) -> FunctionType:
        """Give up the driver, once it has been handed out: it refers to this through its code, which the garbage collector does not look into."""
        driver = self.driver
        del self.driver
        return driver

    def _make(self, source: Source) -> FunctionType:
        function, options = self.given, self._options
        if isinstance(source.tree, ast.Lambda):
            return self._plain(function)
        code = function.__code__
        shared = frozenset((*code.co_cellvars, *code.co_freevars, *_declared(source)))
        loops = find_loops(source.tree, shared, assume=options.assume is not None, is_associative=lambda node: _find_associative(function, node) is not None)
        self.refused = [(refused.loop.lineno, refused.what) for refused in loops.refused]
        self.diagnostics = tuple(_diagnose(source, refused) for refused in loops.refused)
        if options.strict and (unproven := _without_parallel(loops)):
            raise CompileError(tuple(_diagnose(source, refused) for refused in unproven))
        if not loops.parallel:
            return self._plain(function)
        runners: dict[int, Any] = {}
        for found in loops.parallel:
            named = {r.function: _find_associative(function, ast.parse(r.function, mode="eval").body) for r in found.reductions if r.function}
            associative = {text: known for text, known in named.items() if known is not None}
            region = Region(found, self._part(source, found, nogil=True), self, options, associative)
            if region.scan is not None:
                summary = make_summary(source, found, region.scan)
                region.summary = self._compile(summary, FnOptions(cache=options.cache, nogil=True))
            if options.assume and found.written:
                region.detector = RaceDetector(found, make_part(source, found), region.limits)
            runners[id(found.loop)] = region.make_runner()
            self.regions.append(region)
        for sequential in loops.sequential:
            runners[id(sequential.loop)] = self._part(source, sequential, nogil=False)
        self._repeats = any(_is_within(source.tree, found.loop) for found in loops.parallel)
        driver = make_driver(source, loops, runners, self.begin if self._repeats else None)
        if enforced_parameters(driver):
            self._compile(driver, FnOptions(debug=True))  # which only looks at the arguments
            self.whole = driver.__dict__.pop("accel", None)
        return driver

    def begin(self) -> None:
        """A call begins."""
        self._runs, self._shared = 0, sum(region.shared for region in self.regions)

    def _part(self, source: Source, found: ParallelLoop | SequentialLoop, *, nogil: bool) -> Part:
        made = self._compile(make_part(source, found), FnOptions(cache=self._options.cache, nogil=nogil))
        return Part(made, places_of(found.loop))

    def _plain(self, function: FunctionType) -> FunctionType:
        """The function as `@fn` compiles it; the given one stays what it is."""
        made = copy_attributes(FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__), function)
        self._compile_whole(made)
        return made

    def _compile_whole(self, function: FunctionType) -> None:
        self._compile(function, FnOptions(cache=self._options.cache))
        self.whole = function.__dict__.pop("accel", None)

    def _settle(self) -> None:
        """Have the driver be the function itself from the next call on, compiled as one: its loops are short."""
        shown = self.function.__dict__.pop("accel", None)
        self.function.__code__ = self.given.__code__
        self._compile_whole(self.function)
        self.function.__dict__["accel"] = shown

    def threads(self) -> int:
        """How many threads a loop is to use; 0: it must be the loop as it is written."""
        if is_watched(self.function):
            return 0
        self._runs += self._repeats
        if self._runs == _PATIENCE and self.whole is None and self._shared == sum(region.shared for region in self.regions):
            if not any(region.splits for region in self.regions):
                self._settle()
        return self._options.num_threads or current_threads()


def _find_associative(function: FunctionType, node: ast.expr) -> tuple[FunctionType, object] | None:
    """The function under `fn(identity=...)` that an expression names at this moment, with its identity."""
    name = node.value if isinstance(node, ast.Attribute) else node
    code = function.__code__
    if not isinstance(name, ast.Name) or name.id in (*code.co_varnames, *code.co_cellvars):
        return None
    found: Any = function.__globals__.get(name.id)
    if name.id in code.co_freevars:
        cell = (function.__closure__ or ())[code.co_freevars.index(name.id)]
        try:
            found = cell.cell_contents
        except ValueError:  # it is bound later
            return None
    if isinstance(node, ast.Attribute):
        found = getattr(found, node.attr, None) if isinstance(found, ModuleType) else None
    dispatcher = find_dispatcher(found)
    identity: tuple[object, ...] = dispatcher.options.identity if dispatcher is not None else ()
    return (found, identity[0]) if identity else None


def _is_within(tree: ast.AST, loop: ast.AST) -> bool:
    """Whether a loop stands in another one."""
    others = [node for node in ast.walk(tree) if isinstance(node, (ast.For, ast.While)) and node is not loop]
    return any(loop is inner for other in others for inner in ast.walk(other))


def _without_parallel(loops: Loops) -> list[RefusedLoop]:
    """The refused loops with no parallel one inside, and not themselves inside of such."""
    good = {id(found.loop) for found in loops.parallel}
    found: list[RefusedLoop] = []
    for refused in loops.refused:
        inner = {id(node) for node in ast.walk(refused.loop)}
        if not inner & good and not any(id(refused.loop) in map(id, ast.walk(other.loop)) for other in found):
            found.append(refused)
    return found


def _declared(source: Source) -> list[str]:
    return [name for node in source.nodes if isinstance(node, (ast.Global, ast.Nonlocal)) for name in node.names]


def _diagnose(source: Source, refused: RefusedLoop) -> Diagnostic:
    node: Any = refused.nodes[0] if refused.nodes else refused.loop
    if not hasattr(node, "lineno"):
        node = refused.loop
    others = [n for n in refused.nodes[1:] if getattr(n, "lineno", node.lineno) != node.lineno]
    why = "; ".join(filter(None, (refused.why, *(f"the other one is in line {n.lineno}" for n in others))))  # type: ignore[attr-defined]
    what = f"the loop in line {refused.loop.lineno} of `{source.name}` stays sequential: {refused.what}"
    do = () if refused.is_about_elements else _REMEDIES
    return Diagnostic(what, "sequential-loop", *place_of(node, source.filename, source.lines), why=why, do=do)
