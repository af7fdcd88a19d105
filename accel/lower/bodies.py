"""LLVM text of regions that Python opens, whose bodies are Python functions or tasks (`accel.lower.tasks`): a part of `accel.lower.pool`.

All of a region is one call of machine code, so that no signal can leave it half open. An exception that gets out of a body, or out of a handler of
signals while others are waited for, ends the region, which raises it. Compiled loops that workers run without the GIL look at the word `stopped`
then, and leave (`accel.lower.detached`).
"""

from __future__ import annotations

from accel.lower.parts import places

__all__ = ["BODIES", "FRAME"]

FRAME = {  # what a region keeps; tasks have more behind it
    "callable": 0, "type": 1, "value": 2, "trace": 3, "stopped": 4, "thread": 5, "opener": 6,
}  # fmt: skip
_POLL_NS = 20_000_000  # how often signals are looked for while others are waited for
_NONE = 2**63 - 1
_FORKED = "this process was forked inside a parallel region, whose other threads are not here"


BODIES = f"""
declare ptr @PyLong_FromLongLong(i64)
declare void @Py_IncRef(ptr)
@_Py_NoneStruct = external global i8
declare i64 @PyLong_AsLongLong(ptr)
declare ptr @PyObject_Vectorcall(ptr, ptr, i64, ptr)
declare ptr @PyErr_Occurred()
declare i32 @PyErr_CheckSignals()
declare i32 @pthread_setspecific(i32, ptr)
@accel.watch_key = external global i32
@b.forked = private constant [{len(_FORKED) + 1} x i8] c"{_FORKED}\\00"

; keep what was raised here, unless another chunk's exception is kept already
define internal void @keep(ptr %f) {{
entry:
  %error = alloca [3 x ptr]
  %value_at = getelementptr ptr, ptr %error, i64 1
  %trace_at = getelementptr ptr, ptr %error, i64 2
{places("f", FRAME, "type", "value", "trace")}
  call void @PyErr_Fetch(ptr %error, ptr %value_at, ptr %trace_at)
  %type = load ptr, ptr %error
  %value = load ptr, ptr %value_at
  %trace = load ptr, ptr %trace_at
  %known = load ptr, ptr %f_type
  %first = icmp eq ptr %known, null
  br i1 %first, label %store, label %drop
store:
  store ptr %type, ptr %f_type
  store ptr %value, ptr %f_value
  store ptr %trace, ptr %f_trace
  ret void
drop:
  call void @Py_DecRef(ptr %type)
  call void @Py_DecRef(ptr %value)
  call void @Py_DecRef(ptr %trace)
  ret void
}}

; a chunk: callable(begin, end, address of the lowest iteration that has failed)
define internal i64 @python_part(ptr %f, i64 %begin, i64 %end, ptr %low) {{
entry:
  %array = alloca [3 x ptr]
  %end_at = getelementptr ptr, ptr %array, i64 1
  %low_at = getelementptr ptr, ptr %array, i64 2
{places("f", FRAME, "callable", "stopped")}
  %known = call ptr @PyGILState_GetThisThreadState()
  %is_worker = icmp eq ptr %known, null
  %key = load i32, ptr @accel.watch_key
  %gil = call i32 @enter()
  %callable = load ptr, ptr %f_callable
  %address = ptrtoint ptr %low to i64
  %a0 = call ptr @PyLong_FromLongLong(i64 %begin)
  %a1 = call ptr @PyLong_FromLongLong(i64 %end)
  %a2 = call ptr @PyLong_FromLongLong(i64 %address)
  store ptr %a0, ptr %array
  store ptr %a1, ptr %end_at
  store ptr %a2, ptr %low_at
  %n0 = icmp eq ptr %a0, null
  %n1 = icmp eq ptr %a1, null
  %n2 = icmp eq ptr %a2, null
  %n01 = or i1 %n0, %n1
  %missing = or i1 %n01, %n2
  br i1 %missing, label %drop, label %call
call:
  br i1 %is_worker, label %watch, label %go
watch:
  %set = call i32 @pthread_setspecific(i32 %key, ptr %f_stopped)
  br label %go
go:
  %r = call ptr @PyObject_Vectorcall(ptr %callable, ptr %array, i64 3, ptr null)
  %failed = icmp eq ptr %r, null
  br i1 %failed, label %drop, label %read
read:
  %number = call i64 @PyLong_AsLongLong(ptr %r)
  call void @Py_DecRef(ptr %r)
  br label %drop
drop:
  %came = phi i64 [ -2, %entry ], [ -2, %go ], [ %number, %read ]
  call void @Py_DecRef(ptr %a0)
  call void @Py_DecRef(ptr %a1)
  call void @Py_DecRef(ptr %a2)
  %raised = call ptr @PyErr_Occurred()
  %good = icmp eq ptr %raised, null
  br i1 %good, label %out, label %stop
stop:
  call void @keep(ptr %f)
  br label %out
out:
  %answer = phi i64 [ %came, %drop ], [ -2, %stop ]
  %cancels = icmp eq i64 %answer, -2
  br i1 %cancels, label %tell, label %unwatch
tell:
  store atomic i32 1, ptr %f_stopped monotonic, align 4
  br label %unwatch
unwatch:
  br i1 %is_worker, label %forget, label %leave
forget:
  %unset = call i32 @pthread_setspecific(i32 %key, ptr null)
  br label %leave
leave:
  call void @PyGILState_Release(i32 %gil)
  ret i64 %answer
}}

; a region from beginning to end, as a C function of Python's: (callable, count, chunk, threads) -> -1, -2, or the lowest iteration that failed
define ptr @region(ptr %self, ptr %args, i64 %nargs) {{
entry:
  %f = alloca [7 x ptr]
  %a1 = getelementptr ptr, ptr %args, i64 1
  %a2 = getelementptr ptr, ptr %args, i64 2
  %a3 = getelementptr ptr, ptr %args, i64 3
  %callable = load ptr, ptr %args
  %o1 = load ptr, ptr %a1
  %o2 = load ptr, ptr %a2
  %o3 = load ptr, ptr %a3
  %count = call i64 @PyLong_AsLongLong(ptr %o1)
  %chunk = call i64 @PyLong_AsLongLong(ptr %o2)
  %threads = call i64 @PyLong_AsLongLong(ptr %o3)
{places("f", FRAME, "callable")}
  store ptr %callable, ptr %f_callable
  %answer = call ptr @whole(ptr @python_part, ptr %f, i64 %count, i64 %chunk, i64 %threads, i64 1)
  ret ptr %answer
}}

; as a C function of Python's: (threads) -> None. A region for so many is about to be opened: workers wake meanwhile.
define ptr @expect(ptr %self, ptr %args, i64 %nargs) {{
  %o = load ptr, ptr %args
  %threads = call i64 @PyLong_AsLongLong(ptr %o)
  %helpers = sub i64 %threads, 1
  call void @rouse(ptr @pool_state, i64 %helpers)
  call void @Py_IncRef(ptr @_Py_NoneStruct)
  ret ptr @_Py_NoneStruct
}}

; a region for a body and its frame. Called with the GIL, which bodies have to take for themselves.
define internal ptr @whole(ptr %body, ptr %f, i64 %count, i64 %chunk, i64 %threads, i64 %python) {{
entry:
  %none = alloca i64
{places("f", FRAME, "type", "value", "trace", "stopped", "thread", "opener")}
  store ptr null, ptr %f_stopped
  store ptr null, ptr %f_type
  store i64 {_NONE}, ptr %none
  %me = call i64 @pthread_self()
  %saved = call ptr @PyEval_SaveThread()
  store i64 %me, ptr %f_opener
  store ptr %saved, ptr %f_thread
  %r = call ptr @open(ptr @pool_state, ptr %body, ptr %f, i64 %count, i64 %chunk, i64 %threads, i64 %python)
  %full = icmp eq ptr %r, null
  br i1 %full, label %alone, label %share
alone:
  %one = call i64 %body(ptr %f, i64 0, i64 %count, ptr %none)
  call void @PyEval_RestoreThread(ptr %saved)
  br label %end
share:
  %did = call i64 @share(ptr null, ptr %r)
  br label %join
join:
  %state = call i64 @wait(ptr %r, i64 {_POLL_NS})
  call void @PyEval_RestoreThread(ptr %saved)
  switch i64 %state, label %poll [
    i64 1, label %over
    i64 2, label %child
  ]
poll:
  %raised = call i32 @PyErr_CheckSignals()
  %quiet = icmp eq i32 %raised, 0
  br i1 %quiet, label %again, label %interrupt
interrupt:
  call void @keep(ptr %f)
  store atomic i32 1, ptr %f_stopped monotonic, align 4
  call void @cancel(ptr %r)
  br label %again
again:
  %released = call ptr @PyEval_SaveThread()
  br label %join
over:
  %all = call i64 @close(ptr %r)
  br label %end
end:
  %answer = phi i64 [ %one, %alone ], [ %all, %over ]
  %type = load ptr, ptr %f_type
  %clean = icmp eq ptr %type, null
  br i1 %clean, label %give, label %raise
give:
  %number = call ptr @PyLong_FromLongLong(i64 %answer)
  ret ptr %number
raise:
  %value = load ptr, ptr %f_value
  %trace = load ptr, ptr %f_trace
  call void @PyErr_Restore(ptr %type, ptr %value, ptr %trace)
  ret ptr null
child:
  %class = load ptr, ptr @PyExc_RuntimeError
  call void @PyErr_SetString(ptr %class, ptr @b.forked)
  ret ptr null
}}
"""
