"""The inner loop of a ufunc in blocks of lanes: a compiled function on as many elements at once as there are lanes.

Elements that do not lie side by side, and those of the last block, pass through buffers in the frame, filled up with copies of the last
element: so there is one copy of the function. A block in which a lane gives up is done element by element (`elements`, which has the same
form). So is everything where an operand overlaps a result otherwise than element by element: NumPy's reductions count on the order.
"""

from __future__ import annotations

from accel.ir import Plan
from accel.lower.boundary import emit_guards
from accel.lower.text import Emitter, Module
from accel.types.kinds import DTYPES

__all__ = ["write_lane_loop"]

_ALONE = 256  # elements for which the loop keeps the GIL
_FORM = "(ptr %context, ptr %data, ptr %dims, ptr %strides, ptr %aux)"


def write_lane_loop(module: Module, plan: Plan, chars: tuple[str, ...], lanes: int, kernels: dict[frozenset[int], str]) -> None:
    """Add `loop`. `kernels` are the functions on blocks, by the inputs they take as the same for all elements."""
    _LoopWriter(module, plan, chars, lanes, kernels).write()


class _LoopWriter:
    def __init__(self, module: Module, plan: Plan, chars: tuple[str, ...], lanes: int, kernels: dict[frozenset[int], str]) -> None:
        self.e, self.plan, self.chars, self.lanes, self.kernels = Emitter(module), plan, chars, lanes, kernels
        self.inputs = len(plan.signature.kinds)
        self.sizes = [DTYPES[c].size_bytes for c in chars]
        self.room = self.e.slot(f"[{len(chars)} x ptr]", align=8)
        self.left, self.count = self.e.slot("i64"), self.e.slot("i64")
        self.thread = self.e.slot("ptr", initial="null")
        self.buffers = [self.e.slot(f"[{lanes * size} x i8]", align=64) for size in self.sizes]

    def write(self) -> None:
        """Add the function."""
        e = self.e
        total = e.value("load i64, ptr %dims")
        first = [e.value(f"load ptr, ptr {e.value(f'getelementptr ptr, ptr %data, i64 {k}')}") for k in range(len(self.chars))]
        steps = [e.value(f"load i64, ptr {e.value(f'getelementptr i64, ptr %strides, i64 {k}')}") for k in range(len(self.chars))]
        few, apart = e.label("few"), e.label("apart")
        e.branch_if(e.value(f"icmp slt i64 {total}, {self.lanes // 2}"), "one", few)
        e.place(few)
        e.branch_if(self._overlaps(total, first, steps), "one", apart)
        e.place("one")
        e.do(f"ret i32 {e.value('call i32 @elements(ptr %context, ptr %data, ptr %dims, ptr %strides, ptr %aux)')}")
        e.place(apart)
        for k, place in enumerate(first):
            e.do(f"store ptr {place}, ptr {self._place(k)}")
        e.do(f"store i64 {total}, ptr {self.left}")
        e.branch("guards")
        e.place("guards")
        go = e.label("go")
        suspended = e.value(f"load i64, ptr {e.module.external('accel.suspended')}")
        e.branch_if(e.value(f"icmp eq i64 {suspended}, 0"), go, "stale", likely=True)
        e.place(go)
        emit_guards(e, self.plan.guards, "stale")
        many, release, begin = e.value(f"icmp sgt i64 {e.value(f'load i64, ptr {self.left}')}, {_ALONE}"), e.label("release"), e.label("begin")
        e.branch_if(many, release, begin)
        e.place(release)
        e.do(f"store ptr {e.call('ptr', 'PyEval_SaveThread')}, ptr {self.thread}")
        e.branch(begin)
        e.place(begin)
        e.branch("head")
        self._blocks(steps)
        self._rest(steps)
        e.module.define(e.function(f"define i32 @loop{_FORM}"))

    def _place(self, k: int) -> str:
        return self.e.value(f"getelementptr ptr, ptr {self.room}, i64 {k}")

    def _both(self, how: str, *conditions: str) -> str:
        joined = conditions[0]
        for condition in conditions[1:]:
            joined = self.e.value(f"{how} i1 {joined}, {condition}")
        return joined

    def _overlaps(self, total: str, first: list[str], steps: list[str]) -> str:
        """Whether elements can't be done in blocks: a result shares memory with another operand, but for being the very same elements."""
        e = self.e
        starts, ends = [], []
        last = e.value(f"sub i64 {total}, 1")
        for place, step, size in zip(first, steps, self.sizes, strict=True):
            address, way = e.value(f"ptrtoint ptr {place} to i64"), e.value(f"mul i64 {last}, {step}")
            down = e.value(f"call i64 @llvm.smin.i64(i64 {way}, i64 0)")
            up = e.value(f"call i64 @llvm.smax.i64(i64 {way}, i64 0)")
            starts.append(e.value(f"add i64 {address}, {down}"))
            ends.append(e.value(f"add i64 {e.value(f'add i64 {address}, {up}')}, {size}"))
        for name in ("llvm.smin.i64", "llvm.smax.i64"):
            e.module.declare(name, "i64", ("i64", "i64"))
        found = "false"
        for k in range(self.inputs, len(self.chars)):
            found = self._both("or", found, e.value(f"icmp eq i64 {steps[k]}, 0"))
            for j in range(len(self.chars)):
                if j == k:
                    continue
                meets = self._both("and", e.value(f"icmp ult i64 {starts[j]}, {ends[k]}"), e.value(f"icmp ult i64 {starts[k]}, {ends[j]}"))
                same = self._both("and", e.value(f"icmp eq ptr {first[j]}, {first[k]}"), e.value(f"icmp eq i64 {steps[j]}, {steps[k]}"))
                allowed = same if j < self.inputs and self.sizes[j] == self.sizes[k] else "false"
                found = self._both("or", found, self._both("and", meets, e.value(f"xor i1 {allowed}, true")))
        return found

    def _blocks(self, steps: list[str]) -> None:
        e = self.e
        e.place("head")
        left = e.value(f"load i64, ptr {self.left}")
        e.branch_if(e.value(f"icmp sgt i64 {left}, 0"), "block", "done", likely=True)
        e.place("block")
        e.module.declare("llvm.smin.i64", "i64", ("i64", "i64"))
        count = e.value(f"call i64 @llvm.smin.i64(i64 {left}, i64 {self.lanes})")
        e.do(f"store i64 {count}, ptr {self.count}")
        whole = e.value(f"icmp eq i64 {count}, {self.lanes}")
        at = [e.value(f"load ptr, ptr {self._place(k)}") for k in range(len(self.chars))]
        direct = [self._both("and", whole, e.value(f"icmp eq i64 {s}, {z}")) for s, z in zip(steps, self.sizes, strict=True)]
        tried = e.label("tried")
        answers: list[tuple[str, str]] = []
        for uniform, kernel in sorted(self.kernels.items(), key=lambda item: -len(item[0])):
            following = e.label("kernel")
            if uniform:
                use = e.label("uniform")
                e.branch_if(self._both("and", *(e.value(f"icmp eq i64 {steps[k]}, 0") for k in uniform)), use, following)
                e.place(use)
            places = [self._gather(k, at[k], steps[k], count, direct[k]) if k not in uniform else at[k] for k in range(self.inputs)]
            places += [e.select(direct[k], "ptr", at[k], self.buffers[k]) for k in range(self.inputs, len(self.chars))]
            answers.append((e.value(f"call i1 @{kernel}({', '.join(f'ptr {p}' for p in places)})"), e.block))
            e.branch(tried)
            if uniform:
                e.place(following)
        e.place(tried)
        stored = e.label("stored")
        e.branch_if(e.merge("i1", *answers), stored, "redo", likely=True)
        e.place(stored)
        for k in range(self.inputs, len(self.chars)):
            self._scatter(k, at[k], steps[k], count, direct[k])
        self._advance(steps, count)
        e.branch("head")

    def _turns(self, count: str, first: str = "0") -> tuple[str, str, str]:
        """Open a loop over numbers below `count`: its variable, the label of its head, and that behind it; to be closed by `_close`."""
        e = self.e
        head, body, after, before = e.label("each"), e.label("element"), e.label("behind"), e.block
        e.branch(head)
        e.place(head)
        number = e.value(f"phi i64 [ {first}, %{before} ], [ @next{head}@, %@from{head}@ ]")
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
        last = e.value(f"sub i64 {count}, 1")
        e.module.declare("llvm.smin.i64", "i64", ("i64", "i64"))
        chosen = e.value(f"call i64 @llvm.smin.i64(i64 {number}, i64 {last})")
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

    def _advance(self, steps: list[str], count: str) -> None:
        e = self.e
        for k, step in enumerate(steps):
            place, way = e.value(f"load ptr, ptr {self._place(k)}"), e.value(f"mul i64 {step}, {count}")
            e.do(f"store ptr {e.value(f'getelementptr i8, ptr {place}, i64 {way}')}, ptr {self._place(k)}")
        left = e.value(f"load i64, ptr {self.left}")
        e.do(f"store i64 {e.value(f'sub i64 {left}, {count}')}, ptr {self.left}")

    def _take_gil(self) -> None:
        e = self.e
        thread, restore, after = e.value(f"load ptr, ptr {self.thread}"), e.label("restore"), e.label("held")
        e.branch_if(e.value(f"icmp eq ptr {thread}, null"), after, restore)
        e.place(restore)
        e.call("void", "PyEval_RestoreThread", f"ptr {thread}")
        e.do(f"store ptr null, ptr {self.thread}")
        e.branch(after)
        e.place(after)

    def _rest(self, steps: list[str]) -> None:
        e = self.e
        e.place("redo")
        self._take_gil()
        answer = e.value(f"call i32 @elements(ptr %context, ptr {self.room}, ptr {self.count}, ptr %strides, ptr %aux)")
        good, bad = e.label("good"), e.label("bad")
        e.branch_if(e.value(f"icmp slt i32 {answer}, 0"), bad, good)
        e.place(bad)
        e.do("ret i32 -1")
        e.place(good)
        self._advance(steps, e.value(f"load i64, ptr {self.count}"))
        e.branch("guards")
        e.place("stale")
        e.do(f"ret i32 {e.value(f'call i32 @elements(ptr %context, ptr {self.room}, ptr {self.left}, ptr %strides, ptr %aux)')}")
        e.place("done")
        self._take_gil()
        e.do("ret i32 0")
