"""LLVM text of the machine code every process needs before it has a compiler: the trigger, who looks on, how deep
the stack may go.

`scripts/make-stubs` assembles it for plain x86-64 and writes `accel/runtime/stubs.py`.
"""

from __future__ import annotations

__all__ = ["STUBS"]

STUBS = """
declare ptr @PyTuple_New(i64)
declare ptr @PyLong_FromLongLong(i64)
declare ptr @PyLong_AsVoidPtr(ptr)
declare ptr @PyObject_Vectorcall(ptr, ptr, i64, ptr)
declare void @Py_IncRef(ptr)
declare void @Py_DecRef(ptr)
declare void @PyErr_Clear()
declare i64 @PyLong_AsLong(ptr)
declare ptr @PyThreadState_Get()
declare void @PyThreadState_EnterTracing(ptr)
declare void @PyThreadState_LeaveTracing(ptr)
declare ptr @PyInterpreterState_Get()
declare ptr @PyInterpreterState_ThreadHead(ptr)
declare ptr @PyThreadState_Next(ptr)
declare i64 @pthread_self()
declare i32 @pthread_getattr_np(i64, ptr)
declare i32 @pthread_attr_getstack(ptr, ptr, ptr)
declare i32 @pthread_attr_destroy(ptr)
declare ptr @pthread_getspecific(i32)
declare i32 @pthread_setspecific(i32, ptr)
declare ptr @malloc(i64)
declare void @PyErr_SetString(ptr, ptr)
declare void @PyErr_Restore(ptr, ptr, ptr)
declare void @PyErr_Fetch(ptr, ptr, ptr)
declare ptr @PyException_GetTraceback(ptr)
@callback = external global i8
@promote_callback = external global i8
@loop_callback = external global i8
@start_callback = external global i8
@depth_callback = external global i8
@"accel.offset.nested" = extern_weak global i8
@"accel.nested" = extern_weak global i8
declare ptr @target(ptr, ptr, i64, ptr)
@raise_calls = extern_weak global i8
@PyExc_RecursionError = external global ptr
@s.deep = private constant [33 x i8] c"maximum recursion depth exceeded\\00"
@stack_key = external global i32
@_Py_NoneStruct = external global i8
@PyTuple_Type = external global i8
@"accel.get_tool" = external global i8
@"accel.get_events" = external global i8
@"accel.suspended" = external global i64
@"accel.quiet" = external global i64
@"accel.version" = external global i64
@"accel.offset.limit" = external global i8
@"accel.offset.profile" = external global i8
@"accel.offset.trace" = external global i8
@"accel.offset.monitoring" = external global i8

; what serves the calls of a function as long as nothing is compiled: CPython inside `accel.disabled()`, else it is a miss
define ptr @trigger(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames) {
entry:
  %off = load i64, ptr @"accel.suspended"
  %is_on = icmp eq i64 %off, 0
  br i1 %is_on, label %ask, label %go
ask:
  %r = tail call ptr @miss(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames)
  ret ptr %r
go:
  %r1 = tail call ptr @plain(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames)
  ret ptr %r1
}

; a miss: callback(callable, arguments, number of positional ones, keyword names or None) gives the address to go on at,
; or that and a tuple of what the arguments are to be
define ptr @miss(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames) {
entry:
  %array = alloca [4 x ptr]
  %n = and i64 %nargsf, 9223372036854775807
  %plain = icmp eq ptr %kwnames, null
  br i1 %plain, label %none, label %some
some:
  %size_at = getelementptr i8, ptr %kwnames, i64 16
  %size = load i64, ptr %size_at
  br label %make
none:
  br label %make
make:
  %nk = phi i64 [ %size, %some ], [ 0, %none ]
  %names = phi ptr [ %kwnames, %some ], [ @_Py_NoneStruct, %none ]
  %total = add i64 %n, %nk
  %tuple = call ptr @PyTuple_New(i64 %total)
  %no_tuple = icmp eq ptr %tuple, null
  br i1 %no_tuple, label %fail, label %loop
loop:
  %k = phi i64 [ 0, %make ], [ %k1, %fill ]
  %more = icmp ult i64 %k, %total
  br i1 %more, label %fill, label %call
fill:
  %from = getelementptr ptr, ptr %args, i64 %k
  %o = load ptr, ptr %from
  call void @Py_IncRef(ptr %o)
  %items = getelementptr i8, ptr %tuple, i64 24
  %to = getelementptr ptr, ptr %items, i64 %k
  store ptr %o, ptr %to
  %k1 = add i64 %k, 1
  br label %loop
call:
  %number = call ptr @PyLong_FromLongLong(i64 %n)
  store ptr %self, ptr %array
  %a1 = getelementptr ptr, ptr %array, i64 1
  store ptr %tuple, ptr %a1
  %a2 = getelementptr ptr, ptr %array, i64 2
  store ptr %number, ptr %a2
  %a3 = getelementptr ptr, ptr %array, i64 3
  store ptr %names, ptr %a3
  %r = call ptr @ask_accel(ptr @callback, ptr %array, i64 4)
  call void @Py_DecRef(ptr %tuple)
  call void @Py_DecRef(ptr %number)
  %failed = icmp eq ptr %r, null
  br i1 %failed, label %fail, label %go
go:
  %type_at = getelementptr i8, ptr %r, i64 8
  %type = load ptr, ptr %type_at
  %with_others = icmp eq ptr %type, @PyTuple_Type
  br i1 %with_others, label %others, label %these
these:
  %address = call ptr @PyLong_AsVoidPtr(ptr %r)
  call void @Py_DecRef(ptr %r)
  %answer = tail call ptr %address(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames)
  ret ptr %answer
others:
  %first_at = getelementptr i8, ptr %r, i64 24
  %first = load ptr, ptr %first_at
  %elsewhere = call ptr @PyLong_AsVoidPtr(ptr %first)
  %second_at = getelementptr i8, ptr %r, i64 32
  %second = load ptr, ptr %second_at
  %replaced = getelementptr i8, ptr %second, i64 24
  %found = call ptr %elsewhere(ptr %self, ptr %replaced, i64 %n, ptr %kwnames)
  call void @Py_DecRef(ptr %r)
  ret ptr %found
fail:
  ret ptr null
}

; a promoter of a ufunc: callback(ufunc, addresses of the dtypes given, of those asked for, of where the answer goes)
define i32 @promote(ptr %ufunc, ptr %given, ptr %wanted, ptr %answer) {
entry:
  %array = alloca [4 x ptr]
  store ptr %ufunc, ptr %array
  call void @store_address(ptr %array, i64 1, ptr %given)
  call void @store_address(ptr %array, i64 2, ptr %wanted)
  call void @store_address(ptr %array, i64 3, ptr %answer)
  %r = call ptr @ask_accel(ptr @promote_callback, ptr %array, i64 4)
  %status = call i32 @drop_all(ptr %r, ptr %array, i64 4)
  ret i32 %status
}

; an inner loop of a ufunc that CPython does: callback(ufunc, addresses of the dtypes, of the addresses of the elements, of their number,
; of the strides, whether a guard of a compiled one did not hold) gives None, or the address of a loop to go on at
define i32 @plain_loop(ptr %context, ptr %data, ptr %dims, ptr %strides, ptr %aux) {
  %r = call i32 @run_loop(ptr %context, ptr %data, ptr %dims, ptr %strides, ptr %aux, ptr null)
  ret i32 %r
}

define i32 @stale_loop(ptr %context, ptr %data, ptr %dims, ptr %strides, ptr %aux) {
  %r = call i32 @run_loop(ptr %context, ptr %data, ptr %dims, ptr %strides, ptr %aux, ptr inttoptr (i64 1 to ptr))
  ret i32 %r
}

define internal i32 @run_loop(ptr %context, ptr %data, ptr %dims, ptr %strides, ptr %aux, ptr %is_stale) noinline {
entry:
  %array = alloca [6 x ptr]
  %ufunc = load ptr, ptr %context
  %types_at = getelementptr ptr, ptr %context, i64 2
  %types = load ptr, ptr %types_at
  store ptr %ufunc, ptr %array
  call void @store_address(ptr %array, i64 1, ptr %types)
  call void @store_address(ptr %array, i64 2, ptr %data)
  call void @store_address(ptr %array, i64 3, ptr %dims)
  call void @store_address(ptr %array, i64 4, ptr %strides)
  call void @store_address(ptr %array, i64 5, ptr %is_stale)
  %r = call ptr @PyObject_Vectorcall(ptr @loop_callback, ptr %array, i64 6, ptr null)
  %done = icmp eq ptr %r, @_Py_NoneStruct
  %failed = icmp eq ptr %r, null
  %ended = or i1 %done, %failed
  br i1 %ended, label %end, label %go
go:
  %address = call ptr @PyLong_AsVoidPtr(ptr %r)
  %dropped = call i32 @drop_all(ptr %r, ptr %array, i64 6)
  %answer = call i32 %address(ptr %context, ptr %data, ptr %dims, ptr %strides, ptr %aux)
  ret i32 %answer
end:
  %status = call i32 @drop_all(ptr %r, ptr %array, i64 6)
  ret i32 %status
}

; where a reduction of a ufunc starts: callback(ufunc, addresses of the dtypes, of the element to set)
define i32 @start_reduction(ptr %context, i8 %is_empty, ptr %initial) {
entry:
  %array = alloca [3 x ptr]
  %ufunc = load ptr, ptr %context
  %types_at = getelementptr ptr, ptr %context, i64 2
  %types = load ptr, ptr %types_at
  store ptr %ufunc, ptr %array
  call void @store_address(ptr %array, i64 1, ptr %types)
  call void @store_address(ptr %array, i64 2, ptr %initial)
  %r = call ptr @ask_accel(ptr @start_callback, ptr %array, i64 3)
  %status = call i32 @drop_all(ptr %r, ptr %array, i64 3)
  %good = icmp eq i32 %status, 0
  %answer = select i1 %good, i32 1, i32 -1
  ret i32 %answer
}

define internal void @store_address(ptr %array, i64 %k, ptr %address) {
  %place = getelementptr ptr, ptr %array, i64 %k
  %number = ptrtoint ptr %address to i64
  %object = call ptr @PyLong_FromLongLong(i64 %number)
  store ptr %object, ptr %place
  ret void
}

; gives up an answer and the arguments but the first; -1 when there was no answer
define internal i32 @drop_all(ptr %answer, ptr %array, i64 %count) {
entry:
  call void @Py_DecRef(ptr %answer)
  br label %loop
loop:
  %k = phi i64 [ 1, %entry ], [ %k1, %loop ]
  %place = getelementptr ptr, ptr %array, i64 %k
  %object = load ptr, ptr %place
  call void @Py_DecRef(ptr %object)
  %k1 = add i64 %k, 1
  %more = icmp ult i64 %k1, %count
  br i1 %more, label %loop, label %end
end:
  %none = icmp eq ptr %answer, null
  %status = select i1 %none, i32 -1, i32 0
  ret i32 %status
}

define internal ptr @ask_accel(ptr %function, ptr %array, i64 %count) {
  %thread = call ptr @PyThreadState_Get()
  call void @PyThreadState_EnterTracing(ptr %thread)         ; no tracer sees what accel does,
  call void @charge(ptr %thread, i32 -500)                   ; nor does it count as calls of the user
  %r = call ptr @PyObject_Vectorcall(ptr %function, ptr %array, i64 %count, ptr null)
  call void @charge(ptr %thread, i32 500)
  call void @PyThreadState_LeaveTracing(ptr %thread)
  ret ptr %r
}

; whether calls from C to C are so many here, or have used so much of the stack, that they had better be calls from one plain function
; to another: those take no stack
define i32 @is_deep(ptr %here) {
entry:
  %limit = call i64 @stack_limit()
  %at = ptrtoint ptr %here to i64
  %low = icmp ult i64 %at, %limit
  %low32 = zext i1 %low to i32
  %none = icmp eq i64 ptrtoint (ptr @"accel.offset.nested" to i64), 0
  br i1 %none, label %give, label %count
give:
  ret i32 %low32
count:
  %thread = call ptr @PyThreadState_Get()
  %left_at = getelementptr i8, ptr %thread, i64 ptrtoint (ptr @"accel.offset.nested" to i64)
  %left = load i32, ptr %left_at
  %few = icmp slt i32 %left, ptrtoint (ptr @"accel.nested" to i32)
  %few32 = zext i1 %few to i32
  %either = or i32 %low32, %few32
  ret i32 %either
}

; a call as plain Python
define ptr @plain(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames) {
entry:
  %here = alloca i8
  %is_deep = call i32 @is_deep(ptr %here)
  %high = icmp eq i32 %is_deep, 0
  br i1 %high, label %go, label %deep
go:
  %r = tail call ptr @target(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames)
  ret ptr %r
deep:
  %limits = call ptr @stack_limits()
  %lowest_at = getelementptr i64, ptr %limits, i64 1
  %lowest = load i64, ptr %lowest_at
  %at = ptrtoint ptr %here to i64
  %end = icmp ult i64 %at, %lowest
  br i1 %end, label %raise, label %dive
dive:
  %r1 = call ptr @plain_below(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames)
  ret ptr %r1
raise:
  %class = load ptr, ptr @PyExc_RecursionError
  call void @PyErr_SetString(ptr %class, ptr @s.deep)
  ret ptr null
}

; the same, and as long as it takes the function is one that is called without taking stack
define internal ptr @plain_below(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames) noinline cold {
entry:
  %array = alloca [2 x ptr]
  %error = alloca [3 x ptr]
  store ptr %self, ptr %array
  %leaving = getelementptr ptr, ptr %array, i64 1
  store ptr @_Py_NoneStruct, ptr %leaving
  %before = call ptr @ask_accel(ptr @depth_callback, ptr %array, i64 1)
  call void @Py_DecRef(ptr %before)
  %failed = icmp eq ptr %before, null
  br i1 %failed, label %out, label %call
call:
  %r = call ptr @target(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames)
  %value = getelementptr ptr, ptr %error, i64 1
  %traceback = getelementptr ptr, ptr %error, i64 2
  call void @PyErr_Fetch(ptr %error, ptr %value, ptr %traceback)
  %after = call ptr @ask_accel(ptr @depth_callback, ptr %array, i64 2)
  call void @Py_DecRef(ptr %after)
  %e0 = load ptr, ptr %error
  %e1 = load ptr, ptr %value
  %e2 = load ptr, ptr %traceback
  call void @PyErr_Restore(ptr %e0, ptr %e1, ptr %e2)
  ret ptr %r
out:
  ret ptr null
}

define internal void @charge(ptr %thread, i32 %calls) {
  %limit_at = getelementptr i8, ptr %thread, i64 ptrtoint (ptr @"accel.offset.limit" to i64)
  %place = getelementptr i8, ptr %limit_at, i64 -4
  %left = load i32, ptr %place
  %now = sub i32 %left, %calls
  store i32 %now, ptr %place
  ret void
}

define internal ptr @ask(ptr %function, i64 %tool) {
  %array = alloca ptr
  %number = call ptr @PyLong_FromLongLong(i64 %tool)
  store ptr %number, ptr %array
  %r = call ptr @PyObject_Vectorcall(ptr %function, ptr %array, i64 1, ptr null)
  call void @Py_DecRef(ptr %number)
  ret ptr %r
}

; 3.12 on: whether somebody looks on at this code object. Called when the version of the tools is not the one last found quiet,
; and for code that has been looked at before.
define i32 @recheck(ptr %code) {
entry:
  %off = load i64, ptr @"accel.suspended"
  %is_on = icmp eq i64 %off, 0
  br i1 %is_on, label %compare, label %yes
compare:
  %version = load i64, ptr @"accel.version"
  %quiet = load i64, ptr @"accel.quiet"
  %known = icmp eq i64 %version, %quiet
  br i1 %known, label %local, label %threads
threads:
  %interpreter = call ptr @PyInterpreterState_Get()
  %first = call ptr @PyInterpreterState_ThreadHead(ptr %interpreter)
  br label %thread
thread:
  %t = phi ptr [ %first, %threads ], [ %following, %untraced ]
  %end = icmp eq ptr %t, null
  br i1 %end, label %tool, label %look
look:
  %p_at = getelementptr i8, ptr %t, i64 ptrtoint (ptr @"accel.offset.profile" to i64)
  %p = load i64, ptr %p_at
  %c_at = getelementptr i8, ptr %t, i64 ptrtoint (ptr @"accel.offset.trace" to i64)
  %c = load i64, ptr %c_at
  %any = or i64 %p, %c
  %none = icmp eq i64 %any, 0
  br i1 %none, label %untraced, label %yes
untraced:
  %following = call ptr @PyThreadState_Next(ptr %t)
  br label %thread
tool:
  %k = phi i64 [ 0, %thread ], [ %k1, %idle ]
  %name = call ptr @ask(ptr @"accel.get_tool", i64 %k)
  %no_name = icmp eq ptr %name, null
  br i1 %no_name, label %error, label %named
named:
  call void @Py_DecRef(ptr %name)
  %unused = icmp eq ptr %name, @_Py_NoneStruct
  br i1 %unused, label %idle, label %used
used:
  %events = call ptr @ask(ptr @"accel.get_events", i64 %k)
  %no_events = icmp eq ptr %events, null
  br i1 %no_events, label %error, label %counted
counted:
  %number = call i64 @PyLong_AsLong(ptr %events)
  call void @Py_DecRef(ptr %events)
  %off_now = icmp eq i64 %number, 0
  br i1 %off_now, label %idle, label %yes
idle:
  %k1 = add i64 %k, 1
  %last = icmp eq i64 %k1, 6
  br i1 %last, label %settle, label %tool
settle:
  store i64 %version, ptr @"accel.quiet"
  br label %local
local:
  %mark_at = getelementptr i8, ptr %code, i64 ptrtoint (ptr @"accel.offset.monitoring" to i64)
  %mark = load ptr, ptr %mark_at
  %unmarked = icmp eq ptr %mark, null
  br i1 %unmarked, label %no, label %marked
marked:
  %low = load i64, ptr %mark
  %high_at = getelementptr i8, ptr %mark, i64 8
  %high = load i16, ptr %high_at
  %high64 = zext i16 %high to i64
  %tools = or i64 %low, %high64
  %is_off = icmp eq i64 %tools, 0
  br i1 %is_off, label %no, label %yes
error:
  call void @PyErr_Clear()
  ret i32 1
no:
  ret i32 0
yes:
  ret i32 1
}

; how low in its stack this thread may go: in compiled code (half way down), and in CPython called from there (three quarters)
define internal ptr @stack_limits() {
entry:
  %key = load i32, ptr @stack_key
  %known = call ptr @pthread_getspecific(i32 %key)
  %is_known = icmp ne ptr %known, null
  br i1 %is_known, label %give, label %find
give:
  ret ptr %known
find:
  %new = call ptr @find_stack_limits(i32 %key)
  ret ptr %new
}
define internal ptr @find_stack_limits(i32 %key) noinline cold {
entry:
  %attributes = alloca [8 x i64]
  %low = alloca i64
  %size = alloca i64
  %me = call i64 @pthread_self()
  %failed = call i32 @pthread_getattr_np(i64 %me, ptr %attributes)
  %ok = icmp eq i32 %failed, 0
  br i1 %ok, label %read, label %guess
read:
  %r = call i32 @pthread_attr_getstack(ptr %attributes, ptr %low, ptr %size)
  %d = call i32 @pthread_attr_destroy(ptr %attributes)
  br label %keep
guess:
  %here = ptrtoint ptr %attributes to i64
  %near = sub i64 %here, 131072
  store i64 %near, ptr %low
  store i64 131072, ptr %size
  br label %keep
keep:
  %lowest = load i64, ptr %low
  %bytes = load i64, ptr %size
  %half = lshr i64 %bytes, 1
  %quarter = lshr i64 %bytes, 2
  %middle = add i64 %lowest, %half
  %last = add i64 %lowest, %quarter
  %limits = call ptr @malloc(i64 16)
  store i64 %middle, ptr %limits
  %last_at = getelementptr i64, ptr %limits, i64 1
  store i64 %last, ptr %last_at
  %s = call i32 @pthread_setspecific(i32 %key, ptr %limits)
  ret ptr %limits
}
define i64 @stack_limit() {
  %limits = call ptr @stack_limits()
  %limit = load i64, ptr %limits
  ret i64 %limit
}

; a C function without arguments that raises what its cell holds as it is, and takes back the call it was lent for that
define ptr @raise(ptr %cell, ptr %none) {
  %at = getelementptr i8, ptr %cell, i64 16
  %error = load ptr, ptr %at
  store ptr null, ptr %at
  %type_at = getelementptr i8, ptr %error, i64 8
  %type = load ptr, ptr %type_at
  call void @Py_IncRef(ptr %type)
  %traceback = call ptr @PyException_GetTraceback(ptr %error)
  call void @PyErr_Restore(ptr %type, ptr %error, ptr %traceback)
  %thread = call ptr @PyThreadState_Get()
  call void @charge(ptr %thread, i32 ptrtoint (ptr @raise_calls to i32))
  ret ptr null
}
"""
