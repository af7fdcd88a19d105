"""LLVM text of regions whose bodies are tasks: calls of compiled functions that were prepared before, and do without the GIL. A part of `accel.lower.pool`.

A task is a function and a room: its arguments, unboxed, with space for its result behind them (`accel.lower.prepared`). So threads that share tasks
need the interpreter only where compiled code leaves. A worker that does so takes the GIL, enters a copy of the opener's context, and is out again when
the task is done.

The table of a frame has three words for each task: the function, the room, and what became of it: 0 when its result is in the room, 1 when it raised,
2 when CPython ended it, -1 when it was not done. What was raised, or given then, is in the list. `signals` is the word that tells the opener of them.
"""

from __future__ import annotations

from accel.lower.bodies import FRAME
from accel.lower.detached import ENTER
from accel.lower.parts import ENDING, ENTERING, places

__all__ = ["TASKS"]

_FRAME = {**FRAME, "table": FRAME["callable"], "variables": 7, "results": 8, "enter": ENTER, "signals": 10}  # tasks find their entry to the interpreter there
_STATE = {"object": 0, "thread": 4, "watched": 5, "frame": 6, "gil": 7, "context": 8}  # words of a task's state (`accel.lower.detached`)


TASKS = f"""
declare i64 @pthread_self()
declare ptr @pthread_getspecific(i32)
declare i32 @PyList_SetItem(ptr, i64, ptr)
declare void @PyErr_NormalizeException(ptr, ptr, ptr)
declare i32 @PyException_SetTraceback(ptr, ptr)

; in a task's state: how it gets the GIL, and which word its loops look at
define internal void @begin_task(ptr %f, ptr %s) {{
{places("f", _FRAME, "stopped", "thread", "opener", "signals")}
{places("s", _STATE, "thread", "watched", "frame")}
  %me = call i64 @pthread_self()
  %opener = load i64, ptr %f_opener
  %opens = icmp eq i64 %me, %opener
  %thread = load ptr, ptr %f_thread
  %mark = select i1 %opens, ptr %thread, ptr inttoptr (i64 1 to ptr)
  %key = load i32, ptr @accel.watch_key
  %own = call ptr @pthread_getspecific(i32 %key)
  %free = icmp eq ptr %own, null
  %signals = load ptr, ptr %f_signals
  %mine = select i1 %free, ptr %signals, ptr %own
  %watched = select i1 %opens, ptr %mine, ptr %f_stopped
  store ptr %mark, ptr %s_thread
  store ptr %watched, ptr %s_watched
  store ptr %f, ptr %s_frame
  ret void
}}

; into the interpreter, for a task of a worker. When the interpreter is about to end nobody waits for the worker any more.
define internal void @enter_task(ptr %s) {{
entry:
{places("s", _STATE, "frame", "gil", "context")}
  %entering_at = getelementptr i64, ptr @pool_state, i64 {ENTERING}
  %ending_at = getelementptr i64, ptr @pool_state, i64 {ENDING}
  %entering = atomicrmw add ptr %entering_at, i64 1 seq_cst
  %ending = load atomic i64, ptr %ending_at seq_cst, align 8
  %ends = icmp ne i64 %ending, 0
  br i1 %ends, label %retreat, label %go
retreat:
  %left = atomicrmw sub ptr %entering_at, i64 1 seq_cst
  br label %stay
stay:
  %z = call i32 @usleep(i32 100000)
  br label %stay
go:
  %gil = call i32 @enter()
  store i32 %gil, ptr %s_gil
  %f = load ptr, ptr %s_frame
{places("f", _FRAME, "variables")}
  %variables = load ptr, ptr %f_variables
  %own = call ptr @PyContext_Copy(ptr %variables)
  store ptr %own, ptr %s_context
  %none = icmp eq ptr %own, null
  br i1 %none, label %without, label %within
without:                                           ; there is no memory: its own context then
  call void @PyErr_Clear()
  ret void
within:
  %in = call i32 @PyContext_Enter(ptr %own)
  ret void
}}

; what became of task k: -1, k when it raised, -2 when it was stopped. Out of the interpreter again.
define internal i64 @finish_task(ptr %f, ptr %s, i64 %k, i32 %status) {{
entry:
  %error = alloca [3 x ptr]
  %value_at = getelementptr ptr, ptr %error, i64 1
  %trace_at = getelementptr ptr, ptr %error, i64 2
{places("f", _FRAME, "table", "stopped", "thread", "opener", "results")}
{places("s", _STATE, "object", "thread", "gil", "context")}
  %table = load ptr, ptr %f_table
  %results = load ptr, ptr %f_results
  %row = mul i64 %k, 3
  %word = add i64 %row, 2
  %status_at = getelementptr i64, ptr %table, i64 %word
  %status64 = sext i32 %status to i64
  store i64 %status64, ptr %status_at
  switch i32 %status, label %raised [
    i32 0, label %leave
    i32 2, label %given
  ]
given:
  %object = load ptr, ptr %s_object
  %set = call i32 @PyList_SetItem(ptr %results, i64 %k, ptr %object)
  br label %leave
raised:
  call void @PyErr_Fetch(ptr %error, ptr %value_at, ptr %trace_at)
  call void @PyErr_NormalizeException(ptr %error, ptr %value_at, ptr %trace_at)
  %type = load ptr, ptr %error
  %value = load ptr, ptr %value_at
  %trace = load ptr, ptr %trace_at
  %class = load ptr, ptr @PyExc_KeyboardInterrupt
  %stops = call i32 @PyErr_GivenExceptionMatches(ptr %type, ptr %class)
  %plain = icmp eq ptr %trace, null
  br i1 %plain, label %keep, label %traced
traced:
  %with = call i32 @PyException_SetTraceback(ptr %value, ptr %trace)
  call void @Py_DecRef(ptr %trace)
  br label %keep
keep:
  call void @Py_DecRef(ptr %type)
  %set1 = call i32 @PyList_SetItem(ptr %results, i64 %k, ptr %value)
  %fails = icmp eq i32 %stops, 0
  br i1 %fails, label %leave, label %stop
stop:
  store atomic i32 1, ptr %f_stopped monotonic, align 4
  br label %leave
leave:
  %answer = phi i64 [ -1, %entry ], [ -1, %given ], [ %k, %keep ], [ -2, %stop ]
  %thread = load ptr, ptr %s_thread
  %me = call i64 @pthread_self()
  %opener = load i64, ptr %f_opener
  %opens = icmp eq i64 %me, %opener
  br i1 %opens, label %opening, label %working
opening:
  %attached = icmp eq ptr %thread, null
  br i1 %attached, label %detach, label %out
detach:
  %saved = call ptr @PyEval_SaveThread()
  br label %out
working:
  %how = ptrtoint ptr %thread to i64
  switch i64 %how, label %restore [
    i64 1, label %out
    i64 0, label %release
  ]
restore:
  call void @PyEval_RestoreThread(ptr %thread)
  br label %release
release:
  %context = load ptr, ptr %s_context
  %none = icmp eq ptr %context, null
  br i1 %none, label %give, label %exit
exit:
  %e = call i32 @PyContext_Exit(ptr %context)
  call void @Py_DecRef(ptr %context)
  br label %give
give:
  %gil = load i32, ptr %s_gil
  call void @PyGILState_Release(i32 %gil)
  br label %out
out:
  ret i64 %answer
}}

; some tasks, one after the other: those of a chunk, or all of them
define internal i64 @task_part(ptr %f, i64 %begin, i64 %end, ptr %low) {{
entry:
  %s = alloca [9 x i64]
{places("f", _FRAME, "table")}
  %table = load ptr, ptr %f_table
  br label %next
next:
  %k = phi i64 [ %begin, %entry ], [ %k1, %did ]
  %row = mul i64 %k, 3
  %task = getelementptr i64, ptr %table, i64 %row
  %room_at = getelementptr i64, ptr %task, i64 1
  %does = load ptr, ptr %task
  %room = load ptr, ptr %room_at
  call void @begin_task(ptr %f, ptr %s)
  %status = call i32 %does(ptr %room, ptr %s)
  %came = call i64 @finish_task(ptr %f, ptr %s, i64 %k, i32 %status)
  %good = icmp eq i64 %came, -1
  %k1 = add i64 %k, 1
  br i1 %good, label %did, label %out
did:
  %more = icmp slt i64 %k1, %end
  br i1 %more, label %next, label %out
out:
  %answer = phi i64 [ %came, %next ], [ -1, %did ]
  ret i64 %answer
}}

; all tasks, as a C function of Python's: (address of the frame, their number, threads) -> -1, -2, or the lowest that has failed
define ptr @tasks(ptr %self, ptr %args, i64 %nargs) {{
entry:
  %a1 = getelementptr ptr, ptr %args, i64 1
  %a2 = getelementptr ptr, ptr %args, i64 2
  %o0 = load ptr, ptr %args
  %o1 = load ptr, ptr %a1
  %o2 = load ptr, ptr %a2
  %address = call i64 @PyLong_AsLongLong(ptr %o0)
  %count = call i64 @PyLong_AsLongLong(ptr %o1)
  %threads = call i64 @PyLong_AsLongLong(ptr %o2)
  %f = inttoptr i64 %address to ptr
  %answer = call ptr @do_tasks(ptr %f, i64 %count, i64 %threads)
  ret ptr %answer
}}

; the same for machine code
define ptr @do_tasks(ptr %f, i64 %count, i64 %threads) {{
entry:
{places("f", _FRAME, "table", "variables", "enter")}
  %variables = call ptr @PyContext_CopyCurrent()
  %none = icmp eq ptr %variables, null
  br i1 %none, label %failed, label %fill
failed:
  ret ptr null
fill:
  store ptr @enter_task, ptr %f_enter
  store ptr %variables, ptr %f_variables
  %table = load ptr, ptr %f_table
  br label %next
next:
  %k = phi i64 [ 0, %fill ], [ %k1, %next ]
  %row = mul i64 %k, 3
  %word = add i64 %row, 2
  %status_at = getelementptr i64, ptr %table, i64 %word
  store i64 -1, ptr %status_at
  %k1 = add i64 %k, 1
  %more = icmp slt i64 %k1, %count
  br i1 %more, label %next, label %do
do:
  %answer = call ptr @whole(ptr @task_part, ptr %f, i64 %count, i64 1, i64 %threads, i64 0)
  call void @Py_DecRef(ptr %variables)
  ret ptr %answer
}}
"""
