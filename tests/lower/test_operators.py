"""Every operator on every pair of kinds against CPython."""

from __future__ import annotations

import itertools
import operator
import sys

import pytest

from accel.lower.operators import emit_binary, emit_compare, emit_truth, emit_unary
from accel.lower.text import Emitter, Module
from accel.types.kinds import Bool, Complex, Float, Int, Kind, NoneKind, Object, Tuple
from accel.types.operators import binary_kind, compare_kind, unary_kind
from tests.lower.operations import NUMBERS, VALUES, Count, Operation, build, compare

BINARY = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv, "%": operator.mod,
    "**": operator.pow, "<<": operator.lshift, ">>": operator.rshift, "&": operator.and_, "|": operator.or_, "^": operator.xor,
}  # fmt: skip
COMPARE = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
    "is": operator.is_, "is not": operator.is_not,
}  # fmt: skip
UNARY = {"-": operator.neg, "+": operator.pos, "~": operator.invert, "not": operator.not_}


def binary(symbol: str, a: Kind, b: Kind, literal: str = "", at: int = 1) -> Operation | None:
    """The operation `a symbol b`."""
    result = binary_kind(symbol, a, b)
    if result is None:
        return None
    name = f"{a} {symbol} {b} {literal} {at}"
    return Operation(
        (a, b), result, lambda e, v: emit_binary(e, symbol, a, b, *v), BINARY[symbol], {at: literal} if literal else {}, name
    )


def cases(symbol: str, a: Kind, b: Kind) -> list[tuple[object, object]]:
    """Pairs of edge values, without those for which CPython would build numbers of megabytes."""
    pairs = itertools.product(VALUES[a], VALUES[b])
    huge = symbol in ("**", "<<")
    return [(x, y) for x, y in pairs if not (huge and isinstance(x, int) and isinstance(y, int) and y > 1000)]


def check(operations: list[Operation], symbol: str = "") -> list[tuple[Operation, Count]]:
    """Compile, compare, and see that nothing is wrong and most of what can be done is done."""
    build(operations)
    counts = [(o, compare(o, cases(symbol, *o.kinds))) for o in operations]
    wrong = [w for _, count in counts for w in count.wrong]
    assert not wrong, "\n".join(wrong[:20])
    for operation, count in counts:
        allowed = 0.4 if symbol == "**" else 0.35  # powers of infinities and NaN are left to CPython
        assert count.left <= allowed * (count.left + count.right), f"{operation.name} leaves {count.left}, does {count.right}"
    return counts


@pytest.mark.parametrize("symbol", BINARY)
def test_binary(symbol: str) -> None:
    found = [binary(symbol, a, b) for a, b in itertools.product(NUMBERS, repeat=2)]
    check([o for o in found if o is not None], symbol)


@pytest.mark.parametrize("symbol", BINARY)
def test_binary_without_rule_raises_or_is_too_rare(symbol: str) -> None:
    for a, b in itertools.product((*NUMBERS, NoneKind()), repeat=2):
        if binary_kind(symbol, a, b) is None:
            for x, y in cases(symbol, a, b):
                with pytest.raises(TypeError, match=r"unsupported operand|can't|complex"):
                    BINARY[symbol](x, y)


@pytest.mark.parametrize("symbol", ["*", "//", "%", "/", "**", "<<", ">>", "+", "-"])
def test_int_with_a_constant(symbol: str) -> None:
    operations = []
    for constant in (0, 1, -1, 2, 3, 5, 8, -8, 10, 63, 64, 1000, 1 << 19, 1 << 40, -(2**63), 2**53 + 1):
        if symbol in ("**", "<<") and constant > 1000:
            continue
        for at in (0, 1):
            operation = binary(symbol, Int(), Int(), str(constant), at)
            assert operation is not None
            operation.reference = (
                (lambda x, y, c=constant: BINARY[symbol](x, c)) if at else (lambda x, y, c=constant: BINARY[symbol](c, y))
            )
            operations.append(operation)
    build(operations)
    for operation in operations:
        count = compare(operation, cases(symbol, Int(), Int()))
        assert not count.wrong, "\n".join(count.wrong[:10])
        assert count.right >= count.left or symbol in ("**", "<<"), f"{operation.name} leaves {count.left}, does {count.right}"


