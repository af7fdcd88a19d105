"""LLVM text of the machine code that tells whether two arrays lie apart: those of calls which CPython makes.

`scripts/make-stubs` assembles it, behind `accel.lower.checks`, for plain x86-64 and writes `accel/runtime/stubs.py`. It may doubt
arrays that share nothing, and then NumPy is asked.
"""

from __future__ import annotations

__all__ = ["APART"]

APART = """
declare i64 @llvm.abs.i64(i64, i1)

; whether the arrays of all pairs of rows lie apart; what is null is no array
define internal i1 @are_apart(ptr %pairs, i64 %count, ptr %values) {
entry:
  br label %loop
loop:
  %k = phi i64 [ 0, %entry ], [ %k1, %next ]
  %more = icmp ult i64 %k, %count
  br i1 %more, label %pair, label %yes
pair:
  %at = shl i64 %k, 1
  %other_at = add i64 %at, 1
  %one = call i64 @word(ptr %pairs, i64 %at)
  %other = call i64 @word(ptr %pairs, i64 %other_at)
  %first_at = getelementptr ptr, ptr %values, i64 %one
  %second_at = getelementptr ptr, ptr %values, i64 %other
  %first = load ptr, ptr %first_at
  %second = load ptr, ptr %second_at
  %no_first = icmp eq ptr %first, null
  %no_second = icmp eq ptr %second, null
  %skip = or i1 %no_first, %no_second
  br i1 %skip, label %next, label %compare
compare:
  %whole = call { i64, i64 } @find_rest(ptr %first, i64 4611686018427387904)  ; a turn longer than any stride
  %whole2 = call { i64, i64 } @find_rest(ptr %second, i64 4611686018427387904)
  %low = extractvalue { i64, i64 } %whole, 0
  %extent = extractvalue { i64, i64 } %whole, 1
  %high = add i64 %low, %extent
  %low2 = extractvalue { i64, i64 } %whole2, 0
  %extent2 = extractvalue { i64, i64 } %whole2, 1
  %high2 = add i64 %low2, %extent2
  %before = icmp ule i64 %high, %low2
  %behind = icmp ule i64 %high2, %low
  %apart = or i1 %before, %behind
  br i1 %apart, label %next, label %close
close:
  %between = call i1 @lie_between(ptr %first, ptr %second)
  br i1 %between, label %next, label %no
next:
  %k1 = add i64 %k, 1
  br label %loop
yes:
  ret i1 true
no:
  ret i1 false
}

define internal i64 @find_divisor(i64 %a, i64 %b) {
entry:
  br label %loop
loop:
  %x = phi i64 [ %a, %entry ], [ %y, %step ]
  %y = phi i64 [ %b, %entry ], [ %rest, %step ]
  %done = icmp eq i64 %y, 0
  br i1 %done, label %end, label %step
step:
  %rest = urem i64 %x, %y
  br label %loop
end:
  ret i64 %x
}

; the common divisor of the strides by which an array is stepped through, and the longest stride; -1 for an array without elements
define internal { i64, i64 } @find_steps(ptr %array) {
entry:
  %axes32 = call i32 @half(ptr %array, i64 24)
  %axes = zext i32 %axes32 to i64
  %lengths = call ptr @field(ptr %array, i64 32)
  %strides = call ptr @field(ptr %array, i64 40)
  br label %axis
axis:
  %k = phi i64 [ 0, %entry ], [ %k1, %next ]
  %all = phi i64 [ 0, %entry ], [ %all1, %next ]
  %most = phi i64 [ 0, %entry ], [ %most1, %next ]
  %more = icmp ult i64 %k, %axes
  br i1 %more, label %look, label %done
look:
  %length = call i64 @word(ptr %lengths, i64 %k)
  %stride = call i64 @word(ptr %strides, i64 %k)
  %size = call i64 @llvm.abs.i64(i64 %stride, i1 false)
  %empty = icmp eq i64 %length, 0
  br i1 %empty, label %nothing, label %count
count:
  %long = icmp ugt i64 %length, 1
  br i1 %long, label %join, label %next
join:
  %divisor = call i64 @find_divisor(i64 %all, i64 %size)
  %larger = icmp ugt i64 %size, %most
  %largest = select i1 %larger, i64 %size, i64 %most
  br label %next
next:
  %all1 = phi i64 [ %all, %count ], [ %divisor, %join ]
  %most1 = phi i64 [ %most, %count ], [ %largest, %join ]
  %k1 = add i64 %k, 1
  br label %axis
done:
  %one = insertvalue { i64, i64 } undef, i64 %all, 0
  %both = insertvalue { i64, i64 } %one, i64 %most, 1
  ret { i64, i64 } %both
nothing:
  ret { i64, i64 } { i64 -1, i64 -1 }
}

; where an array begins, and how far it reaches, along the axes whose stride is no multiple of a number
define internal { i64, i64 } @find_rest(ptr %array, i64 %turn) alwaysinline {
entry:
  %data = call i64 @word(ptr %array, i64 2)
  %descr = call ptr @field(ptr %array, i64 56)
  %item = call i64 @word(ptr %descr, i64 5)
  %axes32 = call i32 @half(ptr %array, i64 24)
  %axes = zext i32 %axes32 to i64
  %lengths = call ptr @field(ptr %array, i64 32)
  %strides = call ptr @field(ptr %array, i64 40)
  br label %axis
axis:
  %k = phi i64 [ 0, %entry ], [ %k1, %look ]
  %low = phi i64 [ %data, %entry ], [ %low1, %look ]
  %extent = phi i64 [ %item, %entry ], [ %extent1, %look ]
  %more = icmp ult i64 %k, %axes
  br i1 %more, label %look, label %done
look:
  %length = call i64 @word(ptr %lengths, i64 %k)
  %stride = call i64 @word(ptr %strides, i64 %k)
  %over = srem i64 %stride, %turn
  %same = icmp eq i64 %over, 0
  %turns = sub i64 %length, 1
  %reach0 = mul i64 %turns, %stride
  %reach = select i1 %same, i64 0, i64 %reach0
  %back = icmp slt i64 %reach, 0
  %down = select i1 %back, i64 %reach, i64 0
  %size = call i64 @llvm.abs.i64(i64 %reach, i1 false)
  %low1 = add i64 %low, %down
  %extent1 = add i64 %extent, %size
  %k1 = add i64 %k, 1
  br label %axis
done:
  %one = insertvalue { i64, i64 } undef, i64 %low, 0
  %both = insertvalue { i64, i64 } %one, i64 %extent, 1
  ret { i64, i64 } %both
}

; whether one array lies in gaps of the other that come again after so many bytes
define internal i1 @lie_in_gaps(ptr %first, ptr %second, i64 %turn) {
entry:
  %none = icmp eq i64 %turn, 0
  br i1 %none, label %no, label %look
look:
  %rest = call { i64, i64 } @find_rest(ptr %first, i64 %turn)
  %rest2 = call { i64, i64 } @find_rest(ptr %second, i64 %turn)
  %low = extractvalue { i64, i64 } %rest, 0
  %extent = extractvalue { i64, i64 } %rest, 1
  %low2 = extractvalue { i64, i64 } %rest2, 0
  %extent2 = extractvalue { i64, i64 } %rest2, 1
  %distance = sub i64 %low2, %low
  %over = srem i64 %distance, %turn
  %before = icmp slt i64 %over, 0
  %moved = add i64 %over, %turn
  %place = select i1 %before, i64 %moved, i64 %over
  %behind = icmp uge i64 %place, %extent
  %end = add i64 %place, %extent2
  %within = icmp ule i64 %end, %turn
  %apart = and i1 %behind, %within
  ret i1 %apart
no:
  ret i1 false
}

; whether two arrays whose ranges of bytes meet lie apart all the same: every other element, some columns and others
define internal i1 @lie_between(ptr %first, ptr %second) noinline {
entry:
  %steps = call { i64, i64 } @find_steps(ptr %first)
  %steps2 = call { i64, i64 } @find_steps(ptr %second)
  %all = extractvalue { i64, i64 } %steps, 0
  %all2 = extractvalue { i64, i64 } %steps2, 0
  %no_first = icmp eq i64 %all, -1
  %no_second = icmp eq i64 %all2, -1
  %empty = or i1 %no_first, %no_second
  br i1 %empty, label %yes, label %elements
elements:
  %turn = call i64 @find_divisor(i64 %all, i64 %all2)
  %apart = call i1 @lie_in_gaps(ptr %first, ptr %second, i64 %turn)
  br i1 %apart, label %yes, label %rows
rows:
  %most = extractvalue { i64, i64 } %steps, 1
  %most2 = extractvalue { i64, i64 } %steps2, 1
  %row = call i64 @find_divisor(i64 %most, i64 %most2)
  %in_rows = call i1 @lie_in_gaps(ptr %first, ptr %second, i64 %row)
  ret i1 %in_rows
yes:
  ret i1 true
}
"""
