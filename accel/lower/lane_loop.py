"""The inner loop of a ufunc in blocks of lanes: compiled functions (kernels) on as many elements at once as there are lanes, several blocks in a call.

Elements that do not lie side by side, and those of the last block, pass through buffers in the frame, filled up with copies of the last
element: so there is one copy of the function. A block that no kernel does is done element by element (`elements`, which has the same
form). So is everything where an operand overlaps a result otherwise than element by element: NumPy's reductions count on the order.

Kernels that look at the flags of the processor store before: what they have stored may be wrong when flags are set, and another kernel does it again. So
results that lie where an operand does pass through buffers, too.
"""

from __future__ import annotations

from accel.ir import Plan
from accel.lower.flags import clear_flags
from accel.lower.operands import FORM, Operands
from accel.lower.text import Module
from accel.types.kinds import DTYPES

__all__ = ["Kernels", "write_lane_loop"]

_NEAR = 256  # elements in a buffer
_FAR = 4096  # elements of a call, where none passes through a buffer


class Kernels:
    """Functions on blocks of as many elements as there are `lanes`.

    Attributes
    ----------
    names : dict
        To be tried in turn, by the inputs they take as the same for all elements.
    look_at_flags : bool
        Whether the first of several looks at the flags of the processor, behind all blocks.
    """

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        self.names: dict[frozenset[int], list[str]] = {}
        self.look_at_flags = False


def write_lane_loop(module: Module, plan: Plan, chars: tuple[str, ...], kernels: Kernels) -> None:
    """Add `blocks`."""
    _LoopWriter(module, plan, chars, kernels).write()


