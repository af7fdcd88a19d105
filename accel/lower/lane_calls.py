"""What there are no vector instructions for, done for one active lane after the other: functions of libm, divisions of integers."""

from __future__ import annotations

from accel.lower.ssa import Operation, may_trap
from accel.lower.text import Emitter, Module, parts_of

__all__ = ["emit_each"]


def emit_each(module: Module, operation: Operation, width: int) -> str:
    """The quoted name of a function that does an operation, a division or the call of a function, for vectors of `width` elements.

    It takes the operands and a mask (an integer of so many bits). In lanes that are not in the mask the result is 0.
    """
    what = operation.op if may_trap(operation) else operation.detail
    name = f"each.{what}.{operation.type}.{'.'.join(operation.types)}.x{width}"
    e = Emitter(module)
    results, places = parts_of(operation.type), [e.slot(f"<{width} x {t}>", align=64) for t in operation.types]
    made = [e.slot(f"<{width} x {_stored(t)}>", align=64) for t in results]
    vectors = [f"<{width} x {t}>" for t in results]
    whole = "{ " + ", ".join(vectors) + " }" if operation.type.startswith("{") else vectors[0]
    for k, (place, type_) in enumerate(zip(places, operation.types, strict=True)):
        e.do(f"store <{width} x {type_}> %x{k}, ptr {place}, align 64")
    for place, type_ in zip(made, results, strict=True):
        e.do(f"store <{width} x {_stored(type_)}> zeroinitializer, ptr {place}, align 64")
    e.branch("head")
    e.place("head")
    left = e.value(f"phi i{width} [ %mask, %start ], [ @less@, %lane ]")
    e.branch_if(e.value(f"icmp eq i{width} {left}, 0"), "done", "lane")
    e.place("lane")
    number = e.value(f"zext i{width} {e.call(f'i{width}', f'llvm.cttz.i{width}', f'i{width} {left}', 'i1 true')} to i64")
    e.replace({"@less@": e.value(f"and i{width} {left}, {e.value(f'sub i{width} {left}, 1')}")})
    given = [e.value(f"load {t}, ptr {_element(e, t, p, number)}") for t, p in zip(operation.types, places, strict=True)]
    for place, type_, value in zip(made, results, _apply(e, operation, given), strict=True):
        stored = value if type_ == _stored(type_) else e.value(f"zext {type_} {value} to {_stored(type_)}")
        e.do(f"store {_stored(type_)} {stored}, ptr {_element(e, _stored(type_), place, number)}")
    e.branch("head")
    e.place("done")
    values = [_together(e, _stored(t), p, width) for p, t in zip(made, results, strict=True)]
    values = [v if t == _stored(t) else e.value(f"trunc <{width} x i8> {v} to <{width} x {t}>") for v, t in zip(values, results, strict=True)]
    value = values[0]
    if operation.type.startswith("{"):
        value = "poison"
        for k, (type_, part) in enumerate(zip(vectors, values, strict=True)):
            value = e.value(f"insertvalue {whole} {value}, {type_} {part}, {k}")
    e.do(f"ret {whole} {value}")
    parameters = [f"<{width} x {t}> %x{k}" for k, t in enumerate(operation.types)] + [f"i{width} %mask"]
    module.define_once(name, e.function(f'define internal {whole} @"{name}"({", ".join(parameters)}) noinline'))
    return f'@"{name}"'


def _together(e: Emitter, type_: str, place: str, width: int) -> str:
    """The elements at a place as a vector. Loaded one by one: what has just been stored in parts is handed on to loads of the same parts, while one of
    the whole would wait until all of them have reached the cache."""
    value = "poison"
    for k in range(width):
        part = e.value(f"load volatile {type_}, ptr {_element(e, type_, place, str(k))}")
        value = e.value(f"insertelement <{width} x {type_}> {value}, {type_} {part}, i64 {k}")
    return value


def _stored(type_: str) -> str:
    """The type of an element in memory."""
    return "i8" if type_ == "i1" else type_


def _element(e: Emitter, type_: str, place: str, number: str) -> str:
    return e.value(f"getelementptr {type_}, ptr {place}, i64 {number}")


def _apply(e: Emitter, operation: Operation, given: list[str]) -> list[str]:
    """Parts of the result for one lane."""
    if may_trap(operation):
        return [e.value(f"{operation.op} {operation.type} {given[0]}, {given[1]}")]
    typed = [f"{t} {v}" for t, v in zip(operation.types, given, strict=True)]
    if e.module.has_support(operation.detail.removeprefix("accel.")):
        result = e.value(f'call {operation.type} @"{operation.detail}"({", ".join(typed)})')
    else:
        result = e.call(operation.type, operation.detail, *typed, attributes="nounwind willreturn memory(none)")
    if not operation.type.startswith("{"):
        return [result]
    return [e.value(f"extractvalue {operation.type} {result}, {k}") for k in range(len(parts_of(operation.type)))]
