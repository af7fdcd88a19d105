"""Affine forms: which of them bound all others."""

from __future__ import annotations

import random

from accel.ir import Affine
from accel.specialize.affine import find_outermost


def value(form: Affine, names: dict[str, int]) -> int:
    return form.constant + sum(c * names[n] for n, c in form.terms)


def test_forms_between_others_are_left_out() -> None:
    grid = [Affine(8 * j, (("p", 1), ("row", r)) if r else (("p", 1),)) for r in range(6) for j in range(2)]
    assert [str(f) for f in find_outermost(grid, -1)] == ["0 + 1 * p", "0 + 1 * p + 5 * row"]
    assert [str(f) for f in find_outermost(grid, 1)] == ["8 + 1 * p", "8 + 1 * p + 5 * row"]
    apart = [Affine(3, (("a", 1),)), Affine(2, (("b", 1),)), Affine(7)]
    assert set(find_outermost(apart, 1)) == set(apart)


def test_the_others_lie_between_them() -> None:
    chance = random.Random(5)
    fewer = 0
    for _ in range(300):
        forms = [Affine(chance.randint(-5, 5)) + Affine(0, tuple((n, c) for n in "xy" if (c := chance.randint(-2, 2)))) for _ in range(chance.randint(1, 12))]
        for side in (-1, 1):
            kept = find_outermost(forms, side)
            fewer += len(kept) < len(set(forms))
            assert set(kept) <= set(forms)
            for _ in range(30):
                names = {n: chance.randint(-50, 50) for n in "xy"}
                assert max(side * value(f, names) for f in forms) == max(side * value(f, names) for f in kept)
    assert fewer > 100
