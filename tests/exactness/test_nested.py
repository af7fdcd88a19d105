"""Functions defined inside a compiled one: what they capture, call and are called with; where CPython goes on inside them."""

from __future__ import annotations

import sys

import numpy as np

from tests.exactness.agreement import agree, agree_compiled, decorated

BIG = 2**62


def captures_nothing_yet(n):
    if n > 0:
        x = 1

    def g():
        return x

    return g()


def test_a_variable_that_is_unbound() -> None:
    agree_compiled(captures_nothing_yet, lambda: (1,), lambda: (-1,))


def each_other(n, x):
    def twice(y):
        return y * 2

    def quad(y):
        return twice(twice(y)) + n

    n = n + 1
    return quad(x), twice(quad(x))


def fact(n):
    def inner(k):
        return 1 if k <= 1 else k * inner(k - 1)

    return inner(n)


def parity(n, z):
    def even(k):
        return z if k == 0 else odd(k - 1)

    def odd(k):
        return False if k == 0 else even(k - 1)

    return even(n)


def before_its_definition(n):
    def first(k):
        return second(k) + 1

    if n > 0:
        def second(k):
            return k * n

    return first(3)


def shared_name(n):
    def twice(y):
        return y * n

    def other(n):
        return twice(n) + n

    return other(n + 1)


def three_deep(a, b):
    def outer(x):
        def middle(y):
            def inner(z):
                return helper(z) + x + a

            return inner(y) * b

        return middle(x)

    def helper(v):
        return v + b

    return outer(a) + helper(1)


def test_calls_of_each_other() -> None:
    for x in (3, 2.5, BIG):
        agree_compiled(each_other, lambda x=x: (5, x), lambda x=x: (BIG, x))
        agree(shared_name, lambda x=x: (x,))
        agree_compiled(three_deep, lambda x=x: (x, 2), lambda x=x: (3, x))
    agree_compiled(fact, lambda: (0,), lambda: (10,), lambda: (25,), lambda: (2.5,))
    agree_compiled(parity, lambda: (10, True), lambda: (11, 2), lambda: (4, 1.5))
    agree_compiled(before_its_definition, lambda: (3,), lambda: (-3,), lambda: (BIG,))


def deep_down(n):
    def down(k):
        return 0 if k == 0 else 1 + down(k - 1)

    return down(n)


def test_recursion_without_end() -> None:
    agree_compiled(deep_down, lambda: (100,))
    if sys.version_info >= (3, 12):  # before, the message says who called
        agree(deep_down, lambda: (-1,))
        agree(parity, lambda: (-1, 5))


def with_defaults(n, k):
    def scaled(x, by=3, *, plus=1, shift=None):
        return (x * by + plus) * n if shift is None else x

    if k == 0:
        return scaled(2), scaled(2, 4), scaled(2, plus=BIG), scaled(x=1, by=2.5), scaled(1, shift=2)
    if k == 1:
        return scaled()
    if k == 2:
        return scaled(1, 2, 3)
    return scaled(1, minus=3)


def lambdas(n):
    add = lambda x, y=2: x + y * n
    return add(1), add(1, 3), add(y=5, x=BIG), (lambda: n)(), (lambda x: x * n)(n + 1), (lambda a=1, *, b=2: a + b)(b=n)


def not_constant(n):
    def scaled(x, by=n):
        return x * by

    return scaled(3)


def test_defaults_and_lambdas() -> None:
    for k in range(4):
        agree(with_defaults, lambda k=k: (3, k), lambda k=k: (BIG, k))
    agree_compiled(lambdas, lambda: (3,), lambda: (2.5,), lambda: (BIG,))
    agree(not_constant, lambda: (3,))


def passed_on(x):
    def twice(f, y):
        return f(f(y))

    def more(y):
        return y * 3

    return twice(more, x), twice(lambda y: y + 1, x), twice(abs, -x)


def test_functions_as_arguments() -> None:
    agree_compiled(passed_on, lambda: (3,), lambda: (2.5,), lambda: (BIG,))


def left_inside(a, i, n):
    """CPython goes on inside the inner functions, which call each other there."""
    def item(k):
        return a[k] * n

    def total(k):
        s = 0
        for j in range(k):
            s += item(j)
            if s > 50:
                s = s + item(j + 1)
        return s, item(0)

    def guarded(k):
        try:
            return total(k)
        except IndexError:
            return item(-1)
        finally:
            if k > 8:
                item(k)

    return total(i), guarded(i + 2)


def test_exits_inside() -> None:
    for i in (2, 4, 5, 9):
        for n in (2, 100, BIG):
            agree(left_inside, lambda i=i, n=n: (np.arange(5), i, n), lambda i=i, n=n: ((1, 2, 3, 4, 5), i, n))


def raises_inside(n):
    def check(k):
        if k > n:
            raise ValueError(f"{show(k)} is more than {n}")
        return k

    def show(k):
        return check(k - 1) if k > 5 else k

    return check(3), check(4), check(7)


def test_exceptions_inside() -> None:
    agree(raises_inside, *(lambda n=n: (n,) for n in (1, 3, 5, 7)))


def factory():
    scale = 3

    def made(x):
        def one(y):
            return y * scale

        def two(y):
            if y > 100:
                raise KeyError(one(y))
            return one(y) + x

        return two(x) + two(x * 2)

    return made


def test_variables_of_an_uncompiled_function_around() -> None:
    agree_compiled(factory(), lambda: (2,), lambda: (80,), lambda: (BIG,), lambda: (2.5,))


def changes_between_calls(n):
    step = 1

    def add(x):
        return x + step

    total = 0
    for i in range(n):
        total = add(total)
        step = step + i
    return total, add(0)


def test_what_is_captured_changes() -> None:
    agree_compiled(changes_between_calls, lambda: (0,), lambda: (5,), lambda: (100,))


def test_methods_and_names_stay() -> None:
    made = decorated(each_other)
    assert made.__name__ == "each_other" and made(1, 2) == each_other(1, 2)
