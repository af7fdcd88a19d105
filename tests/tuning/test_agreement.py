"""Two values agree when nobody could tell them apart; else the first difference is named."""

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import pathlib
import random
import threading
import types

import numpy as np
import pytest

import accel
from accel.tuning.agreement import Reference, find_difference
from accel.tuning.snapshot import Snapshot
from accel.types import SIMD, Float64


class Plain:
    def __init__(self, **fields):
        self.__dict__.update(fields)


class Slots:
    __slots__ = ("a",)

    def __init__(self, a):
        self.a = a


class Equal:
    """Equal when the names are."""

    def __init__(self, name, cache):
        self.name, self.cache = name, cache

    def __eq__(self, other):
        return self.name == other.name

    def __repr__(self):
        return f"Equal({self.name!r})"


class Undecided:
    def __init__(self, a):
        self.a = a

    def __eq__(self, other):
        raise ValueError


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


@dataclasses.dataclass
class Record:
    x: float
    cache: object = dataclasses.field(default=None, compare=False)


@accel.struct
class Point:
    x: float
    y: int


Pair = collections.namedtuple("Pair", "a b")
NAN, OTHER_NAN = np.array([0x7FF8000000000000, 0xFFF8000000000123], np.uint64).view(np.float64)


def nested(depth):
    made = []
    for _ in range(depth):
        made = [made]
    return made


def cyclic(last):
    made = [1]
    made.append(made)
    made.append(last)
    return made


def generator(draws):
    made = np.random.default_rng(1)
    made.random(draws)
    return made


SAME = {
    "floats": lambda: (1.0, -0.0, float("inf")),
    "integers": lambda: (10**30, True, None, "text", b"bytes", range(3), slice(1, 2), ...),
    "complex": lambda: (complex(1.0, -0.0), complex(float("nan"), 1.0)),
    "array": lambda: np.arange(6.0).reshape(2, 3)[:, ::-1],
    "array without elements": lambda: np.zeros((3, 0)),
    "elements without bytes": lambda: np.zeros(3, "V0"),
    "array of one": lambda: np.array(float("nan")),
    "scalar": lambda: np.float32(0.1),
    "swapped": lambda: np.arange(3.0).astype(">f8"),
    "long": lambda: np.arange(3, dtype=np.longdouble) / 7,
    "half": lambda: np.array([0.1, np.nan], np.float16),
    "complex array": lambda: np.array([complex(np.nan, -0.0), 1j], np.complex64),
    "times": lambda: np.array(["2020", "NaT"], "datetime64[D]"),
    "texts": lambda: np.array(["a", "bc"]),
    "long texts": lambda: np.array(["a", "bc" * 100], np.dtypes.StringDType()),
    "fields": lambda: np.array([(1.0, [np.nan, 2.0])], [("a", "f8"), ("b", "f4", (2,))]),
    "octets": lambda: np.array([b"abc"], "V3"),
    "objects": lambda: np.array([1.0, [np.nan], {"a": np.zeros(2)}], dtype=object),
    "masked": lambda: np.ma.array([1.0, 2.0], mask=[False, True]),
    "masked all": lambda: np.ma.masked,
    "record": lambda: np.array([(1.0, 2)], "f8,i4")[0],
    "struct": lambda: Point(float("nan"), 2),
    "structs": lambda: Point.array(3),
    "lanes": lambda: SIMD[Float64, 4](float("nan")),
    "list": lambda: [[1.0, "a"], (2, {3: 4})],
    "dict": lambda: {"a": [1.0], 2: float("nan")},
    "set": lambda: {1, 2.5, "a"},
    "frozen set": lambda: frozenset([1, (2, 3)]),
    "ordered": lambda: collections.OrderedDict(a=1),
    "counter": lambda: collections.Counter("abca"),
    "factory": lambda: collections.defaultdict(list, a=[1]),
    "deque": lambda: collections.deque([1, float("nan")], maxlen=4),
    "named": lambda: Pair(1.0, [2]),
    "bytearray": lambda: bytearray(b"abc"),
    "plain": lambda: Plain(a=[1], b=Plain(c=float("nan"))),
    "slots": lambda: Slots([1.0]),
    "dataclass": lambda: Record(float("nan"), object()),
    "own equality": lambda: Equal("a", object()),
    "undecided": lambda: Undecided(1.0),
    "enum": lambda: Colour.RED,
    "decimal": lambda: decimal.Decimal("1.50"),
    "fraction": lambda: fractions.Fraction(1, 3),
    "date": lambda: datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone.utc),
    "path": lambda: pathlib.Path("/a/b"),
    "exception": lambda: ValueError("x", [1]),
    "functions": lambda: [len, np.add, cyclic, Plain],
    "method": lambda: Plain(a=1).__init__,
    "partial": lambda: functools.partial(max, 1, key=len),
    "namespace": lambda: types.SimpleNamespace(a=1),
    "random": lambda: random.Random(1),
    "random numbers": lambda: generator(1),
    "cyclic": lambda: cyclic(1),
}


