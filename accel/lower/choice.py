"""Whether lanes pay: the first large call of a loop times them against one element after the other, and what is faster is used from then on.

They lose where there is little arithmetic and neighbours take different ways. That may differ from place to place, so a call is tried at the beginning of each
of several parts, and the sum decides. The choice is kept in the word `accel.choice` of the loop.
"""

from __future__ import annotations

from accel.lower.operands import FORM
from accel.lower.text import Module

__all__ = ["LANES", "SCALAR", "write_choice"]

LANES, SCALAR = 1, 2  # what the word holds; 0 while nothing is known
_TRIAL = 1024  # elements of a trial, of which there are two each in a part
_LARGE = 8 * _TRIAL  # elements of a part, at least
_PARTS = 4
_MARGIN = 9, 10  # the scalar loop must take less than nine tenths


def _call(loop: str, places: str = "%data", dims: str = "%dims") -> str:
    return f"call i32 @{loop}(ptr %context, ptr {places}, ptr {dims}, ptr %strides, ptr %aux)"


_TEXT = f"""define internal i32 @serial{FORM} {{
entry:
  %places = alloca [OPERANDS x ptr]
  %count = alloca i64
  %choice = load atomic i64, ptr @"accel.choice" monotonic, align 8
  switch i64 %choice, label %unknown [ i64 {LANES}, label %lanes i64 {SCALAR}, label %scalar ]
unknown:
  %total = load i64, ptr %dims
  %large = icmp sge i64 %total, {_LARGE}
  br i1 %large, label %begin, label %lanes
lanes:
  %a = {_call("blocks")}
  ret i32 %a
scalar:
  %b = {_call("elements")}
  ret i32 %b
begin:
  call void @llvm.memcpy.p0.p0.i64(ptr %places, ptr %data, i64 BYTES, i1 false)
  %fitting = udiv i64 %total, {_LARGE}
  %parts = call i64 @llvm.umin.i64(i64 %fitting, i64 {_PARTS})
  %size = udiv i64 %total, %parts
  br label %part
part:
  %left = phi i64 [ %total, %begin ], [ %behind, %next ]
  %sum_one = phi i64 [ 0, %begin ], [ %all_one, %next ]
  %sum_many = phi i64 [ 0, %begin ], [ %all_many, %next ]
  store i64 {_TRIAL}, ptr %count
  br label %trial
trial:
  %turn = phi i64 [ 0, %part ], [ %turn1, %noted ]
  %best_one = phi i64 [ -1, %part ], [ %one, %noted ]
  %best_many = phi i64 [ -1, %part ], [ %many, %noted ]
  %t0 = call i64 @llvm.readcyclecounter()
  %c = {_call("elements", "%places", "%count")}
  %t1 = call i64 @llvm.readcyclecounter()
  call void @advance(ptr %places, ptr %strides, i64 {_TRIAL})
  %c_bad = icmp slt i32 %c, 0
  br i1 %c_bad, label %failed, label %again
again:
  %t2 = call i64 @llvm.readcyclecounter()
  %d = {_call("blocks", "%places", "%count")}
  %t3 = call i64 @llvm.readcyclecounter()
  call void @advance(ptr %places, ptr %strides, i64 {_TRIAL})
  %d_bad = icmp slt i32 %d, 0
  br i1 %d_bad, label %failed, label %noted
failed:
  ret i32 -1
noted:
  %took_one = sub i64 %t1, %t0
  %took_many = sub i64 %t3, %t2
  %one = call i64 @llvm.umin.i64(i64 %best_one, i64 %took_one)
  %many = call i64 @llvm.umin.i64(i64 %best_many, i64 %took_many)
  %turn1 = add i64 %turn, 1
  %more = icmp ult i64 %turn1, 2
  br i1 %more, label %trial, label %decide
decide:
  %all_one = add i64 %sum_one, %one
  %all_many = add i64 %sum_many, %many
  %scaled_one = mul i64 %all_one, {_MARGIN[1]}
  %scaled_many = mul i64 %all_many, {_MARGIN[0]}
  %loses = icmp ult i64 %scaled_one, %scaled_many
  %better = select i1 %loses, i64 {SCALAR}, i64 {LANES}
  %double = mul i64 %size, 2
  %is_last = icmp ult i64 %left, %double
  %this = select i1 %is_last, i64 %left, i64 %size
  %rest = sub i64 %this, {4 * _TRIAL}
  store i64 %rest, ptr %count
  br i1 %is_last, label %settle, label %go
settle:
  store atomic i64 %better, ptr @"accel.choice" monotonic, align 8
  br label %go
go:
  br i1 %loses, label %go_one, label %go_many
go_one:
  %f = {_call("elements", "%places", "%count")}
  br label %gone
go_many:
  %g = {_call("blocks", "%places", "%count")}
  br label %gone
gone:
  %r = phi i32 [ %f, %go_one ], [ %g, %go_many ]
  %r_bad = icmp slt i32 %r, 0
  %over = or i1 %r_bad, %is_last
  br i1 %over, label %done, label %next
next:
  call void @advance(ptr %places, ptr %strides, i64 %rest)
  %behind = sub i64 %left, %this
  br label %part
done:
  ret i32 %r
}}

define internal void @advance(ptr %places, ptr %strides, i64 %count) {{
entry:
  br label %next
next:
  %k = phi i64 [ 0, %entry ], [ %k1, %next ]
  %place_at = getelementptr ptr, ptr %places, i64 %k
  %place = load ptr, ptr %place_at
  %stride_at = getelementptr i64, ptr %strides, i64 %k
  %stride = load i64, ptr %stride_at
  %way = mul i64 %stride, %count
  %to = getelementptr i8, ptr %place, i64 %way
  store ptr %to, ptr %place_at
  %k1 = add i64 %k, 1
  %more = icmp ult i64 %k1, OPERANDS
  br i1 %more, label %next, label %done
done:
  ret void
}}
"""


def write_choice(module: Module, operands: int) -> None:
    """Add `serial`, which has `blocks` or `elements` do a call on so many operands."""
    module.external("accel.choice")
    module.declare("llvm.readcyclecounter", "i64", ())
    module.declare("llvm.umin.i64", "i64", ("i64", "i64"))
    module.declare("llvm.memcpy.p0.p0.i64", "void", ("ptr", "ptr", "i64", "i1"))
    module.define(_TEXT.replace("OPERANDS", str(operands)).replace("BYTES", str(8 * operands)))
