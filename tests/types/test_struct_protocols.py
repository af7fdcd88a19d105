"""What operations ask structs for: truth, length, numbers, membership, comparison. Methods may leave compiled code, raise, or give what they must not."""

from __future__ import annotations

import linecache

import numpy
import pytest

import accel
from tests.exactness.agreement import agree, agree_compiled, agree_with_disabled


@accel.struct
class Gauge:
    """Its methods go on in CPython when `n` is large: they give what is allowed, then what is not, then raise."""

    x: float
    n: int = 0

    def __bool__(self) -> bool:
        if self.n > 90:
            raise ValueError(self.n)
        if self.n > 80:
            return "a"  # type: ignore[return-value]
        return self.n + 2**62 > 0 if self.n > 60 else self.x > 0.0

    def __len__(self) -> int:
        if self.n > 90:
            raise KeyError(self.n)
        if self.n > 80:
            return "b"  # type: ignore[return-value]
        return self.n

    def __float__(self) -> float:
        if self.n > 90:
            raise ValueError(self.n)
        if self.n > 80:
            return "c"  # type: ignore[return-value]
        return self.x

    def __index__(self) -> int:
        if self.n > 90:
            raise ValueError(self.n)
        if self.n > 80:
            return "d"  # type: ignore[return-value]
        return self.n + 1

    def __contains__(self, v):
        if self.n > 90:
            raise ValueError(self.n)
        if self.n > 70:
            return "a"
        if self.n > 60:
            return ""
        return self.n == v

    def __eq__(self, other):
        if self.n > 90:
            raise ValueError(self.n)
        if self.n > 70:
            return "a"
        if self.n > 60:
            return ""
        return self.x == other.x

    def __hash__(self):
        return 1

    def __lt__(self, other):
        if self.n > 90:
            raise ValueError(self.n)
        if self.n > 80:
            return "a"
        return self.x < other.x

    def __round__(self, k=0):
        return round(self.x, 1)


@accel.struct
class Queue:
    n: int

    def __len__(self):
        if self.n == 50:
            return "x"
        return self.n + 2**62 - 2**62 if self.n == 49 else self.n


VALUES = [(1.0,), (0.0,), (3.0, 1), (2.0, 61), (2.0, 71), (1.0, 81), (1.0, 91)]
ONE = [lambda v=v: (Gauge(*v),) for v in VALUES]
TWO = [lambda v=v, w=w: (Gauge(*v), Gauge(*w)) for v in VALUES for w in VALUES]


def chosen(p):
    return 1 if p else 2


def negated(p):
    return not p


def branches(p):
    if p:
        return 1
    elif not p:
        return 2


def written_over_lines(p):
    if (
        p
    ):
        return 1
    return not (
        p
    )


def numbers(p):
    return len(p), bool(p), float(p), int(p), round(p)


@pytest.mark.parametrize("function", [chosen, negated, branches, written_over_lines, numbers])
def test_one_struct_is_asked(function):
    agree_compiled(function, *ONE)


def test_assertions_ask():
    namespace = {}
    source = "def asserted(p):\n    assert p, p.n\n    return p.n\n"  # pytest rewrites those in its files
    filename = "<asserted of structs>"
    linecache.cache[filename] = len(source), None, source.splitlines(True), filename
    exec(compile(source, filename, "exec"), namespace)
    agree_compiled(namespace["asserted"], *ONE)


def operands(p, q):
    return p and q, p or q, not (p and q), p and q and p


def turns(p, q):
    n = 0
    while n < 5 and (p and not q or q):
        n += 1
        p = Gauge(p.x - 1.0, p.n)
        q = Gauge(q.x - 0.5, q.n)
    return n


def compared(p, q):
    return p == q, p != q, p < q, p > q


def chained(p, q):
    return p < q < p, p == q == p != q, p < q > p


def chained_conditions(p, q):
    if p < q < p or p != q:
        return 1
    return 2


def bound_in_conditions(p, q):
    if (y := p) and not (z := q):
        return y.x, z.x
    return (p and q).x


@pytest.mark.parametrize("function", [operands, turns, compared, chained, chained_conditions, bound_in_conditions])
def test_two_structs_are_asked(function):
    agree_compiled(function, *TWO)


def far(p, q):
    return (p and q) or q, ((p and q) if q.n else p) or q


def far_condition(p, q):
    if (p or q) if q.n else p:
        return 1
    return 2


def in_finally(p, q):
    try:
        if p:
            return 3
    finally:
        if q:
            q = p
    return q


@pytest.mark.filterwarnings("ignore::accel.FallbackHint")
@pytest.mark.parametrize("function", [far, far_condition, in_finally])
def test_truths_that_cpython_asks_for(function):
    agree_with_disabled(function, [make() for make in TWO])


