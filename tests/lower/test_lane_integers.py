"""Integers in lanes: divisions by constants are exact for all numbers, and so is what is done quicker for small ones."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from accel import vectorize
from accel.lower.integer_ranges import SMALL, find_ranges
from accel.lower.lane_integers import gains_from_limits
from accel.lower.regions import Regions
from accel.lower.ssa import read_function

DIVISORS = [1, 3, 7, 64, 100, 641, 86400, 2**31 - 1, 2**31, 2**32 - 1, 2**32 + 1, 2**40 + 1, 2**62 + 1, -3, -64]
ENDS = [0, 1, -1, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**32, 2**50, -(2**50), 2**51, 2**53 + 1, 2**63 - 1, -(2**63), -(2**63) + 1]


def make_function(text: str) -> Callable[..., Any]:
    """A function from its source text, which accel can read."""
    name = f"<{text}>"
    linecache.cache[name] = (len(text), None, [f"{text}\n"], name)
    space: dict[str, Any] = {}
    exec(compile(f"{text}\n", name, "exec"), space)
    return space["f"]


def in_lanes(text: str, **options: Any) -> Any:
    return vectorize(cache=False, **options)(make_function(text))


def near_multiples(divisor: int, rng: np.random.Generator, most: int) -> np.ndarray:
    """Numbers next to multiples of a divisor, where a quotient turns."""
    multiples = rng.integers(-most // abs(divisor) - 1, most // abs(divisor) + 2, 700) * divisor
    return np.clip(np.concatenate([multiples - 1, multiples, multiples + 1, rng.integers(-most, most, 500)]), -most, most)


@pytest.mark.parametrize("divisor", DIVISORS)
def test_quotients_and_rests(divisor: int) -> None:
    function = in_lanes(f"def f(x): return x // {divisor}, x % {divisor}, x - x // {divisor} * {divisor}")
    rng = np.random.default_rng(3)
    small, large = near_multiples(divisor, rng, 2**31 - 1), near_multiples(divisor, rng, 2**62)
    mixed = np.where(rng.random(len(small)) < 0.01, large, small)
    for values in (small, large, mixed, np.array(ENDS * 20)):
        quotients, rests, others = function(values)
        exact = [divmod(x, divisor) for x in values.tolist()]
        assert quotients.tolist() == [q for q, _ in exact]
        assert rests.tolist() == others.tolist() == [r for _, r in exact]
    assert function.accel.counters["plain"] == 0


@pytest.mark.parametrize("char", ["i1", "i2", "i4", "u4"])
def test_other_integers(char: str) -> None:
    function = in_lanes("def f(x: int): return (x - 1000) // 12, (x * 5) % 7")
    values = np.concatenate([np.random.default_rng(4).integers(*_limits(char), 700), _limits(char), [0, 1]]).astype(char)
    quotients, rests = function(values)
    assert quotients.tolist() == [(x - 1000) // 12 for x in values.tolist()]
    assert rests.tolist() == [x * 5 % 7 for x in values.tolist()]


def _limits(char: str) -> tuple[int, int]:
    found = np.iinfo(char)
    return int(found.min), int(found.max)


@pytest.mark.parametrize("divisor", [3, 7, 12, 1000, 86400, 10**9 + 7, 2**32 - 1])
def test_quotients_up_to_where_floats_are_exact(divisor: int) -> None:
    """A product of a small integer by 524287 is below 2**50, so it is divided in float64."""
    factor = 2**19 - 1
    rng = np.random.default_rng(divisor)
    values, added = near_multiples(max(1, divisor // factor), rng, 2**31 - 1), rng.integers(0, factor, 2600)
    added = added[: len(values)]
    quotient, rest = (in_lanes(f"def f(x, y): return (x * {factor} + y % {factor}) {symbol} {divisor}") for symbol in ("//", "%"))
    near = values * factor % divisor  # so that some are multiples
    for addend in (added, np.where(near > divisor - factor, divisor - near, 0), np.where(near > divisor - factor, divisor - near - 1, 0)):
        whole = [x * factor + y % factor for x, y in zip(values.tolist(), addend.tolist(), strict=True)]
        assert quotient(values, addend).tolist() == [w // divisor for w in whole]
        assert rest(values, addend).tolist() == [w % divisor for w in whole]


@pytest.mark.parametrize(
    "text",
    [
        "def f(x: int, y: int): return (x * y + 7) % 1000 - x // 7",
        "def f(x: int, y: int): return x * 3 + y * y if x % 3 == 1 else (x - y) // 12",
        "def f(x: int, y: int): return (x >> 3) * 5 + (y >> 40) + (x & 1023) * y",
        "def f(x: int, y: int):\n    n = 0\n    while x > 0 and n < 70:\n        x = x // 10\n        n += 1 + (x % 7 == y % 7)\n    return n",
        "def f(x: int, y: int): return -(x // 3) * (y // -5) + abs(x) % 11",
    ],
)
def test_python_ints_leave_where_they_do_not_fit(text: str) -> None:
    plain, function = make_function(text), in_lanes(text)
    rng = np.random.default_rng(len(text))
    for most in (1000, 2**31 - 1, 2**33, 2**62):
        x, y = rng.integers(-most, most, (2, 700))
        want = [plain(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
        if all(-(2**63) <= w < 2**63 for w in want):
            assert function(x, y).tolist() == want
        else:
            with pytest.raises(OverflowError):
                function(x, y)
        good = np.array([k for k, w in enumerate(want) if -(2**63) <= w < 2**63], int)
        assert function(x[good], y[good]).tolist() == [want[k] for k in good]


def test_a_uniform_operand_is_looked_at_too() -> None:
    function = in_lanes("def f(x, y): return (x + y) // 7 * (y % 5) + x // 3")
    x = np.random.default_rng(5).integers(-(2**31), 2**31, 999)
    for y in (12, -(2**31), 2**31, 2**40, -(2**60)):
        assert function(x, y).tolist() == [(a + y) // 7 * (y % 5) + a // 3 for a in x.tolist()]


def ranges_of(body: str, parameters: str = "i64 %x, i64 %y", *, is_limited: bool = True) -> Any:
    text = f"define {{ i64 }} @lane({parameters}) {{\nentry:\n{body}\n}}"
    return find_ranges(Regions(read_function(text, "lane"), frozenset()), is_limited=is_limited)


def test_ranges_of_operations() -> None:
    ranges = ranges_of(
        """  %sum = add i64 %x, 5
  %product = mul i64 %x, %y
  %square = mul i64 %product, %product
  %shifted = ashr i64 %x, 4
  %unsigned = lshr i64 %y, 60
  %bits = and i64 %x, 1023
  %quotient = call i64 @floored.quotient(i64 %x, i64 400)
  %back = mul i64 %quotient, -400
  %rest = add i64 %back, %x
  %month = call i64 @floored.rest(i64 %y, i64 12)
  %is = icmp slt i64 %x, 0
  %one = zext i1 %is to i64
  %minus = sext i1 %is to i64
  %chosen = select i1 %is, i64 %month, i64 -7
  %made = insertvalue { i64 } poison, i64 %chosen, 0
  ret { i64 } %made"""
    )
    low, high = SMALL
    want = {
        "sum": (low + 5, high + 5), "product": (low * high, low * low), "shifted": (low >> 4, high >> 4), "bits": (0, 1023), "quotient": (low // 400, high // 400),
        "rest": (0, 399), "month": (0, 11), "one": (0, 1), "minus": (-1, 0), "chosen": (-7, 11), "square": (-(2**63), 2**63 - 1), "unsigned": (-(2**63), 2**63 - 1),
    }  # fmt: skip
    assert {name: ranges.of(f"%{name}", "i64") for name in want} == want


def test_ranges_of_what_goes_round() -> None:
    """What grows may become anything, what shrinks stays where it began; what follows from both is as wide as its parts."""
    ranges = ranges_of(
        """  br label %loop
