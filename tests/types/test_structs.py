"""Structs: what CPython sees of them, and that compiled code gives the same."""

from __future__ import annotations

import copy
import dataclasses
import gc
import inspect
import math
import pickle
import subprocess
import sys
import threading
import weakref
from typing import Any, ClassVar

import numpy
import pytest

import accel
from accel.types import Float32, Int8, UInt16
from tests.differential.counters import require_compiled
from tests.exactness.agreement import agree_with_disabled, outcome


@accel.struct
class Point:
    """A point of the plane."""

    x: float
    y: float = 0.0

    ORIGIN_NAME: ClassVar[str] = "O"

    def norm(self) -> float:
        return math.sqrt(self.x * self.x + self.y * self.y)

    def scaled(self, k: float = 2.0, *, shift: float = 0.0) -> Point:
        return Point(self.x * k + shift, self.y * k + shift)

    def __add__(self, other: Point) -> Point:
        return Point(self.x + other.x, self.y + other.y)

    def __sub__(self, other: Point) -> Point:
        if not isinstance(other, Point):
            return NotImplemented
        return Point(self.x - other.x, self.y - other.y)

    def __mul__(self, k: float) -> Point:
        return Point(self.x * k, self.y * k)

    __rmul__ = __mul__

    def __neg__(self) -> Point:
        return Point(-self.x, -self.y)

    def __abs__(self) -> float:
        return self.norm()

    def __bool__(self) -> bool:
        return self.x != 0.0 or self.y != 0.0

    def __getitem__(self, k: int) -> float:
        return self.x if k == 0 else self.y

    def __call__(self, t: float) -> float:
        return self.x + t * self.y

    @property
    def slope(self) -> float:
        return self.y / self.x

    @staticmethod
    def unit() -> Point:
        return Point(1.0)

    @classmethod
    def diagonal(cls, v: float) -> Point:
        return cls(v, v)


@accel.struct(order=True)
class Version:
    major: int
    minor: int = 0
    label: tuple[int, float] = (0, 0.5)
    note: int = dataclasses.field(default=7, compare=False)


@accel.struct
class Segment:
    a: Point
    b: Point = Point(1.0, 1.0)  # noqa: RUF009  a value

    def length(self) -> float:
        return (self.b + -self.a).norm()


@accel.struct
class Mixed:
    flag: bool
    small: Int8
    word: UInt16
    single: Float32
    z: complex = 0j
    _: dataclasses.KW_ONLY
    tail: int = -1


P, Q = Point(3.0, 4.0), Point(1.0)
LIMIT = Point(2.0, 0.5)


def fields(p):
    return p.x, p.y


def method(p):
    return p.norm()


def keywords(p):
    return p.scaled(shift=1.0), p.scaled(3.0), p.scaled()


def operators(p, q):
    return p + q, p - q, p * 2.0, 3.0 * p, 2 * p, -p, abs(p)


def in_place(p, q):
    p += q
    p *= 0.5
    return p


def statics(v):
    return Point.unit(), Point.diagonal(v), Point.diagonal(v).unit()


def called(p, t):
    return p(t), p[0], p[1], p.slope


def truth(p):
    return bool(p), (3 if Segment(p) else 4), not Segment(p)


def conditions(p, q):
    return (1 if p else 2), not p, p or q, q and p, p == q == p


def compared(p, q):
    return p == q, p != q, p == 3, 3 != p, p is None, Segment(p) == Segment(p, q), Segment(p) != Segment(p)


def ordered(a, b):
    return a < b, a <= b, a > b, a >= b, a == b


def built(n):
    return Version(n), Version(minor=n, major=2), Version(n, n, (n, n)), Point(n, n), Point(y=n, x=True), Segment(b=Point(n), a=Point(0))


def nested(s):
    return s.a.x, s.b.norm(), s.length(), s.a


def classes(p):
    return type(p) is Point, isinstance(p, Point), isinstance(p, (int, Segment)), Point.ORIGIN_NAME == "O"


def constants(p):
    return p + LIMIT, LIMIT.x, LIMIT == p


def loops(p, n):
    v = Point(0.0, 0.1)
    for _ in range(n):
        r = p.norm()
        v = v + p * (-0.001 / (r * r * r))
        p = p + v * 0.01
    return p


def chosen(p, q, n):
    r = p if n > 2 else q
    while n:
        r = r + q if n % 2 else p
        n -= 1
    return r