@pytest.mark.parametrize("name", SAME)
def test_same(name):
    assert find_difference(SAME[name](), SAME[name]()) is None
    assert find_difference(SAME[name](), SAME[name](), rtol=0.0) is None


@pytest.mark.parametrize("name", sorted(set(SAME) - {"method"}))
def test_same_as_its_copy(name):
    value = SAME[name]()
    reference = Reference(Snapshot((value,), {}), value)
    assert reference.problem is None
    assert reference.find_difference(value) is None


DIFFERENT = [
    (1.0000000000000002, 1.0, "1.0000000000000002 instead of 1.0"),
    (0.0, -0.0, "0.0 instead of -0.0"),
    (float("nan"), 0.0, "nan instead of 0.0"),
    (1, 1.0, "class int instead of class float"),
    (True, 1, "class bool instead of class int"),
    (None, 0, "class NoneType instead of class int"),
    (np.float64(1.0), 1.0, "class float64 instead of class float"),
    (np.float32(0.1), np.float32(0.2), "0.1 instead of 0.2"),
    (complex(0.0, -0.0), 0j, "-0j instead of 0j"),
    ("a", "b", "'a' instead of 'b'"),
    ("x" * 100, "y", f"'{'x' * 56}... instead of 'y'"),
    ([1, 2], [1, 3], "item 1: 2 instead of 3"),
    ([1], [1, 2], "1 item instead of 2"),
    ([1], (1,), "class list instead of class tuple"),
    ([[0, {"a": (1,)}]], [[0, {"a": (2,)}]], "item 0, item 1, item 'a', item 0: 1 instead of 2"),
    ({"a": 1}, {"b": 1}, "key 0: 'a' instead of 'b'"),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}, "key 0: 'a' instead of 'b'"),
    ({1: 0}, {1.0: 0}, "key 0: class int instead of class float"),
    ({1}, {1, 2}, "1 item instead of 2"),
    ({1, 3}, {1, 2}, "2 is missing"),
    ({1}, {True}, "1 instead of True"),
    (bytearray(b"a"), bytearray(b"b"), "bytearray(b'a') instead of bytearray(b'b')"),
    (collections.deque([1], 2), collections.deque([1], 3), "maxlen 2 instead of 3"),
    (collections.deque([0.0]), collections.deque([-0.0]), "item 0: 0.0 instead of -0.0"),
    (collections.defaultdict(list), collections.defaultdict(set), "attribute `default_factory`: <class 'list'> instead of <class 'set'>"),
    (Pair(1, [2]), Pair(1, [3]), "item 1, item 0: 2 instead of 3"),
    (Plain(a=1), Plain(a=2), "attribute `a`: 1 instead of 2"),
    (Plain(a=1), Plain(b=1), "attributes a instead of b"),
    (Slots([1]), Slots([2]), "attribute `a`, item 0: 1 instead of 2"),
    (Record(0.0), Record(-0.0), "field `x`: 0.0 instead of -0.0"),
    (Equal("a", 1), Equal("b", 1), "Equal('a') instead of Equal('b')"),
    (Undecided(1), Undecided(2), "attribute `a`: 1 instead of 2"),
    (Colour.RED, Colour.BLUE, "attribute `_value_`: 1 instead of 2"),
    (Point(1.0, 2), Point(-1.0, 2), "field `x`: 1.0 instead of -1.0"),
    (ValueError(1), ValueError(2), "ValueError(1) instead of ValueError(2)"),
    (ValueError(1), TypeError(1), "class ValueError instead of class TypeError"),
    (len, max, "<built-in function len> instead of <built-in function max>"),
    (np.arange(3.0), [0.0, 1.0, 2.0], "class ndarray instead of class list"),
    (np.arange(3.0), np.arange(3), "dtype float64 instead of int64"),
    (np.arange(3.0), np.arange(3.0).astype(">f8"), "dtype float64 instead of >f8"),
    (np.zeros((3, 1)), np.zeros(3), "shape (3, 1) instead of (3,)"),
    (np.zeros((3, 0)), np.zeros((0, 3)), "shape (3, 0) instead of (0, 3)"),
    (np.array([1.0, 2.0]), np.array([1.0, np.nan]), "element 1: 2.0 instead of nan"),
    (np.array([1.0, 0.0]), np.array([1.0, -0.0]), "element 1: 0.0 instead of -0.0"),
    (np.array([[1.0, 2.0], [3.0, 1.0000000000000002]]), np.array([[1.0, 2.0], [3.0, 1.0]]), "element (1, 1): 1.0000000000000002 instead of 1.0"),
    (np.array(1.0), np.array(2.0), "1.0 instead of 2.0"),
    (np.array([0.1], np.float32), np.array([0.2], np.float32), "element 0: 0.1 instead of 0.2"),
    (np.array([complex(0.0, -0.0)]), np.array([0j]), "element 0: -0j instead of 0j"),
    (np.array([1 + 1j]), np.array([complex(1.0, np.nan)]), "element 0: (1+1j) instead of (1+nanj)"),
    (np.array([True]), np.array([False]), "element 0: True instead of False"),
    (np.array(["a"]), np.array(["b"]), "element 0: a instead of b"),
    (np.array(["a"]), np.array(["bc"]), "dtype <U1 instead of <U2"),
    (np.array(["2020"], "M8[D]"), np.array(["NaT"], "M8[D]"), "element 0: 2020-01-01 instead of NaT"),
    (np.array([b"ab"], "V2"), np.array([b"ac"], "V2"), "element 0: b'\\x61\\x62' instead of b'\\x61\\x63'"),
    (np.array([(1.0, 2)], "f8,i4"), np.array([(1.0, 3)], "f8,i4"), "field `f1`, element 0: 2 instead of 3"),
    (np.array([(1.0,)], [("a", "f8")]), np.array([(1.0,)], [("b", "f8")]), "dtype [('a', '<f8')] instead of [('b', '<f8')]"),
    (np.array([1, [2]], dtype=object), np.array([1, [3]], dtype=object), "element 1, item 0: 2 instead of 3"),
    (np.array([1], dtype=object), np.array([1.0], dtype=object), "element 0: class int instead of class float"),
    (np.ma.array([1, 2], mask=[0, 1]), np.ma.array([1, 2], mask=[1, 0]), "mask, element 0: False instead of True"),
    (np.ma.array([1, 2], mask=[0, 1]), np.ma.array([3, 9], mask=[0, 1]), "element 0: 1 instead of 3"),
    (np.ma.array([1.0]), np.array([1.0]), "class MaskedArray instead of class ndarray"),
    (SIMD[Float64, 2](0.0), SIMD[Float64, 2](-0.0), "element 0: 0.0 instead of -0.0"),
    (cyclic(1), cyclic(2), "item 2: 1 instead of 2"),
    (nested(100_000), nested(100_000), "it is nested too deeply to be compared"),
]


