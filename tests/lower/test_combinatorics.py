"""Functions of `math` on ints, and `pow` with a modulus, against CPython."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from accel.types.functions import function_kind
from accel.types.kinds import Bool, Int, Kind, NoneKind
from tests.lower.operations import INTS, check_calls

SMALL = [0, 1, -1, 2, 3, 5, 7, 12, 20, 21, 30, 62, 63, 64, 66, 67, 100, 1000, 6 * 35, 2**31, 2**62, 2**63 - 1, -(2**63)]


@pytest.mark.parametrize("name", ["gcd", "lcm", "comb", "perm", "factorial", "isqrt"])
def test_integers(name: str) -> None:
    def cases(kinds: tuple[Kind, ...]) -> list[tuple[Any, ...]]:
        found = itertools.product(*({Int(): SMALL, Bool(): [False, True], NoneKind(): [None]}[k] for k in kinds))
        heavy = name in ("comb", "perm", "factorial")
        return [c for c in found if not heavy or sum(isinstance(v, int) and v > 10**6 for v in c) < 1]

    options = [(), (Int(),), (Bool(),), (Int(), Int()), (Bool(), Int()), (Int(), NoneKind()), (Int(), Int(), Int())]
    check_calls(f"math.{name}", {k: cases(k) for k in options if function_kind(f"math.{name}", k)}, 0.02)


def test_isqrt_beside_squares() -> None:
    roots = [1, 2, 94906265, 94906266, 94906267, 3037000499, 3037000498, 2**31, 10**9 + 7]
    check_calls("math.isqrt", {(Int(),): [(r * r + d,) for r in roots for d in (-1, 0, 1)] + [(2**63 - 1,), (2**62,)]})


def test_pow_with_modulus() -> None:
    rng = random.Random(15)
    moduli = [1, -1, 2, 3, -7, 97, 2**32, 2**32 + 1, 2**61 - 1, -(2**61 - 1), 2**63 - 1, 2**63 - 25, 0, 10**18 + 9]
    cases = [(b, e, m) for b in INTS for e in (0, 1, 2, 5, 2**40 + 3, -1) for m in moduli if e >= 0 or b == 0]
    cases += [(rng.randrange(2**63), rng.randrange(2**63), rng.randrange(2 ** rng.randrange(1, 63)) + 1) for _ in range(2000)]
    check_calls("builtins.pow", {(Int(), Int(), Int()): cases}, 0.01)
