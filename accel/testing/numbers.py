"""This module is the contract of numeric types, looked at from outside."""

from __future__ import annotations

import copy
import itertools
import pickle
from types import FunctionType
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from accel.compile_time import Comptime, comptime
from accel.decorators import disabled, fn, struct
from accel.numbers.protocol import numeric
from accel.types.structs import layout_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["check_numeric_type"]

_BINARY = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "lshift", "rshift", "and", "or", "xor")
_UNARY = ("neg", "pos", "abs", "invert")
_COMPARED = ("eq", "ne", "lt", "le", "gt", "ge")
_CONVERTED: dict[str, type] = {"int": int, "float": float}
_MIRRORED = {"eq": "eq", "ne": "ne", "lt": "gt", "le": "ge"}
_BESIDE = (2, True, 2.5, 2j, *(getattr(np, name)(2) for name in "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64".split()))


def check_numeric_type(number: Any, values: Sequence[Any], *, beside: Sequence[Any] = _BESIDE) -> None:
    """Raise unless a numeric type keeps to the contract that `accel.types.numeric` is about.

    Parameters
    ----------
    number : type
        The struct; of a generic one, one for some arguments.
    values : sequence
        Numbers of this type, some of them equal, some at the ends of its range; every pair of them is tried.
    beside : sequence, optional
        Other numbers that are tried beside them: by default one of each of Python's and NumPy's classes.

    Raises
    ------
    AssertionError
        With the operation, its operands and what came of it instead of what should.

    Notes
    -----
    Looked at are: operators, reflected ones too, give a number of this type, or raise an ArithmeticError or a ValueError (`**` and shifts may be for counts alone); beside
    numbers of the promotion row as well, and a TypeError beside all others; comparisons give bools, agree with each other, and with hashes; compiled code gives what CPython
    gives, bit for bit, and is compiled; arrays, records and fields of structs hold each value; pickling and copying give it back; `bool` of a number tells whether it is equal
    to `of(0)`.

    Examples
    --------
    >>> from accel.testing import check_numeric_type
    >>> from accel.types import Saturating, UInt8
    >>> S = Saturating[UInt8]
    >>> check_numeric_type(S, [S(0), S(3), S(255)])
    """
    layout = layout_of(number)
    written = number if layout is None or layout.origin is None else layout.origin[0]
    numeric(written)
    contract = _Contract(number, list(values), list(beside))
    contract.check_arithmetic()
    contract.check_row()
    contract.check_comparisons()
    contract.check_conversions()
    contract.check_memory()


