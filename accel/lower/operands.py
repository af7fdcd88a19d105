"""The frame both inner loops of a ufunc have: where they are in each operand, how many elements are left, guards, and the GIL.

The form is NumPy's (`PyArrayMethod_StridedLoop`): context, addresses of the first elements, their number, strides.
"""

from __future__ import annotations

from accel.ir import Plan
from accel.lower.boundary import emit_guards
from accel.lower.text import Emitter, Module

__all__ = ["FORM", "Operands"]

FORM = "(ptr %context, ptr %data, ptr %dims, ptr %strides, ptr %aux)"
_ALONE = 256  # elements for which a loop keeps the GIL


class Operands:
    """State of a loop over elements, in slots of its function, which the writers of both loops emit.

    Attributes
    ----------
    first, steps : list of str
        Address of the first element, and stride in bytes, of each operand.
    room, left : str
        Slots: addresses of the current elements, and number of elements left, in the form other loops take.
    """

    def __init__(self, module: Module, plan: Plan, count: int) -> None:
        self.e, self.plan = Emitter(module), plan
        e = self.e
        self.room = e.slot(f"[{count} x ptr]", align=8)
        self.left = e.slot("i64")
        self.thread = e.slot("ptr", initial="null")
        self.total = e.value("load i64, ptr %dims")
        self.first = [e.value(f"load ptr, ptr {e.value(f'getelementptr ptr, ptr %data, i64 {k}')}") for k in range(count)]
        self.steps = [e.value(f"load i64, ptr {e.value(f'getelementptr i64, ptr %strides, i64 {k}')}") for k in range(count)]

    def _place(self, k: int) -> str:
        return self.e.value(f"getelementptr ptr, ptr {self.room}, i64 {k}")

    def begin(self, disabled: str) -> None:
        """Start at the first elements. Opens the block `guards`, which goes to `disabled` inside `accel.disabled()`, to `stale` when a guard
        does not hold."""
        e = self.e
        for k, place in enumerate(self.first):
            e.do(f"store ptr {place}, ptr {self._place(k)}")
        e.do(f"store i64 {self.total}, ptr {self.left}")
        e.branch("guards")
        e.place("guards")
        go = e.label("go")
        suspended = e.value(f"load i64, ptr {e.module.external('accel.suspended')}")
        e.branch_if(e.value(f"icmp eq i64 {suspended}, 0"), go, disabled, likely=True)
        e.place(go)
        emit_guards(e, self.plan.guards, "stale")

    def current(self) -> list[str]:
        """Addresses of the current elements."""
        return [self.e.value(f"load ptr, ptr {self._place(k)}") for k in range(len(self.steps))]

    def advance(self, count: str) -> None:
        """Go on by so many elements."""
        e = self.e
        for k, (place, step) in enumerate(zip(self.current(), self.steps, strict=True)):
            way = e.value(f"mul i64 {step}, {count}")
            e.do(f"store ptr {e.value(f'getelementptr i8, ptr {place}, i64 {way}')}, ptr {self._place(k)}")
        left = e.value(f"load i64, ptr {self.left}")
        e.do(f"store i64 {e.value(f'sub i64 {left}, {count}')}, ptr {self.left}")

    def release_gil(self) -> None:
        """Give up the GIL when much is left."""
        e, release, go_on = self.e, self.e.label("release"), self.e.label("released")
        many = e.value(f"icmp sgt i64 {e.value(f'load i64, ptr {self.left}')}, {_ALONE}")
        e.branch_if(many, release, go_on)
        e.place(release)
        e.do(f"store ptr {e.call('ptr', 'PyEval_SaveThread')}, ptr {self.thread}")
        e.branch(go_on)
        e.place(go_on)

    def take_gil(self) -> None:
        """Have the GIL again."""
        e = self.e
        thread, restore, held = e.value(f"load ptr, ptr {self.thread}"), e.label("restore"), e.label("held")
        e.branch_if(e.value(f"icmp eq ptr {thread}, null"), held, restore)
        e.place(restore)
        e.call("void", "PyEval_RestoreThread", f"ptr {thread}")
        e.do(f"store ptr null, ptr {self.thread}")
        e.branch(held)
        e.place(held)

    def least(self, first: str, second: str, name: str = "llvm.smin.i64") -> str:
        """The smaller of two i64; by another name the larger."""
        self.e.module.declare(name, "i64", ("i64", "i64"))
        return self.e.value(f"call i64 @{name}(i64 {first}, i64 {second})")

    def all_of(self, *conditions: str) -> str:
        """Whether all conditions hold."""
        joined = conditions[0]
        for condition in conditions[1:]:
            joined = self.e.value(f"and i1 {joined}, {condition}")
        return joined

    def overlaps(self, sizes: list[int], inputs: int) -> tuple[str, str]:
        """Whether elements can't be done in blocks: a result shares memory with another operand, but for being the very same elements. And whether one is."""
        e, first, steps = self.e, self.first, self.steps
        starts, ends = [], []
        last = e.value(f"sub i64 {self.total}, 1")
        for place, step, size in zip(first, steps, sizes, strict=True):
            address, way = e.value(f"ptrtoint ptr {place} to i64"), e.value(f"mul i64 {last}, {step}")
            down, up = self.least(way, "0"), self.least(way, "0", "llvm.smax.i64")
            starts.append(e.value(f"add i64 {address}, {down}"))
            ends.append(e.value(f"add i64 {e.value(f'add i64 {address}, {up}')}, {size}"))
        found = in_place = "false"
        for k in range(inputs, len(sizes)):
            found = e.value(f"or i1 {found}, {e.value(f'icmp eq i64 {steps[k]}, 0')}")
            for j in range(len(steps)):
                if j == k:
                    continue
                meets = self.all_of(e.value(f"icmp ult i64 {starts[j]}, {ends[k]}"), e.value(f"icmp ult i64 {starts[k]}, {ends[j]}"))
                same = self.all_of(e.value(f"icmp eq ptr {first[j]}, {first[k]}"), e.value(f"icmp eq i64 {steps[j]}, {steps[k]}"))
                allowed = same if j < inputs and sizes[j] == sizes[k] else "false"
                bad = self.all_of(meets, e.value(f"xor i1 {allowed}, true"))
                found, in_place = e.value(f"or i1 {found}, {bad}"), e.value(f"or i1 {in_place}, {meets}")
        return found, in_place
