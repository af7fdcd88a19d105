"""Fast versions of loops in machine code: the gate in front of a nest, the strips of innermost loops.

See `accel.specialize.nests` and `accel.specialize.strips`.
"""

from __future__ import annotations

from accel.ir import HIGHEST, LENGTH_SIGN, LOWEST, STRIPS, SUM_STEPS, Access, Affine, GatePlan, Instruction
from accel.lower import arrays
from accel.lower.body import FunctionBody
from accel.lower.layout import Value, element_type, member_positions
from accel.lower.numpy_casts import emit_store_cast, load_element, store_element
from accel.lower.text import Emitter
from accel.lower.unions import emit_union
from accel.types.kinds import Array, Kind, NoneKind, Scalar, Union, members_of

__all__ = ["STRIP_STEPS", "are_apart", "emit_sum_step"]

_SMALL = 1 << 40  # names and turns within this, coefficients below 2^20: no subscript can leave 64 bits
_STEP = 1 << 54  # steps of integer sums, and sums, within these can't leave 64 bits
_FAR = (1 << 62) - STRIPS[0] * SUM_STEPS * _STEP
Successors = tuple[str, ...]


def _kinds(body: FunctionBody, instruction: Instruction) -> tuple[Kind, ...]:
    return body.typed.argument_kinds[id(instruction)]


def _write(body: FunctionBody, instruction: Instruction, *value: str) -> None:
    body.write(instruction.targets[0], body.typed.target_kinds[id(instruction)][0], value)


def _both(e: Emitter, first: str, second: str) -> str:
    """Whether both hold; the second may be poison when the first does not."""
    return second if first == "true" else e.select(first, "i1", second, "false")


def _is_within(e: Emitter, number: str, limit: int, test: str = "ult") -> str:
    """Whether a number is at least `-limit` and less than `limit` ("uge": whether it is not)."""
    return e.value(f"icmp {test} i64 {e.value(f'add i64 {number}, {limit}')}, {2 * limit}")