def nan_in(p):
    return p == p, p != p, Segment(p) == Segment(p, Point(0.0))


def mixed(m):
    return m.flag, m.small + m.small, m.word, m.single * m.single, m.z * 2, m.tail + 1, Mixed(m.flag, m.small, m.word, m.single, tail=5)


def unpacked(p, q):
    (a, b), c = (p, q), (p, q)[0]
    return a, b, c


def grown(v):
    return Version(v.major * v.major, v.minor)


def divided(p):
    return p.slope


def recursive(p, n):
    return p if n == 0 else recursive(p + p, n - 1)


CASES = [
    (fields, [(P,), (Q,)]), (method, [(P,), (Point(1e200, 1e200),), (Point(math.nan, 1.0),)]), (keywords, [(P,)]), (operators, [(P, Q)]),
    (in_place, [(P, Q)]), (statics, [(2.5,), (2,), (True,)]), (called, [(P, 0.5), (P, 2)]), (truth, [(P,), (Point(0.0),)]), (conditions, [(P, Q), (Point(0.0), Q)]), (compared, [(P, Q), (P, P), (Q, Point(1.0))]),
    (ordered, [(Version(1), Version(1, 2)), (Version(1, 2, (3, 0.5)), Version(1, 2, (3, 0.25))), (Version(1, note=1), Version(1, note=2))]),
    (built, [(3,), (-(2**62),)]), (nested, [(Segment(P, Q),), (Segment(Q),)]), (classes, [(P,)]), (constants, [(P,), (LIMIT,)]), (loops, [(Q, 100), (Q, 0)]),
    (chosen, [(P, Q, 3), (P, Q, 0), (P, Q, 7)]), (nan_in, [(Point(math.nan),), (P,)]), (unpacked, [(P, Q)]),
    (mixed, [(Mixed(True, Int8(100), UInt16(9), Float32(1.5), 1 + 2j),)]), (grown, [(Version(3),), (Version(2**40),), (Version(2**70),)]),
    (divided, [(P,), (Point(0.0, 1.0),)]), (recursive, [(P, 5)]),
]  # fmt: skip


@pytest.mark.parametrize(("function", "inputs"), CASES, ids=[function.__name__ for function, _ in CASES])
def test_compiled_code_gives_what_cpython_gives(function, inputs):
    compiled = agree_with_disabled(function, inputs)
    assert compiled.accel.compiled or function is conditions, compiled.accel.explain()


def test_a_struct_is_a_value():
    assert repr(Point(1)) == "Point(x=1.0, y=0.0)" and type(Point(1).x) is float
    assert Point(1.0) == Point(x=1.0, y=0) and hash(P) == hash(Point(3.0, 4.0)) and {P: 1}[Point(3, 4)] == 1
    for again in (copy.copy(P), copy.deepcopy(P), *(pickle.loads(pickle.dumps(P, protocol)) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1))):
        assert again == P and type(again) is Point
    assert dataclasses.is_dataclass(Point) and dataclasses.asdict(Segment(P, Q)) == {"a": {"x": 3.0, "y": 4.0}, "b": {"x": 1.0, "y": 0.0}}
    assert dataclasses.replace(P, y=7) == Point(3.0, 7.0) and [f.name for f in dataclasses.fields(Point)] == ["x", "y"]
    match P:
        case Point(x, 4.0):
            assert x == 3.0
        case _:
            pytest.fail("not matched")
    assert str(inspect.signature(Point)) == "(x: 'float', y: 'float' = 0.0)" and Point.__doc__ == "A point of the plane."
    assert not hasattr(P, "__dict__") and pickle.loads(pickle.dumps(Mixed(True, Int8(1), UInt16(2), Float32(3), tail=9))).tail == 9


def test_what_a_field_takes():
    class Wide(int):
        def __pos__(self):
            raise AssertionError("nothing of the user's runs")

    class Sharp(float):
        pass

    assert type(Point(Sharp(2.0)).x) is float and type(Version(Wide(5)).major) is int and type(Version(True).major) is int
    assert Version(2**80).major == 2**80 and type(Mixed(numpy.bool_(True), Int8(1), UInt16(2), Float32(3)).flag) is bool
    assert Point(numpy.float64(0.1)).x == 0.1 and type(Point(numpy.float64(0.1)).x) is float
    with pytest.raises(OverflowError):
        Point(10**400)