loop:
  %n = phi i64 [ 0, %entry ], [ %n1, %loop ]
  %m = phi i64 [ %x, %entry ], [ %half, %loop ]
  %k = phi i64 [ 0, %entry ], [ %k1, %loop ]
  %n1 = add i64 %n, 1
  %half = ashr i64 %m, 1
  %k1 = and i64 %n, 7
  %go = icmp slt i64 %n, %y
  br i1 %go, label %loop, label %done
done:
  %end = phi i64 [ %m, %loop ]
  %made = insertvalue { i64 } poison, i64 %end, 0
  ret { i64 } %made"""
    )
    assert ranges.of("%n", "i64") == (-(2**63), 2**63 - 1)
    assert ranges.of("%end", "i64") == SMALL and ranges.of("%half", "i64") == (-(2**30), 2**30 - 1)
    assert ranges.of("%k1", "i64") == (0, 7)


def test_a_form_for_small_integers_is_made_where_it_helps() -> None:
    def gains(body: str, parameters: str = "i64 %x, i64 %y") -> bool:
        text = f"define {{ i64 }} @lane({parameters}) {{\nentry:\n{body}\n  %made = insertvalue {{ i64 }} poison, i64 %q, 0\n  ret {{ i64 }} %made\n}}"
        return gains_from_limits(Regions(read_function(text, "lane"), frozenset()))

    assert gains("  %q = call i64 @floored.rest(i64 %x, i64 7)")
    assert not gains("  %q = add i64 %x, %y")
    assert not gains("  %p = mul i64 %x, %y\n  %q = call i64 @floored.rest(i64 %p, i64 7)")  # too large even so
    assert not gains("  %p = sext i32 %x to i64\n  %q = call i64 @floored.rest(i64 %p, i64 7)", "i32 %x")  # small anyway