def _gate(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    e, plan = body.e, instruction.detail
    assert isinstance(plan, GatePlan)
    current, left, step = body.read(instruction.arguments[0])
    kinds = dict(zip(instruction.arguments, _kinds(body, instruction), strict=True))
    values = {n: body.read(n) for n in plan.names}
    sound = e.value(f"icmp ne i64 {left}, 0")
    integers = [v[0] for n, v in values.items() if not isinstance(kinds[n], Array)]
    lengths = [n for name, kind in kinds.items() if isinstance(kind, Array) for n in arrays.shape_of(kind, values[name])]
    for number in (current, left, step, *integers, *lengths):
        sound = _both(e, sound, _is_within(e, number, _SMALL))
    reach = e.value(f"mul i64 {e.value(f'sub i64 {left}, 1')}, {step}")
    end = e.value(f"add i64 {current}, {reach}")
    sound = _both(e, sound, _is_within(e, end, _SMALL))
    values[LOWEST] = (e.call("i64", "llvm.smin.i64", f"i64 {current}", f"i64 {end}"),)
    values[HIGHEST] = (e.call("i64", "llvm.smax.i64", f"i64 {current}", f"i64 {end}"),)
    terms = _terms(values, kinds)
    sound = _in_range(e, plan, terms, sound)
    for first, second in plan.apart:
        sound = _both(e, sound, are_apart(e, (kinds[first], values[first]), (kinds[second], values[second])))
    for array in plan.solid:
        sound = _both(e, sound, _is_solid(e, kinds[array], values[array]))
    _write(body, instruction, sound)


def _in_range(e: Emitter, plan: GatePlan, terms: dict[str, str], sound: str) -> str:
    """Whether all ranges are within their arrays, and `sound` holds."""
    for array, axis, least, greatest in plan.ranges:
        length = terms[f"{array}{LENGTH_SIGN}{axis}"]
        if least.is_from_end:
            sound = _both(e, sound, e.value(f"icmp uge i64 {length}, {-least.constant}"))
            continue
        sound = _both(e, sound, e.value(f"icmp sge i64 {_evaluate(e, least, terms)}, 0"))
        sound = _both(e, sound, e.value(f"icmp slt i64 {_evaluate(e, greatest, terms)}, {length}"))
    return sound


def _rows_within(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    e, kinds = body.e, dict(zip(instruction.arguments, _kinds(body, instruction), strict=True))
    terms = _terms({n: body.read(n) for n in kinds}, kinds)
    sound = "true"
    for number in terms.values():
        sound = _both(e, sound, _is_within(e, number, _SMALL))
    sound = _in_range(e, instruction.detail, terms, sound)
    e.exit_if(e.value(f"xor i1 {sound}, true"))


def _turn_written_out(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    item, *state = map(str, instruction.detail)
    kinds = body.typed.target_kinds[id(instruction)]
    body.write(instruction.targets[0], kinds[0], (item,))
    body.write(instruction.targets[1], kinds[1], tuple(state))


def _terms(values: dict[str, Value], kinds: dict[str, Kind]) -> dict[str, str]:
    """What the terms of affine forms stand for: ints, and lengths of arrays."""
    found: dict[str, str] = {}
    for name, value in values.items():
        kind = kinds.get(name)
        if isinstance(kind, Array):
            found |= {f"{name}{LENGTH_SIGN}{k}": length for k, length in enumerate(arrays.shape_of(kind, value))}
        else:
            found[name] = value[0]
    return found


def _evaluate(e: Emitter, form: Affine, terms: dict[str, str]) -> str:
    total = ""
    for name, coefficient in form.terms:
        part = terms[name] if coefficient == 1 else e.value(f"mul nsw i64 {terms[name]}, {coefficient}")
        total = part if not total else e.value(f"add nsw i64 {total}, {part}")
    if not total:
        return str(form.constant)
    return e.value(f"add nsw i64 {total}, {form.constant}") if form.constant else total


def _is_solid(e: Emitter, kind: Kind, value: Value) -> str:
    """Whether no two elements of an array lie in one place: each axis, from the last or from the first on, steps over the whole of those
    before."""
    assert isinstance(kind, Array)
    orders = []
    axes = list(zip(arrays.shape_of(kind, value), arrays.strides_of(kind, value), strict=True))
    for order in (axes, axes[::-1])[: min(kind.ndim, 2)]:
        sound, size = "true", str(kind.dtype.size_bytes)
        for length, stride in reversed(order):
            step = e.call("i64", "llvm.abs.i64", f"i64 {stride}", "i1 false")
            sound = _both(e, sound, e.value(f"icmp uge i64 {step}, {size}"))
            size = e.value(f"mul i64 {step}, {length}")
        orders.append(sound)
    return orders[0] if len(orders) == 1 else e.value(f"or i1 {orders[0]}, {orders[1]}")


def are_apart(e: Emitter, first: tuple[Kind, Value], second: tuple[Kind, Value]) -> str:
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
    _, left, step = body.read(instruction.arguments[0])
    enough = body.e.value(f"icmp uge i64 {left}, {instruction.detail}")
    _write(body, instruction, _both(body.e, enough, body.e.value(f"icmp eq i64 {step}, 1")))


def _keep(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    body.copy_maybe(instruction.arguments[0], instruction.targets[0])


def _begin(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    e = body.e
    body.strip_flag = body.strip_flag or e.slot("i1")
    e.do(f"store i1 false, ptr {body.strip_flag}")
    e.begin_sums()
    body.buffers = [e.slot(f"[{16 * STRIPS[0]} x i8]", align=64) for _ in range(instruction.detail)]


def _item(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    """The loop variable of this turn; from here to the end of the turn checks are put off."""
    _again(body, instruction, successors)
    body.e.put_off = body.strip_flag


def _again(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    current, turn = body.read(instruction.arguments[0])[0], body.read(instruction.arguments[1])[0]
    _write(body, instruction, body.e.value(f"add nsw i64 {current}, {turn}"))


def _turn(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    body.e.put_off = ""
    _write(body, instruction, body.e.value(f"add nuw nsw i64 {body.read(instruction.arguments[0])[0]}, 1"))


def _count(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    _write(body, instruction, body.e.value(f"icmp ult i64 {body.read(instruction.arguments[0])[0]}, {instruction.detail}"))


def _failed(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    e = body.e
    e.put_off = body.strip_flag
    for name in body.typed.carried.get(instruction.node, ()):
        kind, value = body.state[name][0], body.read(name)
        for member in members_of(kind):
            if isinstance(member, Scalar):
                at = member_positions(kind, member)[0] if isinstance(kind, Union) else 0
                e.note_float(element_type(member.char), value[at])
    for name in body.typed.bounded.get(instruction.node, ()):
        total = arrays.emit_integer(e, body.state[name][0], body.read(name))
        e.exit_if(_is_within(e, total, _FAR, "uge"))
    failed = e.value(f"load i1, ptr {body.strip_flag}")
    for unsound in (
        *e.end_sums(),
        *(_is_unsound(body, *found, instruction.detail) for found in body.typed.tested.get(instruction.node, ())),
    ):
        failed = e.value(f"or i1 {failed}, {unsound}")
    e.put_off = ""
    _write(body, instruction, failed)


def emit_sum_step(e: Emitter, symbol: str, kinds: tuple[Kind, ...], values: list[Value]) -> str:
    """One step of an integer sum: only its size is tested, so that LLVM may add in any order. The sum is tested behind the strip."""
    total, step = (arrays.emit_integer(e, kind, value) for kind, value in zip(kinds, values, strict=True))
    e.exit_if(_is_within(e, step, _STEP, "uge"))
    return e.value(f"{'add' if symbol == '+' else 'sub'} i64 {total}, {step}")


def _is_unsound(body: FunctionBody, number: int, char: str, turns: int) -> str:
    """Whether a buffer holds a number that is not finite: products with 0 are added up, vector by vector."""
    e, type_ = body.e, element_type(char)
    lanes = min(turns, 8 if type_ == "double" else 16)
    vector, total = f"<{lanes} x {type_}>", ""
    for k in range(turns // lanes):
        place = e.value(f"getelementptr {vector}, ptr {body.buffers[number]}, i64 {k}")
        part = e.value(f"fmul contract {vector} {e.value(f'load {vector}, ptr {place}, align 4')}, zeroinitializer")
        total = e.value(f"fadd contract {vector} {total}, {part}") if total else part
    lane = e.value(f"fcmp uno {vector} {total}, zeroinitializer")
    return e.value(f"icmp ne i{lanes} {e.value(f'bitcast <{lanes} x i1> {lane} to i{lanes}')}, 0")


def _inside(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    e, (base, kind) = body.e, _kinds(body, instruction)
    array, index = (body.read(n) for n in instruction.arguments)
    assert isinstance(base, Array)
    length = arrays.shape_of(base, array)[instruction.detail]
    e.exit_if(e.value(f"icmp uge i64 {arrays.emit_integer(e, kind, index)}, {length}"))


def _within(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    e, (size, item, ranges) = body.e, instruction.detail
    state, *names = instruction.arguments
    first = body.read(state)[0]
    kinds = dict(zip(names, _kinds(body, instruction)[1:], strict=True))
    known = _terms({n: body.read(n) for n in names}, kinds)
    sound = "true"
    for number in (first, *known.values()):
        sound = _both(e, sound, _is_within(e, number, _SMALL))
    for turn in (first, e.value(f"add i64 {first}, {size - 1}")):
        terms = known | {item: turn}
        for array, axis, form in ranges:
            length = terms[f"{array}{LENGTH_SIGN}{axis}"]
            inside = f"ule i64 {-form.constant}" if form.is_from_end else f"ult i64 {_evaluate(e, form, terms)}"
            sound = _both(e, sound, e.value(f"icmp {inside}, {length}"))
    _write(body, instruction, sound)


def _old(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    access, names = instruction.detail, instruction.arguments
    values = {n: body.read(n) for n in names}
    base = _kinds(body, instruction)[0]
    assert isinstance(base, Array)
    terms = _terms(values, dict(zip(names, _kinds(body, instruction), strict=True)))
    place = _element(body.e, access, base, values, terms)
    _write(body, instruction, *load_element(body.e, base.char, place))


def _element(e: Emitter, access: Access, base: Array, values: dict[str, Value], terms: dict[str, str]) -> str:
    """The address of what is accessed."""
    indexes: list[Value] = []
    for form, length in zip(access.indexes, arrays.shape_of(base, values[access.array]), strict=True):
        at = _evaluate(e, form, terms)
        indexes.append((e.value(f"add i64 {length}, {at}") if form.is_from_end else at,))
    return arrays.element_address(e, base, values[access.array], indexes)


def _leave(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    body.e.exit_if(body.read(instruction.arguments[0])[0])


def _next(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    current, left, step = body.read(instruction.arguments[0])
    e, kinds = body.e, body.typed.target_kinds[id(instruction)]
    body.write(instruction.targets[0], kinds[0], (current,))
    following = e.value(f"add nsw i64 {current}, 1"), e.value(f"sub nuw i64 {left}, 1"), step
    body.write(instruction.targets[1], kinds[1], following)


def _affine(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    name = {"+": "add", "-": "sub", "*": "mul"}[instruction.detail]
    left, right = (body.read(n)[0] for n in instruction.arguments)
    _write(body, instruction, body.e.value(f"{name} nsw i64 {left}, {right}"))


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
    turn, *names = instruction.arguments
    values = {n: body.read(n) for n in names}
    kinds = dict(zip(names, _kinds(body, instruction)[1:], strict=True))
    e, base, terms = body.e, kinds[access.array], _terms(values, kinds)
    assert isinstance(base, Array)
    at = e.value(f"mul nuw nsw i64 {body.read(turn)[0]}, {base.dtype.size_bytes}")
    stored = load_element(e, base.char, e.value(f"getelementptr i8, ptr {body.buffers[number]}, i64 {at}"))
    store_element(e, base.char, _element(e, access, base, values, terms), stored)


def _store(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    cell, *names = instruction.arguments
    values, access = {n: body.read(n) for n in names}, instruction.detail
    kinds = dict(zip(names, _kinds(body, instruction)[1:], strict=True))
    base = kinds[access.array]
    assert isinstance(base, Array)
    place = _element(body.e, access, base, values, _terms(values, kinds))
    store_element(body.e, base.char, place, body.read(cell))


def _ahead(body: FunctionBody, instruction: Instruction, successors: Successors) -> None:
    current, left, step = body.read(instruction.arguments[0])
    e, size = body.e, instruction.detail
    _write(body, instruction, e.value(f"add i64 {current}, {size}"), e.value(f"sub i64 {left}, {size}"), step)


STRIP_STEPS = {
    "gate": _gate, "rows_within": _rows_within, "strip_affine": _affine, "strip_again": _again, "strip_ahead": _ahead, "strip_begin": _begin, "strip_count": _count,
    "strip_failed": _failed, "strip_inside": _inside, "strip_item": _item, "strip_keep": _keep, "strip_leave": _leave,
    "strip_more": _more, "strip_next": _next, "strip_old": _old, "strip_put": _put, "strip_turn": _turn, "strip_within": _within,
    "strip_store": _store, "strip_write": _write_back, "turn": _turn_written_out,
}  # fmt: skip
