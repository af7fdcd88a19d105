"""Proves that a system of linear equations and inequalities has no solution in integers.

Equations go first: changes of variables with determinant 1 make one coefficient of theirs 1, or show that the greatest common divisor does
not divide the constant. Inequalities follow, variable by variable (Fourier and Motzkin), each new one tightened to integers.
"""

from __future__ import annotations

from math import gcd
from operator import add, neg

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Line", "find_range", "refute"]

# Coefficients with the constant at the end, and a set of bits: what the line rests on. The sum is 0, or not negative.
Line = tuple[tuple[int, ...], int]

_MOST = 120  # lines; a system that needs more is given up


class _Refuted(Exception):
    """Nothing solves the system: the bits tell which lines were needed."""

    def __init__(self, bits: int) -> None:
        self.bits = bits


class _TooLarge(Exception):
    """Not decided."""


def refute(zero: Sequence[Line], positive: Sequence[Line]) -> int | None:
    """The bits of a proof that no integers solve the system, None if there is no proof.

    Parameters
    ----------
    zero, positive
        Lines of equal lengths that are 0, and that are not negative.

    Notes
    -----
    None does not mean that there is a solution: the real shadow is taken for that of the integers, and large systems are given up.

    Examples
    --------
    2 i = 2 j + 1, whatever the bounds:

    >>> refute([((2, -2, -1), 1)], [((1, 0, 0), 2)])
    1

    i >= 3 and i + j <= 4 and j >= 2:

    >>> refute([], [((1, 0, -3), 1), ((-1, -1, 4), 2), ((0, 1, -2), 4)])
    7
    """
    equations, lines = list(zero), list(positive)
    try:
        while True:
            lines = _solve_equations(equations, lines)
            equations, lines = _eliminate(lines)
            if not equations:
                return None
    except _Refuted as found:
        return found.bits
    except _TooLarge:
        return None


def find_range(zero: Sequence[Line], positive: Sequence[Line], target: Sequence[int]) -> tuple[int | None, int | None]:
    """Bounds of a sum over the solutions of a system, None where there is none or it isn't found.

    >>> find_range([((1, -1, 2), 0)], [], (-1, 1, 0))
    (2, 2)
    """
    # The sum becomes a variable of its own, in front of the others, which two inequalities bind to it.
    sums = ((1, *[-factor for factor in target]), 0), ((-1, *target), 0)
    try:
        lines = _solve_equations([((0, *vector), 0) for vector, _ in zero], [*sums, *(((0, *vector), 0) for vector, _ in positive)])
        _, lines = _eliminate(lines, keep_first=True)
    except (_Refuted, _TooLarge):
        return None, None
    low = [-vector[-1] for vector, _ in lines if vector[0] > 0]
    high = [vector[-1] for vector, _ in lines if vector[0] < 0]
    return max(low, default=None), min(high, default=None)


