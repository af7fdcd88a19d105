"""The entry of a specialisation: a `vectorcallfunc` that goes from the interpreter straight into the compiled function.

Every miss (another type, a changed global, a keyword it can't bind, a tracer) tail-calls `next` with the arguments untouched. `next`,
and all addresses a guard compares with, are slots of the image that the dispatcher fills and may change at any time.
"""

from __future__ import annotations

import sys
from inspect import CO_VARARGS
from types import CodeType

from accel.ir import Guard, Plan
from accel.lower.box import emit_box
from accel.lower.detached import emit_attach, emit_detach
from accel.lower.layout import Value, components, object_positions, owner_positions, word_places
from accel.lower.ownership import emit_owner_checks
from accel.lower.results import load_result, store_values
from accel.lower.support import define_support
from accel.lower.text import Emitter, Module
from accel.lower.unbox import emit_unbox
from accel.runtime.classes import VERSION_OFFSET
from accel.types.kinds import Kind, Never, Static, Tuple

__all__ = ["emit_boxed", "emit_entry", "emit_guards", "require_function"]

# Offsets in CPython's objects, 3.11 to 3.13 (`accel.dispatch.offsets` checks them against live objects).
_CODE, _DEFAULTS, _KWDEFAULTS = 48, 56, 64
_DICT_KEYS, _KEYS_SIZE, _KEYS_VERSION, _CELL_CONTENTS = 32, 8, 12, 16


def emit_entry(module: Module, plan: Plan, *, is_prepared: bool = False) -> None:
    """Add the function `entry` for a plan; if there is a `call.do` (`accel.lower.prepared`), it calls that."""
    recursive = any(t.recursive for t in plan.functions)
    define_support(module, recursive=recursive)
    typed, e = plan.root, Emitter(module)
    code = typed.source.code
    parameters = code.co_argcount + code.co_kwonlyargcount
    _require_untraced(e)
    require_function(e)
    more = typed.kinds[-1] if code.co_flags & CO_VARARGS else Tuple(())
    assert isinstance(more, Tuple)
    rest = more.items
    arguments = _bind(e, module, code, len(rest))
    emit_guards(e, plan.guards, "miss")
    values: list[str] = []
    bound: list[tuple[Kind, Value]] = []
    operands = [(kind, arguments, k) for k, kind in enumerate(typed.kinds[:parameters])]
    operands += [(kind, "%args", code.co_argcount + k) for k, kind in enumerate(rest)]
    for kind, given, k in operands:
        operand = e.value(f"load ptr, ptr {e.value(f'getelementptr ptr, ptr {given}, i64 {k}')}")
        bound.append((kind, emit_unbox(e, kind, operand, "miss")))
        values += [f"{t} {v}" for t, v in zip(components(kind), bound[-1][1], strict=True)]
    emit_owner_checks(e, typed.source.function, arguments, bound[:parameters])
    _call(e, plan, values, recursive=recursive, is_prepared=is_prepared)
    if plan.nogil:
        module.define('define void @"nogil"() { ret void }')  # nobody calls it: its name tells
    e.place("miss")
    _tail_call(e, "next")
    _define_throttle(module)
    module.define(e.function("define ptr @entry(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames)"))


_SIGNATURE = ("ptr", "ptr", "i64", "ptr")


def _require(e: Emitter, condition: str, miss: str = "miss") -> None:
    after = e.label("ok")
    e.branch_if(condition, after, miss, likely=True)
    e.place(after)


def _load(e: Emitter, base: str, offset: int, type_: str) -> str:
    place = e.value(f"getelementptr i8, ptr {base}, i64 {offset}") if offset else base
    return e.value(f"load {type_}, ptr {place}")


