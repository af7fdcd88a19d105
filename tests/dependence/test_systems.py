"""Rows with products of variables."""

from accel.dependence.forms import Row
from accel.dependence.systems import Prover


def row(is_zero=False, needs=(), **factors):
    form = {tuple(name.split("_")) if name != "one" else (): factor for name, factor in factors.items()}
    return Row(form, is_zero, frozenset(needs))


def test_products_of_signs():
    # i >= 0, m >= 0, i m <= -1
    assert Prover().refute([row(i=1), row(m=1), row(i_m=-1, one=-1)]) is not None
    assert Prover().refute([row(i=1), row(i_m=-1, one=-1)]) is None


def test_an_equation_splits():
    # m i + j = 0, 0 <= j < m, i >= 1
    rows = [row(is_zero=True, needs="m", i_m=1, j=1), row(j=1), row(m=1, j=-1, one=-1), row(i=1, one=-1)]
    renamed = [Row({tuple("%" + n if n != "m" else n for n in p): f for p, f in r.form.items()}, r.is_zero, r.needs) for r in rows]
    assert Prover().refute(renamed) == {"m"}
    renamed[-1] = Row({("%i",): 1})
    assert Prover().refute(renamed) is None


def test_what_a_proof_rests_on():
    rows = [row(i=1, one=-3, needs="a"), row(i=-1, one=2, needs="b"), row(k=1, needs="c")]
    assert Prover().refute(rows) == {"a", "b"}


def test_distance():
    rows = [row(is_zero=True, i=1, j=-1, one=2)]
    assert Prover().find_distance(rows, {("j",): 1, ("i",): -1}) == 2
    assert Prover().find_distance([row(i=1)], {("i",): 1}) is None
    assert Prover().find_distance([row(i=1, one=-1), row(i=-1, one=1)], {("i",): 2}) == 2


def test_limits():
    """Too many symbols: given up."""
    rows = [row(**{f"n{k}_m{k}": 1, "one": -k}) for k in range(8)]
    assert Prover().refute(rows) is None
