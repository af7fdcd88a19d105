"""Cold functions every program has: going on in CPython, fetching an exception, the depth of recursion."""

from __future__ import annotations

import sys

from accel.lower.text import Module

__all__ = ["define_support"]

_RESUME = """
define internal ptr @"accel.resume"(ptr %prepare, i64 %exit, ptr %record) noinline cold {
entry:
  %array = alloca [2 x ptr]
  %number = call ptr @"PyLong_FromLongLong"(i64 %exit)
  %address_int = ptrtoint ptr %record to i64
  %address = call ptr @"PyLong_FromLongLong"(i64 %address_int)
  store ptr %number, ptr %array
  %second = getelementptr ptr, ptr %array, i64 1
  store ptr %address, ptr %second
  %rest = call ptr @"PyObject_Vectorcall"(ptr %prepare, ptr %array, i64 2, ptr null)
  call void @"Py_DecRef"(ptr %number)
  call void @"Py_DecRef"(ptr %address)
  %failed = icmp eq ptr %rest, null
  br i1 %failed, label %out, label %go
go:
  %answer = call ptr @"PyObject_Vectorcall"(ptr %rest, ptr null, i64 0, ptr null)
  call void @"Py_DecRef"(ptr %rest)
  ret ptr %answer
out:
  ret ptr null
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
define internal i32 @"accel.signals"() noinline cold {
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
_TOO_DEEP = """
@"accel.deep_text" = private constant [33 x i8] c"maximum recursion depth exceeded\\00"
define internal ptr @"accel.too_deep"() noinline cold {
  %class = load ptr, ptr @"PyExc_RecursionError"
  %text = call ptr @"PyUnicode_FromString"(ptr @"accel.deep_text")
  %array = alloca ptr
  store ptr %text, ptr %array
  %error = call ptr @"PyObject_Vectorcall"(ptr %class, ptr %array, i64 1, ptr null)
  call void @"Py_DecRef"(ptr %text)
  ret ptr %error
}
"""
# Python calls that may still be nested: the thread state keeps what is left of the recursion limit (where, the dispatcher finds out
# and gives as the address of a symbol). It is bounded so that the frames of compiled code fit a usual stack.
_DEPTH = """
define internal i64 @"accel.depth"() noinline cold {{
  %thread = call ptr @"PyThreadState_Get"()
  %place = getelementptr i8, ptr %thread, i64 ptrtoint (ptr @"accel.depth_offset" to i64)
  %left = load i32, ptr %place
  %left64 = sext i32 %left to i64
  %less = sub i64 %left64, 1
  %bounded = call i64 @llvm.smin.i64(i64 %less, i64 {most})
  ret i64 %bounded
}}
"""
_MOST_FRAMES = 12_000


def define_support(module: Module) -> None:
    """Add the support functions."""
    module.declare("PyLong_FromLongLong", "ptr", ("i64",))
    module.declare("PyObject_Vectorcall", "ptr", ("ptr", "ptr", "i64", "ptr"))
    module.declare("Py_DecRef", "void", ("ptr",))
    module.define_once("accel.resume", _RESUME)
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
    module.external("PyExc_RecursionError")
    module.declare("PyUnicode_FromString", "ptr", ("ptr",))
    module.define_once("accel.too_deep", _TOO_DEEP)
    module.declare("PyThreadState_Get", "ptr", ())
    module.declare("llvm.smin.i64", "i64", ("i64", "i64"))
    module.external("accel.depth_offset")
    module.define_once("accel.depth", _DEPTH.format(most=_MOST_FRAMES))