def _require_untraced(e: Emitter) -> None:
    """While a tracer, profiler or monitoring tool is on, the call is plain Python (see `accel.dispatch.tracing`)."""
    module = e.module
    go, plain = e.label("go"), e.label("plain")
    if sys.version_info < (3, 12):
        suspended = e.value(f"load i64, ptr {module.external('accel.suspended')}")
        frame_at = f"i64 ptrtoint (ptr {module.external('accel.offset.frame')} to i64)"
        thread = e.value(f"load ptr, ptr {module.external('accel.thread')}")
        frame = e.value(f"load ptr, ptr {e.value(f'getelementptr i8, ptr {thread}, {frame_at}')}")
        traced = e.value(f"zext i8 {e.value(f'load i8, ptr {frame}')} to i64")
        e.branch_if(e.value(f"icmp eq i64 {e.value(f'or i64 {suspended}, {traced}')}, 0"), go, plain, likely=True)
    else:
        version, quiet = (e.value(f"load i64, ptr {module.external(name)}") for name in ("accel.version", "accel.quiet"))
        code = module.external("code", may_be_null=True)
        mark_at = f"i64 ptrtoint (ptr {module.external('accel.offset.monitoring')} to i64)"
        mark = e.value(f"load ptr, ptr {e.value(f'getelementptr i8, ptr {code}, {mark_at}')}")
        same, unmarked = e.value(f"icmp eq i64 {version}, {quiet}"), e.value(f"icmp eq ptr {mark}, null")
        looked = e.label("looked")
        e.branch_if(e.value(f"and i1 {same}, {unmarked}"), go, looked, likely=True)
        e.place(looked)
        watched = e.call("i32", "accel.recheck", f"ptr {code}")
        e.branch_if(e.value(f"icmp eq i32 {watched}, 0"), go, plain)
    e.place(plain)
    _tail_call(e, "plain")
    e.place(go)


def _tail_call(e: Emitter, name: str) -> None:
    callee = e.module.declare(name, "ptr", _SIGNATURE)
    made = e.value(f"tail call ptr {callee}(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames)")
    e.do(f"ret ptr {made}")


def _define_throttle(module: Module) -> None:
    """What the last miss of a chain reaches: Python mostly, and now and then the trigger, which may compile or mend something."""
    e = Emitter(module)
    word = module.external("accel.countdown")
    left = e.value(f"add i64 {e.value(f'load i64, ptr {word}')}, -1")
    e.do(f"store i64 {left}, ptr {word}")
    due, not_yet = e.label("due"), e.label("plain")
    e.branch_if(e.value(f"icmp sgt i64 {left}, 0"), not_yet, due)
    e.place(not_yet)
    _tail_call(e, "plain")
    e.place(due)
    _tail_call(e, "trigger")
    module.define(e.function("define ptr @throttle(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames)"))


def require_function(e: Emitter) -> None:
    """The function still has the code and the defaults it was compiled with."""
    function = e.module.external("function")
    same = ""
    for name, offset in (("code", _CODE), ("defaults", _DEFAULTS), ("kwdefaults", _KWDEFAULTS)):
        found = _load(e, function, offset, "ptr")
        one = e.value(f"icmp eq ptr {found}, {e.module.external(name, may_be_null=True)}")
        same = one if not same else e.value(f"and i1 {same}, {one}")
    _require(e, same)


def _bind(e: Emitter, module: Module, code: CodeType, rest: int) -> str:
    """Address of the arguments, one per parameter: as they come, or bound by keyword and default in a colder function. `rest` more
    by position go to the parameter with `*`."""
    positional, count = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    given = e.value("and i64 %nargsf, 9223372036854775807")
    right = e.value(f"icmp eq i64 {given}, {positional + rest}")
    plain = e.value("icmp eq ptr %kwnames, null")
    binding, bound, hot = e.label("bind"), e.label("bound"), e.block
    if count == 0:
        _require(e, e.value(f"and i1 {right}, {plain}"))
        return "%args"
    keyword_only = count > positional
    direct = "false" if keyword_only else e.value(f"and i1 {right}, {plain}")
    e.branch_if(direct, bound, binding, likely=True)
    e.place(binding)
    room = e.slot(f"[{count} x ptr]", align=8)
    _define_bind(module, code, rest)
    fits = e.value(f'call i1 @"accel.bind"(ptr %args, i64 {given}, ptr %kwnames, ptr {room})')
    cold = e.block
    e.branch_if(fits, bound, "miss", likely=True)
    e.place(bound)
    return e.merge("ptr", ("%args", hot), (room, cold))


