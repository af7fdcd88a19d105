"""The inner loop of a ufunc: a compiled scalar function, once for each element.

The function changes nothing but its result. Where it leaves, the element is done by CPython (`accel.plain`, which has the same form as the
loop). Once a guard does not hold any more, the loop that has taken its place goes on (`replacement`), or what makes one is asked
(`accel.stale`).
"""

from __future__ import annotations

from accel.ir import Plan
from accel.lower.body import FunctionBody
from accel.lower.bounded import are_bounded
from accel.lower.choice import write_choice
from accel.lower.lane_integers import gains_from_limits
from accel.lower.lane_loop import Kernels, write_lane_loop
from accel.lower.lane_shape import LaneShape, choose_shape
from accel.lower.lanes import write_lanes
from accel.lower.layout import Value, components, element_type
from accel.lower.machine import simplify
from accel.lower.numpy_casts import emit_store_cast
from accel.lower.operands import FORM, Operands
from accel.lower.operators import tuple_items
from accel.lower.regions import Regions
from accel.lower.results import load_result
from accel.lower.split import write_split
from accel.lower.ssa import Function, Unreadable, read_function
from accel.lower.steps import lower_step
from accel.lower.support import define_depth
from accel.lower.text import Emitter, Module
from accel.lower.unions import emit_union
from accel.runtime.cpu import vector_bits
from accel.types.kinds import DTYPES, Int, Kind, Scalar, Tuple, Vector

__all__ = ["element_loop_text"]

_MANY_RESULTS = 6


def element_loop_text(plan: Plan, chars: tuple[str, ...], uniform: frozenset[int] = frozenset(), threads: int = 0, accuracy: str = "exact") -> str:
    """LLVM text of the loop for a plan; `chars` are the dtypes of the operands, results last, `uniform` the inputs that are expected to be
    the same for all elements; `threads` that share large calls, 0 for as many as `accel.parallel` says; `accuracy` of elementary functions.

    Empty when the function has CPython do something for each element: then the whole element is done there.
    """
    module = Module(accuracy)
    recursive = any(t.recursive for t in plan.functions)
    for typed in plan.functions:
        body = FunctionBody(module, typed, relaxed=plan.relaxed, pure=True)
        module.define(body.text(lower_step, inline=plan.inline or typed is plan.root))
        if body.owning or body.steps:
            return ""
    if recursive:
        define_depth(module)
    if module.grades:
        _tell(module, "grades", " ".join(f"{name}={grade}" for name, grade in sorted(module.grades.items())))
    try:
        shape, kernels = _write_kernels(module, plan, chars, uniform, recursive=recursive)
    except Unreadable as reason:
        _LoopWriter(module, plan, chars).write("loop" if recursive else "serial", keeps_gil=recursive)
        _tell(module, "scalar", str(reason))
    else:
        _LoopWriter(module, plan, chars).write("elements", keeps_gil=False)
        write_lane_loop(module, plan, chars, kernels)
        write_choice(module, len(chars))
        _tell(module, "shape", f"{shape.width}x{shape.groups}")
    if not recursive:
        write_split(module, plan, chars, threads)
    return str(module)


def _tell(module: Module, what: str, text: str) -> None:
    """Say something in the image: by the name of a function nobody calls."""
    readable = "".join(c if c.isalnum() or c in " .-_%=" else "?" for c in text)
    module.define(f'define void @"{what}.{readable}"() {{ ret void }}')


def _write_kernels(
    module: Module, plan: Plan, chars: tuple[str, ...], uniform: frozenset[int], *, recursive: bool
) -> tuple[LaneShape, Kernels]:
    """Add functions that do a block of elements at once, some of which take the inputs `uniform` as the same for all: how many lanes, and
    the functions.

    Raises
    ------
    Unreadable
        When the function can't be done in lanes.
    """
    if recursive:
        raise Unreadable("it calls itself")
    if any(DTYPES[char].family == "c" for char in chars):
        raise Unreadable("complex numbers")
    if any(isinstance(kind, Vector) for typed in plan.functions for kinds in typed.target_kinds.values() for kind in kinds):
        raise Unreadable("SIMD values are lanes already")
    forms = [_simplify_form(_lower_form(plan, chars, module.accuracy, flagged=False)[0])]
    flagged, trusted = _lower_form(plan, chars, module.accuracy, flagged=True)
    if trusted >= _MANY_RESULTS or (trusted and Regions(forms[0], frozenset()).loops):  # to look at the flags costs as much as some tests
        forms.insert(0, _simplify_form(flagged))
    first, is_flagged = Regions(forms[0], frozenset()), len(forms) > 1
    is_bounded, is_small = is_flagged and are_bounded(first), gains_from_limits(first)
    if is_small and not is_flagged:
        forms.insert(0, forms[0])
    return _write_forms(module, forms, uniform, {"is_flagged": is_flagged and not is_bounded, "is_bounded": is_bounded, "is_small": is_small})