@pytest.mark.parametrize("one, other, expected", DIFFERENT, ids=[str(at) for at in range(len(DIFFERENT))])
def test_different(one, other, expected):
    found = find_difference(one, other)
    assert found is not None
    if "item 0, item 0, item 0" in found:
        found = found.rpartition("item 0: ")[2]
    assert found == expected
    assert find_difference(other, one) is not None


def test_a_nan_equals_any_nan():
    assert find_difference(float(NAN), float(OTHER_NAN)) is None
    assert find_difference(np.array([NAN, 1.0]), np.array([OTHER_NAN, 1.0])) is None
    assert find_difference(NAN, OTHER_NAN) is None
    assert find_difference(np.array([NAN, 1.0]), np.array([OTHER_NAN, 2.0])) == "element 1: 1.0 instead of 2.0"


def test_layout_of_memory_does_not_matter():
    value = np.arange(12.0).reshape(3, 4)
    for other in (np.asfortranarray(value), np.repeat(value, 2, axis=1)[:, ::2], value[::-1].copy()[::-1]):
        assert find_difference(other, value) is None
        assert find_difference(value, other) is None


def test_what_masks_hide_does_not_matter():
    assert find_difference(np.ma.array([1, 2], mask=[0, 1]), np.ma.array([1, 9], mask=[0, 1])) is None


# -- tolerance


