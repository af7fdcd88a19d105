"""Structs beside other operands: numbers of Python's and NumPy's in either order, conversions, classes that are asked for while compiling."""

import pickle
from typing import ClassVar, Generic, TypeVar

import numpy as np
import pytest

import accel
from accel.types import Float32, Int16, UInt8, UInt64
from tests.differential.counters import require_compiled
from tests.exactness.agreement import agree_with_disabled

T = TypeVar("T")
NUMBERS = (int, float)


@accel.struct
class Box(Generic[T]):
    value: T

    __array_ufunc__ = None

    @staticmethod
    def held(other):
        if isinstance(other, Box):
            return float(other.value)
        return float(other) if isinstance(other, NUMBERS) or isinstance(other, np.generic) else NotImplemented

    def __add__(self, other):
        x = Box[T].held(other)
        return x if x is NotImplemented else float(self.value) + x

    def __rsub__(self, other):
        x = Box[T].held(other)
        return x if x is NotImplemented else x - float(self.value)

    def __lt__(self, other):
        x = Box[T].held(other)
        return x if x is NotImplemented else float(self.value) < x

    def __eq__(self, other):
        x = Box[T].held(other)
        return x if x is NotImplemented else float(self.value) == x

    def __ne__(self, other):
        x = Box[T].held(other)
        return x if x is NotImplemented else float(self.value) != x

    def __hash__(self):
        return hash(self.value)

    def __int__(self):
        return int(self.value) + 1

    def __float__(self):
        return float(self.value) + 0.5


@accel.struct
class Plain:
    value: int

    def __radd__(self, other):
        return 7

    def __int__(self):
        return True


INPUTS = [2, 2.5, True, np.float32(2), np.float64(2.5), np.uint8(3), np.int64(-1), 2j, None, "text"]


def pairs(*boxes):
    return [(box, other) for box in boxes for other in [*INPUTS, *boxes]], [(other, box) for box in boxes for other in INPUTS]


@pytest.mark.parametrize("name", ["add", "sub", "less", "more", "equal", "unequal"])
def test_operands_in_either_order(name):
    def add(a, b):
        return a + b

    def sub(a, b):
        return a - b

    def less(a, b):
        return a < b

    def more(a, b):
        return a > b

    def equal(a, b):
        return a == b

    def unequal(a, b):
        return a != b

    in_front, behind = pairs(Box[int](3), Box[Float32](Float32(2)))  # those first of which something comes
    made = agree_with_disabled(locals()[name], behind + in_front if name in ("sub", "more") else in_front + behind)
    require_compiled(made)


def test_a_scalar_in_front_asks_a_struct_only_where_it_says_so():
    def add(a, b):
        return a + b

    agree_with_disabled(add, [(2, Plain(3)), (2.0, Plain(3)), (np.float64(2), Plain(3)), (np.uint8(2), Plain(3))])


def test_conversions():
    def convert(p):
        return int(p), float(p)

    require_compiled(agree_with_disabled(convert, [(Box[int](3),), (Box[Float32](Float32(2.5)),)]))
    agree_with_disabled(lambda p: int(p), [(Box[float](2.5),)])
    with pytest.raises(TypeError, match="float"):
        float(Plain(3))


def test_classes_known_while_compiling():
    def which(p):
        return isinstance(p, Box), isinstance(p, Box[int]), isinstance(p, NUMBERS), isinstance(p, (str, NUMBERS)), p is NotImplemented, p is not Box

    require_compiled(agree_with_disabled(which, [(Box[int](3),), (Box[float](3.0),), (Plain(3),), (3,), (2.5,), (np.float64(2.5),), (np.uint8(2),), (None,), ("text",)]))


def test_integers_of_fixed_width_are_given_as_ints():
    @accel.struct
    class Pixel:
        red: UInt8
        wide: UInt64 = 3

    def make(n):
        p = Pixel(n, n)
        return p.red, p.wide

    def put(n):
        pixels = Pixel.array(1)
        assign(pixels, n)
        return pixels[0].red

    def assign(pixels, n):
        pixels[0].red = n

    given = [(0,), (255,), (True,), (256,), (-1,), (2**64,), (2.0,), (np.uint8(3),), (np.int8(3),)]
    require_compiled(agree_with_disabled(make, given))
    assign = agree_with_disabled(assign, [(Pixel.array(1), n) for (n,) in given])
    assert [put(n) for n in (0, 255, 7)] == [0, 255, 7] and type(put(1)) is np.uint8
    assert Pixel(3) == Pixel(UInt8(3), UInt64(3)) and type(Pixel(3).wide) is np.uint64
    for wrong in (256, -1, 2.0, np.int16(3)):
        with pytest.raises(TypeError, match="`.*Pixel` takes numpy.uint8 for `red`"):
            Pixel(wrong)


def test_arrays_of_generic_structs_are_pickled():
    a = Box[Int16].array(2)
    a[1] = Box[Int16](-3)
    again = pickle.loads(pickle.dumps(a))
    assert again[1].value == -3 and again.dtype is Box[Int16].dtype


def test_constants_of_a_class_that_are_objects():
    @accel.struct
    class Cup:
        size: int
        KINDS: ClassVar[tuple] = (int, str)
        NAME: ClassVar[str] = "cup"
        COUNT: ClassVar[int] = 3

    def look(p):
        return isinstance(p.size, p.KINDS), p.NAME == "cup", p.COUNT, isinstance(2.5, Cup.KINDS)

    cups = Cup.array(1)
    require_compiled(agree_with_disabled(look, [(Cup(1),), (Cup(2),), (cups[0],)]))
