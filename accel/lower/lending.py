"""LLVM text of the machine code that makes views: those that functions which CPython runs are lent, and what `move` gives.

`scripts/make-stubs` assembles it, behind `accel.lower.checks`, for plain x86-64 and writes `accel/runtime/stubs.py`.
"""

from __future__ import annotations

from accel.lower.checks import MOST_ARGUMENTS, ROW_WORDS

__all__ = ["LENDING"]

_WAITING = ROW_WORDS - 1  # the word of a row that has a view
# A view that a call was lent waits for the next one: to make one takes NumPy 60 ns, and to fill one 10.
LENDING = f"""
declare void @Py_IncRef(ptr)
declare void @Py_DecRef(ptr)
declare ptr @PyArray_NewFromDescr(ptr, ptr, i32, ptr, ptr, ptr, i32, ptr)
declare i32 @PyArray_SetBaseObject(ptr, ptr)
declare ptr @PyWeakref_NewRef(ptr, ptr)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
@"accel.unmark" = external global i8

; a call with views in the place of the arrays that are borrowed
define internal ptr @call_lending(ptr %self, ptr %args, i64 %given, ptr %kwnames, i64 %total, ptr %rows, i64 %count, ptr %values, ptr %places) noinline {{
entry:
  %room = alloca [{MOST_ARGUMENTS} x ptr]
  %bytes = shl i64 %total, 3
  call void @llvm.memcpy.p0.p0.i64(ptr %room, ptr %args, i64 %bytes, i1 false)
  br label %loop
loop:
  %k = phi i64 [ 0, %entry ], [ %k1, %next ]
  %more = icmp ult i64 %k, %count
  br i1 %more, label %look, label %call
look:
  %skipped = mul i64 %k, {ROW_WORDS}
  %row = getelementptr i64, ptr %rows, i64 %skipped
  %what = call i64 @word(ptr %row, i64 1)
  %value_at = getelementptr ptr, ptr %values, i64 %k
  %value = load ptr, ptr %value_at
  %is_array = icmp ne ptr %value, null
  %lends = icmp ugt i64 %what, 3
  %both = and i1 %is_array, %lends
  br i1 %both, label %lend, label %skip
lend:
  %view = call ptr @lend_view(ptr %row, ptr %value)
  store ptr %view, ptr %value_at
  %failed = icmp eq ptr %view, null
  br i1 %failed, label %back, label %place
place:
  %place_at = getelementptr i64, ptr %places, i64 %k
  %at = load i64, ptr %place_at
  %to = getelementptr ptr, ptr %room, i64 %at
  store ptr %view, ptr %to
  br label %next
skip:
  store ptr null, ptr %value_at
  br label %next
next:
  %k1 = add i64 %k, 1
  br label %loop
call:
  %r = call ptr @plain(ptr %self, ptr %room, i64 %given, ptr %kwnames)
  br label %back
back:
  %answer = phi ptr [ %r, %call ], [ null, %lend ]
  %made = phi i64 [ %count, %call ], [ %k, %lend ]
  br label %take
take:
  %t = phi i64 [ 0, %back ], [ %t1, %taken ]
  %left = icmp ult i64 %t, %made
  br i1 %left, label %one, label %done
one:
  %view_at = getelementptr ptr, ptr %values, i64 %t
  %held = load ptr, ptr %view_at
  %none = icmp eq ptr %held, null
  br i1 %none, label %taken, label %give
give:
  call void @take_back(ptr %self, i64 %t, ptr %held)
  br label %taken
taken:
  %t1 = add i64 %t, 1
  br label %take
done:
  ret ptr %answer
}}

; a new reference to a view of an array that can't be written: the object of an earlier call, if nobody has kept it
define internal ptr @lend_view(ptr %row, ptr %array) {{
entry:
  %waiting_at = getelementptr i64, ptr %row, i64 {_WAITING}
  %waiting = load ptr, ptr %waiting_at
  %none = icmp eq ptr %waiting, null
  br i1 %none, label %new, label %again
new:
  %made = call ptr @make_view(ptr %array, i32 0)
  ret ptr %made
again:
  %descr = call ptr @field(ptr %array, i64 56)
  %data = call ptr @field(ptr %array, i64 16)
  %lengths = call ptr @field(ptr %array, i64 32)
  %strides = call ptr @field(ptr %array, i64 40)
  %axes = call i32 @half(ptr %array, i64 24)
  call void @Py_IncRef(ptr %descr)
  store ptr null, ptr %waiting_at
  %data_at = getelementptr i8, ptr %waiting, i64 16
  store ptr %data, ptr %data_at
  %axes64 = zext i32 %axes to i64
  %bytes = shl i64 %axes64, 3
  %lengths_to = call ptr @field(ptr %waiting, i64 32)
  %strides_to = call ptr @field(ptr %waiting, i64 40)
  call void @llvm.memcpy.p0.p0.i64(ptr %lengths_to, ptr %lengths, i64 %bytes, i1 false)
  call void @llvm.memcpy.p0.p0.i64(ptr %strides_to, ptr %strides, i64 %bytes, i1 false)
  %flags = call i32 @half(ptr %array, i64 64)
  %kept = and i32 %flags, 259  ; how it is contiguous, and that it is aligned
  %flags_at = getelementptr i8, ptr %waiting, i64 64
  store i32 %kept, ptr %flags_at
  %old = call ptr @field(ptr %waiting, i64 56)
  %descr_at = getelementptr i8, ptr %waiting, i64 56
  store ptr %descr, ptr %descr_at
  call void @Py_DecRef(ptr %old)
  %status = call i32 @set_base(ptr %waiting, ptr %array)
  %no_base = icmp slt i32 %status, 0
  br i1 %no_base, label %drop, label %out
drop:
  call void @Py_DecRef(ptr %waiting)
  ret ptr null
out:
  ret ptr %waiting
}}

; a new view of an array with these flags; null when there is no memory
define internal ptr @make_view(ptr %array, i32 %flags) alwaysinline {{
entry:
  %descr = call ptr @field(ptr %array, i64 56)
  %data = call ptr @field(ptr %array, i64 16)
  %lengths = call ptr @field(ptr %array, i64 32)
  %strides = call ptr @field(ptr %array, i64 40)
  %axes = call i32 @half(ptr %array, i64 24)
  call void @Py_IncRef(ptr %descr)
  %made = call ptr @PyArray_NewFromDescr(ptr @ndarray, ptr %descr, i32 %axes, ptr %lengths, ptr %strides, ptr %data, i32 %flags, ptr null)
  %failed = icmp eq ptr %made, null
  br i1 %failed, label %out, label %base
base:
  %status = call i32 @set_base(ptr %made, ptr %array)
  %no_base = icmp slt i32 %status, 0
  br i1 %no_base, label %drop, label %out
drop:
  call void @Py_DecRef(ptr %made)
  ret ptr null
out:
  ret ptr %made
}}

; has a view hold the owner of the memory of an array; NumPy is asked for it where that is neither the array nor its base
define internal i32 @set_base(ptr %view, ptr %array) alwaysinline {{
entry:
  %owned = call i1 @is_owner(ptr %array)
  br i1 %owned, label %hold, label %look
look:
  %base = call ptr @field(ptr %array, i64 48)
  %none = icmp eq ptr %base, null
  br i1 %none, label %ask, label %compare
compare:
  %class = call ptr @field(ptr %base, i64 8)
  %is_array = icmp eq ptr %class, @ndarray
  br i1 %is_array, label %above, label %ask
above:
  %base_owns = call i1 @is_owner(ptr %base)
  br i1 %base_owns, label %hold, label %ask
hold:
  %owner = phi ptr [ %array, %entry ], [ %base, %above ]
  call void @Py_IncRef(ptr %owner)
  %base_at = getelementptr i8, ptr %view, i64 48
  store ptr %owner, ptr %base_at
  ret i32 0
ask:
  call void @Py_IncRef(ptr %array)
  %status = call i32 @PyArray_SetBaseObject(ptr %view, ptr %array)
  ret i32 %status
}}

; whether an array owns its memory, and has none of the odd flags that views get from it
define internal i1 @is_owner(ptr %array) alwaysinline {{
  %flags = call i32 @half(ptr %array, i64 64)
  %looked = and i32 %flags, -1284
  %is_owner = icmp eq i32 %looked, 4
  ret i1 %is_owner
}}

; gives a view up, or has it wait when nothing else refers to it and it is as it was made; the array is let go either way
define internal void @take_back(ptr %self, i64 %k, ptr %view) {{
entry:
  %references = load i64, ptr %view
  %alone = icmp eq i64 %references, 1
  br i1 %alone, label %find, label %drop
find:  ; what the function did may have changed the record
  %record = call ptr @find_record(ptr %self)
  %unknown = icmp eq ptr %record, null
  br i1 %unknown, label %drop, label %number
number:
  %count = call i64 @word(ptr %record, i64 6)
  %is_row = icmp ult i64 %k, %count
  br i1 %is_row, label %compare, label %drop
compare:
  %first = call ptr @find_rows(ptr %record)
  %skipped = mul i64 %k, {ROW_WORDS}
  %row = getelementptr i64, ptr %first, i64 %skipped
  %what = call i64 @word(ptr %row, i64 1)
  %lends = icmp ugt i64 %what, 3
  %waiting_at = getelementptr i64, ptr %row, i64 {_WAITING}
  %waiting = load ptr, ptr %waiting_at
  %free = icmp eq ptr %waiting, null
  %axes = call i32 @half(ptr %view, i64 24)
  %axes64 = zext i32 %axes to i64
  %axes0 = call i64 @word(ptr %row, i64 4)
  %same_axes = icmp eq i64 %axes64, %axes0
  %weak = call ptr @field(ptr %view, i64 72)
  %no_weak = icmp eq ptr %weak, null
  %exported = call ptr @field(ptr %view, i64 80)
  %no_export = icmp eq ptr %exported, null
  %flags = call i32 @half(ptr %view, i64 64)
  %odd = and i32 %flags, -260
  %no_flags = icmp eq i32 %odd, 0
  %a = and i1 %lends, %free
  %b = and i1 %same_axes, %no_weak
  %c = and i1 %no_export, %no_flags
  %ab = and i1 %a, %b
  %all = and i1 %ab, %c
  br i1 %all, label %wait, label %drop
wait:
  %base = call ptr @field(ptr %view, i64 48)
  %base_at = getelementptr i8, ptr %view, i64 48
  store ptr null, ptr %base_at
  store ptr %view, ptr %waiting_at
  call void @Py_DecRef(ptr %base)
  ret void
drop:
  call void @Py_DecRef(ptr %view)
  ret void
}}

; a call of `accel.types.move`: an array that may be written gets another object, and a mark, which is a weak reference that nobody but `unmark` lets go
define ptr @move(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames) {{
entry:
  %given = and i64 %nargsf, 9223372036854775807
  %one = icmp eq i64 %given, 1
  %no_keywords = icmp eq ptr %kwnames, null
  %fits = and i1 %one, %no_keywords
  br i1 %fits, label %look, label %python
look:
  %array = load ptr, ptr %args
  %class = call ptr @field(ptr %array, i64 8)
  %is_array = icmp eq ptr %class, @ndarray
  br i1 %is_array, label %flags, label %python
flags:
  %flags_at = getelementptr i8, ptr %array, i64 64
  %held = load i32, ptr %flags_at
  %looked = and i32 %held, -264  ; how it is contiguous, whose the memory is, and that it is aligned, are no matter
  %is_usual = icmp eq i32 %looked, 1024
  br i1 %is_usual, label %view, label %python
view:
  %made = call ptr @make_view(ptr %array, i32 1024)
  %failed = icmp eq ptr %made, null
  br i1 %failed, label %out, label %mark
mark:
  %reference = call ptr @PyWeakref_NewRef(ptr %array, ptr @"accel.unmark")
  %no_mark = icmp eq ptr %reference, null
  br i1 %no_mark, label %drop, label %note
note:
  %count = load i64, ptr @"accel.moved"
  %more = add i64 %count, 1
  store i64 %more, ptr @"accel.moved"
  %now = load i32, ptr %flags_at
  %fixed = and i32 %now, -1025
  store i32 %fixed, ptr %flags_at
  br label %out
out:
  ret ptr %made
drop:
  call void @Py_DecRef(ptr %made)
  ret ptr null
python:
  %r = tail call ptr @plain(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames)
  ret ptr %r
}}

; what such a mark calls when its array ends
define ptr @unmark(ptr %nothing, ptr %mark) {{
  %count = load i64, ptr @"accel.moved"
  %less = add i64 %count, -1
  store i64 %less, ptr @"accel.moved"
  call void @Py_DecRef(ptr %mark)
  call void @Py_IncRef(ptr @_Py_NoneStruct)
  ret ptr @_Py_NoneStruct
}}
"""