def _define_bind(module: Module, code: CodeType, rest: int) -> None:
    """`accel.bind(args, given, kwnames, room) -> whether every parameter got exactly one argument`."""
    positional, count = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    e = Emitter(module)

    def room(k: int) -> str:
        return e.value(f"getelementptr ptr, ptr %room, i64 {k}")

    def require(condition: str) -> None:
        after = e.label("ok")
        e.branch_if(condition, after, "no")
        e.place(after)

    require(e.value(f"icmp {'eq' if rest else 'ule'} i64 %given, {positional + rest}"))
    for k in range(count):
        if k >= positional:
            e.do(f"store ptr null, ptr {room(k)}")
            continue
        is_given = e.value(f"icmp ugt i64 %given, {k}")
        there, absent, done = e.label("given"), e.label("absent"), e.label("next")
        e.branch_if(is_given, there, absent)
        e.place(there)
        e.do(f"store ptr {_load(e, '%args', 8 * k, 'ptr')}, ptr {room(k)}")
        e.branch(done)
        e.place(absent)
        e.do(f"store ptr null, ptr {room(k)}")
        e.branch(done)
        e.place(done)
    keywords, defaults = e.label("keywords"), e.label("defaults")
    e.branch_if(e.value("icmp eq ptr %kwnames, null"), defaults, keywords)
    e.place(keywords)
    size = _load(e, "%kwnames", 16, "i64")
    loop, body, taken = e.label("loop"), e.label("body"), e.label("taken")
    start = e.block
    e.branch(loop)
    e.place(loop)
    e.do(f"%k = phi i64 [ 0, %{start} ], [ %k1, %{taken} ]")
    e.branch_if(e.value(f"icmp ult i64 %k, {size}"), body, defaults)
    e.place(body)
    names = e.value("getelementptr i8, ptr %kwnames, i64 24")
    name = e.value(f"load ptr, ptr {e.value(f'getelementptr ptr, ptr {names}, i64 %k')}")
    at = e.value("add i64 %given, %k")
    value = e.value(f"load ptr, ptr {e.value(f'getelementptr ptr, ptr %args, i64 {at}')}")
    for k in range(code.co_posonlyargcount, count):
        match, other = e.label("match"), e.label("other")
        e.branch_if(e.value(f"icmp eq ptr {name}, {module.external(f'parameter.{k}')}"), match, other)
        e.place(match)
        require(e.value(f"icmp eq ptr {e.value(f'load ptr, ptr {room(k)}')}, null"))
        e.do(f"store ptr {value}, ptr {room(k)}")
        e.branch(taken)
        e.place(other)
    e.branch("no")
    e.place(taken)
    e.do("%k1 = add i64 %k, 1")
    e.branch(loop)
    e.place(defaults)
    for k in range(count):
        default = module.external(f"default.{k}", may_be_null=True)
        held = e.value(f"load ptr, ptr {room(k)}")
        if k < positional:
            some = e.value(f"select i1 {e.value(f'icmp eq ptr {held}, null')}, ptr {default}, ptr {held}")
            require(e.value(f"icmp ne ptr {some}, null"))
            e.do(f"store ptr {some}, ptr {room(k)}")
            continue
        absent, done = e.label("absent"), e.label("held")
        e.branch_if(e.value(f"icmp eq ptr {held}, null"), absent, done)
        e.place(absent)  # the dict of defaults may change: it must hold the very object that was there when this was loaded
        keywords_at = _load(e, module.external("function"), _KWDEFAULTS, "ptr")
        require(e.value(f"icmp ne ptr {keywords_at}, null"))
        found = e.call("ptr", "PyDict_GetItem", f"ptr {keywords_at}", f"ptr {module.external(f'parameter.{k}')}")
        require(e.value(f"icmp ne ptr {found}, null"))
        require(e.value(f"icmp eq ptr {found}, {default}"))
        e.do(f"store ptr {found}, ptr {room(k)}")
        e.branch(done)
        e.place(done)
    e.do("ret i1 true")
    e.place("no")
    e.do("ret i1 false")
    module.define(e.function('define internal i1 @"accel.bind"(ptr %args, i64 %given, ptr %kwnames, ptr %room) noinline'))


def emit_guards(e: Emitter, guards: tuple[Guard, ...], miss: str) -> None:
    """Jump to `miss` unless everything watched is as it was when this was compiled."""
    for k, guard in enumerate(guards):
        if guard.what == "global":
            _check_global(e, k, miss, missing=guard.missing)
        elif guard.what == "errstate":
            variable, expected = (e.module.external(f"guard.{k}.{part}") for part in ("variable", "value"))
            slot = e.slot("ptr")
            e.call("i32", "PyContextVar_Get", f"ptr {variable}", "ptr null", f"ptr {slot}")
            found = e.value(f"load ptr, ptr {slot}")
            e.call("void", "Py_DecRef", f"ptr {found}")
            _require(e, e.value(f"icmp eq ptr {found}, {expected}"), miss)
        elif guard.what == "class":
            version = e.value(f"zext i32 {_load(e, e.module.external(f'guard.{k}.class'), VERSION_OFFSET, 'i32')} to i64")
            _require(e, e.value(f"icmp eq i64 {version}, ptrtoint (ptr {e.module.external(f'guard.{k}.version')} to i64)"), miss)
        elif guard.what == "cell":
            cell, value = (e.module.external(f"guard.{k}.{part}") for part in ("cell", "value"))
            _require(e, e.value(f"icmp eq ptr {_load(e, cell, _CELL_CONTENTS, 'ptr')}, {value}"), miss)
        else:
            function = e.module.external(f"guard.{k}.function")
            for name, offset in (("code", _CODE), ("defaults", _DEFAULTS), ("kwdefaults", _KWDEFAULTS)):
                expected = e.module.external(f"guard.{k}.{name}", may_be_null=True)
                _require(e, e.value(f"icmp eq ptr {_load(e, function, offset, 'ptr')}, {expected}"), miss)


