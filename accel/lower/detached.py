"""Bodies that run without the GIL: how they take it when they leave, and whether a program's functions get by without it.

The entry gives the GIL up and keeps the thread's state in a word of `%state` (1 for a worker's, which has none yet: `accel.lower.tasks`). Whatever
touches Python calls `accel.attach` first, which takes the GIL once; the entry does so at the end. Loops look at a word of their thread's (another word
of `%state`): where a pool runs the body, that of the region, which says that the rest is not wanted; else CPython's own, which says that a signal has
arrived.
"""

from __future__ import annotations

import re

from accel.lower.text import Emitter, Module

__all__ = ["ENTER", "define_detached", "emit_attach", "emit_detach", "find_python_call", "load_watched"]

_THREAD, _WATCHED, _FRAME = 4, 5, 6  # words of the state
ENTER = 9  # word of a task's frame: how its thread, which is not Python's, gets into the interpreter

_SUPPORT = f"""
define internal void @"accel.attach"(ptr %state) noinline cold {{
entry:
  %at = getelementptr i64, ptr %state, i64 {_THREAD}
  %thread = load ptr, ptr %at
  %attached = icmp eq ptr %thread, null
  br i1 %attached, label %out, label %do
do:
  store ptr null, ptr %at
  %foreign = icmp eq ptr %thread, inttoptr (i64 1 to ptr)
  br i1 %foreign, label %enter, label %take
enter:
  %frame_at = getelementptr i64, ptr %state, i64 {_FRAME}
  %frame = load ptr, ptr %frame_at
  %enter_at = getelementptr i64, ptr %frame, i64 {ENTER}
  %function = load ptr, ptr %enter_at
  call void %function(ptr %state)
  br label %out
take:
  call void @"PyEval_RestoreThread"(ptr %thread)
  br label %out
out:
  ret void
}}
define internal void @"accel.detach"(ptr %state) {{
  %at = getelementptr i64, ptr %state, i64 {_THREAD}
  %thread = call ptr @"PyEval_SaveThread"()
  store ptr %thread, ptr %at
  ret void
}}
define internal preserve_allcc i32 @"accel.look"(ptr %state) noinline cold {{
entry:
  call void @"accel.attach"(ptr %state)
  %answer = call i32 @"PyErr_CheckSignals"()
  %raised = icmp slt i32 %answer, 0
  br i1 %raised, label %failed, label %compare
compare:
  %at = getelementptr i64, ptr %state, i64 {_WATCHED}
  %watched = load ptr, ptr %at
  %own = icmp ne ptr %watched, @"accel.tripped"
  %word = load atomic i32, ptr %watched monotonic, align 4
  %set = icmp ne i32 %word, 0
  %stopped = and i1 %own, %set
  br i1 %stopped, label %stop, label %go
stop:
  %class = load ptr, ptr @"PyExc_KeyboardInterrupt"
  call void @"PyErr_SetNone"(ptr %class)
  br label %failed
failed:
  ret i32 -1
go:
  call void @"accel.detach"(ptr %state)
  ret i32 0
}}
"""
_DEFINITION = re.compile(r'define [^@]*@"?([\w.$]+)"?\(')
_CALL = re.compile(r'\bcall\b[^@%]*(?:@"?([\w.$]+)"?|%[\w.$]+)\(')
_LABEL = re.compile(r"[\w.$]+:")


def define_detached(module: Module) -> None:
    """Add the functions that take the GIL and give it up."""
    module.declare("PyErr_SetNone", "void", ("ptr",))
    module.external("PyExc_KeyboardInterrupt")
    module.external("accel.tripped")
    module.define_once("accel.attach", _SUPPORT)


def emit_detach(e: Emitter, state: str) -> None:
    """In the entry: give up the GIL, and note which word loops are to look at."""
    key = e.value(f"load i32, ptr {e.module.external('accel.watch_key')}")
    own = e.call("ptr", "pthread_getspecific", f"i32 {key}")
    watched = e.value(f"select i1 {e.value(f'icmp eq ptr {own}, null')}, ptr {e.module.external('accel.tripped')}, ptr {own}")
    e.do(f"store ptr {watched}, ptr {e.value(f'getelementptr i64, ptr {state}, i64 {_WATCHED}')}")
    e.do(f'call void @"accel.detach"(ptr {state})')


def emit_attach(e: Emitter, state: str = "%state") -> None:
    """Take the GIL, unless this call has it again already."""
    e.do(f'call void @"accel.attach"(ptr {state})')


def load_watched(e: Emitter) -> str:
    """The address of the word loops are to look at."""
    return e.value(f"load ptr, ptr {e.value(f'getelementptr i64, ptr %state, i64 {_WATCHED}')}")


def find_python_call(functions: list[str], roots: list[str]) -> str:
    """A function of CPython that the functions named `roots`, or those they call, may call without having the GIL; empty if there is none.

    Read off the text itself: in a block, calls that follow one of `accel.attach` have it.
    """
    bodies: dict[str, list[str]] = {}
    for text in functions:
        name = ""
        for line in text.splitlines():
            begin = _DEFINITION.match(line)
            if begin is not None:
                name = begin[1]
                bodies[name] = []
            elif name:
                bodies[name].append(line)
    todo, seen = list(roots), {"accel.attach", "accel.detach", "accel.look", *roots}
    while todo:
        attached = False
        for line in bodies[todo.pop()]:
            if _LABEL.match(line):
                attached = False
            for found in _CALL.finditer(line):
                called = found[1] or "a function known by its address only"
                if called == "accel.attach":
                    attached = True
                elif not attached and (not found[1] or called.startswith(("Py", "_Py"))):
                    return called
                elif not attached and called in bodies and called not in seen:
                    seen.add(called)
                    todo.append(called)
    return ""
