"""LLVM text of the machine code that does a run of a parallel loop as it was done the last time: `accel.dispatch.replay`.

`scripts/make-stubs` assembles it for plain x86-64 and writes `accel/runtime/stubs.py`. It is what drivers call for loops: a C function of the range and
the inputs, whose `self` is a tuple of the address of its state, what does a run otherwise, and what is told when a run did not go well. Where the
range, the names outside, the number of threads and the inputs, unboxed, are those of the run that is kept, its tasks are done again, and no Python
runs: after a loop has swept the caches Python takes a hundred microseconds.
"""

from __future__ import annotations

from accel.lower.parts import places

__all__ = ["REPLAY", "REPLAY_STATE"]

REPLAY_STATE = (
    "armed",  # 0: no; 1; 2 while it runs
    "runs",  # how many there were
    "code",  # of the driver, which tools of `sys.monitoring` may look at
    "own",  # how many threads this one was told to use, which must be so again; -1: any
    "until",  # when the number of threads has to be found out anew, on the monotonic clock, in nanoseconds
    "range",  # the iterations
    "rows", "row_count",  # names outside: dictionary, name, what it stands for there, or null
    "limits", "limit_count",  # the arguments in front of the inputs
    "prepare", "room", "look",  # what unboxes arguments; how many words they are; which
    "do", "frame", "count", "threads",  # what does tasks, and what it takes
    "good",  # what a run gives that went well
)  # fmt: skip
_PLACES = {name: k for k, name in enumerate(REPLAY_STATE)}
_SUSPENDED = 'load i64, ptr @"accel.suspended"'


