"""This module opens parallel regions of two threads with accel's pool: machine code that calls it, as compiled code does."""

import ctypes

from accel.lower.machine import assemble
from accel.runtime.image import Image, Loaded
from accel.runtime.pool import pool
from accel.runtime.symbols import resolve

TEXT = """
declare i64 @pool_run(ptr, ptr, ptr, i64, i64, i64)

define internal i64 @body(ptr %frame, i64 %begin, i64 %end, ptr %low) {
entry:
  %out = load ptr, ptr %frame
  %steps_at = getelementptr i64, ptr %frame, i64 1
  %steps = load i64, ptr %steps_at
  %round_at = getelementptr i64, ptr %frame, i64 2
  %round = load i64, ptr %round_at
  br label %iteration
iteration:
  %i = phi i64 [ %begin, %entry ], [ %i1, %done ]
  %empty = icmp slt i64 %steps, 1
  br i1 %empty, label %done, label %step
step:
  %k = phi i64 [ 0, %iteration ], [ %k1, %step ]
  %x = phi i64 [ 3, %iteration ], [ %x1, %step ]
  %square = mul i64 %x, %x
  %x1 = xor i64 %square, %k
  %k1 = add i64 %k, 1
  %more_steps = icmp slt i64 %k1, %steps
  br i1 %more_steps, label %step, label %done
done:
  %found = phi i64 [ 3, %iteration ], [ %x1, %step ]
  %value = add i64 %found, %round
  %word = mul i64 %i, 8
  %at = getelementptr i64, ptr %out, i64 %word
  store i64 %value, ptr %at
  %i1 = add i64 %i, 1
  %more = icmp slt i64 %i1, %end
  br i1 %more, label %iteration, label %out_of_it
out_of_it:
  ret i64 -1
}

define void @regions(ptr %state, ptr %out, i64 %rounds, i64 %steps) {
entry:
  %frame = alloca [3 x i64]
  %steps_at = getelementptr i64, ptr %frame, i64 1
  %round_at = getelementptr i64, ptr %frame, i64 2
  store ptr %out, ptr %frame
  store i64 %steps, ptr %steps_at
  br label %loop
loop:
  %r = phi i64 [ 0, %entry ], [ %r1, %loop ]
  store i64 %r, ptr %round_at
  %answer = call i64 @pool_run(ptr %state, ptr @body, ptr %frame, i64 2, i64 1, i64 2)
  %r1 = add i64 %r, 1
  %more = icmp slt i64 %r1, %rounds
  br i1 %more, label %loop, label %end
end:
  ret void
}
"""

_pool = pool()
_code = Loaded(Image.loads(assemble(TEXT)), lambda name: _pool.address("run") if name == "pool_run" else resolve(name))
_regions = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)(_code["regions"])


def regions(out, rounds, steps):
    _regions(_pool.state, out.ctypes.data, rounds, steps)
