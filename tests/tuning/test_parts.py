"""What objects consist of: which attributes, which parts, and whether there is more than can be seen."""

import array
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import pathlib
import random
import re
import threading
import types

import numpy as np
import pytest

import accel
from accel.tuning.parts import CONSTANT, attributes_of, find_parts, is_transparent, slots_of, view_bytes


class Slots:
    __slots__ = ("a", "__weakref__")


class More(Slots):
    __slots__ = ("b", "__dict__")


class Iterator:
    def __init__(self):
        self.at = 0

    def __next__(self):
        self.at += 1
        return self.at


class Colour(enum.Enum):
    RED = 1


@dataclasses.dataclass(frozen=True)
class Frozen:
    x: int


@accel.struct
class Point:
    x: float


def parts(value):
    return [kind.__name__ for kind in find_parts(value)]


@pytest.mark.parametrize(
    "value, expected",
    [
        ([], ["_List"]),
        (type("L", (list,), {})(), ["_List", "_Attributes"]),
        ({}, ["_Dict"]),
        (collections.OrderedDict(), ["_Dict", "_Attributes"]),
        (type("D", (collections.OrderedDict,), {})(), ["_Dict", "_Attributes"]),
        (collections.defaultdict(list), ["_Dict", "_Attributes"]),
        (collections.Counter(), ["_Dict", "_Attributes"]),
        (set(), ["_Set"]),
        (collections.deque(), ["_Deque"]),
        (bytearray(), ["_Bytes"]),
        (array.array("d"), ["_Bytes"]),
        ((1,), ["_Fixed"]),
        (frozenset(), ["_Fixed"]),
        (types.MappingProxyType({}), ["_Fixed"]),
        (functools.partial(len), ["_Partial", "_Attributes"]),
        (More(), ["_Attributes"]),
        (Iterator(), ["_Attributes"]),
        (Colour.RED, ["_Attributes"]),
        (type("I", (int,), {})(1), ["_Attributes"]),
        (Frozen(1), ["_Holder"]),
        (Point(1.0), ["_Holder"]),
        (pathlib.Path("/a"), ["_Holder"]),
        (fractions.Fraction(1, 2), ["_Holder"]),
        (lambda: 1, ["_Closure"]),
        (np.zeros(2), ["ArrayPart"]),
        (np.zeros(2, "i4,f8")[0], ["_Record"]),
        (random.Random(1), ["_Random", "_Attributes"]),
        *((value, []) for value in (1, "a", len, np, int, np.add, np.float64(1.0), np.dtype("f8"), re.compile("x"), decimal.Decimal(1))),
        *((value, []) for value in (datetime.date(2020, 1, 1), threading.Lock(), threading.RLock(), functools.lru_cache(len), object())),
    ],
)
def test_parts(value, expected):
    assert type(value) in CONSTANT or parts(value) == expected


@pytest.mark.parametrize("value", [iter([]), (i for i in ()), open, memoryview(bytearray(8))[::2]])
def test_no_parts(value):
    if value is open:
        with open("/dev/null") as file, pytest.raises(TypeError):
            find_parts(file)
        return
    with pytest.raises(TypeError):
        find_parts(value)


def test_hidden_state():
    class Buffered(bytearray):
        pass

    for class_ in (object, Slots, More, Iterator, Frozen, Point, Colour, threading.Thread, types.SimpleNamespace):
        assert is_transparent(class_)
    for class_ in (list, dict, np.ndarray, Buffered, random.Random, decimal.Decimal, ValueError):
        assert not is_transparent(class_)


def test_attributes():
    value = More()
    assert attributes_of(value) == {}
    value.a, value.b, value.c = 1, 2, 3
    assert attributes_of(value) == {"a": 1, "b": 2, "c": 3}
    assert list(slots_of(More)) == ["b", "a"]
    assert attributes_of(1) == {}


@pytest.mark.parametrize("value", [np.arange(6, dtype=">i2").reshape(2, 3), np.arange(6.0).reshape(2, 3).T, np.arange(9.0)[::-2], np.array(1.0)])
def test_bytes(value):
    assert sorted(view_bytes(value).tobytes()) == sorted(value.tobytes())
    assert view_bytes(value).tobytes() == view_bytes(value.copy(order="K")).tobytes()


def test_no_bytes():
    assert view_bytes(np.zeros((0, 3))).size == view_bytes(np.zeros(3, "V0")).size == 0
