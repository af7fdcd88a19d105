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
from accel.lower.layout import Value, components, element_type
from accel.lower.numpy_casts import emit_store_cast
from accel.lower.steps import lower_step
from accel.lower.support import define_depth
from accel.lower.text import Emitter, Module
from accel.lower.unions import emit_union
from accel.types.kinds import DTYPES, Int, Kind, Scalar, Tuple

__all__ = ["element_loop_text"]

_ALONE = 256  # elements for which the loop keeps the GIL
_LOOP = ("ptr", "ptr", "ptr", "ptr", "ptr")


def element_loop_text(plan: Plan, chars: tuple[str, ...]) -> str:
    """LLVM text of the loop for a plan; `chars` are the dtypes of the operands, results last.

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
    _LoopWriter(module, plan, chars).write(keeps_gil=recursive)
    return str(module)


class _LoopWriter:
    """Writes `loop`. The addresses of the current elements are in `at`, the strides in `steps`."""

    def __init__(self, module: Module, plan: Plan, chars: tuple[str, ...]) -> None:
        self.e, self.plan, self.chars = Emitter(module), plan, chars
        self.inputs = len(plan.signature.kinds)
        count = len(chars)
        self.room = self.e.slot(f"[{count} x ptr]", align=8)
        self.left = self.e.slot("i64")
        self.thread = self.e.slot("ptr", initial="null")
        self.state = self.e.slot("[8 x i64]", align=8)
        result = max(len(components(plan.root.result)), 1)
        self.result = self.e.slot(f"[{result} x i64]", align=8)

    def _place(self, k: int) -> str:
        return self.e.value(f"getelementptr ptr, ptr {self.room}, i64 {k}")

    def write(self, *, keeps_gil: bool) -> None:
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
        emit_guards(e, self.plan.guards, "stale")
        if keeps_gil:
            e.branch_if(e.value(f'call i1 @"accel.depth"(ptr {self.state})'), "begin", "stale", likely=True)
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
        e.module.define(e.function("define i32 @loop(ptr %context, ptr %data, ptr %dims, ptr %strides, ptr %aux)"))

    def _turns(self, steps: list[str]) -> None:
        e, root = self.e, self.plan.root
        e.place("head")
        e.branch_if(e.value(f"icmp sgt i64 {e.value(f'load i64, ptr {self.left}')}, 0"), "turn", "done", likely=True)
        e.place("turn")
        e.exit_label = "redo"
        at = [e.value(f"load ptr, ptr {self._place(k)}") for k in range(len(self.chars))]
        given: list[str] = []
        for char, kind, place in zip(self.chars, self.plan.signature.kinds, at, strict=False):
            value = self._load(char, kind, place)
            given += [f"{t} {v}" for t, v in zip(components(kind), value, strict=True)]
        status = e.value(f'call i32 @"{root.symbol}"({", ".join([f"ptr {self.result}", f"ptr {self.state}", *given])})')
        e.branch_if(e.value(f"icmp eq i32 {status}, 0"), "good", "redo", likely=True)
        e.place("good")
        stores: list[tuple[str, str, str]] = []
        for char, kind, value, place in zip(self.chars[self.inputs :], *self._results(), at[self.inputs :], strict=True):
            stores += self._cast(char, kind, value, place)
        for type_, part, place in stores:  # all behind all casts, which may leave
            e.do(f"store {type_} {part}, ptr {place}, align 1")
        e.branch("next")
        e.place("next")
        self._advance(steps)
        e.branch("head")

    def _advance(self, steps: list[str]) -> None:
        e = self.e
        for k, step in enumerate(steps):
            place = e.value(f"load ptr, ptr {self._place(k)}")
            e.do(f"store ptr {e.value(f'getelementptr i8, ptr {place}, i64 {step}')}, ptr {self._place(k)}")
        left = e.value(f"load i64, ptr {self.left}")
        e.do(f"store i64 {e.value(f'sub i64 {left}, 1')}, ptr {self.left}")

    def _load(self, char: str, kind: Kind, place: str) -> Value:
        """An element as a value of a kind: a NumPy scalar as it is, a number of Python's widened."""
        e, dtype, type_ = self.e, DTYPES[char], element_type(char)
        if char == "?":
            return (e.value(f"icmp ne i8 {e.value(f'load i8, ptr {place}, align 1')}, 0"),)
        parts = 2 if dtype.family == "c" else 1
        found = []
        for k in range(parts):
            part_at = e.value(f"getelementptr i8, ptr {place}, i64 {k * dtype.size_bytes // parts}")
            found.append(e.value(f"load {type_}, ptr {part_at}, align 1"))
        wanted = components(kind)[0]
        if isinstance(kind, Int) and dtype.family == "u" and dtype.size_bytes == 8:
            e.exit_if(e.value(f"icmp slt i64 {found[0]}, 0"))  # beyond what an Int holds
        if wanted == type_:
            return tuple(found)
        how = {"i": "sext", "u": "zext"}.get(dtype.family, "fpext")
        return tuple(e.value(f"{how} {type_} {part} to {wanted}") for part in found)

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

    def _cast(self, char: str, kind: Kind, value: Value, place: str) -> list[tuple[str, str, str]]:
        """What to store for a result: type, operand, address."""
        e = self.e
        made = emit_union(
            e, lambda m: Scalar(char), lambda kinds, values: emit_store_cast(e, kinds[0], values[0], char), (kind,), (value,), Scalar(char)
        )  # fmt: skip
        if char == "?":
            return [("i8", e.value(f"zext i1 {made[0]} to i8"), place)]
        size = DTYPES[char].size_bytes // len(made)
        return [
            (element_type(char), part, e.value(f"getelementptr i8, ptr {place}, i64 {k * size}") if k else place)
            for k, part in enumerate(made)
        ]

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


