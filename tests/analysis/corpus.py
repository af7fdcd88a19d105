"""Functions with every construct a function body may hold, each with arguments to call it with."""

# mypy: ignore-errors
# ruff: noqa
import math
from types import SimpleNamespace

CASES = []
LOG = []
FACTOR = 3


def case(*makers):
    """Register a function with makers of its arguments."""

    def register(function):
        CASES.extend((function, make) for make in makers)
        return function

    return register


def note(value):
    LOG.append(value)
    return value


def boom(value):
    LOG.append(("boom", value))
    raise ValueError(value)


def deep(value):
    try:
        {}[value]
    except KeyError:
        raise RuntimeError("deep") from None


def chained(value):
    try:
        {}[value]
    except KeyError as error:
        raise LookupError("chained") from error


class Loud:
    def __init__(self, name, truth=True):
        self.name, self.truth = name, truth

    def __repr__(self):
        return f"Loud({self.name})"

    def __bool__(self):
        LOG.append(("bool", self.name))
        if self.truth is None:
            raise TypeError("no truth")
        return self.truth

    def __add__(self, other):
        LOG.append(("add", self.name, other))
        return Loud(f"{self.name}+{other}")

    def __iadd__(self, other):
        LOG.append(("iadd", self.name, other))
        self.name += "!"
        return self

    def __lt__(self, other):
        LOG.append(("lt", self.name, other))
        return Loud(f"{self.name}<{other}", self.truth)

    def __getitem__(self, index):
        LOG.append(("get", self.name, index))
        return note(index)

    def __setitem__(self, index, value):
        LOG.append(("set", self.name, index, value))
        if value == 13:
            raise IndexError("unlucky")

    def __delitem__(self, index):
        LOG.append(("del", self.name, index))

    def method(self, *args, **kwargs):
        LOG.append(("method", self.name, args, sorted(kwargs.items())))
        return self


# -- expressions


