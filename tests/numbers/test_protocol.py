"""What a number has to say, and what the contract says of those that do not keep to it."""

from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import pytest

import accel
from accel.testing import check_numeric_type
from accel.types import Saturating, UInt8, arithmetic, comparison, numeric

T = TypeVar("T")


class Meter:
    """A number that keeps to the contract; the tests break one thing each."""

    count: int
    __promotes__ = (int,)
    __array_ufunc__ = None

    @staticmethod
    def of(n):
        return Metre(n)

    result = of

    @staticmethod
    def operand(other):
        if isinstance(other, Metre):
            return other.count
        return other if isinstance(other, int) else NotImplemented

    __add__, __radd__ = arithmetic(lambda a, b: a + b)
    __eq__ = comparison(lambda a, b: a == b)
    __ne__ = comparison(lambda a, b: a != b)

    def __hash__(self):
        return hash(self.count)

    def __bool__(self):
        return self.count != 0


def make(**changed):
    """The struct of a class like `Meter` with other members; its methods know it as `Metre`."""
    global Metre
    body = {**vars(Meter), **changed, "__annotations__": Meter.__annotations__, "__qualname__": "Metre"}
    body = {name: member for name, member in body.items() if name not in ("__dict__", "__weakref__") and member is not ...}
    Metre = accel.struct(type("Metre", (), body))
    return Metre


def values(number):
    return [number(0), number(3), number(-7), number(3)]


def test_a_number_that_keeps_to_the_contract():
    number = numeric(make())
    check_numeric_type(number, values(number))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"__add__": lambda self, other: self.count}, r"`add` of Metre\(count=0\), Metre\(count=0\) gives 0, of class int; it should give Metre, or raise an ArithmeticError or a ValueError"),
        ({"__radd__": lambda self, other: Metre(1)}, r"`add` of 2.5, Metre\(count=0\) gives Metre\(count=1\); the promotion row has no float, so it should raise TypeError"),
        ({"__promotes__": (int, float)}, r"`add` of Metre\(count=0\), 2.5 raises TypeError; it should give Metre"),
        ({"__hash__": lambda self: id(self)}, r"Metre\(count=3\) and Metre\(count=3\) are equal, and their hashes are not"),
        ({"__ne__": comparison(lambda a, b: a == b)}, r"are equal and not equal at once, or neither"),
        ({"__lt__": comparison(lambda a, b: a < b), "__gt__": comparison(lambda a, b: a >= b)}, r"`lt` of .* is not `gt` of them in the other order"),
        ({"__bool__": lambda self: True}, r"bool\(Metre\(count=0\)\) is True, and it is equal to Metre\(count=0\)"),
        ({"__int__": lambda self: 1.5}, r"`int` raises for each value"),
        ({"__neg__": lambda self: {}.get("x")}, r"`neg` of Metre\(count=0\) gives None, of class NoneType"),
    ],
)
def test_a_broken_number(changed, says):
    number = numeric(make(**changed))
    with pytest.raises(AssertionError, match=r"`Metre` breaks the contract of numeric types: .*" + says):
        check_numeric_type(number, values(number))


@pytest.mark.skipif(accel.options.read_switch("ACCEL") == "0", reason="nothing is compiled")
def test_a_number_that_is_not_compiled():
    number = numeric(make(__neg__=lambda self: Metre(int(str(-self.count)))))
    with pytest.raises(AssertionError, match=r"neg of .* are left to CPython:\n"):
        check_numeric_type(number, values(number))


def test_values_of_another_type():
    with pytest.raises(AssertionError, match="the values are no numbers of this type: \\[3\\]"):
        check_numeric_type(Saturating[UInt8], [3])


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"__promotes__": ...}, "`Metre` has no promotion row"),
        ({"__promotes__": 3}, "the promotion row of `Metre` is no tuple of classes: 3"),
        ({"__array_ufunc__": ...}, "`Metre` leaves operators to NumPy's scalars that stand in front of it"),
        ({"of": ...}, "`Metre` has no `of`"),
    ],
)
def test_what_a_number_has_to_say(changed, says):
    with pytest.raises(accel.DecorationError, match=says) as caught:
        numeric(make(**changed))
    assert caught.value.diagnostics[0].slug == "numeric-type"


def test_what_is_no_struct():
    with pytest.raises(accel.DecorationError, match="`int` is no struct"):
        numeric(int)


def test_generic_numbers_are_looked_at_where_they_are_written():
    @accel.struct
    class Free(Generic[T]):
        value: T

    with pytest.raises(accel.DecorationError, match="`.*Free` has no promotion row"):
        numeric(Free)


def test_scalars_in_front_leave_to_numbers():
    number = numeric(make())
    for one in (np.float32(2), np.float64(2), np.uint8(2), np.int64(2)):
        with pytest.raises(TypeError, match="unsupported operand"):
            one + number(3)


@pytest.mark.parametrize("name", ["bfloat16", "dual", "fixed", "mod", "saturating"])
def test_a_type_is_a_page_of_public_means(name):
    """A numeric type takes no more than 120 lines, and nothing of the compiler."""
    text = (Path(accel.__file__).parent / "numbers" / f"{name}.py").read_text()
    assert len(text.splitlines()) <= 120
    imported = {line.split()[1] for line in text.splitlines() if line.startswith("from accel")}
    assert imported <= {"accel", "accel.compile_time", "accel.decorators", "accel.types"} | {found for found in imported if found.startswith("accel.numbers")}
