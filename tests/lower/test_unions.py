"""Operations on values whose kind is known only at run time."""

from __future__ import annotations

import itertools
import operator

import pytest

from accel.lower.operators import emit_binary, emit_compare, emit_truth
from accel.lower.unions import emit_union
from accel.types.kinds import Bool, Complex, Float, Int, Kind, NoneKind, Union
from accel.types.operators import binary_kind, compare_kind, joined_kind
from tests.lower.operations import VALUES, Operation, build, compare

NUMBER = Union((Float(), Int()))
MAYBE = Union((Float(), NoneKind()))
ANY = Union((Bool(), Complex(), Int()))


def some(kind: Kind) -> list[object]:
    """A few values of a kind."""
    return [v for m in kind.members for v in VALUES[m][:9]] if isinstance(kind, Union) else list(VALUES[kind])


@pytest.mark.parametrize("symbol", ["+", "*", "/", "//"])
@pytest.mark.parametrize(("a", "b"), list(itertools.product((NUMBER, MAYBE, ANY, Int()), repeat=2))[:-1])
def test_binary(symbol: str, a: Kind, b: Kind) -> None:
    def rule(*k: Kind) -> Kind | None:
        return binary_kind(symbol, *k)

    result = joined_kind(rule, (a, b))
    assert result is not None
    function = {"+": operator.add, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv}[symbol]
    operation = Operation(
        (a, b), result, lambda e, v: emit_union(e, rule, lambda k, w: emit_binary(e, symbol, *k, *w), (a, b), v, result), function
    )
    build([operation])
    count = compare(operation, itertools.product(some(a), some(b)))
    assert not count.wrong, count.wrong[:5]
    assert count.right
    assert count.left <= 0.05 * count.right


def test_compare_and_truth() -> None:
    def rule(*k: Kind) -> Kind | None:
        return compare_kind("==", *k)

    equal = Operation(
        (ANY, MAYBE),
        Bool(),
        lambda e, v: emit_union(e, rule, lambda k, w: emit_compare(e, "==", *k, *w), (ANY, MAYBE), v, Bool()),
        operator.eq,
        name="equal",
    )
    truth = Operation(
        (ANY,),
        Bool(),
        lambda e, v: emit_union(e, lambda k: Bool(), lambda k, w: (emit_truth(e, k[0], w[0]),), (ANY,), v, Bool()),
        bool,
        name="truth",
    )
    build([equal, truth])
    for operation, cases in ((equal, list(itertools.product(some(ANY), some(MAYBE)))), (truth, [(v,) for v in some(ANY)])):
        assert compare(operation, cases).right == len(cases)


def test_no_rule_at_all_leaves() -> None:
    operation = Operation(
        (NoneKind(),), Int(), lambda e, v: emit_union(e, lambda k: None, lambda k, w: w[0], (NoneKind(),), v, Int()), lambda x: 0
    )
    build([operation])
    assert operation.run([None]) == (False, None)
    assert joined_kind(lambda *k: binary_kind("+", *k), (NoneKind(), MAYBE)) is None