def test_how_often_a_truth_is_asked_for():
    @accel.struct
    class Counted:
        at: int

        def __bool__(self) -> bool:
            seen[self.at] += 1
            return False

    def asks(p, q):
        return (p and q) or q, not (p and q), p or q, 1 if p else 2, bool(p or q)

    seen = numpy.zeros(2, int)
    asks(Counted(0), Counted(1))
    expected = seen.tolist()
    made = accel.fn(asks)
    for _ in range(4):
        seen[:] = 0
        made(Counted(0), Counted(1))
        assert seen.tolist() == expected


def inside(p, v):
    if v in p:
        return 1
    return v in p, v not in p, -9 < v in p, v == 1 in p


def test_membership():
    agree_compiled(inside, *[lambda v=v, k=k: (Gauge(*v), k) for v in VALUES for k in (0, 1)])


def lengths(p):
    return (1 if p else 2), len(p), bool(p), not p


def test_lengths():
    agree_compiled(lengths, *[lambda n=n: (Queue(n),) for n in (0, 1, -1, 49, 50)])


def always_raises(p):
    if p:
        return 1
    return 2 in p


def test_methods_that_only_raise():
    @accel.struct
    class Never:
        x: int

        def __bool__(self):
            raise ValueError(self.x)

    @accel.struct
    class Odd:
        x: int

        def __bool__(self):
            return False

        def __contains__(self, v):
            raise ValueError(self.x)

    agree(always_raises, lambda: (Never(1),))
    agree(always_raises, lambda: (Odd(1),))


def test_the_class_is_changed():
    @accel.struct
    class Plain:
        x: int

    def asks(p):
        return (1 if p else 2), bool(p), not p

    made = accel.fn(asks)
    for _ in range(3):
        assert made(Plain(0)) == (1, True, False)
    Plain.__len__ = lambda self: self.x
    for _ in range(3):
        assert made(Plain(0)) == (2, False, True)
    Plain.__bool__ = lambda self: True
    for _ in range(3):
        assert made(Plain(0)) == (1, True, False)
    Plain.__bool__ = None
    with pytest.raises(TypeError):
        made(Plain(0))


@accel.struct
class Low:
    x: float

    def __gt__(self, other):
        return ("gt", other.x if isinstance(other, Low) else other)


@accel.struct
class Same:
    x: float

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return 7


@accel.struct
class Holder:
    p: Same


def reflected(p, v):
    return p < p, v < p, p > v


def test_comparisons_are_reflected():
    agree_compiled(reflected, lambda: (Low(1.0), 2), lambda: (Low(1.0), 2.5))


def alike(p, q):
    return p == q, p != q, 3 == p, 3 != p, None == p, p == 3


def test_comparisons_written_by_the_user():
    agree_compiled(alike, lambda: (Same(1.0), Same(2.0)))


def in_tuples(p, q):
    return (p,) == (q,), (p, 1) != (q, 1), p in (q,), ((p, 1), 2) == ((q, 1), 2), Holder(p) == Holder(q)


def ordered_in_tuples(p, q):
    return (p,) < (q,)


def test_tuples_compare_structs_by_their_methods():
    agree_with_disabled(in_tuples, [(Same(1.0), Same(2.0)), (Same(2.0), Same(2.0))])
    agree_with_disabled(ordered_in_tuples, [(Same(1.0), Same(2.0)), (Low(1.0), Low(2.0)), (Low(1.0), Low(1.0))])


@accel.struct
class Cell:
    x: float
    n: int

    def __bool__(self):
        return self.n > 0

    def __len__(self):
        return self.n

    def __contains__(self, v):
        return self.x == v

    def __float__(self):
        return self.x


def records(a, i, j):
    b = a[i]
    total = len(b), float(b), bool(b), not b, b.x in b, a[i] == a[j], a[i] != a[j], b == Cell(b.x, b.n), Cell(b.x, b.n) == a[j]
    while a[j]:
        a[j].n -= 1
    return total, (1 if a[j] else 2), (1 if b else 2)


def test_records_are_asked():
    def make(i, j):
        def arguments():
            a = Cell.array(3)
            a[0], a[1], a[2] = Cell(1.0, 2), Cell(1.0, 2), Cell(float("nan"), -1)
            return a, i, j

        return arguments

    agree(records, *[make(i, j) for i in range(2) for j in range(2)])
    agree(records, make(2, 2), make(2, 1))


@accel.struct
class Length:
    n: int

    def __len__(self):
        return self.n


def lengths_of_records(a):
    return len(a[0]), (1 if a[0] else 2), bool(a[1])


@pytest.mark.filterwarnings("ignore::accel.FallbackHint")
def test_records_have_the_truth_of_numpy():
    a = Length.array(2)
    a[1] = Length(3)
    agree_with_disabled(lengths_of_records, [(a,)])