REPLAY = f"""
declare ptr @PyLong_AsVoidPtr(ptr)
declare ptr @PyObject_Vectorcall(ptr, ptr, i64, ptr)
declare i32 @PyObject_RichCompareBool(ptr, ptr, i32)
declare ptr @PyDict_GetItemWithError(ptr, ptr)
declare i64 @PyLong_AsLongLong(ptr)
declare void @PyErr_Clear()
declare void @PyErr_Fetch(ptr, ptr, ptr)
declare void @PyErr_NormalizeException(ptr, ptr, ptr)
declare i32 @PyException_SetTraceback(ptr, ptr)
declare void @Py_IncRef(ptr)
declare void @Py_DecRef(ptr)
declare ptr @pthread_getspecific(i32)
declare i32 @clock_gettime(i32, ptr)
declare i32 @memcmp(ptr, ptr, i64)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
declare i32 @recheck(ptr)
@accel.threads_key = external global i32
@"accel.suspended" = external global i64
@"accel.thread" = extern_weak global ptr
@"accel.offset.frame" = external global i8
@PyRange_Type = external global i8
@_Py_NoneStruct = external global i8

; whether calls are to be plain Python now: up to 3.11 there is a word of the thread, later tools
define internal i1 @is_watched(ptr %code) {{
entry:
  %suspended = {_SUSPENDED}
  %early = icmp ne ptr @"accel.thread", null
  br i1 %early, label %frame, label %tools
frame:
  %thread = load ptr, ptr @"accel.thread"
  %frame_at = getelementptr i8, ptr %thread, i64 ptrtoint (ptr @"accel.offset.frame" to i64)
  %frame_of = load ptr, ptr %frame_at
  %traced = load i8, ptr %frame_of
  %traced64 = zext i8 %traced to i64
  %any = or i64 %suspended, %traced64
  %is_any = icmp ne i64 %any, 0
  ret i1 %is_any
tools:
  %how = call i32 @recheck(ptr %code)
  %is = icmp ne i32 %how, 0
  ret i1 %is
}}

; whether as many threads are to be used as then
define internal i1 @are_threads_known(ptr %s) {{
entry:
  %now = alloca [2 x i64]
{places("s", _PLACES, "own", "until")}
  %own = load i64, ptr %s_own
  %is_fixed = icmp eq i64 %own, -1
  br i1 %is_fixed, label %yes, label %ask
ask:
  %key = load i32, ptr @accel.threads_key
  %told = call ptr @pthread_getspecific(i32 %key)
  %told64 = ptrtoint ptr %told to i64
  %same = icmp eq i64 %told64, %own
  br i1 %same, label %time, label %no
time:
  %failed = call i32 @clock_gettime(i32 1, ptr %now)
  %ns_at = getelementptr i64, ptr %now, i64 1
  %seconds = load i64, ptr %now
  %rest = load i64, ptr %ns_at
  %whole = mul i64 %seconds, 1000000000
  %ns = add i64 %whole, %rest
  %until = load i64, ptr %s_until
  %is_early = icmp slt i64 %ns, %until
  br i1 %is_early, label %yes, label %no
yes:
  ret i1 true
no:
  ret i1 false
}}

; whether names outside stand for what they stood for
define internal i1 @is_outside_known(ptr %s) {{
entry:
{places("s", _PLACES, "rows", "row_count")}
  %rows = load ptr, ptr %s_rows
  %count = load i64, ptr %s_row_count
  br label %loop
loop:
  %k = phi i64 [ 0, %entry ], [ %k1, %next ]
  %more = icmp ult i64 %k, %count
  br i1 %more, label %row, label %yes
row:
  %at = mul i64 %k, 3
  %row_at = getelementptr ptr, ptr %rows, i64 %at
  %name_at = getelementptr ptr, ptr %row_at, i64 1
  %value_at = getelementptr ptr, ptr %row_at, i64 2
  %space = load ptr, ptr %row_at
  %name = load ptr, ptr %name_at
  %value = load ptr, ptr %value_at
  %found = call ptr @PyDict_GetItemWithError(ptr %space, ptr %name)
  %same = icmp eq ptr %found, %value
  br i1 %same, label %next, label %no
next:
  %k1 = add i64 %k, 1
  br label %loop
yes:
  ret i1 true
no:
  ret i1 false
}}

; whether the inputs are, to the last word
define internal i1 @are_inputs_known(ptr %s, ptr %args, i64 %nargs) {{
entry:
{places("s", _PLACES, "limits", "limit_count", "prepare", "room", "look")}
  %limits = load ptr, ptr %s_limits
  %limit_count = load i64, ptr %s_limit_count
  %prepare = load ptr, ptr %s_prepare
  %words = load i64, ptr %s_room
  %look = load ptr, ptr %s_look
  %inputs = sub i64 %nargs, 1
  %total = add i64 %inputs, %limit_count
  %given = alloca ptr, i64 %total
  %room = alloca i64, i64 %words
  %limit_bytes = shl i64 %limit_count, 3
  %input_bytes = shl i64 %inputs, 3
  %room_bytes = shl i64 %words, 3
  call void @llvm.memcpy.p0.p0.i64(ptr %given, ptr %limits, i64 %limit_bytes, i1 false)
  %to = getelementptr ptr, ptr %given, i64 %limit_count
  %from = getelementptr ptr, ptr %args, i64 1
  call void @llvm.memcpy.p0.p0.i64(ptr %to, ptr %from, i64 %input_bytes, i1 false)
  call void @llvm.memset.p0.i64(ptr %room, i8 0, i64 %room_bytes, i1 false)
  %fits = call i64 %prepare(ptr %given, ptr %room)
  %is_fit = icmp ne i64 %fits, 0
  br i1 %is_fit, label %compare, label %no
compare:
  %other = call i32 @memcmp(ptr %room, ptr %look, i64 %room_bytes)
  %same = icmp eq i32 %other, 0
  ret i1 %same
no:
  ret i1 false
}}

; what a driver calls: (range, inputs)
define ptr @replay(ptr %self, ptr %args, i64 %nargs) {{
entry:
  %error = alloca [3 x ptr]
  %state_at = getelementptr i8, ptr %self, i64 24
  %number = load ptr, ptr %state_at
  %s = call ptr @PyLong_AsVoidPtr(ptr %number)
{places("s", _PLACES, "armed", "runs", "code", "range", "do", "frame", "count", "threads", "good")}
  %armed = load i64, ptr %s_armed
  %is_armed = icmp eq i64 %armed, 1
  br i1 %is_armed, label %look, label %slow
look:
  %code = load ptr, ptr %s_code
  %watched = call i1 @is_watched(ptr %code)
  br i1 %watched, label %slow, label %threaded
threaded:
  %as_many = call i1 @are_threads_known(ptr %s)
  br i1 %as_many, label %ranged, label %slow
ranged:
  %range = load ptr, ptr %args
  %type_at = getelementptr i8, ptr %range, i64 8
  %type = load ptr, ptr %type_at
  %is_range = icmp eq ptr %type, @PyRange_Type
  br i1 %is_range, label %numbers, label %slow
numbers:
  %then = load ptr, ptr %s_range
  %equal = call i32 @PyObject_RichCompareBool(ptr %range, ptr %then, i32 2)
  %same = icmp eq i32 %equal, 1
  br i1 %same, label %outside, label %clear
outside:
  %holds = call i1 @is_outside_known(ptr %s)
  br i1 %holds, label %inputs, label %clear
inputs:
  %known = call i1 @are_inputs_known(ptr %s, ptr %args, i64 %nargs)
  br i1 %known, label %go, label %clear
clear:
  call void @PyErr_Clear()
  br label %slow
slow:
  %region_at = getelementptr i8, ptr %self, i64 32
  %region = load ptr, ptr %region_at
  %slowly = call ptr @PyObject_Vectorcall(ptr %region, ptr %args, i64 %nargs, ptr null)
  ret ptr %slowly
go:
  %runs = load i64, ptr %s_runs
  %runs1 = add i64 %runs, 1
  store i64 %runs1, ptr %s_runs
  store i64 2, ptr %s_armed                          ; the GIL is given up meanwhile
  %do = load ptr, ptr %s_do
  %frame = load ptr, ptr %s_frame
  %count = load i64, ptr %s_count
  %threads = load i64, ptr %s_threads
  %answer = call ptr %do(ptr %frame, i64 %count, i64 %threads)
  store i64 1, ptr %s_armed
  %raised = icmp eq ptr %answer, null
  br i1 %raised, label %fetch, label %ask
fetch:
  %value_at = getelementptr ptr, ptr %error, i64 1
  %trace_at = getelementptr ptr, ptr %error, i64 2
  call void @PyErr_Fetch(ptr %error, ptr %value_at, ptr %trace_at)
  call void @PyErr_NormalizeException(ptr %error, ptr %value_at, ptr %trace_at)
  %error_type = load ptr, ptr %error
  %value = load ptr, ptr %value_at
  %trace = load ptr, ptr %trace_at
  call void @Py_DecRef(ptr %error_type)
  %plain = icmp eq ptr %trace, null
  br i1 %plain, label %tell, label %traced
traced:
  %with = call i32 @PyException_SetTraceback(ptr %value, ptr %trace)
  call void @Py_DecRef(ptr %trace)
  br label %tell
ask:
  %how = call i64 @PyLong_AsLongLong(ptr %answer)
  call void @Py_DecRef(ptr %answer)
  %well = icmp eq i64 %how, -1
  br i1 %well, label %give, label %failed
give:
  %good = load ptr, ptr %s_good
  call void @Py_IncRef(ptr %good)
  ret ptr %good
failed:
  call void @Py_IncRef(ptr @_Py_NoneStruct)
  br label %tell
tell:
  %object = phi ptr [ %value, %fetch ], [ %value, %traced ], [ @_Py_NoneStruct, %failed ]
  store ptr %object, ptr %error
  %told_at = getelementptr i8, ptr %self, i64 40
  %told = load ptr, ptr %told_at
  %result = call ptr @PyObject_Vectorcall(ptr %told, ptr %error, i64 1, ptr null)
  call void @Py_DecRef(ptr %object)
  ret ptr %result
}}
"""
