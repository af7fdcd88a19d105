"""LLVM text of the machine code that counts and times the calls of one function, under `accel run`.

`scripts/make-stubs` assembles it for plain x86-64 and writes `accel/runtime/stubs.py`.
"""

from __future__ import annotations

__all__ = ["METER"]

# A record: address of what serves the calls, calls so far, nanoseconds in them, calls under way, outermost calls that have ended. The time of a call inside
# a call of the same function is part of the outer one's.
METER = """
@record = external global [5 x i64]
declare i32 @clock_gettime(i32, ptr)

define ptr @meter(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames) {
  %calls_at = getelementptr i64, ptr @record, i64 1
  %calls = load i64, ptr %calls_at
  %calls1 = add i64 %calls, 1
  store i64 %calls1, ptr %calls_at
  %depth_at = getelementptr i64, ptr @record, i64 3
  %depth = load i64, ptr %depth_at
  %depth1 = add i64 %depth, 1
  store i64 %depth1, ptr %depth_at
  %start = call i64 @now()
  %target = load ptr, ptr @record
  %r = call ptr %target(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames)
  %left = load i64, ptr %depth_at
  %left1 = add i64 %left, -1
  store i64 %left1, ptr %depth_at
  %outermost = icmp eq i64 %left1, 0
  br i1 %outermost, label %add, label %done
add:
  %end = call i64 @now()
  %took = sub i64 %end, %start
  %time_at = getelementptr i64, ptr @record, i64 2
  %time = load i64, ptr %time_at
  %time1 = add i64 %time, %took
  store i64 %time1, ptr %time_at
  %ended_at = getelementptr i64, ptr @record, i64 4
  %ended = load i64, ptr %ended_at
  %ended1 = add i64 %ended, 1
  store i64 %ended1, ptr %ended_at
  br label %done
done:
  ret ptr %r
}

define internal i64 @now() {
  %time = alloca [2 x i64]
  %ignored = call i32 @clock_gettime(i32 1, ptr %time)  ; the monotonic clock
  %seconds = load i64, ptr %time
  %rest_at = getelementptr i64, ptr %time, i64 1
  %rest = load i64, ptr %rest_at
  %scaled = mul i64 %seconds, 1000000000
  %all = add i64 %scaled, %rest
  ret i64 %all
}
"""