@pytest.mark.parametrize(
    "one, other, rtol, atol, same",
    [
        (1.0, 1.0 + 1e-9, 1e-8, None, True),
        (1.0, 1.0 + 1e-7, 1e-8, None, False),
        (1e-9, 0.0, 1e-5, None, False),  # nothing that is not asked for
        (1e-9, 0.0, None, 1e-8, True),
        (float("nan"), float("nan"), 1e-8, None, True),
        (float("nan"), 1.0, 1e-8, None, False),
        (float("inf"), float("inf"), 1e-8, None, True),
        (float("inf"), -float("inf"), 1e-8, None, False),
        (1.0, float("inf"), 1e-8, None, False),
        (float("inf"), 1.0, 1e-8, None, False),
        (0.0, -0.0, 0.0, None, True),
        (1 + 1e-9j, 1 + 0j, None, 1e-8, True),
        (1000, 1001, 0.1, 10.0, False),  # whole numbers are exact
        (1.0, 1, 0.1, None, False),
        ([1.0, {"a": 2.0}], [1.0, {"a": 2.0 + 1e-9}], 1e-8, None, True),
    ],
)
def test_tolerance(one, other, rtol, atol, same):
    pairs = [(one, other)]
    if not isinstance(one, list) and type(one) is type(other):
        pairs += [(np.array([one, one]), np.array([other, other])), (np.array(one), np.array(other)), (Record(one), Record(other))]
    for left, right in pairs:
        assert (find_difference(left, right, rtol, atol) is None) == same


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble, np.complex128])
def test_tolerance_is_that_of_numpy(dtype):
    rng = np.random.default_rng(0)
    values = rng.standard_normal(500).astype(dtype)
    others = (values * (1 + 2e-3 * rng.standard_normal(500))).astype(dtype)
    for one, other in zip(values, others, strict=True):
        assert (find_difference(np.array([one]), np.array([other]), 1e-3, 1e-4) is None) == bool(np.isclose(one, other, 1e-3, 1e-4))


def test_other_types_are_exact_with_a_tolerance():
    assert find_difference(np.array([1000]), np.array([1001]), 0.1, 10.0) == "element 0: 1000 instead of 1001"
    assert find_difference(np.array([True]), np.array([False]), 1.0, 1.0) is not None
    assert find_difference(np.float32(1.0), np.float64(1.0), 0.1) is not None


def test_numbers_of_other_packages():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    values = np.array([1.0, -0.0, np.nan], ml_dtypes.bfloat16)
    assert find_difference(values, values.copy()) is None
    assert find_difference(values, np.array([1.0, 0.0, np.nan], ml_dtypes.bfloat16)) == "element 1: -0.0 instead of 0.0"
    assert find_difference(values, np.array([1.01, 0.0, np.nan], ml_dtypes.bfloat16), rtol=0.1) is None


# -- what is one object


def test_one_object_twice():
    one, two = [1], [1]
    assert find_difference([one, one], [two, two]) is None
    assert find_difference([one, one], [two, [1]]) == "item 1: an object that occurs elsewhere, too, instead of one of its own"
    assert find_difference([one, [1]], [two, two]) == "item 1: an object of its own instead of one that occurs elsewhere, too"
    assert find_difference([one, one], [two, [2]]) == "item 1, item 0: 1 instead of 2"
    for value in (1.5, "text", (1, 2), Point(1.0, 2), np.float64(1.0), frozenset([1])):  # nobody can tell
        assert find_difference([value, value], [value, type(value)(*((1.0, 2) if isinstance(value, Point) else (value,)))]) is None


def test_cycles_of_different_length():
    one, other = [], []
    one.append(one)
    other.append([other])
    assert find_difference(one, other) == "an object that occurs elsewhere, too, instead of one of its own"


class Noisy:
    def __init__(self, a):
        self.a = a

    def __eq__(self, other):
        import warnings

        warnings.warn("costly", stacklevel=2)
        return NotImplemented if self is other else self.a == other.a


def test_own_equality_is_not_the_last_word():
    one, other = Noisy([float("nan")]), Noisy([float("nan") * 2])
    assert one.a != other.a
    assert find_difference(one, other) is None
    assert find_difference(Noisy([1.0]), Noisy([2.0])).startswith("<")
    scipy = pytest.importorskip("scipy.sparse")
    assert find_difference(scipy.csr_matrix(np.eye(2)), scipy.csr_matrix(np.eye(2))) is None
    assert find_difference(scipy.csr_matrix(np.eye(2)), scipy.csr_matrix(2 * np.eye(2))) == "attribute `data`, element 0: 1.0 instead of 2.0"


def test_long_lists():
    for value in ([1.5] * 10_000, [1, "a"] * 10_000, tuple(map(float, range(10_000))), [0.0, 1] * 5_000):
        kind, last = type(value), len(value) - 1
        assert find_difference(value, kind(value)) is None
        assert find_difference(value, kind([*value[:-1], None])).startswith(f"item {last}: class")
    assert find_difference([1.0, 0.0], [1.0, -0.0]) == "item 1: 0.0 instead of -0.0"
    assert find_difference([1.0, float(NAN)], [1.0, float(OTHER_NAN)]) is None
    assert find_difference([1, True], [1, 1]) == "item 1: class bool instead of class int"