@pytest.mark.parametrize(("make", "text"), [
    (lambda: Point("3"), "`Point` takes float for `x`, got str"), (lambda: Point(), "`Point` needs a value for the field `x`"),
    (lambda: Point(1.0, 2.0, 3.0), "`Point` takes 2 fields by position, got 3"), (lambda: Point(1.0, z=3), "`Point` has no field `z`"),
    (lambda: Point(1.0, x=3), "`Point` got two values for the field `x`"), (lambda: Version(1.0), "`Version` takes int for `major`, got float"),
    (lambda: Mixed(True, 128, UInt16(2), Float32(3)), "`Mixed` takes numpy.int8 for `small`, got int"), (lambda: Segment(3), "`Segment` takes Point for `a`, got int"),
    (lambda: Version(1, label=(1, 2, 3)), "`Version` takes tuple[int, float] for `label`, got tuple"), (lambda: Mixed(True, Int8(1), UInt16(2), Float32(3), 0j, 5), "takes 5 fields by position, got 6"),
    (lambda: Version(1, label=[1, 2.0]), "`Version` takes tuple[int, float] for `label`, got list"),
])  # fmt: skip
def test_wrong_values(make, text):
    with pytest.raises(TypeError) as raised:
        make()
    assert type(raised.value) is TypeError  # as any class has it
    (found,) = raised.value.diagnostics
    assert text in found.what and found.slug == "struct-argument" and found.do and found.filename == __file__
    assert found.source_line[found.column :].startswith(("Point", "Version", "Mixed", "Segment"))


def test_fields_are_set_once():
    for change in (lambda: setattr(P, "x", 1.0), lambda: setattr(P, "other", 1.0), lambda: delattr(P, "y")):
        with pytest.raises(accel.FrozenInstanceError) as raised:
            change()
        assert isinstance(raised.value, (AttributeError, dataclasses.FrozenInstanceError)) and raised.value.diagnostics[0].slug == "frozen-field"
    with pytest.raises(accel.FrozenInstanceError, match="a field of `Point` is assigned: `x`"):
        P.x = 1.0
    assert Point(3.0, 4.0) == P


def test_post_init():
    seen = []

    @accel.struct
    class Positive:
        x: float

        def __post_init__(self):
            seen.append(self.x)
            if self.x <= 0.0:
                raise ValueError("not positive")

    @accel.fn
    def shifted(p, d):
        return Positive(p.x + d)

    assert Positive(1.0).x == 1.0
    for _ in range(3):
        assert shifted(Positive(1.0), 2.0).x == 3.0
        for make in (lambda: Positive(-1.0), lambda: Positive(-1), lambda: shifted(Positive(1.0), -2.0)):
            with pytest.raises(ValueError, match="not positive"):
                make()
    assert seen == [1.0] + [1.0, 3.0, -1.0, -1.0, 1.0, -1.0] * 3


def test_factories():
    count = iter(range(100))

    @accel.struct
    class Numbered:
        name: int = dataclasses.field(default_factory=lambda: next(count))

    assert [Numbered().name, Numbered(7).name, Numbered().name] == [0, 7, 1]


def refused(body, **names):
    with pytest.raises(accel.DecorationError) as raised:
        exec(compile(f"import accel, typing, dataclasses\n@accel.struct\nclass S:\n{body}", "<body>", "exec"), {"__name__": __name__, **names})
    return raised.value.diagnostics[0]


@pytest.mark.parametrize(("body", "text"), [
    ("    x = 1.0", "the field `x` of `S` has no type"), ("    x: list", "can't be of type list"), ("    x: 'S'", "the struct `S` contains itself: `x`"),
    ("    x: float = []", "the default of the field `x` of `S` is no constant"), ("    x: float = None", "its default None is not"), ("    x: 'Nowhere'", "the type of the field `x` is unknown"),
    ("    x: typing.Any", "can't be of type typing.Any"), ("    x: float = 0.0\n    y: int", "the field `y` without a default stands behind"),
    ("    x: float\n    def __init__(self): pass", "a struct has no `__init__` of its own"), ("    x: float\n    __slots__ = ()", "a struct has no `__slots__` of its own"),
    ("    x: float\n    def __setattr__(self, n, v): pass", "a struct has no `__setattr__` of its own"),
    ("    x: float = dataclasses.field(init=False)", "is not given to the constructor"), ("    x: tuple[int, ...]", "can't be of type tuple[int, ...]"),
    ("    x: str", "can't be of type str"),
])  # fmt: skip
def test_classes_that_are_refused(body, text):
    found = refused(body)
    assert text in found.what and found.slug == "struct-field" and found.do


