"""Cold functions every program has: going on in CPython, fetching an exception, the depth of recursion."""

from __future__ import annotations

import sys

from accel.lower.text import Module

__all__ = ["define_depth", "define_support"]

# CPython goes on: prepare(exit, record) gives the callable that does so. No tracer sees what accel does in between. What CPython runs
# in there must not come back to compiled code deep in the stack.
_RESUME = """
define internal ptr @"accel.resume"(ptr %prepare, i64 %exit, ptr %record, ptr %state) noinline cold {
entry:
  %array = alloca [2 x ptr]
  %number = call ptr @"PyLong_FromLongLong"(i64 %exit)
  %address_int = ptrtoint ptr %record to i64
  %address = call ptr @"PyLong_FromLongLong"(i64 %address_int)
  %no_number = icmp eq ptr %number, null
  %no_address = icmp eq ptr %address, null
  %no_memory = or i1 %no_number, %no_address
  br i1 %no_memory, label %drop, label %ask
drop:
  call void @"Py_DecRef"(ptr %number)
  call void @"Py_DecRef"(ptr %address)
  ret ptr null
ask:
  store ptr %number, ptr %array
  %second = getelementptr ptr, ptr %array, i64 1
  store ptr %address, ptr %second
  %thread = call ptr @"PyThreadState_Get"()
  call void @"PyThreadState_EnterTracing"(ptr %thread)
  call void @"accel.charge"(ptr %thread, i32 -500)             ; nor does it count as calls of the user
  %rest = call ptr @"PyObject_Vectorcall"(ptr %prepare, ptr %array, i64 2, ptr null)
  call void @"accel.charge"(ptr %thread, i32 500)
  call void @"PyThreadState_LeaveTracing"(ptr %thread)
  call void @"Py_DecRef"(ptr %number)
  call void @"Py_DecRef"(ptr %address)
  %failed = icmp eq ptr %rest, null
  br i1 %failed, label %out, label %go
go:
  %is_deep = call i32 @"accel.is_deep"(ptr %array)
  %is_last = call i32 @"accel.is_last"(ptr %state)             ; a call of compiled code would not count, and not raise
  %either = or i32 %is_deep, %is_last
  %deep = zext i32 %either to i64
  call void @"accel.suspend"(i64 %deep)
  %used = call i32 @"accel.used"(ptr %state)
  call void @"accel.charge"(ptr %thread, i32 %used)
  %answer = call ptr @"PyObject_Vectorcall"(ptr %rest, ptr null, i64 0, ptr null)
  %back = sub i32 0, %used
  call void @"accel.charge"(ptr %thread, i32 %back)
  %undo = sub i64 0, %deep
  call void @"accel.suspend"(i64 %undo)
  call void @"Py_DecRef"(ptr %rest)
  ret ptr %answer
out:
  ret ptr null
}
define internal void @"accel.suspend"(i64 %change) {
entry:
  %none = icmp eq i64 %change, 0
  br i1 %none, label %out, label %do
do:
  %now = load i64, ptr @"accel.suspended"
  %then = add i64 %now, %change
  store i64 %then, ptr @"accel.suspended"
  store i64 -1, ptr @"accel.quiet"
  br label %out
out:
  ret void
}
; calls of compiled functions that CPython does not know of count as calls while it goes on
define internal void @"accel.charge"(ptr %thread, i32 %calls) {
  %limit_at = getelementptr i8, ptr %thread, i64 ptrtoint (ptr @"accel.offset.limit" to i64)
  %place = getelementptr i8, ptr %limit_at, i64 -4
  %left = load i32, ptr %place
  %now = sub i32 %left, %calls
  store i32 %now, ptr %place
  ret void
}
"""
_USED_NONE = """
define internal i32 @"accel.used"(ptr %state) alwaysinline {
  ret i32 0
}
define internal i32 @"accel.is_last"(ptr %state) alwaysinline {
  ret i32 0
}
"""
_USED = """
define internal i32 @"accel.used"(ptr %state) alwaysinline {
  %left_at = getelementptr i64, ptr %state, i64 1
  %left = load i64, ptr %left_at
  %first_at = getelementptr i64, ptr %state, i64 2
  %first = load i64, ptr %first_at
  %used = sub i64 %first, %left
  %used32 = trunc i64 %used to i32
  ret i32 %used32
}
define internal i32 @"accel.is_last"(ptr %state) alwaysinline {
  %left_at = getelementptr i64, ptr %state, i64 1
  %left = load i64, ptr %left_at
  %none = icmp sle i64 %left, 0
  %none32 = zext i1 %none to i32
  ret i32 %none32
}
"""
_FETCH_312 = """
define internal ptr @"accel.fetch"() noinline cold {
  %error = call ptr @"PyErr_GetRaisedException"()
  ret ptr %error
}
"""
_FETCH_311 = """
define internal ptr @"accel.fetch"() noinline cold {
  %parts = alloca [3 x ptr]
  %value_at = getelementptr ptr, ptr %parts, i64 1
  %traceback_at = getelementptr ptr, ptr %parts, i64 2
  call void @"PyErr_Fetch"(ptr %parts, ptr %value_at, ptr %traceback_at)
  call void @"PyErr_NormalizeException"(ptr %parts, ptr %value_at, ptr %traceback_at)
  %type = load ptr, ptr %parts
  %value = load ptr, ptr %value_at
  %traceback = load ptr, ptr %traceback_at
  %none = icmp eq ptr %traceback, null
  br i1 %none, label %out, label %set
set:
  %r = call i32 @"PyException_SetTraceback"(ptr %value, ptr %traceback)
  br label %out
out:
  call void @"Py_DecRef"(ptr %type)
  call void @"Py_DecRef"(ptr %traceback)
  ret ptr %value
}
"""
# In a thread that is not the main one nothing is served: the GIL is given up for a moment, so that the main one can.
_SIGNALS = """
define internal preserve_allcc i32 @"accel.signals"() noinline cold {
entry:
  %answer = call i32 @"PyErr_CheckSignals"()
  %failed = icmp slt i32 %answer, 0
  br i1 %failed, label %out, label %yield
yield:
  %thread = call ptr @"PyEval_SaveThread"()
  call void @"PyEval_RestoreThread"(ptr %thread)
  br label %out
out:
  ret i32 %answer
}
"""
# How deep compiled functions may call each other: words 1 and 2 of the state are the Python calls that CPython's limit leaves (now, and
# at the entry), word 3 the lowest address of the stack they may use. Gives whether there is any room.
_DEPTH = """
define internal i1 @"accel.depth"(ptr %state) noinline {
  %thread = call ptr @"PyThreadState_Get"()
  %limit_at = getelementptr i8, ptr %thread, i64 ptrtoint (ptr @"accel.offset.limit" to i64)
  %place = getelementptr i8, ptr %limit_at, i64 -4
  %left = load i32, ptr %place
  %left64 = sext i32 %left to i64
  %less = sub i64 %left64, 1
  %now_at = getelementptr i64, ptr %state, i64 1
  store i64 %less, ptr %now_at
  %first_at = getelementptr i64, ptr %state, i64 2
  store i64 %less, ptr %first_at
  %limit = call i64 @"accel.stack_limit"()
  %limit_to = getelementptr i64, ptr %state, i64 3
  store i64 %limit, ptr %limit_to
  %here = ptrtoint ptr %state to i64
  %high = icmp ugt i64 %here, %limit
  %some = icmp sge i64 %less, 0
  %room = and i1 %high, %some
  ret i1 %room
}
"""


