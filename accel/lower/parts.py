"""LLVM text that splits a loop over elements into parts which threads share: a part of `accel.lower.pool`, whose `perform` it calls.

Each part runs under the GIL, which the loop itself gives up, and in a copy of the caller's context. Of the parts that raise, the first one's exception is
kept. How long the first elements take tells whether threads pay.
"""

from __future__ import annotations

__all__ = ["ENDING", "ENTERING", "SPLIT", "places"]

ENDING = 19  # word of the state: whether the interpreter is about to end
ENTERING = 288  # word of the state: how many workers are on their way into the interpreter

_FRAME = {
    "loop": 0, "context": 1, "data": 2, "strides": 3, "aux": 4, "operands": 5, "variables": 6, "first": 7, "type": 8, "value": 9, "trace": 10,
}  # fmt: skip
_PROBE = 512  # elements whose time tells whether threads pay
_WORTH_CYCLES = 300_000  # of work that is worth a region, whose threads take the GIL twice
_PARTS_PER_THREAD = 4
_PART_CYCLES_LOG2 = 26  # a part takes some 20 milliseconds, so that an interrupt comes through
_NONE = 2**63 - 1


def places(base: str, table: dict[str, int], *names: str) -> str:
    """Addresses `%<base>_<name>` of words of 8 bytes behind `%<base>`."""
    return "\n".join(f"  %{base}_{name} = getelementptr ptr, ptr %{base}, i64 {table[name]}" for name in names)