def _simplify_form(module: Module) -> Function:
    return read_function(simplify(str(module)), "lane")


def _lower_form(plan: Plan, chars: tuple[str, ...], accuracy: str, *, flagged: bool) -> tuple[Module, int]:
    """The function on one element: with tests for results that are not finite, or such that the processor's `flagged` tell of them. How many
    results these are."""
    module = Module(accuracy)
    trusted = 0
    for typed in plan.functions:
        body = FunctionBody(module, typed, early=True, flagged=flagged)
        module.define(body.text(lower_step, attributes=" alwaysinline"))
        trusted += body.e.trusted
    trusted += _write_scalar(module, plan, chars, "lane", flagged=flagged)
    return module, trusted


def _write_forms(module: Module, forms: list[Function], uniform: frozenset[int], first: dict[str, bool]) -> tuple[LaneShape, Kernels]:
    """Add functions on lanes for each set of uniform inputs: one for each form of the function, which are tried one after the other. What is special about
    the `first` of several is what `write_lanes` is told."""
    regions = {
        same: [Regions(form, frozenset(form.parameters[k][1] for k in same)) for form in forms] for same in (frozenset[int](), uniform)
    }
    shape = choose_shape(regions[uniform][0], vector_bits())
    kernels = Kernels(shape.lanes)
    kernels.look_at_flags = first["is_flagged"]
    for number, (same, found) in enumerate(regions.items()):
        kernels.names[same] = [f"lanes.{number}.{k}" for k in range(len(found))]
        for name, form in zip(kernels.names[same], found, strict=True):
            write_lanes(module, form, shape, name, **first if form is not found[-1] else {})
    return shape, kernels


