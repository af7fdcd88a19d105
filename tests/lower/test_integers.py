"""Integer operations on random operands against CPython, and where exits are put off."""

from __future__ import annotations

import operator
import random
from collections.abc import Callable

import pytest

from accel.lower.convert import zero_value
from accel.lower.integers import emit_int, emit_int_quotient
from accel.lower.layout import Value
from accel.lower.text import Emitter
from accel.types.kinds import Bool, Float, Int, Tuple
from tests.lower.operations import INTS, Operation, build, compare, pairs

FUNCTIONS = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "%": operator.mod, "<<": operator.lshift,
    ">>": operator.rshift, "&": operator.and_, "|": operator.or_, "^": operator.xor,
}  # fmt: skip


def random_ints(seed: int, count: int) -> list[int]:
    """Ints of all sizes."""
    rng = random.Random(seed)
    return [rng.choice([1, -1]) * rng.randrange(2 ** rng.randrange(1, 64)) for _ in range(count)]


@pytest.mark.parametrize("symbol", FUNCTIONS)
def test_random_operands(symbol: str) -> None:
    second = [n % 70 for n in random_ints(2, 3000)] if symbol in ("<<", ">>") else random_ints(2, 3000)
    kinds = (Int(), Int())
    operation = Operation(kinds, Int(), lambda e, v: (emit_int(e, symbol, v[0][0], v[1][0]),), FUNCTIONS[symbol])
    build([operation])
    count = compare(operation, zip(random_ints(1, 3000), second, strict=True))
    assert not count.wrong, count.wrong[:5]
    assert count.left <= 5  # zero shifted by 64 and more
    assert count.right > 100


def test_true_division_is_correctly_rounded() -> None:
    operation = Operation((Int(), Int()), Float(), lambda e, v: (emit_int_quotient(e, v[0][0], v[1][0]),), operator.truediv)
    build([operation])
    count = compare(operation, zip(random_ints(3, 20000), random_ints(4, 20000), strict=True))
    assert not count.wrong, count.wrong[:5]
    assert not count.left


def put_off(emit: Callable[[Emitter, list[Value]], str]) -> Callable[[Emitter, list[Value]], Value]:
    """The same operation with its exits put off: the value, and whether it left."""

    def emit_both(e: Emitter, values: list[Value]) -> Value:
        flag = e.slot("i1")
        e.do(f"store i1 false, ptr {flag}")
        e.put_off = flag
        made = emit(e, values)
        e.put_off = ""
        assert not e.exits
        return (made, e.value(f"load i1, ptr {flag}"))

    return emit_both


@pytest.mark.parametrize("symbol", ["+", "-", "*"])
@pytest.mark.parametrize("literal", ["", "3", "-5"])
def test_exits_put_off(symbol: str, literal: str) -> None:
    kinds, result = (Int(), Int()), Tuple((Int(), Bool()))
    operation = Operation(
        kinds, result, put_off(lambda e, v: emit_int(e, symbol, v[0][0], literal or v[1][0])), FUNCTIONS[symbol]
    )
    build([operation])
    for x, y in pairs(INTS, INTS):
        wanted = FUNCTIONS[symbol](x, int(literal or y))
        came, (value, left) = operation.run((x, y))
        assert came
        assert left or value == wanted
        assert not left or symbol == "*" or not -(2**63) <= wanted < 2**63
    assert zero_value(result) == ("0", "false")