class _Contract:
    """The parts of the contract, for one type."""

    def __init__(self, number: Any, values: list[Any], beside: list[Any]) -> None:
        self.number, self.values, self.beside = number, values, beside
        self.row: tuple[type, ...] = number.__promotes__
        if not values or any(type(value) is not number for value in values):
            self.fail(f"the values are no numbers of this type: {values!r:.80}")

    def fail(self, what: str) -> NoReturn:
        raise AssertionError(f"`{self.number.__name__}` breaks the contract of numeric types: {what}")

    def has(self, name: str) -> bool:
        """Whether the type has the special method of this name."""
        return f"__{name}__" in vars(self.number)

    def check_calls(self, apply: Any, names: Sequence[str], given: Sequence[tuple[Any, ...]], wanted: type, *, is_compiled: bool = True) -> None:
        """Each operation gives an object of the wanted class or raises as numbers do, for all operands, in compiled code as in CPython."""
        compiled = _fresh(apply)
        for name, operands in itertools.product(names, given):
            with disabled():
                found = _outcome(apply, name, operands, (name,))
            shown = f"`{name}` of {', '.join(map(repr, operands))}"
            if type(found) is not wanted and not (isinstance(found, type) and issubclass(found, (ArithmeticError, ValueError))):
                got = f"raises {found.__name__}" if isinstance(found, type) else f"gives {found!r}, of class {type(found).__name__}"
                self.fail(f"{shown} {got}; it should give {wanted.__name__}, or raise an ArithmeticError or a ValueError")
            if is_compiled and not _same(made := _outcome(compiled, name, operands, tuple(names)), found):
                self.fail(f"{shown} gives {made!r} when compiled, {found!r} in CPython")
        inspection = getattr(compiled, "accel", None)
        if is_compiled and names and given and inspection is not None and not inspection.compiled:
            self.fail(f"{', '.join(names)} of {given[0]!r} are left to CPython:\n{inspection.explain()}")

    def check_arithmetic(self) -> None:
        """Operators beside numbers of this type."""
        pairs = list(itertools.product(self.values, repeat=2))
        self.check_calls(_binary, [n for n in _BINARY if self.has(n) and self.is_between(n, pairs)], pairs, self.number)
        self.check_calls(_unary, [n for n in _UNARY if self.has(n)], [(value,) for value in self.values], self.number)

    def is_between(self, name: str, pairs: list[tuple[Any, ...]]) -> bool:
        """Whether an operator is for two numbers of the type; the second operand of a power or a shift may be a count."""
        with disabled():
            return name not in ("pow", "lshift", "rshift") or any(_outcome(_binary, name, pair, (name,)) is not TypeError for pair in pairs)

    def check_row(self) -> None:
        """Beside what the promotion row names operators give a number of this type, in either order; beside all else they raise TypeError."""
        met: set[bool] = set()  # whether numbers of Python's, and of NumPy's, were compiled
        for other in self.beside:
            orders = (tuple(n for n in _BINARY if self.has(n)), [(v, other) for v in self.values]), (
                tuple(n for n in _BINARY if self.has(f"r{n}")), [(other, v) for v in self.values])  # fmt: skip
            is_new = isinstance(other, self.row) and isinstance(other, np.generic) not in met
            for names, given in orders:
                if isinstance(other, self.row):
                    self.check_calls(_binary, names, given, self.number, is_compiled=is_new)
                else:
                    self.check_refused(names, given, other)
            if is_new:
                met.add(isinstance(other, np.generic))

    def check_refused(self, names: Sequence[str], given: Sequence[tuple[Any, ...]], other: Any) -> None:
        for name, operands in itertools.product(names, given):
            with disabled():
                found = _outcome(_binary, name, operands, (name,))
            if found is not TypeError:
                got = f"raises {found.__name__}" if isinstance(found, type) else f"gives {found!r}"
                self.fail(f"`{name}` of {operands[0]!r}, {operands[1]!r} {got}; the promotion row has no {type(other).__name__}, so it should raise TypeError")

    def check_comparisons(self) -> None:
        names = [n for n in _COMPARED if self.has(n) or n in ("eq", "ne")]
        pairs = list(itertools.product(self.values, repeat=2))
        self.check_calls(_compared, names, pairs, bool)
        with disabled():
            self.check_agreement(names, pairs)

    def check_agreement(self, names: list[str], pairs: list[tuple[Any, ...]]) -> None:
        """Comparisons agree with each other, and with hashes."""
        for a, b in pairs:
            if (a == b) is (a != b):
                self.fail(f"{a!r} and {b!r} are equal and not equal at once, or neither")
            if a == b and hash(a) != hash(b):
                self.fail(f"{a!r} and {b!r} are equal, and their hashes are not")
            for name, mirrored in _MIRRORED.items():
                if name in names and _outcome(_compared, name, (a, b), (name,)) is not _outcome(_compared, mirrored, (b, a), (mirrored,)):
                    self.fail(f"`{name}` of {a!r}, {b!r} is not `{mirrored}` of them in the other order")
            if "le" in names and (a <= b) is not (a < b or a == b):
                self.fail(f"`le` of {a!r}, {b!r} is not `lt` or `eq`")

    def check_conversions(self) -> None:
        """`int` and `float` give these, or raise for values that have none, such as infinities; `bool` tells zero from the others."""
        for name, class_ in _CONVERTED.items():
            if self.has(name):
                usual = [(v,) for v in self.values if not isinstance(_outcome(_converted, name, (v,), (name,)), type)]
                if not usual:
                    self.fail(f"`{name}` raises for each value")
                self.check_calls(_converted, (name,), usual, class_)
        with disabled():
            self.check_truth()

    def check_truth(self) -> None:
        if self.has("bool") and self.row:
            zero = self.number.of(0)
            for value in self.values:
                if bool(value) is not bool(value != zero):
                    self.fail(f"bool({value!r}) is {bool(value)}, and it is {'not ' * bool(value != zero)}equal to {zero!r}")

    def check_memory(self) -> None:
        """Arrays, fields of structs, pickles and copies hold a value."""
        array = self.number.array(len(self.values))
        holder: Any = struct(type("Holder", (), {"__annotations__": {"held": self.number}}))
        for k, value in enumerate(self.values):
            array[k] = value
            held = holder(array[k]).held
            for how, made in (("an array", held), ("a struct", holder(value).held), ("a pickle", pickle.loads(pickle.dumps(value))), ("a copy", copy.deepcopy(value))):
                if not _same(made, value):
                    self.fail(f"{how} gives {made!r} back for {value!r}")
        again = pickle.loads(pickle.dumps(array))
        if again.tobytes() != array.tobytes() or self.number.from_array(array).dtype is not self.number.dtype:
            self.fail("an array of it is another one after pickling")


