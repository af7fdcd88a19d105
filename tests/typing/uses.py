"""Typical uses, for type checkers: what is decorated keeps its type. Not run; tests/test_typing.py has mypy and pyright check it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, Generic, Literal, ParamSpec, TypeVar, assert_type, overload

import numpy as np
from numpy.typing import NDArray

import accel
from accel import Comptime, comptime, comptime_assert, fn, tile, unroll
from accel.types import Array, Borrowed, Float32, Float64, Inout, Owned, move

T = TypeVar("T")
P = ParamSpec("P")


@fn
def area(width: float, height: float = 2.0, *, scale: int = 1) -> float:
    return width * height * scale


@accel.fn(strict=True, cache=False)
def dot(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    total = 0.0
    for i in range(len(x)):
        total += float(x[i] * y[i])
    return total


@fn()
def power(x: float, *factors: float, **named: int) -> float:
    return x


@fn
def first(values: list[T]) -> T:
    return values[0]


@overload
def double(x: int) -> int: ...
@overload
def double(x: str) -> str: ...
@fn
def double(x: Any) -> Any:
    return 2 * x


@fn
def numbers(n: int) -> Iterator[int]:
    yield from range(n)


@fn
async def later(x: int) -> int:
    return x


class Shape:
    sides = 4

    @fn
    def perimeter(self, side: float) -> float:
        return self.sides * side

    @staticmethod
    @fn
    def doubled(x: int) -> int:
        return 2 * x

    @fn
    @staticmethod
    def tripled(x: int) -> int:
        return 3 * x

    @classmethod
    @fn(debug=True)
    def named(cls, x: int) -> tuple[str, int]:
        return cls.__name__, x

    @property
    @fn
    def half(self) -> float:
        return self.sides / 2


@functools.cache
@fn
def square(n: int) -> int:
    return n * n


def traced(function: Callable[P, T]) -> Callable[P, T]:
    return function


@traced
@fn
def half(n: int) -> float:
    return n / 2


def make_adder(step: int) -> Callable[[int], int]:
    @fn
    def add(n: int) -> int:
        return n + step

    return add


def plain(x: int, y: float) -> complex:
    return x + y * 1j


def choose(strict: bool) -> Callable[[int, float], complex]:
    return fn(plain, strict=strict)


assert_type(area(3.0), float)
assert_type(area(3, height=1.0, scale=2), float)
assert_type(dot(np.ones(2), np.ones(2)), float)
assert_type(first([1, 2]), int)
assert_type(first(["a"]), str)
assert_type(double(2), int)
assert_type(double("a"), str)
assert_type(list(numbers(3)), list[int])
assert_type(Shape().perimeter(2.0), float)
assert_type(Shape.perimeter(Shape(), 2.0), float)
assert_type(Shape.doubled(2), int)
assert_type(Shape.named(1), tuple[str, int])
assert_type(Shape().half, float)
assert_type(square(4), int)

assert_type(power(2.0, 1.0, 3.0, n=2), float)
assert_type(Shape.tripled(2), int)
assert_type(half(3), float)
assert_type(make_adder(1)(2), int)
assert_type(fn(plain)(1, 2.0), complex)
assert_type(fn(strict=True)(plain)(1, 2.0), complex)

increment: Callable[[int], int] = fn(lambda n: n + 1)
decrement: Callable[[int], int] = fn(strict=True)(lambda n: n - 1)

# what is wrong without the decorator is wrong with it
area("3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
area()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
area(3.0, depth=1.0)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
dot([1.0], [2.0])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
half("4")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Shape().perimeter("2")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Shape.doubled(1, 2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
double(2.5)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
text: str = area(1.0)  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
fn(strict="yes")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
fn(fast=True)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]


async def use_later() -> int:
    return await later(1)


with accel.disabled():
    area(1.0)

try:
    area(1.0)
except accel.CompileError as error:
    assert_type(error.diagnostics, tuple[accel.Diagnostic, ...])


@accel.vectorize
def ramp(x: float) -> float:
    return min(max(x, 0.0), 1.0)


@accel.vectorize(strict=True, identity=0)
def plus(a: float, b: float) -> float:
    return a + b


assert_type(ramp, np.ufunc)
assert_type(plus, np.ufunc)


@accel.fn
def trace(a: Array[Float64, Literal[2]], k: Float32) -> float:
    rows: int = a.shape[0]
    return float(a[0, 0]) * rows * float(k)


def call_trace(a: Array[Float64, Literal[2]]) -> float:
    trace("text", Float32(1))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    return trace(a, Float32(1))


@accel.fn
def exchange(a: Inout[Array[Float64, Literal[1]]], b: Borrowed[Array[Float64, Literal[1]]], c: Owned[Array[Float64, Literal[1]]]) -> float:
    assert_type(a, Array[Float64, Literal[1]])
    assert_type(b, Array[Float64, Literal[1]])
    assert_type(move(c), Array[Float64, Literal[1]])
    a[0] = b[0]
    return float(c[0])


def call_exchange(a: Array[Float64, Literal[1]]) -> float:
    exchange(a, a, move(3))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    return exchange(a, a, move(a))


@accel.struct
class Vec:
    x: float
    y: float = 0.0

    def norm(self) -> float:
        return float((self.x * self.x + self.y * self.y) ** 0.5)

    def __add__(self, other: Vec) -> Vec:
        return Vec(self.x + other.x, self.y + other.y)


@accel.struct(order=True)
class Version:
    major: int
    minor: int = 0


def use_structs(p: Vec) -> tuple[float, bool]:
    assert_type(p + Vec(1.0, y=2.0), Vec)
    assert_type(Vec(3).norm(), float)
    Vec("text")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Vec(1.0, z=2.0)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    p.x = 2.0  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    match p:
        case Vec(_, y):
            assert_type(y, float)
    return p.x, Version(1) < Version(2)


@accel.fn
def raised(x: float, *, n: Comptime[int]) -> float:
    comptime_assert(n >= 0)
    result = 1.0
    for k in comptime(range(n)):
        assert_type(k, int)
        result *= x
    for i in unroll(range(n), 4):
        assert_type(i, int)
    for ii, jj in tile((n, n), (2, 2)):
        assert_type(ii, range)
        result += len(jj)
    return result


assert_type(raised(2.0, n=3), float)
raised(2.0, n="3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@accel.struct
class Pair(Generic[T]):
    first: T
    second: T

    def swapped(self) -> Pair[T]:
        return Pair[T](self.second, self.first)


assert_type(Pair[float](1.0, 2.0).swapped(), Pair[float])
Pair[float]("1", 2.0)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