def test_bases_subclasses_and_things_that_are_no_classes():
    with pytest.raises(accel.DecorationError, match="bases or a metaclass"):
        accel.struct(type("Sub", (dict,), {"__annotations__": {"x": float}}))
    with pytest.raises(accel.DecorationError, match="has no subclasses"):
        type("Sub", (Point,), {})
    with pytest.raises(accel.DecorationError, match="`struct` decorates classes"):
        accel.struct(method)
    with pytest.raises(accel.OptionError):
        accel.struct(frozen=True)
    assert accel.struct(Point) is Point


def test_the_place_of_a_fault():
    with pytest.raises(accel.DecorationError) as raised:

        @accel.struct
        class Wrong:
            x: float
            names: list[str]

    (found,) = raised.value.diagnostics
    assert found.filename == __file__ and found.source_line[found.column : found.end_column] == "list[str]"


def test_super_and_class_in_methods():
    @accel.struct
    class Odd:
        n: int

        def own(self):
            return __class__

        def __hash__(self):
            return super().__hash__() if False else 5

    assert Odd(1).own() is Odd and hash(Odd(1)) == 5


def test_annotations_are_enforced():
    @accel.fn
    def length(p: Point, s: Segment = Segment(Q)) -> float:  # noqa: B008  a value
        return p.norm() + s.length()

    assert length(P) == 6.0 and length.accel.compiled
    for _ in range(3):
        with pytest.raises(TypeError, match="length` takes Point for `p`, got tuple"):
            length((3.0, 4.0))
        with pytest.raises(TypeError, match=r"`Point.__add__` takes Point for `other`, got int"):
            P + 3


def test_a_class_that_changes():
    @accel.struct
    class Gauge:
        x: float

        def read(self):
            return self.x

    @accel.fn
    def reading(g):
        return g.read()

    assert [reading(Gauge(2.0)) for _ in range(3)] == [2.0] * 3 and reading.accel.compiled
    Gauge.read = lambda self: self.x + 1.0
    assert [reading(Gauge(2.0)) for _ in range(3)] == [3.0] * 3
    Gauge.__neg__ = lambda self: Gauge(-self.x)
    negated = accel.fn(lambda g: -g)
    assert [negated(Gauge(2.0)).x for _ in range(3)] == [-2.0] * 3


def test_objects_made_without_the_constructor():
    empty = object.__new__(Point)
    abused = Point(1.0)
    object.__setattr__(abused, "x", "text")
    compiled = accel.fn(method)
    assert [compiled(P) for _ in range(3)] == [5.0] * 3 and compiled.accel.compiled
    for _ in range(3):
        with pytest.raises(AttributeError):
            compiled(empty)
        with pytest.raises(TypeError):
            compiled(abused)


def test_no_references_are_lost_or_kept():
    compiled = accel.fn(operators)
    with accel.disabled():
        pass
    for _ in range(3):
        compiled(P, Q)
    held = sys.getrefcount(Point)
    for _ in range(1000):
        compiled(P, Q)
        Point(1.0, 2.0), Point(x=1.0), Point(1)
    gc.collect()
    assert abs(sys.getrefcount(Point) - held) < 20


def test_a_struct_ends_with_its_last_reference():
    def make():
        @accel.struct
        class Local:
            x: float

            def twice(self):
                return 2.0 * self.x

        assert [Local(1.5).twice() for _ in range(3)] == [3.0] * 3
        return weakref.ref(Local)

    gone = make()
    gc.collect()
    gc.collect()
    assert gone() is None


def test_threads_make_them_at_once():
    @accel.struct
    class Shared:
        x: float
        n: int = 1

        def more(self):
            return Shared(self.x + 1.0, self.n + 1)

    wrong: list[Any] = []

    def work():
        s = Shared(0.0)
        for _ in range(500):
            s = s.more()
        if s != Shared(500.0, 501):
            wrong.append(s)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