SPLIT = f"""
declare i64 @llvm.readcyclecounter()
declare i32 @PyGILState_Ensure()
declare ptr @PyGILState_GetThisThreadState()
declare void @PyGILState_Release(i32)
declare ptr @PyEval_SaveThread()
declare void @PyEval_RestoreThread(ptr)
declare ptr @PyContext_CopyCurrent()
declare ptr @PyContext_Copy(ptr)
declare i32 @PyContext_Enter(ptr)
declare i32 @PyContext_Exit(ptr)
declare void @PyErr_Fetch(ptr, ptr, ptr)
declare void @PyErr_Restore(ptr, ptr, ptr)
declare void @PyErr_SetString(ptr, ptr)
declare void @Py_DecRef(ptr)
declare void @PyErr_Clear()
declare i32 @Py_MakePendingCalls()
declare i32 @PyErr_GivenExceptionMatches(ptr, ptr)
@PyExc_KeyboardInterrupt = external global ptr
@PyExc_RuntimeError = external global ptr
@pool_state = external global i8
@p.forked = private constant [64 x i8] c"this process was forked inside a call that other threads shared\\00"

; take the GIL, and tell `end` that this worker is in: it announced itself when it took the chunk
define internal i32 @enter() {{
entry:
  %known = call ptr @PyGILState_GetThisThreadState()
  %gil = call i32 @PyGILState_Ensure()
  %is_worker = icmp eq ptr %known, null
  br i1 %is_worker, label %arrive, label %out
arrive:
  %entering_at = getelementptr i64, ptr @pool_state, i64 {ENTERING}
  %entering = atomicrmw sub ptr %entering_at, i64 1 seq_cst
  br label %out
out:
  ret i32 %gil
}}

; a loop over elements, of NumPy's form, on a part of them: the state of `split`, then its region's
define internal i64 @part(ptr %f, i64 %begin, i64 %end, ptr %low) {{
entry:
  %places = alloca [64 x ptr]
  %count = alloca i64
  %error = alloca [3 x ptr]
  %value_at = getelementptr ptr, ptr %error, i64 1
  %trace_at = getelementptr ptr, ptr %error, i64 2
{places("f", _FRAME, "loop", "context", "data", "strides", "aux", "operands", "variables", "first", "type", "value", "trace")}
  %loop = load ptr, ptr %f_loop
  %context = load ptr, ptr %f_context
  %data = load ptr, ptr %f_data
  %strides = load ptr, ptr %f_strides
  %aux = load ptr, ptr %f_aux
  %operands = load i64, ptr %f_operands
  %variables = load ptr, ptr %f_variables
  br label %place
place:
  %k = phi i64 [ 0, %entry ], [ %k1, %place ]
  %from_at = getelementptr ptr, ptr %data, i64 %k
  %from = load ptr, ptr %from_at
  %stride_at = getelementptr i64, ptr %strides, i64 %k
  %stride = load i64, ptr %stride_at
  %way = mul i64 %stride, %begin
  %to = getelementptr i8, ptr %from, i64 %way
  %to_at = getelementptr ptr, ptr %places, i64 %k
  store ptr %to, ptr %to_at
  %k1 = add i64 %k, 1
  %more = icmp slt i64 %k1, %operands
  br i1 %more, label %place, label %enter
enter:
  %size = sub i64 %end, %begin
  store i64 %size, ptr %count
  %gil = call i32 @enter()
  %own = call ptr @PyContext_Copy(ptr %variables)
  %none = icmp eq ptr %own, null
  br i1 %none, label %failed, label %run
run:
  %in = call i32 @PyContext_Enter(ptr %own)
  %r = call i32 %loop(ptr %context, ptr %places, ptr %count, ptr %strides, ptr %aux)
  call void @PyErr_Fetch(ptr %error, ptr %value_at, ptr %trace_at)
  %out = call i32 @PyContext_Exit(ptr %own)
  call void @Py_DecRef(ptr %own)
  %bad = icmp slt i32 %r, 0
  br i1 %bad, label %compare, label %good
failed:
  call void @PyErr_Fetch(ptr %error, ptr %value_at, ptr %trace_at)
  br label %compare
compare:                                           ; the first part that failed keeps its exception; the GIL is held
  %first = load i64, ptr %f_first
  %type = load ptr, ptr %error
  %value = load ptr, ptr %value_at
  %trace = load ptr, ptr %trace_at
  %class = load ptr, ptr @PyExc_KeyboardInterrupt
  %matches = call i32 @PyErr_GivenExceptionMatches(ptr %type, ptr %class)
  %stops = icmp ne i32 %matches, 0                 ; no element is to blame: it ends all
  %rank = select i1 %stops, i64 -2, i64 %begin
  %more_signals = call i32 @Py_MakePendingCalls()  ; CPython 3.11 keeps saying that a signal waits until it is asked again
  call void @PyErr_Clear()
  %earlier = icmp slt i64 %rank, %first
  br i1 %earlier, label %keep, label %drop
keep:
  %old_type = load ptr, ptr %f_type
  %old_value = load ptr, ptr %f_value
  %old_trace = load ptr, ptr %f_trace
  store i64 %rank, ptr %f_first
  store ptr %type, ptr %f_type
  store ptr %value, ptr %f_value
  store ptr %trace, ptr %f_trace
  br label %drop
drop:
  %d0 = phi ptr [ %type, %compare ], [ %old_type, %keep ]
  %d1 = phi ptr [ %value, %compare ], [ %old_value, %keep ]
  %d2 = phi ptr [ %trace, %compare ], [ %old_trace, %keep ]
  call void @Py_DecRef(ptr %d0)
  call void @Py_DecRef(ptr %d1)
  call void @Py_DecRef(ptr %d2)
  br label %good
good:
  %answer = phi i64 [ -1, %run ], [ %rank, %drop ]
  call void @PyGILState_Release(i32 %gil)
  ret i64 %answer
}}

; a loop over elements on several threads, if that pays: how long the first ones take tells. Called with the GIL.
define i32 @split(ptr %loop, i64 %threads, i64 %operands, ptr %context, ptr %data, ptr %dims, ptr %strides, ptr %aux) {{
entry:
  %places = alloca [64 x ptr]
  %count = alloca i64
  %f = alloca [16 x i64]
{places("f", _FRAME, "loop", "context", "data", "strides", "aux", "operands", "variables", "first", "type", "value", "trace")}
  %total = load i64, ptr %dims
  store i64 {_PROBE}, ptr %count
  %start = call i64 @llvm.readcyclecounter()
  %p = call i32 %loop(ptr %context, ptr %data, ptr %count, ptr %strides, ptr %aux)
  %stop = call i64 @llvm.readcyclecounter()
  %refused = icmp slt i32 %p, 0
  br i1 %refused, label %give, label %place
give:
  ret i32 -1
place:
  %k = phi i64 [ 0, %entry ], [ %k1, %place ]
  %from_at = getelementptr ptr, ptr %data, i64 %k
  %from = load ptr, ptr %from_at
  %stride_at = getelementptr i64, ptr %strides, i64 %k
  %stride = load i64, ptr %stride_at
  %way = mul i64 %stride, {_PROBE}
  %to = getelementptr i8, ptr %from, i64 %way
  %to_at = getelementptr ptr, ptr %places, i64 %k
  store ptr %to, ptr %to_at
  %k1 = add i64 %k, 1
  %more = icmp slt i64 %k1, %operands
  br i1 %more, label %place, label %judge
judge:
  %left = sub i64 %total, {_PROBE}
  %took = sub i64 %stop, %start
  %each = udiv i64 %took, {_PROBE // 16}
  %wide = mul i64 %each, %left
  %cost = lshr i64 %wide, 4
  %pays = icmp ugt i64 %cost, {_WORTH_CYCLES}
  br i1 %pays, label %parts, label %alone
alone:
  store i64 %left, ptr %count
  %a = call i32 %loop(ptr %context, ptr %places, ptr %count, ptr %strides, ptr %aux)
  ret i32 %a
parts:
  %variables = call ptr @PyContext_CopyCurrent()
  %none = icmp eq ptr %variables, null
  br i1 %none, label %give, label %fill
fill:
  store ptr %loop, ptr %f_loop
  store ptr %context, ptr %f_context
  store ptr %places, ptr %f_data
  store ptr %strides, ptr %f_strides
  store ptr %aux, ptr %f_aux
  store i64 %operands, ptr %f_operands
  store ptr %variables, ptr %f_variables
  store i64 {_NONE}, ptr %f_first
  store ptr null, ptr %f_type
  store ptr null, ptr %f_value
  store ptr null, ptr %f_trace
  %few = mul i64 %threads, {_PARTS_PER_THREAD}
  %many = lshr i64 %cost, {_PART_CYCLES_LOG2}
  %longer = icmp ugt i64 %many, %few
  %number = select i1 %longer, i64 %many, i64 %few
  %size = udiv i64 %left, %number
  %up = add i64 %size, 255
  %chunk0 = and i64 %up, -256
  %is_small = icmp slt i64 %chunk0, 256
  %chunk = select i1 %is_small, i64 256, i64 %chunk0
  %saved = call ptr @PyEval_SaveThread()
  %r = call i64 @perform(ptr @pool_state, ptr @part, ptr %f, i64 %left, i64 %chunk, i64 %threads, i64 1)
  call void @PyEval_RestoreThread(ptr %saved)
  call void @Py_DecRef(ptr %variables)
  %good = icmp eq i64 %r, -1
  br i1 %good, label %over, label %bad
over:
  ret i32 0
bad:
  %type = load ptr, ptr %f_type
  %value = load ptr, ptr %f_value
  %trace = load ptr, ptr %f_trace
  %known = icmp ne ptr %type, null
  br i1 %known, label %raise, label %child
raise:
  call void @PyErr_Restore(ptr %type, ptr %value, ptr %trace)
  ret i32 -1
child:
  %class = load ptr, ptr @PyExc_RuntimeError
  call void @PyErr_SetString(ptr %class, ptr @p.forked)
  ret i32 -1
}}
"""
