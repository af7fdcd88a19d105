"""The inner loop of a ufunc in blocks of lanes: a compiled function on as many elements at once as there are lanes.

Elements that do not lie side by side, and those of the last block, pass through buffers in the frame, filled up with copies of the last
element: so there is one copy of the function. A block in which a lane gives up is done element by element (`elements`, which has the same
form). So is everything where an operand overlaps a result otherwise than element by element: NumPy's reductions count on the order.
"""

from __future__ import annotations

from accel.ir import Plan
from accel.lower.flags import clear_flags
from accel.lower.operands import FORM, Operands
from accel.lower.text import Module
from accel.types.kinds import DTYPES

__all__ = ["Kernels", "write_lane_loop"]

Kernels = dict[frozenset[int], list[str]]  # functions on blocks, by the inputs they take as the same for all elements: to be tried in turn


def write_lane_loop(module: Module, plan: Plan, chars: tuple[str, ...], lanes: int, kernels: Kernels) -> None:
    """Add `blocks`. The first of several kernels gives up when flags of the processor are set: they are cleared before the next is tried."""
    _LoopWriter(module, plan, chars, lanes, kernels).write()


class _LoopWriter:
    def __init__(self, module: Module, plan: Plan, chars: tuple[str, ...], lanes: int, kernels: Kernels) -> None:
        self.operands = Operands(module, plan, len(chars))
        self.e, self.lanes, self.kernels, self.inputs = self.operands.e, lanes, kernels, len(plan.signature.kinds)
        self.sizes = [DTYPES[c].size_bytes for c in chars]
        self.count = self.e.slot("i64")
        self.buffers = [self.e.slot(f"[{lanes * size} x i8]", align=64) for size in self.sizes]

    def write(self) -> None:
        """Add the function."""
        e, operands = self.e, self.operands
        few, apart = e.label("few"), e.label("apart")
        e.branch_if(e.value(f"icmp slt i64 {operands.total}, {self.lanes // 2}"), "one", few)
        e.place(few)
        e.branch_if(self.operands.overlaps(self.sizes, self.inputs), "one", apart)
        e.place("one")
        e.do(f"ret i32 {self._elements('%data', '%dims')}")
        e.place(apart)
        operands.begin("stale")  # which has the elements done one by one, and there in CPython
        operands.release_gil()
        if any(len(names) > 1 for names in self.kernels.values()):
            clear_flags(e)
        e.branch("head")
        self._blocks()
        e.place("redo")
        operands.take_gil()
        good, bad = e.label("good"), e.label("bad")
        e.branch_if(e.value(f"icmp slt i32 {self._elements(operands.room, self.count)}, 0"), bad, good)
        e.place(bad)
        e.do("ret i32 -1")
        e.place(good)
        operands.advance(e.value(f"load i64, ptr {self.count}"))
        e.branch("guards")
        e.place("stale")
        e.do(f"ret i32 {self._elements(operands.room, operands.left)}")
        e.place("done")
        operands.take_gil()
        e.do("ret i32 0")
        e.module.define(e.function(f"define internal i32 @blocks{FORM}"))

    def _elements(self, places: str, count: str) -> str:
        """Have elements done one by one; the answer."""
        return self.e.value(f"call i32 @elements(ptr %context, ptr {places}, ptr {count}, ptr %strides, ptr %aux)")

    def _blocks(self) -> None:
        e, steps = self.e, self.operands.steps
        e.place("head")
        left = e.value(f"load i64, ptr {self.operands.left}")
        e.branch_if(e.value(f"icmp sgt i64 {left}, 0"), "block", "done", likely=True)
        e.place("block")
        count = self.operands.least(left, str(self.lanes))
        e.do(f"store i64 {count}, ptr {self.count}")
        whole = e.value(f"icmp eq i64 {count}, {self.lanes}")
        at = self.operands.current()
        direct = [self.operands.all_of(whole, e.value(f"icmp eq i64 {s}, {z}")) for s, z in zip(steps, self.sizes, strict=True)]
        tried = e.label("tried")
        answers: list[tuple[str, str]] = []
        for uniform, names in sorted(self.kernels.items(), key=lambda item: -len(item[0])):
            following = e.label("kernel")
            if uniform:
                use = e.label("uniform")
                e.branch_if(self.operands.all_of(*(e.value(f"icmp eq i64 {steps[k]}, 0") for k in uniform)), use, following)
                e.place(use)
            places = [self._gather(k, at[k], steps[k], count, direct[k]) if k not in uniform else at[k] for k in range(self.inputs)]
            places += [e.select(direct[k], "ptr", at[k], self.buffers[k]) for k in range(self.inputs, len(self.sizes))]
            for number, name in enumerate(names):
                answer = e.value(f"call i1 @{name}({', '.join(f'ptr {p}' for p in places)})")
                answers.append((answer, e.block))
                if number < len(names) - 1:
                    again = e.label("again")
                    e.branch_if(answer, tried, again, likely=True)
                    e.place(again)
                    clear_flags(e)
            e.branch(tried)
            if uniform:
                e.place(following)
        e.place(tried)
        stored = e.label("stored")
        e.branch_if(e.merge("i1", *answers), stored, "redo", likely=True)
        e.place(stored)
        for k in range(self.inputs, len(self.sizes)):
            self._scatter(k, at[k], steps[k], count, direct[k])
        self.operands.advance(count)
        e.branch("head")

    def _turns(self, count: str) -> tuple[str, str, str]:
        """Open a loop over numbers below `count`: its variable, the label of its head, and that behind it; to be closed by `_close`."""
        e = self.e
        head, body, after, before = e.label("each"), e.label("element"), e.label("behind"), e.block
        e.branch(head)
        e.place(head)
        number = e.value(f"phi i64 [ 0, %{before} ], [ @next{head}@, %@from{head}@ ]")
        e.branch_if(e.value(f"icmp slt i64 {number}, {count}"), body, after)
        e.place(body)
        return number, head, after

    def _close(self, number: str, head: str, after: str) -> None:
        e = self.e
        following = e.value(f"add i64 {number}, 1")
        block = e.block
        e.branch(head)
        e.replace({f"@next{head}@": following, f"@from{head}@": block})
        e.place(after)

    def _copy(self, k: int, source: str, target: str) -> None:
        """Copy an element of operand `k`."""
        e, size = self.e, self.sizes[k]
        e.do(f"store i{8 * size} {e.value(f'load i{8 * size}, ptr {source}, align 1')}, ptr {target}, align 1")

    def _gather(self, k: int, at: str, step: str, count: str, direct: str) -> str:
        """Address of the elements of an input side by side: where they are, or in the buffer."""
        e = self.e
        fill, ready, here = e.label("fill"), e.label("ready"), e.block
        e.branch_if(direct, ready, fill)
        e.place(fill)
        number, head, after = self._turns(str(self.lanes))
        chosen = self.operands.least(number, e.value(f"sub i64 {count}, 1"))
        source = e.value(f"getelementptr i8, ptr {at}, i64 {e.value(f'mul i64 {chosen}, {step}')}")
        self._copy(k, source, e.value(f"getelementptr i8, ptr {self.buffers[k]}, i64 {e.value(f'mul i64 {number}, {self.sizes[k]}')}"))
        self._close(number, head, after)
        e.branch(ready)
        e.place(ready)
        return e.merge("ptr", (at, here), (self.buffers[k], after))

    def _scatter(self, k: int, at: str, step: str, count: str, direct: str) -> None:
        """Results in the buffer to their places."""
        e = self.e
        spread, ready = e.label("spread"), e.label("ready")
        e.branch_if(direct, ready, spread)
        e.place(spread)
        number, head, after = self._turns(count)
        source = e.value(f"getelementptr i8, ptr {self.buffers[k]}, i64 {e.value(f'mul i64 {number}, {self.sizes[k]}')}")
        self._copy(k, source, e.value(f"getelementptr i8, ptr {at}, i64 {e.value(f'mul i64 {number}, {step}')}"))
        self._close(number, head, after)
        e.branch(ready)
        e.place(ready)
