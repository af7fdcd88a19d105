"""The inner loop of a ufunc: a compiled scalar function, once for each element.

It has the form NumPy calls (`PyArrayMethod_StridedLoop`): context, addresses of the first elements, number of elements, strides. The
function changes nothing but its result. Where it leaves, the element is done by CPython (`accel.plain`, which takes the same
arguments). Once a guard does not hold any more, the loop that has taken its place goes on (`replacement`), or what makes one is asked
(`accel.stale`).
"""

from __future__ import annotations

from accel.ir import Plan
from accel.lower.body import FunctionBody
from accel.lower.boundary import emit_guards
from accel.lower.lane_loop import write_lane_loop
from accel.lower.lanes import LaneShape, choose_shape, write_lanes
from accel.lower.layout import Value, components, element_type
from accel.lower.machine import simplify, vector_bits
from accel.lower.numpy_casts import emit_store_cast
from accel.lower.ssa import Unreadable, read_function
from accel.lower.steps import lower_step
from accel.lower.support import define_depth
from accel.lower.text import Emitter, Module
from accel.lower.unions import emit_union
from accel.types.kinds import DTYPES, Int, Kind, Scalar, Tuple

__all__ = ["element_loop_text", "write_scalar"]

_ALONE = 256  # elements for which the loop keeps the GIL
_LOOP = ("ptr", "ptr", "ptr", "ptr", "ptr")


def element_loop_text(plan: Plan, chars: tuple[str, ...], uniform: frozenset[int] = frozenset()) -> str:
    """LLVM text of the loop for a plan; `chars` are the dtypes of the operands, results last, `uniform` the inputs that are expected to be
    the same for all elements.

    Empty when the function has CPython do something for each element: then the whole element is done there.
    """
    module = Module()
    recursive = any(t.recursive for t in plan.functions)
    for typed in plan.functions:
        body = FunctionBody(module, typed, relaxed=plan.relaxed, pure=True)
        module.define(body.text(lower_step, inline=plan.inline or typed is plan.root))
        if body.owning or body.steps:
            return ""
    if recursive:
        define_depth(module)
    written = None if recursive else _write_kernels(module, plan, chars, uniform)
    _LoopWriter(module, plan, chars).write("loop" if written is None else "elements", keeps_gil=recursive)
    if written is not None:
        shape, kernels = written
        write_lane_loop(module, plan, chars, shape.lanes, kernels)
        module.define(f'define void @"shape.{shape.width}x{shape.groups}"() {{ ret void }}')  # tells of it in the image
    return str(module)


def _write_kernels(
    module: Module, plan: Plan, chars: tuple[str, ...], uniform: frozenset[int]
) -> tuple[LaneShape, dict[frozenset[int], str]] | None:
    """Add functions that do a block of elements at once, one that takes the inputs `uniform` as the same for all: how many lanes, and the
    functions. None when the function can't be done in lanes."""
    if any(DTYPES[char].family == "c" for char in chars):
        return None
    scalar = Module()
    for typed in plan.functions:
        body = FunctionBody(scalar, typed, early=True)
        scalar.define(body.text(lower_step, attributes=" alwaysinline"))
    write_scalar(scalar, plan, chars, "lane")
    try:
        function = read_function(simplify(str(scalar)), "lane")
        shape = choose_shape(function, frozenset(function.parameters[k][1] for k in uniform), vector_bits())
        kernels: dict[frozenset[int], str] = {}
        for number, same in enumerate(dict.fromkeys((frozenset[int](), uniform))):
            names = frozenset(function.parameters[k][1] for k in same)
            write_lanes(module, function, names, shape, kernels.setdefault(same, f"lanes.{number}"))
    except Unreadable:
        return None
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
        return [self._result(*one) for one in zip(self.outputs, *self._results(), strict=True)]

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

    def _results(self) -> tuple[list[Kind], list[Value]]:
        """Kinds and values of the results."""
        e, kind = self.e, self.plan.root.result
        parts = []
        for k, type_ in enumerate(components(kind)):
            place = e.value(f"getelementptr i64, ptr {self.result}, i64 {k}")
            part = e.value(f"load {'i8' if type_ == 'i1' else type_}, ptr {place}")
            parts.append(e.value(f"trunc i8 {part} to i1") if type_ == "i1" else part)
        items = kind.items if isinstance(kind, Tuple) else (kind,)
        values: list[Value] = []
        for item in items:
            values.append(tuple(parts[: len(components(item))]))
            del parts[: len(components(item))]
        return list(items), values

    def _result(self, char: str, kind: Kind, value: Value) -> list[tuple[str, str]]:
        """The parts of a result as an element."""
        e = self.e
        made = emit_union(
            e, lambda m: Scalar(char), lambda kinds, values: emit_store_cast(e, kinds[0], values[0], char), (kind,), (value,), Scalar(char)
        )  # fmt: skip
        if char == "?":
            return [("i8", e.value(f"zext i1 {made[0]} to i8"))]
        return [(element_type(char), part) for part in made]