def _same(one: Any, other: Any) -> bool:
    """Whether two outcomes are of one class and have the same bits, as far as they show."""
    return type(one) is type(other) and (one is other or repr(one) == repr(other))


def _outcome(apply: Any, name: str, operands: tuple[Any, ...], names: tuple[str, ...]) -> Any:
    """What an operation gives, or the class of what it raises."""
    try:
        with np.errstate(all="ignore"):
            return apply(*operands, names.index(name), names=names)
    except (ArithmeticError, TypeError, ValueError) as error:
        return type(error)


def _fresh(apply: FunctionType) -> Any:
    """A compiled function of its own."""
    made = FunctionType(apply.__code__, apply.__globals__, apply.__name__)
    made.__annotations__ = apply.__annotations__
    return fn(made)


# The operations: which of `names` is done is known while compiling, the number among them is not.


def _binary(a: Any, b: Any, number: int, *, names: Comptime[Any]) -> Any:
    for k in comptime(range(len(names))):
        if number == k:
            if comptime(names[k] == "add"):
                return a + b
            if comptime(names[k] == "sub"):
                return a - b
            if comptime(names[k] == "mul"):
                return a * b
            if comptime(names[k] == "truediv"):
                return a / b
            if comptime(names[k] == "floordiv"):
                return a // b
            if comptime(names[k] == "mod"):
                return a % b
            if comptime(names[k] == "pow"):
                return a**b
            if comptime(names[k] == "lshift"):
                return a << b
            if comptime(names[k] == "rshift"):
                return a >> b
            if comptime(names[k] == "and"):
                return a & b
            if comptime(names[k] == "or"):
                return a | b
            return a ^ b
    raise ValueError(number)


def _unary(a: Any, number: int, *, names: Comptime[Any]) -> Any:
    for k in comptime(range(len(names))):
        if number == k:
            if comptime(names[k] == "neg"):
                return -a
            if comptime(names[k] == "pos"):
                return +a
            return abs(a) if comptime(names[k] == "abs") else ~a
    raise ValueError(number)


def _compared(a: Any, b: Any, number: int, *, names: Comptime[Any]) -> Any:
    for k in comptime(range(len(names))):
        if number == k:
            if comptime(names[k] == "eq"):
                return a == b
            if comptime(names[k] == "ne"):
                return a != b
            if comptime(names[k] == "lt"):
                return a < b
            if comptime(names[k] == "le"):
                return a <= b
            return a > b if comptime(names[k] == "gt") else a >= b
    raise ValueError(number)


def _converted(a: Any, number: int, *, names: Comptime[Any]) -> Any:
    return int(a) if comptime(names[0] == "int") else float(a)
