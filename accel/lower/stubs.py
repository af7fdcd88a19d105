"""LLVM text of the machine code every process needs before it has a compiler: the trigger, the tracer switch, the type of 3.11.

`scripts/make-stubs` assembles it for plain x86-64 and writes `accel/runtime/stubs.py`.
"""

from __future__ import annotations

__all__ = ["STUBS"]

# An object of the own type (3.11): vectorcall 16, __dict__ 24, weak references 32, the function 40.
STUBS = """
declare ptr @PyTuple_New(i64)
declare ptr @PyLong_FromLongLong(i64)
declare ptr @PyLong_AsVoidPtr(ptr)
declare ptr @PyObject_Vectorcall(ptr, ptr, i64, ptr)
declare void @Py_IncRef(ptr)
declare void @Py_DecRef(ptr)
declare void @PyErr_Clear()
declare void @PyObject_GC_UnTrack(ptr)
declare void @PyObject_GC_Del(ptr)
declare void @PyObject_ClearWeakRefs(ptr)
declare i64 @pthread_self()
declare i32 @strcmp(ptr, ptr)
@callback = external global i8
@_Py_NoneStruct = external global i8
@gettrace = external global i8
@getprofile = external global i8
@get_tool = extern_weak global i8
@watched = external global i8
@watcher = external global i8
@s.trace = private constant [13 x i8] c"sys.settrace\\00"
@s.profile = private constant [15 x i8] c"sys.setprofile\\00"
@s.monitor = private constant [33 x i8] c"sys.monitoring.register_callback\\00"

; a miss: callback(callable, arguments, number of positional ones, keyword names or None) gives the address to go on at
define ptr @trigger(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames) {
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
  %r = call ptr @PyObject_Vectorcall(ptr @callback, ptr %array, i64 4, ptr null)
  call void @Py_DecRef(ptr %tuple)
  call void @Py_DecRef(ptr %number)
  %failed = icmp eq ptr %r, null
  br i1 %failed, label %fail, label %go
go:
  %address = call ptr @PyLong_AsVoidPtr(ptr %r)
  call void @Py_DecRef(ptr %r)
  %answer = tail call ptr %address(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames)
  ret ptr %answer
fail:
  ret ptr null
}

; what an object of the own type does without compiled code: call its function
define ptr @last(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames) {
  %at = getelementptr i8, ptr %self, i64 40
  %function = load ptr, ptr %at
  %r = tail call ptr @PyObject_Vectorcall(ptr %function, ptr %args, i64 %nargsf, ptr %kwnames)
  ret ptr %r
}

; audit hook: a tracer, profiler or monitoring tool comes or goes in this thread
define i32 @hook(ptr %event, ptr %arguments, ptr %user) {
  %c = load i8, ptr %event
  %is_s = icmp eq i8 %c, 115
  br i1 %is_s, label %look, label %out
look:
  %r1 = call i32 @strcmp(ptr %event, ptr @s.trace)
  %e1 = icmp eq i32 %r1, 0
  br i1 %e1, label %found, label %second
second:
  %r2 = call i32 @strcmp(ptr %event, ptr @s.profile)
  %e2 = icmp eq i32 %r2, 0
  br i1 %e2, label %found, label %third
third:
  %r3 = call i32 @strcmp(ptr %event, ptr @s.monitor)
  %e3 = icmp eq i32 %r3, 0
  br i1 %e3, label %found, label %out
found:
  %me = call i64 @pthread_self()
  store i64 %me, ptr @watcher
  store i8 2, ptr @watched
  br label %out
out:
  ret i32 0
}

define internal i1 @is_none(ptr %function, i64 %argument, i1 %with) {
entry:
  %array = alloca ptr
  br i1 %with, label %one, label %call
one:
  %number = call ptr @PyLong_FromLongLong(i64 %argument)
  store ptr %number, ptr %array
  br label %call
call:
  %held = phi ptr [ null, %entry ], [ %number, %one ]
  %count = phi i64 [ 0, %entry ], [ 1, %one ]
  %r = call ptr @PyObject_Vectorcall(ptr %function, ptr %array, i64 %count, ptr null)
  call void @Py_DecRef(ptr %held)
  %failed = icmp eq ptr %r, null
  br i1 %failed, label %clear, label %look
clear:
  call void @PyErr_Clear()
  ret i1 true
look:
  %is = icmp eq ptr %r, @_Py_NoneStruct
  call void @Py_DecRef(ptr %r)
  ret i1 %is
}

; called at the first call after the hook fired: settles the switch to 0 (nobody looks) or 1
define void @recheck() {
entry:
  %now = load i8, ptr @watched
  %due = icmp eq i8 %now, 2
  br i1 %due, label %thread, label %out
thread:
  %me = call i64 @pthread_self()
  %who = load i64, ptr @watcher
  %mine = icmp eq i64 %me, %who
  br i1 %mine, label %trace, label %out
trace:
  %t = call i1 @is_none(ptr @gettrace, i64 0, i1 false)
  br i1 %t, label %profile, label %on
profile:
  %p = call i1 @is_none(ptr @getprofile, i64 0, i1 false)
  br i1 %p, label %monitor, label %on
monitor:
  %no_tools = icmp eq ptr @get_tool, null
  br i1 %no_tools, label %off, label %tools
tools:
  %k = phi i64 [ 0, %monitor ], [ %k1, %next ]
  %none = call i1 @is_none(ptr @get_tool, i64 %k, i1 true)
  br i1 %none, label %next, label %on
next:
  %k1 = add i64 %k, 1
  %all = icmp eq i64 %k1, 6
  br i1 %all, label %off, label %tools
on:
  store i8 1, ptr @watched
  br label %out
off:
  store i8 0, ptr @watched
  br label %out
out:
  ret void
}

define i32 @traverse(ptr %self, ptr %visit, ptr %arg) {
  br label %at0
@@TRAVERSE@@
at3:
  ret i32 0
}

; only __dict__ goes: a cleared object may still be called
define i32 @clear(ptr %self) {
  %at = getelementptr i8, ptr %self, i64 24
  %x = load ptr, ptr %at
  store ptr null, ptr %at
  call void @Py_DecRef(ptr %x)
  ret i32 0
}

define void @dealloc(ptr %self) {
  call void @PyObject_GC_UnTrack(ptr %self)
  %weak_at = getelementptr i8, ptr %self, i64 32
  %weak = load ptr, ptr %weak_at
  %none = icmp eq ptr %weak, null
  br i1 %none, label %rest, label %referred
referred:
  call void @PyObject_ClearWeakRefs(ptr %self)
  br label %rest
rest:
  %c = call i32 @clear(ptr %self)
  %function_at = getelementptr i8, ptr %self, i64 40
  %function = load ptr, ptr %function_at
  call void @Py_DecRef(ptr %function)
  %type_at = getelementptr i8, ptr %self, i64 8
  %type = load ptr, ptr %type_at
  call void @PyObject_GC_Del(ptr %self)
  call void @Py_DecRef(ptr %type)
  ret void
}
""".replace(
    "@@TRAVERSE@@",
    "".join(
        f"""
at{k}:
  %p{k} = getelementptr i8, ptr %self, i64 {offset}
  %x{k} = load ptr, ptr %p{k}
  %n{k} = icmp eq ptr %x{k}, null
  br i1 %n{k}, label %at{k + 1}, label %visit{k}
visit{k}:
  %r{k} = call i32 %visit(ptr %x{k}, ptr %arg)
  %z{k} = icmp eq i32 %r{k}, 0
  br i1 %z{k}, label %at{k + 1}, label %stop{k}
stop{k}:
  ret i32 %r{k}
"""
        for k, offset in enumerate((8, 24, 40))
    ),
)
