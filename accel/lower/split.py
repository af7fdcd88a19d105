"""The entry of the inner loop of a ufunc: large calls are split over threads, where the program asks for them (`accel.lower.pool`)."""

from __future__ import annotations

from accel.ir import Plan
from accel.lower.operands import FORM, Operands
from accel.lower.text import Module
from accel.types.kinds import DTYPES

__all__ = ["write_split"]

_FEW = 1024  # elements that are never split


def write_split(module: Module, plan: Plan, chars: tuple[str, ...], threads: int) -> None:
    """Add `loop`, which has `serial` do the elements, or several threads by means of it: so many, or where that is 0, what
    `accel.parallel` says in the thread that calls."""
    operands = Operands(module, plan, len(chars))
    e = operands.e
    large, several, apart, split = e.label("large"), e.label("several"), e.label("apart"), e.label("split")
    e.branch_if(e.value(f"icmp sgt i64 {operands.total}, {_FEW}"), large, "alone")
    e.place(large)
    number = str(threads)
    if not threads:
        key = e.value(f"load i32, ptr {module.external('accel.threads_key')}")
        number = e.value(f"ptrtoint ptr {e.call('ptr', 'pthread_getspecific', f'i32 {key}')} to i64")
    e.branch_if(e.value(f"icmp sgt i64 {number}, 1"), several, "alone")
    e.place(several)
    e.branch_if(operands.overlaps([DTYPES[c].size_bytes for c in chars], len(plan.signature.kinds))[0], "alone", apart)
    e.place(apart)
    address = e.value(f"load ptr, ptr {module.external('accel.split_at')}")
    e.branch_if(e.value(f"icmp eq ptr {address}, null"), "alone", split)
    e.place(split)
    given = f"ptr @serial, i64 {number}, i64 {len(chars)}, ptr %context, ptr %data, ptr %dims, ptr %strides, ptr %aux"
    e.do(f"ret i32 {e.value(f'call i32 {address}({given})')}")
    e.place("alone")
    e.do(f"ret i32 {e.value('call i32 @serial(ptr %context, ptr %data, ptr %dims, ptr %strides, ptr %aux)')}")
    module.define(e.function(f"define i32 @loop{FORM}"))
