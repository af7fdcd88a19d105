"""Calls, closures, names from outside."""

import math

import numpy as np

from tests.features.row import Section

calls = Section("Calls")
nested = Section("Nested functions")
outside = Section("Names from outside")

SCALE = 3
WEIGHTS = np.array([1.0, 2.0, 3.0])
_counter = 0


def helper(a, b=2, *, c=3):
    return a + b * c


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def is_even(n):
    return True if n == 0 else is_odd(n - 1)


def is_odd(n):
    return False if n == 0 else is_even(n - 1)


class Point:
    def shifted(self, x):
        return x + SCALE


@calls.row("plain Python functions: defaults, keywords, keyword-only", (4,))
def helpers(x):
    return helper(x), helper(x, 1), helper(b=x, a=1), helper(x, c=x)


@calls.row("recursion", (12,))
def recursive(n):
    return fib(n)


@calls.row("mutual recursion", (12,))
def mutual(n):
    return is_even(n)


@calls.row("functions that return tuples, None, arrays", lambda: (np.arange(4.0),))
def results(a):
    low, high = bounds(a)
    return low + high


def bounds(a):
    return a[0], a[-1]


@calls.row("calls with `*` of a tuple of known length", ((4, 5),))
def star_call(t):
    return helper(*t)


@calls.row("a parameter `*args`", (1, 2, 3))
def star_parameter(*args):
    return args[0] + args[1]


@calls.row("functions passed as arguments of inner calls", (4.0,))
def function_argument(x):
    return apply(math.sin, x) + apply(helper, x)


def apply(function, x):
    return function(x)


@nested.row("a nested function that reads what it captures", (5,))
def reads(n):
    def scaled(x):
        return x * n

    return scaled(2) + scaled(3)


@nested.row("lambdas", (5,))
def lambdas(n):
    square = lambda x: x * x + n
    return square(2) + square(3)


@nested.row("nested functions with defaults", (5,))
def nested_defaults(n):
    def scaled(x, by=3):
        return x * by + n

    return scaled(2) + scaled(3, by=n)


@nested.row("a lambda called where it stands", (5,))
def lambda_called(n):
    return (lambda x: x + n)(3)


@nested.row("nested functions that call each other", (5,))
def each_other(n):
    def twice(x):
        return x * 2

    def quad(x):
        return twice(twice(x)) + n

    return quad(3)


@nested.row("a nested function that calls itself", (10,))
def itself(n):
    def fact(k):
        return 1 if k <= 1 else k * fact(k - 1)

    return fact(n)


@nested.row("nested functions that are mutually recursive", (10,))
def mutually(n):
    def even(k):
        return True if k == 0 else odd(k - 1)

    def odd(k):
        return False if k == 0 else even(k - 1)

    return even(n)


@nested.row("nested inside nested", (5,))
def deep(n):
    def outer(x):
        def inner(y):
            return y + n

        return inner(x) * 2

    return outer(3)


@nested.row("a nested function passed to another one", (5.0,))
def passed(n):
    def twice(f, x):
        return f(f(x))

    return twice(lambda x: x * n, 2.0)


@nested.row("`nonlocal` writes", (5,))
def nonlocal_(n):
    total = 0

    def add(x):
        nonlocal total
        total += x

    for i in range(n):
        add(i)
    return total


def make_closure():
    k = 7
    table = np.arange(3.0)

    @nested.row("names of an enclosing function, read as they are now", (5,))
    def closure(n):
        return n * k

    @nested.row("arrays of an enclosing function", (1,))
    def closure_array(n):
        return table[n] + table[-1]

    return closure, closure_array


make_closure()


@outside.row("globals that are numbers, functions, modules", (5,))
def globals_(n):
    return n * SCALE + math.pi + helper(n)


@outside.row("globals that are arrays", (1,))
def global_array(n):
    total = 0.0
    for i in range(3):
        total += WEIGHTS[i] * n
    return total


@outside.row("`global` writes", (1,))
def global_write(n):
    global _counter
    _counter = 0
    total = 0
    for i in range(n):
        total += i
    _counter = total
    return _counter


@outside.row("attributes of modules", (2.0,))
def module_attributes(x):
    return math.tau * x + np.pi + np.e