@pytest.mark.parametrize("symbol", COMPARE)
def test_compare(symbol: str) -> None:
    operations = []
    for a, b in itertools.product((*NUMBERS, NoneKind()), repeat=2):
        result = compare_kind(symbol, a, b)
        if result is not None:
            emit = lambda e, v, a=a, b=b: emit_compare(e, symbol, a, b, *v)  # noqa: E731
            operations.append(Operation((a, b), result, emit, COMPARE[symbol], name=f"{a} {symbol} {b}"))
    assert len(operations) >= (9 if symbol in ("<", "<=", ">", ">=") else 14)
    for _, count in check(operations):
        assert not count.left
        assert not count.must_leave


@pytest.mark.parametrize("symbol", UNARY)
def test_unary(symbol: str) -> None:
    operations = []
    for a in (*NUMBERS, NoneKind()):
        result = unary_kind(symbol, a)
        if result is not None:
            emit = lambda e, v, a=a: emit_unary(e, symbol, a, v[0])  # noqa: E731
            operations.append(Operation((a,), result, emit, UNARY[symbol], name=f"{symbol} {a}"))
    build(operations)
    for operation in operations:
        count = compare(operation, [(x,) for x in VALUES[operation.kinds[0]]])
        assert not count.wrong
        assert not count.left


def test_invert_of_bool_warns_from_312() -> None:
    assert (unary_kind("~", Bool()) is None) == (sys.version_info >= (3, 12))


def test_truth() -> None:
    operations = [
        Operation((a,), Bool(), lambda e, v, a=a: (emit_truth(e, a, v[0]),), bool, name=f"bool {a}")
        for a in (*NUMBERS, NoneKind(), Tuple(()), Tuple((Int(),)))
    ]
    build(operations)
    for operation in operations:
        kind = operation.kinds[0]
        values = [tuple(0 for _ in kind.items)] if isinstance(kind, Tuple) else VALUES[kind]
        count = compare(operation, [(x,) for x in values])
        assert not count.wrong
        assert count.right == len(values)


PAIRS = [(1, 2.0), (1, 2.5), (0, -0.0), (1, float("nan")), (2, 0.0), (2**53 + 1, 2.0**53), (-5, 1e300)]


@pytest.mark.parametrize("symbol", ["<", "<=", ">", ">=", "==", "!="])
def test_compare_tuples(symbol: str) -> None:
    kinds = [Tuple((Int(), Float())), Tuple((Float(), Float())), Tuple((Int(),)), Tuple(())]
    values = {
        kinds[0]: PAIRS,
        kinds[1]: [(float(a), b) for a, b in PAIRS],
        kinds[2]: [(a,) for a, _ in PAIRS],
        kinds[3]: [()],
    }
    operations = []
    for a, b in itertools.product(kinds, repeat=2):
        result = compare_kind(symbol, a, b)
        assert result == Bool()
        emit = lambda e, v, a=a, b=b: emit_compare(e, symbol, a, b, *v)  # noqa: E731
        operations.append(Operation((a, b), result, emit, COMPARE[symbol], name=f"{a} {symbol} {b}"))
    build(operations)
    for operation in operations:
        a, b = operation.kinds
        count = compare(operation, itertools.product(values[a], values[b]))  # type: ignore[index]
        assert not count.wrong, count.wrong[:5]
        assert count.left <= 4, operation.name


@pytest.mark.parametrize(("kind", "operand"), [(NoneKind(), ()), (Bool(), ("%b",)), (Object(), ("%q",))])
def test_identity_of_an_object_is_a_comparison_of_addresses(kind: Kind, operand: tuple[str, ...]) -> None:
    module = Module()
    e = Emitter(module)
    for symbol in ("is", "is not"):
        assert compare_kind(symbol, Object(), kind) == Bool()
        assert emit_compare(e, symbol, Object(), kind, ("%p",), operand)[0].startswith("%v")
    text = e.function("define void @f(ptr %p, ptr %q, i1 %b)") + str(module)
    assert "icmp eq ptr %p" in text
    assert ("_Py_NoneStruct" in text) == isinstance(kind, NoneKind)
    assert ("_Py_TrueStruct" in text) == isinstance(kind, Bool)


def test_join_tuples() -> None:
    a, b = Tuple((Int(), Complex())), Tuple((Float(),))
    operation = binary("+", a, b)
    assert operation is not None
    build([operation])
    assert operation.run([(1, 2j), (0.5,)]) == (True, (1, 2j, 0.5))