def define_support(module: Module, *, recursive: bool = False) -> None:
    """Add the support functions. `recursive`: some function of the program counts its depth in the state."""
    module.declare("PyLong_FromLongLong", "ptr", ("i64",))
    module.declare("PyObject_Vectorcall", "ptr", ("ptr", "ptr", "i64", "ptr"))
    module.declare("Py_DecRef", "void", ("ptr",))
    module.declare("PyThreadState_Get", "ptr", ())
    for name in ("PyThreadState_EnterTracing", "PyThreadState_LeaveTracing"):
        module.declare(name, "void", ("ptr",))
    module.declare("accel.stack_limit", "i64", ())
    module.declare("accel.is_deep", "i32", ("ptr",))
    for name in ("accel.suspended", "accel.quiet", "accel.offset.limit"):
        module.external(name)
    module.define_once("accel.resume", _RESUME + (_USED if recursive else _USED_NONE))
    if sys.version_info >= (3, 12):
        module.declare("PyErr_GetRaisedException", "ptr", ())
        module.define_once("accel.fetch", _FETCH_312)
    else:
        for name in ("PyErr_Fetch", "PyErr_NormalizeException"):
            module.declare(name, "void", ("ptr", "ptr", "ptr"))
        module.declare("PyException_SetTraceback", "i32", ("ptr", "ptr"))
        module.define_once("accel.fetch", _FETCH_311)
    module.declare("PyErr_CheckSignals", "i32", ())
    module.declare("PyEval_SaveThread", "ptr", ())
    module.declare("PyEval_RestoreThread", "void", ("ptr",))
    module.define_once("accel.signals", _SIGNALS)
    if recursive:
        define_depth(module)


def define_depth(module: Module) -> None:
    """Add the function that finds out how deep recursive functions may call each other."""
    module.declare("PyThreadState_Get", "ptr", ())
    module.declare("accel.stack_limit", "i64", ())
    module.external("accel.offset.limit")
    module.define_once("accel.depth", _DEPTH)