class _LoopWriter:
    def __init__(self, module: Module, plan: Plan, chars: tuple[str, ...], kernels: Kernels) -> None:
        self.operands = Operands(module, plan, len(chars))
        self.e, self.kernels, self.inputs = self.operands.e, kernels, len(plan.signature.kinds)
        self.lanes = kernels.lanes
        self.sizes = [DTYPES[c].size_bytes for c in chars]
        self.count, self.limit = self.e.slot("i64"), self.e.slot("i64")
        self.buffers = [self.e.slot(f"[{max(_NEAR, self.lanes) * size} x i8]", align=64) for size in self.sizes]

    def write(self) -> None:
        """Add the function."""
        e, operands = self.e, self.operands
        few, apart = e.label("few"), e.label("apart")
        e.branch_if(e.value(f"icmp slt i64 {operands.total}, {self.lanes // 2}"), "one", few)
        e.place(few)
        overlap, in_place = operands.overlaps(self.sizes, self.inputs)
        e.branch_if(overlap, "one", apart)
        e.place("one")
        e.do(f"ret i32 {self._elements('%data', '%dims')}")
        e.place(apart)
        operands.begin("stale")  # which has the elements done one by one, and there in CPython
        operands.release_gil()
        self._clear()
        self._find_direct(in_place)
        e.branch("head")
        self._blocks()
        e.place("redo")
        operands.take_gil()
        e.do(f"store i64 {operands.least(e.value(f'load i64, ptr {operands.left}'), str(self.lanes))}, ptr {self.count}")
        good, bad = e.label("good"), e.label("bad")
        e.branch_if(e.value(f"icmp slt i32 {self._elements(operands.room, self.count)}, 0"), bad, good)
        e.place(bad)
        e.do("ret i32 -1")
        e.place(good)
        operands.advance(e.value(f"load i64, ptr {self.count}"))
        self._clear()
        e.branch("guards")
        e.place("stale")
        e.do(f"ret i32 {self._elements(operands.room, operands.left)}")
        e.place("done")
        operands.take_gil()
        e.do("ret i32 0")
        e.module.define(e.function(f"define internal i32 @blocks{FORM}"))

    def _clear(self) -> None:
        """Clear the flags, if a kernel looks at them."""
        if self.kernels.look_at_flags:
            clear_flags(self.e)

    def _find_direct(self, in_place: str) -> None:
        """Which operands need no buffer, if a call is about whole blocks, and of how many blocks it is at most: of few for a while where flags were set."""
        e, steps = self.e, self.operands.steps
        self.direct = [e.value(f"icmp eq i64 {step}, {size}") for step, size in zip(steps, self.sizes, strict=True)]
        if self.kernels.look_at_flags:
            apart = e.value(f"xor i1 {in_place}, true")
            self.direct[self.inputs :] = [self.operands.all_of(apart, direct) for direct in self.direct[self.inputs :]]
        far, near = (str(max(1, count // self.lanes)) for count in (_FAR, _NEAR))
        self.most = e.select(self.operands.all_of(*self.direct), "i64", far, near)
        e.do(f"store i64 {self.most}, ptr {self.limit}")

    def _elements(self, places: str, count: str) -> str:
        """Have elements done one by one; the answer."""
        return self.e.value(f"call i32 @elements(ptr %context, ptr {places}, ptr {count}, ptr %strides, ptr %aux)")

    def _blocks(self) -> None:
        e, steps = self.e, self.operands.steps
        e.place("head")
        left = e.value(f"load i64, ptr {self.operands.left}")
        e.branch_if(e.value(f"icmp sgt i64 {left}, 0"), "block", "done", likely=True)
        e.place("block")
        whole = e.value(f"icmp uge i64 {left}, {self.lanes}")
        limit = e.value(f"load i64, ptr {self.limit}")
        blocks = e.select(whole, "i64", self.operands.least(e.value(f"udiv i64 {left}, {self.lanes}"), limit), "1")
        filled = e.value(f"mul i64 {blocks}, {self.lanes}")
        count = e.select(whole, "i64", filled, left)
        at = self.operands.current()
        direct = [self.operands.all_of(whole, condition) for condition in self.direct]
        tried = e.label("tried")
        answers: list[tuple[str, str]] = []
        for uniform, names in sorted(self.kernels.names.items(), key=lambda item: -len(item[0])):
            following = e.label("kernel")
            if uniform:
                use = e.label("uniform")
                e.branch_if(self.operands.all_of(*(e.value(f"icmp eq i64 {steps[k]}, 0") for k in uniform)), use, following)
                e.place(use)
            places = [self._gather(k, at[k], steps[k], (count, filled), direct[k]) if k not in uniform else at[k] for k in range(self.inputs)]
            places += [e.select(direct[k], "ptr", at[k], self.buffers[k]) for k in range(self.inputs, len(self.sizes))]
            for number, name in enumerate(names):
                done = e.value(f"call i64 @{name}({', '.join(f'ptr {p}' for p in places)}, i64 {blocks})")
                if number:
                    self._clear()
                answers.append((done, e.block))
                if number < len(names) - 1:
                    again = e.label("again")
                    e.branch_if(e.value(f"icmp eq i64 {done}, 0"), again, tried, likely=False)
                    e.place(again)
                    if self.kernels.look_at_flags:
                        self._limit(e.value(f"lshr i64 {limit}, 4"), "llvm.smax.i64", "1")
            e.branch(tried)
            if uniform:
                e.place(following)
        e.place(tried)
        stored, done = e.label("stored"), e.merge("i64", *answers)
        e.branch_if(e.value(f"icmp eq i64 {done}, 0"), "redo", stored, likely=False)
        e.place(stored)
        count = self.operands.least(count, e.value(f"mul i64 {done}, {self.lanes}"))
        for k in range(self.inputs, len(self.sizes)):
            self._scatter(k, at[k], steps[k], count, direct[k])
        if self.kernels.look_at_flags:
            self._limit(e.value(f"shl i64 {e.value(f'load i64, ptr {self.limit}')}, 1"), "llvm.smin.i64", self.most)
        self.operands.advance(count)
        e.branch("head")

    def _limit(self, blocks: str, name: str, other: str) -> None:
        """Have the next call be about so many blocks at most, or another number."""
        self.e.do(f"store i64 {self.operands.least(blocks, other, name)}, ptr {self.limit}")

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

    def _gather(self, k: int, at: str, step: str, counts: tuple[str, str], direct: str) -> str:
        """Address of the elements of an input side by side: where they are, or in the buffer. `counts` has how many there are, and how many it takes."""
        e, (count, filled) = self.e, counts
        fill, ready, here = e.label("fill"), e.label("ready"), e.block
        e.branch_if(direct, ready, fill)
        e.place(fill)
        number, head, after = self._turns(filled)
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
        buffered, together, spread, ready = e.label("buffered"), e.label("together"), e.label("spread"), e.label("ready")
        e.branch_if(direct, ready, buffered)
        e.place(buffered)
        e.branch_if(e.value(f"icmp eq i64 {step}, {self.sizes[k]}"), together, spread)
        e.place(together)
        e.module.declare("llvm.memcpy.p0.p0.i64", "void", ("ptr", "ptr", "i64", "i1"))
        e.do(f"call void @llvm.memcpy.p0.p0.i64(ptr {at}, ptr {self.buffers[k]}, i64 {e.value(f'mul i64 {count}, {step}')}, i1 false)")
        e.branch(ready)
        e.place(spread)
        number, head, after = self._turns(count)
        source = e.value(f"getelementptr i8, ptr {self.buffers[k]}, i64 {e.value(f'mul i64 {number}, {self.sizes[k]}')}")
        self._copy(k, source, e.value(f"getelementptr i8, ptr {at}, i64 {e.value(f'mul i64 {number}, {step}')}"))
        self._close(number, head, after)
        e.branch(ready)
        e.place(ready)
