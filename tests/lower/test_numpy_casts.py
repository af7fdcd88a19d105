"""Stores into array elements, loads, and casts whose checks are put off, against NumPy."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy
import pytest

from accel.lower.layout import Value
from accel.lower.numpy_casts import emit_store_cast, load_element, store_element
from accel.lower.numpy_scalars import emit_binary, emit_unary
from accel.lower.text import Emitter
from accel.types.kinds import DTYPES, Float, Int, Kind, Scalar
from accel.types.promotion import binary_kind, unary_kind
from tests.lower.numpy_values import KINDS, NumpyOperation, check

Emit = Callable[[Emitter, list[Value]], Value]


def stored(kind: Kind, char: str) -> NumpyOperation:
    """What an element of dtype `char` holds after `a[0] = value`, loaded again from memory."""

    def emit(e: Emitter, values: list[Value]) -> Value:
        place = e.slot("[16 x i8]", align=16)
        store_element(e, char, place, emit_store_cast(e, kind, values[0], char))
        return load_element(e, char, place)

    def reference(value: Any) -> Any:
        array = numpy.zeros(1, char)
        array[0] = value
        return array[0]

    return NumpyOperation((kind,), Scalar(char), emit, reference, {}, f"store {kind} as {char}")


def put_off(emit: Emit) -> Emit:
    """The operation with its checks put off to its end, as in a strip; it has no block of its own then."""

    def emitted(e: Emitter, values: list[Value]) -> Value:
        flag = e.slot("i1", initial="false")
        e.begin_sums()
        e.put_off, block = flag, e.block
        made = emit(e, values)
        assert e.block == block
        e.put_off = ""
        failed = e.value(f"load i1, ptr {flag}")
        for unsound in e.end_sums():
            failed = e.value(f"or i1 {failed}, {unsound}")
        e.exit_if(failed)
        return made

    return emitted


def _is_discarding(kind: Kind, char: str) -> bool:
    return ("complex" in str(kind)) and DTYPES[char].family not in "cb"


@pytest.mark.parametrize("char", DTYPES)
def test_store(char: str) -> None:
    check([stored(kind, char) for kind in KINDS if not _is_discarding(kind, char)], 0.6)


def test_complex_into_real_leaves() -> None:
    counts = check([stored(kind, char) for kind in KINDS for char in DTYPES if _is_discarding(kind, char)], 1.0)
    assert not any(count.right for count in counts.values())


@pytest.mark.parametrize("char", "?bHlLefd")
def test_store_put_off(char: str) -> None:
    found = [stored(kind, char) for kind in KINDS if not _is_discarding(kind, char)]
    for operation in found:
        operation.emit = put_off(operation.emit)
    check(found, 0.45)


STRIP_KINDS = (*map(Scalar, "bBhHiIlLfd"), Int(), Float())
STRIP_OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}


@pytest.mark.parametrize("symbol", STRIP_OPERATORS)
def test_arithmetic_put_off(symbol: str) -> None:
    found = []
    for a in STRIP_KINDS:
        for b in STRIP_KINDS:
            result = binary_kind(symbol, a, b) if isinstance(a, Scalar) or isinstance(b, Scalar) else None
            if result is not None:
                emit = put_off(lambda e, v, a=a, b=b: emit_binary(e, symbol, a, b, *v))
                found.append(NumpyOperation((a, b), result, emit, STRIP_OPERATORS[symbol], {}, f"{a} {symbol} {b}"))
    check(found, 0.45)


def test_negation_put_off() -> None:
    found = []
    for kind in STRIP_KINDS[:-2]:
        result = unary_kind("-", kind)
        assert result is not None
        emit = put_off(lambda e, v, kind=kind: emit_unary(e, "-", kind, v[0]))
        found.append(NumpyOperation((kind,), result, emit, operator.neg, {}, f"-{kind}"))
    check(found, 0.0)


def test_division_put_off_does_not_trap() -> None:
    found = []
    for symbol, reference in {"//": operator.floordiv, "%": operator.mod}.items():
        for char in "bBhHiIlL":
            kind = Scalar(char)
            emit = put_off(lambda e, v, kind=kind, symbol=symbol: emit_binary(e, symbol, kind, kind, *v))
            found.append(NumpyOperation((kind, kind), kind, emit, reference, {}, f"{kind} {symbol} {kind}"))
    check(found, 0.0)


def test_halves_are_rounded_once() -> None:
    operation = stored(Float(), "e")
    random = numpy.random.default_rng(0)
    halves = random.integers(0, 0x7BFF, 3000, dtype=numpy.uint16).view(numpy.float16).astype(float)
    nearby = numpy.nextafter(halves.astype(numpy.float16), numpy.float16(numpy.inf)).astype(float)
    middle = (halves + nearby) / 2
    from tests.lower import operations
    from tests.lower.numpy_values import compare

    operations.build([operation])
    values = [*middle, *numpy.nextafter(middle, 0), *numpy.nextafter(middle, numpy.inf), *(-middle)]
    values += [middle[0] + v * 2.0**-60 for v in range(-3, 4)]
    count = compare(operation, [(float(v),) for v in values])
    assert not count.wrong, count.wrong[:5]
    assert count.left <= 3