PROGRAM = """
import accel
@accel.struct
class Point:
    x: float
    y: float = 0.0
    def __add__(self, other: "Point"):
        return Point(self.x + other.x, self.y + other.y)
    @property
    def slope(self):
        return self.y / self.x
@accel.fn
def total(p, n):
    s = Point(0)
    for _ in range(n):
        s = s + p
    return s, s.slope, Point(y=2, x=1)
for wrong in (lambda: Point("a"), lambda: Point(1.0, w=2), lambda: setattr(Point(1.0), "x", 2)):
    try:
        wrong()
    except Exception as error:
        print(type(error).__name__, error)
print(total(Point(1.0, 2.0), 10), total(Point(0.5, 2.0), 3))
try:
    total(Point(0.0, 2.0), 3)
except ZeroDivisionError as error:
    print(error)
print(total.accel.counters if hasattr(total, "accel") and False else "")
"""


@pytest.mark.parametrize("switches", [{"ACCEL": "0"}, {"ACCEL_DEBUG": "1"}])
def test_the_same_with_accel_off(tmp_path, switches):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)

    def run(**extra):
        given = subprocess.run([sys.executable, str(path)], env={"PYTHONPATH": str(accel.__path__[0]) + "/..", "ACCEL_CACHE_DIR": str(tmp_path), **extra},
                               capture_output=True, text=True, check=True)  # fmt: skip
        return given.stdout, given.stderr

    assert run(**switches) == run() != ("", "")


def test_a_warm_process_compiles_nothing(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM + "import sys\nprint('llvmlite' in sys.modules, total.accel.compiled)\n")

    def run():
        done = subprocess.run([sys.executable, str(path)], env={"PYTHONPATH": str(accel.__path__[0]) + "/..", "ACCEL_CACHE_DIR": str(tmp_path)},
                              capture_output=True, text=True, check=True)  # fmt: skip
        return done.stdout.splitlines()[-1]

    assert [run(), run()] == ["True True", "False True"]


@accel.struct
class Guarded:
    n: int

    def __matmul__(self, other):
        if not isinstance(other, Guarded):
            return NotImplemented
        return self.n / 3

    def __add__(self, other):
        return NotImplemented if other.n > 5 else self.n

    def __eq__(self, other):
        if not isinstance(other, Guarded):
            return NotImplemented
        return self.n == other.n

    __hash__ = None

    def __lt__(self, other):
        return self.helped(other)

    def helped(self, other):
        return NotImplemented if self.n > 3 else True

    def __radd__(self, other):
        return "reflected"


@accel.struct
class Other:
    n: int

    def __rmatmul__(self, left):
        return self.n * 1000

    def __gt__(self, left):
        return "greater"

    def __radd__(self, left):
        return self.n + left.n


def multiplied(p, q):
    return p @ q


def equal(p, q):
    return p == q


def added(p, q):
    return p + q


def less(p, q):
    return p < q


@pytest.mark.parametrize("function", [multiplied, equal, added, less], ids=lambda f: f.__name__)
def test_an_operator_that_is_not_implemented_gives_way(function):
    records = Guarded.array(2)
    records[1].n = 7
    compiled = accel.fn(function)
    for pair in ((Guarded(1), Guarded(2)), (Guarded(1), 3), (Guarded(9), Guarded(9)), (Guarded(1), Other(7)), (Guarded(9), Other(7)), (records[0], records[1]),
                 (Guarded(1), records[1]), (records[1], Other(2)), (3, Guarded(4))):  # fmt: skip
        with accel.disabled():
            expected = outcome(function, pair)
        assert [outcome(compiled, pair) for _ in range(4)] == [expected] * 4, pair


@accel.struct
class Nested:
    n: int

    def __add__(self, other):
        if isinstance(other, int) and other < 0:
            return NotImplemented
        return self.n if other == 0 else self + (other - 1)

    def __radd__(self, other):
        return "reflected"


def test_an_operator_that_calls_itself():
    compiled = accel.fn(added)
    for pair in ((Nested(3), 4), (Nested(3), -1), (-1, Nested(3)), (Nested.array(1)[0], Nested(5))):
        with accel.disabled():
            expected = outcome(added, pair)
        assert [outcome(compiled, pair) for _ in range(4)] == [expected] * 4, pair


@accel.struct
class Labelled:
    pair: tuple[int, float]


def test_items_of_tuples_that_may_be_of_several_kinds():
    def made(c: bool, n: int):
        p = Labelled((True if c else n, 1.0 if c else n))
        return p.pair, p

    require_compiled(agree_with_disabled(made, [(True, 3), (False, 3), (False, -4)]))
