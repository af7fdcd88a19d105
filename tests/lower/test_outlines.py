"""Operations in functions of their own."""

from __future__ import annotations

from accel.lower.outlines import emit_outlined
from accel.lower.text import Emitter, Module
from accel.types.kinds import Int
from tests.lower.operations import Operation, build


def half(e: Emitter, operands: list[str]) -> list[str]:
    """Half of an even number; an odd one leaves."""
    e.exit_if(e.value(f"trunc i64 {operands[0]} to i1"))
    return [e.value(f"ashr i64 {operands[0]}, 1")]


def test_leaves_where_the_function_does() -> None:
    operation = Operation(
        (Int(),), Int(), lambda e, v: emit_outlined(e, "half", [f"i64 {v[0][0]}"], ["i64"], half), lambda x: x // 2
    )
    build([operation])
    assert operation.run([10]) == (True, 5)
    assert operation.run([7]) == (False, None)


def test_defined_once() -> None:
    module = Module()
    e = Emitter(module)
    for operand in ("1", "2"):
        emit_outlined(e, "half", [f"i64 {operand}"], ["i64"], half)
    assert str(module).count("define internal") == 1
    assert e.exits == 2


def test_no_flag_without_exits() -> None:
    e = Emitter(Module())
    emit_outlined(e, "same", ["i64 1"], ["i64"], lambda inner, operands: operands)
    assert e.exits == 0
