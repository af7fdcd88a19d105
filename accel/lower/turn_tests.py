"""Tests of the number of a turn against a float, `while n < limit`: an integer is compared as long as that is enough.

Converting the number and comparing floats takes as long as a part of a vector's arithmetic. So in front of the loop an integer is found below which the test
holds for sure; only from there on floats are compared. Whether the number is infinite as a float needs no question: no integer of 64 bits is.
"""

from __future__ import annotations

from collections.abc import Mapping

from accel.lower.lane_values import LaneValues
from accel.lower.regions import Loop
from accel.lower.ssa import Operation
from accel.lower.text import float_text

__all__ = ["emit_bounds", "emit_test"]

_EXACT = {"double": 53, "float": 24}  # numbers of so many bits are floats
_INFINITY = "0x7FF0000000000000"
_BELOW = {("olt", 0), ("ole", 0), ("ogt", 1), ("oge", 1)}  # the test, and the operand that is the number of the turn


def emit_bounds(lanes: LaneValues, loop: Loop) -> dict[str, tuple[list[Operation], str, str]]:
    """In front of a loop: name of each such test in it -> what makes a float of the number of the turn, an integer, and what the test gives below that
    (always, if it is empty)."""
    function, e = lanes.regions.function, lanes.e
    inside = {o.name: o for name in loop.blocks for o in function.blocks[name].operations if o.name}
    counted = {n for n, i in lanes.regions.find_inductions(loop).items() if i.type == "i64" and not i.start.startswith("%") and int(i.start) >= 0 < int(i.step)}
    found: dict[str, tuple[list[Operation], str, str]] = {}
    for test in inside.values():
        if test.op != "fcmp" or lanes.is_varying(test.name) or test.types[0] not in _EXACT:
            continue
        for place in (0, 1):
            casts, limit, type_, relation = _casts_to(inside, test.operands[place]), test.operands[1 - place], test.types[0], test.flags.split()[-1]
            if not casts or casts[0].operands[0] not in counted:
                continue
            if (relation, limit) == ("ueq", _INFINITY):
                found[test.name] = casts, "", "false"
            elif (relation, place) in _BELOW and limit not in inside:
                suffix = "f64" if type_ == "double" else "f32"
                least = e.call(type_, f"llvm.minnum.{suffix}", f"{type_} {lanes.scalar(limit)}", f"{type_} {float_text(2.0 ** _EXACT[type_])}")
                whole = e.call(type_, f"llvm.ceil.{suffix}", f"{type_} {least}")
                number = e.call("i64", f"llvm.fptosi.sat.i64.{suffix}", f"{type_} {whole}")
                known = e.value(f"fcmp ord {type_} {lanes.scalar(limit)}, 0.0")  # for NaN the minimum is the other one
                found[test.name] = casts, e.select(known, "i64", number, "0"), "true"
    return found


def _casts_to(inside: Mapping[str, Operation], operand: str) -> list[Operation]:
    """What makes a float of an integer, maybe by way of a wider one; empty if it is not made so."""
    casts = [inside[operand]] if operand in inside else []
    if casts and casts[0].op == "fptrunc" and casts[0].operands[0] in inside:
        casts.insert(0, inside[casts[0].operands[0]])
    return casts if casts and casts[0].op in ("uitofp", "sitofp") else []


def emit_test(lanes: LaneValues, test: Operation, casts: list[Operation], bound: str, below: str) -> str:
    """The test in a turn."""
    if not bound:
        return below
    e, number = lanes.e, lanes.scalar(casts[0].operands[0])
    quick = e.value(f"icmp slt i64 {number}, {bound}")
    slow, tested, here = e.label("slow"), e.label("tested"), e.block
    e.branch_if(quick, tested, slow, likely=True)
    e.place(slow)
    number = e.value(f'call i64 asm sideeffect "", "=r,0"(i64 {number})')  # what LLVM sees more than once it computes in front of the branches, in every turn
    for cast in casts:
        number = e.value(f"{cast.op} {cast.flags}{cast.types[0]} {number} to {cast.detail}")
    operands = [number if o == casts[-1].name else lanes.scalar(o) for o in test.operands]
    compared = e.value(f"fcmp {test.flags}{test.types[0]} {operands[0]}, {operands[1]}")
    behind = e.block
    e.branch(tested)
    e.place(tested)
    return e.merge("i1", (below, here), (compared, behind))