def test_states_of_random_numbers():
    assert find_difference(generator(1), generator(2)).startswith("Generator(PCG64) at")
    assert find_difference(SIMD[Float64, 2](1.0), SIMD[Float64, 2](1.0 + 1e-9), rtol=1e-8) is None


def test_an_object_without_a_way_in():
    one, other = threading.Lock(), threading.Lock()
    assert find_difference(one, one) is None
    assert find_difference(one, other) == "another object of class lock, which can't be looked into"


def test_an_object_that_cannot_be_compared():
    class Odd:
        def __getattribute__(self, name):
            raise ValueError("no")

    assert find_difference(Odd(), Odd()) == "it can't be compared: ValueError: no"


# -- references


def reference_of(function, *arguments, **keywords):
    snapshot = Snapshot(arguments, keywords, names=["a", "b"])
    result = function(*arguments, **keywords)
    snapshot.narrow()
    reference = Reference(snapshot, result)
    snapshot.restore()
    assert reference.problem is None

    def check(other):
        snapshot.restore_changed()
        difference = reference.find_difference(other(*arguments, **keywords))
        snapshot.restore()
        return difference

    return check


def test_results_and_arguments_are_compared():
    def add(a, b, out):
        np.add(a, b, out)
        return out

    check = reference_of(add, np.arange(3.0), np.ones(3), out=np.zeros(3))
    assert check(add) is None
    assert check(lambda a, b, out: add(a, b, out).copy()) == "an object of its own instead of one that occurs elsewhere, too"
    assert check(lambda a, b, out: out) == "argument `out`, element 0: 0.0 instead of 1.0"
    assert check(lambda a, b, out: add(a, b, out)[:2]) == "shape (2,) instead of (3,)"
    assert check(lambda a, b, out: add(a, b, out).astype(np.float32)) == "dtype float32 instead of float64"
    assert check(lambda a, b, out: (add(a, b, out), a.fill(7.0))[0]) == "argument `a`, element 0: 7.0 instead of 0.0"
    assert check(lambda a, b, out: add(a, b, out) and None if False else None) == "argument `out`, element 0: 0.0 instead of 1.0"


def test_a_result_that_is_an_argument_is_kept_as_it_was():
    def step(a):
        a[:] += 1.0
        return a

    value = np.zeros(2)
    check = reference_of(step, value)
    assert check(step) is None
    assert check(lambda a: step(step(a))) == "argument `a`, element 0: 2.0 instead of 1.0"
    assert value.tolist() == [0.0, 0.0]


def test_containers_that_grow():
    check = reference_of(lambda a: a.append(np.zeros(2)), [])
    assert check(lambda a: a.append(np.zeros(2))) is None
    assert check(lambda a: a.append(np.ones(2))) == "argument `a`, item 0, element 0: 1.0 instead of 0.0"
    assert check(lambda a: None) == "argument `a`: 0 items instead of 1"


def test_arrays_that_calls_leave_alone_are_not_copied_again():
    value = np.zeros(3)
    snapshot = Snapshot((value,), {})
    snapshot.narrow()
    assert np.shares_memory(snapshot.duplicate([value])[0], snapshot._parts[0].saved)
    value[0] = 1.0
    snapshot.narrow()
    assert not np.shares_memory(snapshot.duplicate([value])[0], snapshot._parts[0].saved)


def test_objects_with_locks_and_modules():
    class Worker:
        def __init__(self):
            self.lock, self.numpy, self.count = threading.Lock(), np, 0

        def step(self, by):
            with self.lock:
                self.count += by

    worker = Worker()
    check = reference_of(Worker.step, worker, 2)
    assert check(Worker.step) is None
    assert check(lambda a, b: a.step(3)) == "argument `a`, attribute `count`: 3 instead of 2"


@pytest.mark.parametrize(
    "make, text",
    [
        (lambda: (i for i in ()), "can't be copied for comparison: cannot pickle 'generator' object"),
        (lambda: nested(100_000), "can't be copied for comparison: maximum recursion depth exceeded"),
    ],
)
def test_results_that_cannot_be_compared(make, text):
    problem = Reference(Snapshot((), {}), make()).problem
    assert text in problem


def test_a_result_too_large(monkeypatch):
    def copy(*_):
        raise MemoryError

    monkeypatch.setattr("copy.deepcopy", copy)
    assert Reference(Snapshot((), {}), [1]).problem == "the result and the arguments are too large to be copied"