def _parts_of(char: str) -> list[tuple[str, int]]:
    """How an element lies in memory: LLVM types of its parts, and how far they are from its address."""
    if char == "?":
        return [("i8", 0)]
    count = 2 if DTYPES[char].family == "c" else 1
    return [(element_type(char), k * DTYPES[char].size_bytes // count) for k in range(count)]


class _Element:
    """Emits a call of the compiled function for one element, with the conversions around it."""

    def __init__(self, e: Emitter, plan: Plan, chars: tuple[str, ...]) -> None:
        self.e, self.plan = e, plan
        self.inputs, self.outputs = chars[: len(plan.signature.kinds)], chars[len(plan.signature.kinds) :]
        self.state = e.slot("[8 x i64]", align=8)
        self.result = e.slot(f"[{max(len(components(plan.root.result)), 1)} x i64]", align=8)

    def apply(self, given: list[list[str]], left: str) -> list[list[tuple[str, str]]]:
        """Types and operands of the parts of the results, for the parts of the inputs. Jumps to `left` where the function leaves; what a
        conversion can't do leaves to the emitter's exit."""
        e, root = self.e, self.plan.root
        arguments: list[str] = []
        for char, kind, parts in zip(self.inputs, self.plan.signature.kinds, given, strict=True):
            arguments += [f"{t} {v}" for t, v in zip(components(kind), self._argument(char, kind, parts), strict=True)]
        status = e.value(f'call i32 @"{root.symbol}"({", ".join([f"ptr {self.result}", f"ptr {self.state}", *arguments])})')
        good = e.label("good")
        e.branch_if(e.value(f"icmp eq i32 {status}, 0"), good, left, likely=True)
        e.place(good)
        whole, value = root.result, load_result(e, root.result, self.result)
        items = tuple_items(whole, value) if isinstance(whole, Tuple) else [(whole, value)]
        return [self._result(char, kind, part) for char, (kind, part) in zip(self.outputs, items, strict=True)]

    def _argument(self, char: str, kind: Kind, parts: list[str]) -> Value:
        """An element as a value of a kind: a NumPy scalar as it is, a number of Python's widened."""
        e, dtype = self.e, DTYPES[char]
        if char == "?":
            parts = [e.value(f"icmp ne i8 {parts[0]}, 0")]
        type_, wanted = element_type(char), components(kind)[0]
        if isinstance(kind, Int) and dtype.family == "u" and dtype.size_bytes == 8:
            e.exit_if(e.value(f"icmp slt i64 {parts[0]}, 0"))  # beyond what an Int holds
        if wanted == type_:
            return tuple(parts)
        how = {"i": "sext", "u": "zext", "b": "zext"}.get(dtype.family, "fpext")
        return tuple(e.value(f"{how} {type_} {part} to {wanted}") for part in parts)

    def _result(self, char: str, kind: Kind, value: Value) -> list[tuple[str, str]]:
        """The parts of a result as an element."""
        e = self.e
        made = emit_union(
            e, lambda m: Scalar(char), lambda kinds, values: emit_store_cast(e, kinds[0], values[0], char), (kind,), (value,), Scalar(char)
        )  # fmt: skip
        if char == "?":
            return [("i8", e.value(f"zext i1 {made[0]} to i8"))]
        return [(element_type(char), part) for part in made]


def _write_scalar(module: Module, plan: Plan, chars: tuple[str, ...], name: str, *, flagged: bool) -> int:
    """Add the function on one element, from the parts of the inputs to a structure of those of the results; it calls `lane.redo`, which
    does not return, where the compiled function leaves. The number of its results of which only the processor's flags tell."""
    e = Emitter(module)
    e.trusts_flags = flagged
    element = _Element(e, plan, chars)
    parameters: list[str] = []
    given: list[list[str]] = []
    for char in element.inputs:
        types = [type_ for type_, _ in _parts_of(char)]
        given.append([f"%a{len(parameters) + k}" for k in range(len(types))])
        parameters += [f"{type_} %a{len(parameters) + k}" for k, type_ in enumerate(types)]
    e.exit_label = "redo"
    made = [part for parts in element.apply(given, "redo") for part in parts]
    result = "{ " + ", ".join(type_ for type_, _ in made) + " }"
    whole = "poison"
    for k, (type_, part) in enumerate(made):
        whole = e.value(f"insertvalue {result} {whole}, {type_} {part}, {k}")
    e.do(f"ret {result} {whole}")
    e.place("redo")
    e.call("void", "lane.redo")
    e.do("unreachable")
    module.define(e.function(f"define {result} @{name}({', '.join(parameters)})"))
    return e.trusted


class _LoopWriter:
    """Writes the loop, one element after the other."""

    def __init__(self, module: Module, plan: Plan, chars: tuple[str, ...]) -> None:
        self.operands = Operands(module, plan, len(chars))
        self.e = self.operands.e
        self.element = _Element(self.e, plan, chars)

    def write(self, name: str, *, keeps_gil: bool) -> None:
        """Add the function to the module."""
        e = self.e
        self.operands.begin("plain")
        if keeps_gil:
            e.branch_if(e.value(f'call i1 @"accel.depth"(ptr {self.element.state})'), "begin", "stale", likely=True)
        else:
            self.operands.release_gil()
            e.branch("begin")
        e.place("begin")
        e.branch("head")
        self._turns()
        self._redo()
        e.place("done")
        self.operands.take_gil()
        e.branch("finished")
        e.place("finished")
        e.do("ret i32 0")
        e.place("failed")
        e.do("ret i32 -1")
        e.module.define(e.function(f"define {'' if name == 'loop' else 'internal '}i32 @{name}{FORM}"))

    def _turns(self) -> None:
        e, inputs = self.e, len(self.element.inputs)
        e.place("head")
        e.branch_if(e.value(f"icmp sgt i64 {e.value(f'load i64, ptr {self.operands.left}')}, 0"), "turn", "done", likely=True)
        e.place("turn")
        e.exit_label = "redo"
        at = self.operands.current()
        given = [[e.value(f"load {t}, ptr {p}, align 1") for t, p in self._parts(c, a)] for c, a in zip(self.element.inputs, at, strict=False)]
        made = self.element.apply(given, "redo")
        for char, place, parts in zip(self.element.outputs, at[inputs:], made, strict=True):  # all behind all casts, which may leave
            for (type_, part), (_, to) in zip(parts, self._parts(char, place), strict=True):
                e.do(f"store {type_} {part}, ptr {to}, align 1")
        self.operands.advance("1")
        e.branch("head")

    def _parts(self, char: str, place: str) -> list[tuple[str, str]]:
        """Types and addresses of the parts of an element."""
        e = self.e
        return [(t, e.value(f"getelementptr i8, ptr {place}, i64 {offset}") if offset else place) for t, offset in _parts_of(char)]

    def _redo(self) -> None:
        """CPython does the element; then the guards are looked at again, as it may have changed anything."""
        e, left = self.e, self.operands.left
        e.place("redo")
        self.operands.take_gil()
        e.branch_if(self._ask("accel.plain", e.slot("i64", initial="1")), "failed", "redone")
        e.place("redone")
        self.operands.advance("1")
        e.branch("guards")
        e.place("plain")
        e.branch_if(self._ask("accel.plain", left), "failed", "finished")
        e.place("stale")
        newer = e.module.external("replacement", may_be_null=True)
        replaced, never = e.label("replaced"), e.label("never")
        e.branch_if(e.value(f"icmp eq ptr {newer}, null"), never, replaced)
        e.place(replaced)
        e.branch_if(self._fails(newer, left), "failed", "finished")
        e.place(never)
        e.branch_if(self._ask("accel.stale", left), "failed", "finished")

    def _ask(self, name: str, count: str) -> str:
        """Have an external loop do so many elements; whether it fails."""
        return self._fails(self.e.module.declare(name, "i32", ("ptr",) * 5), count)

    def _fails(self, loop: str, count: str) -> str:
        answer = self.e.value(f"call i32 {loop}(ptr %context, ptr {self.operands.room}, ptr {count}, ptr %strides, ptr %aux)")
        return self.e.value(f"icmp slt i32 {answer}, 0")