def write_scalar(module: Module, plan: Plan, chars: tuple[str, ...], name: str) -> None:
    """Add the function on one element, from the parts of the inputs to a structure of those of the results; it calls `lane.redo`, which
    does not return, where the compiled function leaves."""
    e = Emitter(module)
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


class _LoopWriter:
    """Writes `loop`. The addresses of the current elements are in `at`, the strides in `steps`."""

    def __init__(self, module: Module, plan: Plan, chars: tuple[str, ...]) -> None:
        self.e, self.plan, self.chars = Emitter(module), plan, chars
        self.element = _Element(self.e, plan, chars)
        self.room = self.e.slot(f"[{len(chars)} x ptr]", align=8)
        self.left = self.e.slot("i64")
        self.thread = self.e.slot("ptr", initial="null")

    def _place(self, k: int) -> str:
        return self.e.value(f"getelementptr ptr, ptr {self.room}, i64 {k}")

    def write(self, name: str, *, keeps_gil: bool) -> None:
        """Add the function to the module."""
        e = self.e
        for k in range(len(self.chars)):
            first = e.value(f"load ptr, ptr {e.value(f'getelementptr ptr, ptr %data, i64 {k}')}")
            e.do(f"store ptr {first}, ptr {self._place(k)}")
        steps = [e.value(f"load i64, ptr {e.value(f'getelementptr i64, ptr %strides, i64 {k}')}") for k in range(len(self.chars))]
        e.do(f"store i64 {e.value('load i64, ptr %dims')}, ptr {self.left}")
        e.branch("guards")
        e.place("guards")
        e.exit_label = "stale"
        plain, go = e.label("plain"), e.label("go")
        suspended = e.value(f"load i64, ptr {e.module.external('accel.suspended')}")
        e.branch_if(e.value(f"icmp eq i64 {suspended}, 0"), go, plain, likely=True)
        e.place(plain)  # inside `accel.disabled()`
        e.branch_if(self._plain(self.left), "failed", "finished")
        e.place(go)
        emit_guards(e, self.plan.guards, "stale")
        if keeps_gil:
            e.branch_if(e.value(f'call i1 @"accel.depth"(ptr {self.element.state})'), "begin", "stale", likely=True)
        else:
            many = e.value(f"icmp sgt i64 {e.value(f'load i64, ptr {self.left}')}, {_ALONE}")
            e.branch_if(many, "release", "begin")
            e.place("release")
            e.do(f"store ptr {e.call('ptr', 'PyEval_SaveThread')}, ptr {self.thread}")
            e.branch("begin")
        e.place("begin")
        e.branch("head")
        self._turns(steps)
        self._redo(steps)
        self._end()
        e.module.define(e.function(f"define {'' if name == 'loop' else 'internal '}i32 @{name}(ptr %context, ptr %data, ptr %dims, ptr %strides, ptr %aux)"))

    def _turns(self, steps: list[str]) -> None:
        e, inputs = self.e, len(self.element.inputs)
        e.place("head")
        e.branch_if(e.value(f"icmp sgt i64 {e.value(f'load i64, ptr {self.left}')}, 0"), "turn", "done", likely=True)
        e.place("turn")
        e.exit_label = "redo"
        at = [e.value(f"load ptr, ptr {self._place(k)}") for k in range(len(self.chars))]
        given = [[e.value(f"load {t}, ptr {p}, align 1") for t, p in self._parts(c, a)] for c, a in zip(self.element.inputs, at, strict=False)]
        made = self.element.apply(given, "redo")
        for char, place, parts in zip(self.element.outputs, at[inputs:], made, strict=True):  # all behind all casts, which may leave
            for (type_, part), (_, to) in zip(parts, self._parts(char, place), strict=True):
                e.do(f"store {type_} {part}, ptr {to}, align 1")
        self._advance(steps)
        e.branch("head")

    def _parts(self, char: str, place: str) -> list[tuple[str, str]]:
        """Types and addresses of the parts of an element."""
        e = self.e
        return [(t, e.value(f"getelementptr i8, ptr {place}, i64 {offset}") if offset else place) for t, offset in _parts_of(char)]

    def _advance(self, steps: list[str]) -> None:
        e = self.e
        for k, step in enumerate(steps):
            place = e.value(f"load ptr, ptr {self._place(k)}")
            e.do(f"store ptr {e.value(f'getelementptr i8, ptr {place}, i64 {step}')}, ptr {self._place(k)}")
        left = e.value(f"load i64, ptr {self.left}")
        e.do(f"store i64 {e.value(f'sub i64 {left}, 1')}, ptr {self.left}")

    def _redo(self, steps: list[str]) -> None:
        """CPython does the element; then the guards are looked at again, as it may have changed anything."""
        e = self.e
        e.place("redo")
        self._take_gil("retaken")
        one = e.slot("i64", initial="1")
        failed = self._plain(one)
        e.branch_if(failed, "failed", "redone")
        e.place("redone")
        self._advance(steps)
        e.branch("guards")
        e.place("stale")
        newer = e.module.external("replacement", may_be_null=True)
        replaced, never = e.label("replaced"), e.label("never")
        e.branch_if(e.value(f"icmp eq ptr {newer}, null"), never, replaced)
        e.place(replaced)
        answer = e.value(f"call i32 {newer}(ptr %context, ptr {self.room}, ptr {self.left}, ptr %strides, ptr %aux)")
        e.do(f"ret i32 {answer}")
        e.place(never)
        e.branch_if(self._plain(self.left, "accel.stale"), "failed", "finished")

    def _plain(self, count: str, name: str = "accel.plain") -> str:
        e = self.e
        plain = e.module.declare(name, "i32", _LOOP)
        answer = e.value(f"call i32 {plain}(ptr %context, ptr {self.room}, ptr {count}, ptr %strides, ptr %aux)")
        return e.value(f"icmp slt i32 {answer}, 0")

    def _take_gil(self, after: str) -> None:
        e = self.e
        thread = e.value(f"load ptr, ptr {self.thread}")
        restore = e.label("restore")
        e.branch_if(e.value(f"icmp eq ptr {thread}, null"), after, restore)
        e.place(restore)
        e.call("void", "PyEval_RestoreThread", f"ptr {thread}")
        e.do(f"store ptr null, ptr {self.thread}")
        e.branch(after)
        e.place(after)

    def _end(self) -> None:
        e = self.e
        e.place("done")
        self._take_gil("held")
        e.branch("finished")
        e.place("finished")
        e.do("ret i32 0")
        e.place("failed")
        e.do("ret i32 -1")