def _solve_equations(equations: list[Line], lines: list[Line]) -> list[Line]:
    """The inequalities that are left when each equation has given the value of a variable."""
    while equations:
        vector, bits = equations.pop()
        divisor = gcd(*vector[:-1])
        if not divisor:
            if vector[-1]:
                raise _Refuted(bits)
            continue
        if vector[-1] % divisor:
            raise _Refuted(bits)
        if divisor > 1:
            vector = tuple([factor // divisor for factor in vector])
        factors = vector[:-1]
        pivot = min((abs(factor), place) for place, factor in enumerate(factors) if factor)[1]
        first = factors[pivot]
        if abs(first) == 1:
            lines = [_substitute(line, pivot, vector, bits) for line in lines]
            equations = [_substitute(line, pivot, vector, bits) for line in equations]
        else:  # a new variable takes the place of the pivot: what it was, and multiples of the others
            quotients = [factor // first for factor in factors]
            quotients[pivot] = 0
            lines = [_change(line, pivot, quotients) for line in lines]
            equations = [_change(line, pivot, quotients) for line in (*equations, (vector, bits))]
    return lines


def _substitute(line: Line, pivot: int, vector: tuple[int, ...], bits: int) -> Line:
    factor = line[0][pivot]
    if not factor:
        return line
    factor *= -vector[pivot]
    return tuple([a + factor * b for a, b in zip(line[0], vector, strict=True)]), line[1] | bits


def _change(line: Line, pivot: int, quotients: list[int]) -> Line:
    factor = line[0][pivot]
    if not factor:
        return line
    return (*[a - factor * q for a, q in zip(line[0], quotients, strict=False)], line[0][-1]), line[1]


def _eliminate(lines: list[Line], keep_first: bool = False) -> tuple[list[Line], list[Line]]:
    """Variables leave one by one; an equation that two inequalities make interrupts that, and is given with what is left."""
    table = _Table(not keep_first)
    for line in lines:
        table.insert(line)
    while table.rows:
        if table.equation is not None:
            return [table.equation], [((*factors, number), bits) for factors, (number, bits) in table.rows.items()]
        place = _choose_variable(table, keep_first)
        if place is None:
            break
        table = _without(table, place)
    return [], [((*factors, number), bits) for factors, (number, bits) in table.rows.items()]


class _Table:
    """Inequalities, one for each direction: the tightest."""

    __slots__ = ("equation", "rows", "seek")

    def __init__(self, seek: bool) -> None:
        self.rows: dict[tuple[int, ...], tuple[int, int]] = {}
        self.equation: Line | None = None
        self.seek = seek  # equations

    def insert(self, line: Line) -> None:
        vector, bits = line
        factors, number = vector[:-1], vector[-1]
        divisor = gcd(*factors)
        if not divisor:
            if number < 0:
                raise _Refuted(bits)
            return
        if divisor > 1:
            factors, number = tuple([factor // divisor for factor in factors]), number // divisor
        old = self.rows.get(factors)
        if old is not None and old[0] <= number:
            return
        self.rows[factors] = number, bits
        opposite = self.rows.get(tuple(map(neg, factors)))
        if opposite is None:
            return
        if number + opposite[0] < 0:
            raise _Refuted(bits | opposite[1])
        if self.seek and number + opposite[0] == 0:
            self.equation = (*factors, number), bits | opposite[1]


def _choose_variable(table: _Table, keep_first: bool) -> int | None:
    """The variable whose elimination adds least; those whose elimination is exact go before others.

    Rows with a variable that is bounded on one side only tell nothing, and leave the table.
    """
    while True:
        best, found, useless = None, None, []
        for place, column in enumerate(zip(*table.rows, strict=True)):
            low, high = min(column), max(column)
            if low == high == 0 or (keep_first and not place):
                continue
            if low >= 0 or high <= 0:
                useless.append(place)
                continue
            above = sum(map((0).__lt__, column))
            below = len(column) - column.count(0) - above
            cost = above * below - above - below + (0 if high == 1 or low == -1 else 1000)
            if best is None or cost < best:
                best, found = cost, place
        if not useless:
            return found
        for factors in [factors for factors in table.rows if any(factors[place] for place in useless)]:
            del table.rows[factors]


def _without(table: _Table, place: int) -> _Table:
    """What the inequalities say about the other variables."""
    rest, above, below = _Table(table.seek), [], []
    for factors, (number, bits) in table.rows.items():
        factor = factors[place]
        if factor > 0:
            above.append((factor, (*factors, number), bits))
        elif factor < 0:
            below.append((-factor, (*factors, number), bits))
        else:
            rest.rows[factors] = number, bits
    for one, left, left_bits in above:
        for other, right, right_bits in below:
            divisor = gcd(one, other)
            a, b = other // divisor, one // divisor
            if a == b == 1:
                vector = tuple(map(add, left, right))
            else:
                vector = tuple([a * x + b * y for x, y in zip(left, right, strict=True)])
            rest.insert((vector, left_bits | right_bits))
        if len(rest.rows) > _MOST:
            raise _TooLarge
    return rest
