"""Strips of loops in machine code: the gate in front, the buffer, the write at the end. See `accel.specialize.strips`."""

from __future__ import annotations

from accel.ir import STRIP, Access, Affine, Instruction, StripPlan
from accel.lower import arrays
from accel.lower.body import FunctionBody
from accel.lower.layout import Value, element_type
from accel.lower.numpy_casts import emit_store_cast, load_element, store_element
from accel.lower.text import Emitter, float_text
from accel.lower.unions import emit_union
from accel.types.kinds import Array, Kind, NoneKind, Scalar

__all__ = ["STRIP_STEPS"]

_SMALL = 1 << 31  # names and turns within this, coefficients below 2^20: no subscript can leave 64 bits
Successors = tuple[str, ...]


def _kinds(body: FunctionBody, instruction: Instruction) -> tuple[Kind, ...]:
    return body.typed.argument_kinds[id(instruction)]


def _write(body: FunctionBody, instruction: Instruction, *value: str) -> None:
    body.write(instruction.targets[0], body.typed.target_kinds[id(instruction)][0], value)


def _both(e: Emitter, first: str, second: str) -> str:
    return second if first == "true" else e.value(f"and i1 {first}, {second}")


def _gate(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    e, plan = body.e, instruction.detail
    assert isinstance(plan, StripPlan)
    current, left, step = body.read(instruction.arguments[0])
    last = e.value(f"add i64 {current}, {e.value(f'sub i64 {left}, 1')}")
    sound = e.value(f"icmp eq i64 {step}, 1")
    sound = _both(e, sound, e.value(f"icmp ne i64 {left}, 0"))
    values = {n: body.read(n) for n in (*plan.arrays, *plan.integers)}
    for number in (current, last, left, *(values[n][0] for n in plan.integers)):
        sound = _both(e, sound, e.value(f"icmp ult i64 {e.value(f'add i64 {number}, {_SMALL}')}, {2 * _SMALL}"))
    kinds = dict(zip(instruction.arguments, _kinds(body, instruction), strict=True))
    for access in dict.fromkeys((*plan.loads, *plan.stores)):
        sound = _both(e, sound, _in_range(e, access, kinds[access.array], values, current, last))
    for stored, loaded in {(s.array, a.array) for s in plan.stores for a in plan.loads if a.array != s.array}:
        sound = _both(e, sound, _are_apart(e, (kinds[stored], values[stored]), (kinds[loaded], values[loaded])))
    _write(body, instruction, sound)


def _in_range(e: Emitter, access: Access, kind: Kind, values: dict[str, Value], first: str, last: str) -> str:
    """Whether the subscripts are in range in the first and the last turn, hence in all."""
    assert isinstance(kind, Array)
    sound = "true"
    for index, length in zip(access.indexes, arrays.shape_of(kind, values[access.array]), strict=True):
        if index.is_constant and index.constant < 0:
            sound = _both(e, sound, e.value(f"icmp uge i64 {length}, {-index.constant}"))
            continue
        for turn in (first, last) if index.turn else (first,):
            sound = _both(e, sound, e.value(f"icmp ult i64 {_evaluate(e, index, values, turn)}, {length}"))
    return sound


def _evaluate(e: Emitter, index: Affine, values: dict[str, Value], turn: str) -> str:
    total = ""
    for coefficient, operand in [(index.turn, turn), *((c, values[n][0]) for n, c in index.terms)]:
        if coefficient:
            part = operand if coefficient == 1 else e.value(f"mul nsw i64 {operand}, {coefficient}")
            total = part if not total else e.value(f"add nsw i64 {total}, {part}")
    if not total:
        return str(index.constant)
    return e.value(f"add nsw i64 {total}, {index.constant}") if index.constant else total


def _are_apart(e: Emitter, first: tuple[Kind, Value], second: tuple[Kind, Value]) -> str:
    """Whether two arrays share no memory."""
    (low, high), (low2, high2) = _extent(e, *first), _extent(e, *second)
    before = e.value(f"icmp ule i64 {high}, {low2}")
    return e.value(f"or i1 {before}, {e.value(f'icmp ule i64 {high2}, {low}')}")


def _extent(e: Emitter, kind: Kind, value: Value) -> tuple[str, str]:
    """Addresses of the first byte of an array and of the one behind its last."""
    assert isinstance(kind, Array)
    low = e.value(f"ptrtoint ptr {value[1]} to i64")
    high = e.value(f"add i64 {low}, {kind.dtype.size_bytes}")
    for length, stride in zip(arrays.shape_of(kind, value), arrays.strides_of(kind, value), strict=True):
        reach = e.value(f"mul i64 {e.value(f'sub i64 {length}, 1')}, {stride}")
        back = e.value(f"icmp slt i64 {reach}, 0")
        low = e.value(f"add i64 {low}, {e.select(back, 'i64', reach, '0')}")
        high = e.value(f"add i64 {high}, {e.select(back, 'i64', '0', reach)}")
    return low, high


def _more(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    least = STRIP if instruction.detail == "full" else 1
    _write(body, instruction, body.e.value(f"icmp uge i64 {body.read(instruction.arguments[0])[1]}, {least}"))


def _keep(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    body.copy_maybe(instruction.arguments[0], instruction.targets[0])


def _begin(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    body.strip_flag = body.strip_flag or body.e.slot("i1")
    body.e.do(f"store i1 false, ptr {body.strip_flag}")
    body.e.sums = body.e.sums or {"double": body.e.slot("double"), "float": body.e.slot("float")}
    for type_, slot in body.e.sums.items():
        body.e.do(f"store {type_} 0.0, ptr {slot}")
    body.buffers = [body.e.slot(f"[{16 * STRIP} x i8]", align=64) for _ in range(instruction.detail)]


def _item(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    """The loop variable of this turn; from here to the end of the turn checks are put off."""
    current, turn = body.read(instruction.arguments[0])[0], body.read(instruction.arguments[1])[0]
    _write(body, instruction, body.e.value(f"add nsw i64 {current}, {turn}"))
    body.e.put_off = body.strip_flag


def _turn(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    body.e.put_off = ""
    _write(body, instruction, body.e.value(f"add nuw nsw i64 {body.read(instruction.arguments[0])[0]}, 1"))


def _count(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    _write(
        body, instruction, body.e.value(f"icmp ult i64 {body.read(instruction.arguments[0])[0]}, {_size(body, instruction, 1)}")
    )


def _size(body: FunctionBody, instruction: Instruction, state: int) -> str:
    """Turns of this strip: a constant for full ones, what is left for the last."""
    return str(STRIP) if instruction.detail == "full" else body.read(instruction.arguments[state])[1]


def _failed(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    e = body.e
    e.put_off = body.strip_flag
    for name in body.typed.carried.get(instruction.node, ()):
        kind = body.state[name][0]
        assert isinstance(kind, Scalar)
        e.note_float(element_type(kind.char), body.read(name)[0])
    for type_, slot in e.sums.items():
        total = e.value(f"load {type_}, ptr {slot}")
        size = e.call(type_, f"llvm.fabs.f{64 if type_ == 'double' else 32}", f"{type_} {total}")
        e.exit_if(e.value(f"fcmp uge {type_} {size}, {float_text(float('inf'))}"))
    e.put_off = ""
    _write(body, instruction, body.e.value(f"load i1, ptr {body.strip_flag}"))


def _affine(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    name = {"+": "add", "-": "sub", "*": "mul"}[instruction.detail]
    left, right = (body.read(n)[0] for n in instruction.arguments)
    _write(body, instruction, body.e.value(f"{name} nsw i64 {left}, {right}"))


def _get(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    base, *kinds = _kinds(body, instruction)
    value, *indexes = (body.read(n) for n in instruction.arguments)
    assert isinstance(base, Array)
    lengths = arrays.shape_of(base, value)
    e = body.e
    at = [
        (e.value(f"add i64 {length}, {index[0]}"),) if from_end else index
        for index, length, from_end in zip(indexes, lengths, instruction.detail, strict=True)
    ]
    _write(body, instruction, *arrays.emit_item(body.e, base, tuple(kinds), value, at, checked=False))


def _from_end(e: Emitter, index: str, length: str) -> str:
    return e.value(f"add i64 {length}, {index}") if index.startswith("-") else index


def _put(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    base, kind = _kinds(body, instruction)[:2]
    stored, turn = body.read(instruction.arguments[1]), body.read(instruction.arguments[2])[0]
    assert isinstance(base, Array)
    e, char, buffer = body.e, base.char, body.buffers[instruction.detail]
    at = e.value(f"mul nuw nsw i64 {turn}, {base.dtype.size_bytes}")
    place = e.value(f"getelementptr i8, ptr {buffer}, i64 {at}")

    def store(k: tuple[Kind, ...], v: tuple[Value, ...]) -> Value:
        store_element(e, char, place, emit_store_cast(e, k[0], v[0], char))
        return ()

    emit_union(e, lambda *k: NoneKind(), store, (kind,), [stored], NoneKind())


def _write_back(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    number, access = instruction.detail
    names = instruction.arguments[:-2]
    values = {n: body.read(n) for n in names}
    current, turn = body.read(instruction.arguments[-2])[0], body.read(instruction.arguments[-1])[0]
    e, base = body.e, _kinds(body, instruction)[0]
    assert isinstance(base, Array)
    item = e.value(f"add nsw i64 {current}, {turn}")
    at = e.value(f"mul nuw nsw i64 {turn}, {base.dtype.size_bytes}")
    stored = load_element(e, base.char, e.value(f"getelementptr i8, ptr {body.buffers[number]}, i64 {at}"))
    lengths = arrays.shape_of(base, values[access.array])
    indexes: list[Value] = [
        (_from_end(e, _evaluate(e, i, values, item), n),) for i, n in zip(access.indexes, lengths, strict=True)
    ]
    place = arrays.element_address(e, base, values[access.array], indexes)
    store_element(e, base.char, place, stored)


def _ahead(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    current, left, step = body.read(instruction.arguments[0])
    e = body.e
    size = _size(body, instruction, 0)
    _write(body, instruction, e.value(f"add i64 {current}, {size}"), e.value(f"sub i64 {left}, {size}"), step)


STRIP_STEPS = {
    "strip_affine": _affine, "strip_ahead": _ahead, "strip_begin": _begin, "strip_count": _count, "strip_failed": _failed,
    "strip_gate": _gate, "strip_get": _get, "strip_item": _item, "strip_keep": _keep, "strip_more": _more, "strip_put": _put,
    "strip_turn": _turn, "strip_write": _write_back,
}  # fmt: skip