@case(lambda: (3, 4), lambda: (2, "x"), lambda: (1, 0))
def arithmetic(a, b):
    return note(a) * b + (a - 1) / b - -a ** 2 + (b // 3) % 7


@case(lambda: (3, 4), lambda: (2, "x"))
def bits(a, b):
    c = a << 2 | b >> 1 ^ a & ~b
    return c @ b if c == 12345 else +c


@case(lambda: (1, 2, 3), lambda: (1, 5, 3), lambda: (4, 2, 3), lambda: (1, "x", 3))
def chain(a, b, c):
    return note(a) < note(b) < note(c) != note(a)


@case(lambda: (Loud("a"), Loud("b"), Loud("c")), lambda: (Loud("a", False), 1, 2), lambda: (Loud("a", None), 1, 2))
def chain_objects(a, b, c):
    if a < b < note(c):
        return "yes", a < b < c
    return a < c


@case(lambda: (1, 0, 2), lambda: (0, 0, 2), lambda: (Loud("a", None), 1, 1), lambda: ([], (), {}))
def bools(a, b, c):
    x = note(a) and note(b) or note(c)
    y = not (a or b) and (c and note(7))
    return x, y, not x


@case(lambda: (1, 0), lambda: (0, 1), lambda: (0, 0))
def bool_conditions(a, b):
    if note(a) and note(b):
        return 1
    elif note(a) or not note(b):
        return 2 if (a or note(b)) and not (a and b) else 3
    return 4


@case(lambda: (1,), lambda: (0,), lambda: (None,))
def conditional(a):
    return note(a + 1 if a else note("no")) if note(a) is not None else note(3) + note(4)


@case(lambda: (Loud("x"), 2))
def calls(x, k):
    return x.method(note(1), note(k), key=note(3), other=x.name).method().method(k)


@case(lambda: (Loud("x"), [1, 2]), lambda: (Loud("x"), 5))
def starred_calls(x, more):
    y = x.method(note(0), *more, **{"a": note(1)})
    return print(*more, file=None if y else 1, sep=note("")) if not y else note(y)


@case(lambda: ([1, 2, 3, 4], 1), lambda: ([1, 2, 3, 4], 9), lambda: (5, 5))
def subscripts(x, i):
    return x[note(i)] + x[-i] + sum(x[i:]) + len(x[: note(2)]) + sum(x[::2]) + x[i : note(3)][0]


@case(lambda: ({(1, 2): 3}, 1, 2), lambda: ({}, 1, 2))
def tuple_index(d, i, j):
    d[j, i] = d[i, note(j)]
    d[i, 0] = d[j, i] + 1
    return d


@case(lambda: (1, 2))
def displays(a, b):
    x = [note(a), b, [note(3)]]
    y = (a, note(b), (), (1, 2))
    z = {note(a): b, **{"k": note(5)}, "m": note(6)}
    s = {a, note(b)}
    return x, y, z, sorted(s), [*x, *y], (*y, a)


@case(lambda: (3.14159, 5), lambda: ("s", "bad"))
def formatted(x, width):
    return f"{note(x)!r:>{width}} {note(width)=} {x:{note(width)}.2f}" + f"{x}"


@case(lambda: ([1, 2, 3], 2))
def comprehensions(x, k):
    a = [i * k for i in note(x) if i > 1]
    b = {i: note(i) for i in x}
    c = {j for i in x for j in range(i)}
    return a, b, sorted(c), sum(i for i in note(x)), k


@case(lambda: (3,))
def walrus(a):
    b = (c := note(a)) + (c := note(c + 1)) * c
    if (d := b + c) > 5 and (e := d):
        return b, c, d, e
    return b, c, d


@case(lambda: (3,))
def walrus_rebinds(x):
    y = x + (x := x + 1) + x
    x += (x := note(10)) + x
    z = note(x) + (x := 5) * x
    return x, y, z, [w := 4, w]


@case(lambda: (2,), lambda: ("x",))
def globals_and_attributes(a):
    return math.sqrt(a) + FACTOR * math.pi + math.floor(a) + len("abc")


@case(lambda: (SimpleNamespace(a=1),), lambda: (SimpleNamespace(b=1),))
def attributes(o):
    o.b = note(o.a) + 1
    o.a += note(2)
    o.c: int = 7
    del o.b
    return o


@case(lambda: (2,))
def missing_global(a):
    b = note(a) + undefined_name
    return b


@case(lambda: (0,), lambda: (1,))
def unbound(a):
    if a:
        b = 1
    return note(a) + b


@case(lambda: (1,))
def deleted(a):
    b = note(a)
    del a, b
    c = 5
    return note(c) + a


# -- assignments


@case(lambda: ([1, 2, 3], 0), lambda: ([1], 7))
def stores(x, i):
    x[note(i)] = y = x[i + 1] = note(5)
    z = x[0], x[1] = y, note(6)
    a = b = z
    return x, a, b


@case(lambda: ([1, 2, 3, 4],), lambda: ([1, 2],), lambda: (5,), lambda: ([1, 2, (3, 4), 5, 6],))
def unpacking(x):
    a, b, *c = x
    (d, [e, x[note(0)]]), f = (a, (b, note(9))), note(c)
    x[0], x[1] = note(x[1]), note(x[0])
    a, (b, *x[1:2]) = 1, (2, 3, 4)
    return a, b, c, d, e, f, x


@case(lambda: (Loud("L"), [1]), lambda: (Loud("L"), [13]))
def stores_in_order(o, x):
    o[note(1)], x[note(0)], o[note(2)] = note(x[0]), note(4), x[0]
    o[note(3)] = o[note(4)] = x[0]
    return x


@case(lambda: ([1, 2], 0), lambda: ([1, 2], 5), lambda: (["a"], 0))
def augmented(x, i):
    x[note(i)] += note(3)
    i += note(1)
    i *= x[0] - i
    x[0] -= i
    x[i - i] <<= 1
    return x, i


@case(lambda: (Loud("L"), Loud("M")))
def augmented_objects(o, p):
    o += note(1)
    q = p
    q += o
    o[note(2)] += note(3)
    return o, p, q


@case(lambda: ({"a": 1, "b": 2}, [1, 2, 3]), lambda: ({}, []))
def deletes(d, x):
    del d["a"], x[note(0)], d[note("b")]
    del (d), x[1:]
    return x


@case(lambda: (3,))
def annotated(a: int) -> int:
    b: int = note(a)
    c: "nonsense" = b
    d: list[int]
    x = [0]
    x[note(0)]: undefined_thing = note(c)
    return x, b


# -- control flow


@case(lambda: (5,), lambda: (-5,), lambda: (0,), lambda: ("s",))
def branches(a):
    """Has a docstring."""
    if a > note(3):
        b = 1
    elif a < 0:
        b = 2
        if a < note(-3):
            b = 3
        else:
            b = 4
    else:
        b = note(5)
    note(b)
    return b


@case(lambda: (3,), lambda: (0,), lambda: (10,), lambda: (None,))
def while_loop(n):
    k = 0
    while note(k) < n:
        k += 1
        if k == 5:
            break
        if k == 2:
            continue
        note(("turn", k))
    else:
        note("else")
    return k


@case(lambda: (12,), lambda: (1,))
def while_true(n):
    while True:
        if n == 1:
            break
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        if n == 5:
            continue
        note(n)
    return n


@case(lambda: (range(4), 2), lambda: ([1, 2], 9), lambda: ((), 1), lambda: (5, 1), lambda: (iter("abc"), "b"))
def for_loop(r, stop):
    i = None
    for i in note(r):
        if i == stop:
            note("stop")
            break
        note(i)
    else:
        note("else")
        return "all", i
    return i


@case(lambda: (4,))
def nested_loops(n):
    s = 0
    for i in range(n):
        for j in range(i):
            if j == 2:
                continue
            if i + j == 5:
                break
            s += i * note(j)
        else:
            if i == 2:
                continue
            s += 100
        k = 0
        while k < j if i else False:
            k += 1
            if k == 2:
                break
        s += k
    else:
        s += 1000
    return s


@case(lambda: (3,))
def else_breaks(n):
    for i in range(n):
        for j in range(i):
            note((i, j))
        else:
            if i == 1:
                break
        while j > 5 if i else False:
            pass
        else:
            note("w")
            continue
    else:
        note("never")
    return i


@case(lambda: ([(1, (2, 3)), (4, (5, 6))], [0]), lambda: ([(1, 2)], [0]), lambda: ([1], [0]))
def for_targets(pairs, x):
    for a, (b, x[note(0)]) in pairs:
        note((a, b))
    for x[0] in note((7, 8)):
        note(x[0])
    for k, v in enumerate(zip(x, pairs)):
        note((k, v))
    return x


@case(lambda: (3,))
def loops_in_turn(n):
    total = 0
    for i in range(n):
        for j in (1, 2):
            total += j
        for j in note([i]):
            total += j
        total += 10
    return total


@case(lambda: (0,), lambda: (3,), lambda: (None,))
def asserts(a):
    assert a is not None
    assert note(a), f"message {note(a)}"
    assert (b := a) and note(b) < 2, note("too big")
    return a


@case(lambda: (0,), lambda: (1,), lambda: (2,), lambda: (3,))
def raises(a):
    if a == 0:
        raise ValueError(note("zero"), a)
    if a == 1:
        raise KeyError from ValueError(note(a))
    if a == 2:
        raise note(TypeError)
    raise


# -- calls that raise


@case(lambda: (1,))
def call_raises(a):
    b = note(a) + boom(a) + note(5)
    return b


@case(lambda: (1,))
def call_raises_deep(a):
    b = 2 * (
        a
        + deep(
            a,
        )
    )
    return b


@case(lambda: (1,))
def call_raises_chained(a):
    if chained(a):
        return 1
    return 2


@case(lambda: (Loud("o"),))
def method_over_lines(o):
    return (
        o.method(1)
        .method(2)
        .missing(
            note(3),
        )
    )


@case(lambda: (SimpleNamespace(deep=deep),))
def method_raises_over_lines(o):
    return note(
        o
        .deep(
            1
        )
    )


# -- try


@case(lambda: (0,), lambda: (1,), lambda: (2,), lambda: ("s",))
def try_except(a):
    try:
        b = 1 / a
        if a == 2:
            boom(a)
        note(b)
    except ZeroDivisionError as error:
        note(str(error))
        b = -1
    except ValueError:
        b = -2
    else:
        note("else")
        b += 1
    finally:
        note("finally")
    return b


@case(lambda: (0,), lambda: (1,), lambda: (2,))
def try_finally_returns(a):
    x = []
    try:
        if a == 0:
            return note(x)
        try:
            if a == 1:
                return note("inner")
        finally:
            x.append(note(a))
            note("inner finally")
    finally:
        x.append(1)
        if a == 2:
            note(x)
    return x, note("end")


@case(lambda: (4,))
def try_in_loop(n):
    out = []
    for i in range(n):
        try:
            if i == 1:
                continue
            if i == 3:
                break
            out.append(10 // (i - 2))
        except ZeroDivisionError:
            out.append(note("zero"))
            continue
        finally:
            out.append(i)
            note(i)
        out.append("after")
    else:
        out.append("else")
    return out


@case(lambda: (3,))
def finally_overrides(n):
    for i in range(n):
        try:
            note(i)
            return i
        finally:
            note("f")
            if i < 2:
                continue
            note("g")
    return "end"


@case(lambda: (2,))
def finally_nested(n):
    for i in range(n):
        try:
            try:
                if i == 0:
                    continue
                break
            finally:
                try:
                    note("body")
                finally:
                    note("a")
                    note("b")
                note("c")
        finally:
            note("d")
            for j in range(2):
                try:
                    if j == 0:
                        continue
                    break
                finally:
                    note(("e", j))
            note("f")
    return i


@case(lambda: (1,), lambda: (0,))
def try_else_finally(a):
    try:
        note(a)
    except ValueError:
        note("no")
    else:
        1 / a
        note("else")
    try:
        note(1)
    except KeyError:
        pass
    else:
        note(2 / (a + 1))
    return a


@case(lambda: (1,))
def try_reraise(a):
    try:
        boom(a)
    except ValueError as error:
        try:
            raise KeyError(1)
        except KeyError:
            pass
        error.add_note("n")
        raise
    finally:
        note("f")


@case(lambda: (1,))
def try_star(a):
    try:
        note(a)
        raise ExceptionGroup("g", [ValueError(1), KeyError(2)])
    except* ValueError:
        note("v")
    return a


@case(lambda: (1,))
def bare_except_with_context(a):
    try:
        x = note([])
        x[a]
    except IndexError:
        return missing_too


# -- other statements


class Manager:
    def __enter__(self):
        LOG.append("enter")
        return self

    def __exit__(self, *error):
        LOG.append(("exit", error[0]))
        return True


@case(lambda: (1,))
def with_statement(a):
    note(a)
    with Manager() as m, note(Manager()):
        boom(a)
    note(m is not None)
    return a


@case(lambda: (1,), lambda: ({"k": 2, "z": 1},), lambda: ([1, 2, 3],), lambda: ("s",))
def match_statement(a):
    match note(a):
        case 1:
            b = note("one")
        case {"k": k, **rest}:
            b = k, rest
        case [first, *others] if note(first):
            b = first, others
        case other:
            return other
    return b


@case(lambda: (1,))
def imports(a):
    import os.path as path
    from math import floor

    import os

    return floor(a), path is os.path


@case(lambda: (1,))
def local_class(a):
    class Inner:
        value = a

        def get(self):
            return self.value + a

    return note(Inner().get())


@case(lambda: (3,))
def global_reads(a):
    global FACTOR
    b = FACTOR + note(a)
    FACTOR = b
    c = FACTOR
    FACTOR = 3
    return c


# -- closures and classes


@case(lambda: (3,), lambda: ("x",))
def closures(a):
    b = note(2)

    def inner(c, d=1):
        return a + b * c + d

    return note(b) + a


@case(lambda: (3,), lambda: ("x",))
def closure_calls(a):
    b = note(2)

    def inner(c):
        return a + b * c

    plus = lambda y: y + b
    s = inner(1)
    for i in range(2):
        s += inner(note(i)) + plus(i)
    b = 100
    return s, inner(1), plus(1), inner.__qualname__, plus.__code__.co_qualname


@case(lambda: (3,))
def closure_writes(a):
    n = note(0)
    s = note(a) + 1

    def count():
        nonlocal n
        n += 1
        return n

    return count() + count() + s, n


@case(lambda: ([3, 1],))
def sort_key(x):
    k = note(-1)
    return sorted(note(x), key=lambda v: k * v), max(x, key=lambda v: -v)


@case(lambda: (3,))
def defaults(a, b=note(5), *args, c=7, **more):
    return note(a) + b + len(args) + c + len(more)


@case(lambda: (1, 2, 3))
def all_kinds(a, /, b, *rest, key=None, **more):
    key = note(rest)
    return a, b, rest, key, more, note(sum(rest))


def make_counter(start):
    total = start

    def counter(step):
        nonlocal total
        total += note(step)
        if step > 2:
            total = note(total) + boomless(step)
        return total

    return counter


def boomless(value):
    return note(value) * 2


def make_reader(offset):
    scale = 2
    return lambda x: note(x) * scale + offset if x else x / offset


CASES += [(make_counter(10), lambda: (1,)), (make_counter(10), lambda: (3,))]
CASES += [(make_reader(3), lambda: (2,)), (make_reader(0), lambda: (0,)), (lambda a: note(a), lambda: (1,)), (lambda: 5 / 0, lambda: ())]
CASES += [(lambda a: a[0] + a[note(1)], lambda: ([1, 2],)), (lambda a, b=2, *c: (a, b, c, a < b < 9), lambda: (1,))]


class Private:
    __slot = 5

    def __init__(self):
        self.__hidden = 3

    @case(lambda: (Private(), 4), lambda: (Private(), "x"))
    def method(self, __x):
        __y = note(__x) + self.__hidden
        for __i in range(2):
            __y += __i * self.__slot
        return __y, [__z for __z in (1, 2)]

    @case(lambda: (Private(),))
    def uses_super(self):
        a = note(1)
        return super().__repr__()[:1], __class__, a


@case(lambda: (3,))
@case(lambda: (4,))
def decorated_twice(a):
    return note(a) / (a - 3)


@case(lambda: (30,))
def many(n):
    s = 0
    i = 0
    while i < n:
        j = 0
        while j < 2:
            try:
                s += i // (j - i % 2)
            except ZeroDivisionError:
                s -= 1
            j += 1
        i += 11
    return s
