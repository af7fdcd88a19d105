"""Systems of equations and inequalities, compared with a search in a box."""

from itertools import product
from random import Random

import pytest

from accel.dependence.integers import find_range, refute

BOX = range(-4, 5)


def make_system(random, variables):
    def line(bits):
        return tuple(random.randint(-3, 3) for _ in range(variables)) + (random.randint(-7, 7),), 1 << bits

    zero = [line(n) for n in range(random.randint(0, 2))]
    positive = [line(n + 2) for n in range(random.randint(1, 4))]
    for place in range(variables):  # so that the box holds all solutions
        unit = [0] * variables
        unit[place] = 1
        positive += [((*unit, 4), 0), (tuple(-u for u in unit) + (4,), 0)]
    return zero, positive


def value(line, point):
    return sum(a * b for a, b in zip(line[0], (*point, 1), strict=True))


def solve(zero, positive, variables):
    return [
        point
        for point in product(BOX, repeat=variables)
        if not any(value(line, point) for line in zero) and all(value(line, point) >= 0 for line in positive)
    ]


@pytest.mark.parametrize("variables", [1, 2, 3])
def test_random_systems(variables):
    random = Random(variables)
    missed = none = 0
    for _ in range(150):
        zero, positive = make_system(random, variables)
        solutions = solve(zero, positive, variables)
        bits = refute(zero, positive)
        if solutions:
            assert bits is None, (zero, positive, solutions[0])
            target = tuple(random.randint(-2, 2) for _ in range(variables)) + (random.randint(-3, 3),)
            low, high = find_range(zero, positive, target)
            values = [value((target, 0), point) for point in solutions]
            assert low is None or low <= min(values)
            assert high is None or high >= max(values)
            continue
        none += 1
        missed += bits is None
        if bits is not None:  # the lines that the proof rests on are enough
            rest = [[line for line in lines if line[1] & bits == line[1]] for lines in (zero, positive)]
            assert not solve(*rest, variables)
    assert none > 20
    assert missed <= none * 0.05


def test_greatest_common_divisor():
    assert refute([((6, -4, 1), 1)], []) == 1
    assert refute([((6, -4, 2), 1)], []) is None
    assert refute([((6, 10, 15, 1), 1)], []) is None


def test_tightening():
    assert refute([], [((2, -1), 1), ((-2, 1), 2)]) == 3, "1 <= 2 i <= 1"
    assert refute([], [((3, -1), 0), ((-3, 5), 0)]) is None


def test_empty():
    assert refute([], []) is None
    assert refute([((0, 3), 1)], []) == 1
    assert refute([], [((0, -1), 4)]) == 4


def test_range_of_a_sum():
    assert find_range([], [((1, 0), 0), ((-1, 5), 0)], (2, 1)) == (1, 11)
    assert find_range([], [((1, 0), 0)], (1, 0)) == (0, None)
    assert find_range([((2, -1, 0), 0)], [((0, 1, -1), 0), ((0, -1, 2), 0)], (1, 0, 0)) == (1, 1)
