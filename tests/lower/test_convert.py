"""Widening of values."""

from __future__ import annotations

import struct

from accel.lower.convert import convert_value, float_literal, int_literal, zero_value
from accel.lower.layout import components
from accel.lower.text import float_text
from accel.types.kinds import Array, Bool, Complex, Float, Int, Kind, Never, NoneKind, Tuple, Union, join_kinds
from tests.lower.operations import VALUES, Operation, build, compare

NUMBER = Union((Bool(), Complex(), Float(), Int(), NoneKind()))


def widening(source: Kind, target: Kind) -> Operation:
    """The operation that converts."""
    return Operation(
        (source,), target, lambda e, v: convert_value(e, source, target, v[0]), lambda x: x, name=f"{source} {target}"
    )


def values_of(kind: Kind) -> list[object]:
    """Some values of a kind."""
    if isinstance(kind, Union):
        return [v for m in kind.members for v in VALUES[m][:6]]
    return list(VALUES[kind])


def test_a_value_stays_what_it_is() -> None:
    operations = [widening(source, NUMBER) for source in (Bool(), Complex(), Float(), Int(), NoneKind())]
    for a, b in ((Int(), Float()), (Bool(), Complex()), (NoneKind(), Float()), (Complex(), NoneKind())):
        source = join_kinds(a, b)
        assert source is not None
        operations += [widening(source, NUMBER), widening(source, source)]
        operations += [widening(m, source) for m in (a, b)]
    build(operations)
    for operation in operations:
        values = values_of(operation.kinds[0])
        assert compare(operation, [(v,) for v in values]).right == len(values)


def test_tuples_item_by_item() -> None:
    source, target = Tuple((Int(), Tuple((Float(),)))), Tuple((Union((Float(), Int())), Tuple((Union((Bool(), Float())),))))
    operation = widening(source, target)
    build([operation])
    assert operation.run([(3, (2.5,))]) == (True, (3, (2.5,)))


def test_arrays_and_never() -> None:
    value = ("%a", "%b", "8", "8")
    assert convert_value(None, Array("d", 1), Array("d", 1, "A"), value) == value  # type: ignore[arg-type]
    assert convert_value(None, Never(), Int(), ()) == zero_value(Int()) == ("0",)  # type: ignore[arg-type]
    assert len(zero_value(NUMBER)) == len(components(NUMBER))


def test_literals() -> None:
    assert [int_literal(t) for t in ("12", "-12", "%v3", "-")] == [12, -12, None, None]
    for value in (0.0, -0.0, 1.5, float("inf")):
        read = float_literal(float_text(value))
        assert read is not None
        assert struct.pack("d", read) == struct.pack("d", value)
    assert float_literal("%v1") is None