def _check_global(e: Emitter, k: int, miss: str, *, missing: bool) -> None:
    """A name of a dict: the key table is the one seen, and its entry still holds that name and that value; or, for a name that is
    missing, the set of keys has the version it had. Survives any other store to the dict."""

    def part(name: str) -> str:
        return e.module.external(f"guard.{k}.{name}")

    keys = _load(e, part("dict"), _DICT_KEYS, "ptr")
    if missing:
        version = e.value(f"zext i32 {_load(e, keys, _KEYS_VERSION, 'i32')} to i64")
        _require(e, e.value(f"icmp eq i64 {version}, ptrtoint (ptr {part('version')} to i64)"), miss)
        return
    _require(e, e.value(f"icmp eq ptr {keys}, {part('keys')}"), miss)
    size = e.value(f"zext i8 {_load(e, part('keys'), _KEYS_SIZE, 'i8')} to i64")
    same = e.value(f"icmp eq i64 {size}, ptrtoint (ptr {part('size')} to i64)")
    for name, offset in (("name", 0), ("value", 8)):
        found = _load(e, part("entry"), offset, "ptr")
        same = e.value(f"and i1 {same}, {e.value(f'icmp eq ptr {found}, {part(name)}')}")
    _require(e, same, miss)


def _call(e: Emitter, plan: Plan, values: list[str], *, recursive: bool, is_prepared: bool) -> None:
    """Call the compiled function and box what it gives."""
    symbol, result = plan.root.symbol, plan.root.result
    state = e.slot("[8 x i64]", align=8)
    types = tuple([component.rpartition(" ")[0] for component in values])
    before = word_places(types)[-1] if is_prepared else 0
    whole = e.slot(f"[{max(before + word_places(components(result))[-1], 1)} x i64]", align=8)
    room = e.value(f"getelementptr i64, ptr {whole}, i64 {before}")
    if recursive:
        fits, plain = e.label("fits"), e.label("plain")
        room_left = e.value(f'call i1 @"accel.depth"(ptr {state})')
        e.branch_if(room_left, fits, plain, likely=True)
        e.place(plain)
        _tail_call(e, "plain")
        e.place(fits)
    if plan.nogil:
        emit_detach(e, state)
    if is_prepared:
        store_values(e, types, tuple([component.rpartition(" ")[2] for component in values]), whole)
        status = e.value(f'call i32 @"call.do"(ptr {whole}, ptr {state})')
    else:
        status = e.value(f'call i32 @"{symbol}"({", ".join([f"ptr {room}", f"ptr {state}", *values])})')
    if plan.nogil:
        emit_attach(e, state)
    good, bad, given, raised = (e.label(n) for n in ("good", "bad", "given", "raised"))
    e.branch_if(e.value(f"icmp eq i32 {status}, 0"), good, bad, likely=True)
    e.place(bad)
    e.branch_if(e.value(f"icmp eq i32 {status}, 2"), given, raised)
    e.place(given)
    e.do(f"ret ptr {e.value(f'load ptr, ptr {state}')}")
    e.place(raised)
    e.do("ret ptr null")
    e.place(good)
    if isinstance(result, (Never, Static)):
        e.do("ret ptr null")
        return
    e.do(f"ret ptr {emit_boxed(e, result, room)}")


def emit_boxed(e: Emitter, result: Kind, room: str) -> str:
    """The object for what a compiled function has written into the room for its result."""
    value = load_result(e, result, room)
    made = emit_box(e, result, value)
    for position in (*owner_positions(result), *object_positions(result)):
        e.call("void", "Py_DecRef", f"ptr {value[position]}")  # the function handed a reference over, boxing took its own
    return made
