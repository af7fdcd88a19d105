"""Whatever a call does to its arguments, they are as they were afterwards: the same objects, the same memory; and what can't be put back is told."""

import array
import collections
import ctypes
import dataclasses
import functools
import random
import threading
import types

import numpy as np
import pytest

import accel
from accel.tuning.snapshot import Snapshot


class Slots:
    __slots__ = ("a", "b")

    def __init__(self, a):
        self.a = a


class MoreSlots(Slots):
    __slots__ = ("c", "__dict__")


class Plain:
    def __init__(self, **fields):
        self.__dict__.update(fields)


@dataclasses.dataclass
class Mutable:
    x: int
    items: list


@dataclasses.dataclass(frozen=True)
class Frozen:
    items: list


class Listed(list):
    pass


class Guarded(list):
    """Its own methods refuse what has to be done."""

    def __setitem__(self, at, value):
        raise TypeError

    def __iter__(self):
        raise TypeError

    def __len__(self):
        return 0


@accel.struct
class Point:
    x: float
    y: int


def described(value, seen=None):
    """Contents and identities, all the way down."""
    seen = {} if seen is None else seen
    if id(value) in seen:
        return id(value)
    seen[id(value)] = value
    parts = [id(value), type(value)]
    if isinstance(value, (type, types.ModuleType)):
        return parts
    if isinstance(value, np.ndarray):
        parts += [value.shape, value.dtype.str, value.strides, value.__array_interface__["data"][0]]
        parts += [described(one, seen) for one in value.ravel().tolist()] if value.dtype.kind == "O" else [value.tolist()] if value.dtype.kind == "T" else [np.asarray(value).tobytes()]
    elif isinstance(value, dict):
        parts += [(described(key, seen), described(value[key], seen)) for key in value]
    elif isinstance(value, (list, tuple, collections.deque)):
        parts += [described(one, seen) for one in value]
    elif isinstance(value, (set, frozenset)):
        parts += [{id(one) for one in value}]
    elif isinstance(value, (bytearray, array.array)):
        parts += [bytes(value)]
    elif not isinstance(value, (int, float, str, bytes)):
        names = [n for base in type(value).__mro__ for n in getattr(base, "__slots__", ()) if not n.startswith("__")]
        parts += [(name, described(getattr(value, name), seen)) for name in names if hasattr(value, name)]
    parts += [getattr(value, "default_factory", None)]
    if hasattr(value, "__dict__") and not isinstance(value, types.FunctionType):
        parts += [(name, described(held, seen)) for name, held in value.__dict__.items()]
    return parts


def check(value, change):
    """What a change does is seen, and undone."""
    before = described(value)
    snapshot = Snapshot((value,), {}, names=["value"])
    assert snapshot.problem is None
    assert not snapshot.differs()
    snapshot.restore()
    assert described(value) == before
    for _ in range(2):
        change(value)
        changed = described(value)
        assert changed != before
        assert snapshot.differs()
        snapshot.restore()
        assert described(value) == before
        assert not snapshot.differs()
    change(value)
    assert snapshot.narrow()
    snapshot.restore_changed()
    assert described(value) == before
    return snapshot


def many(value):
    value.append([1])
    value[0].append(2)
    del value[1:3]


@pytest.mark.parametrize(
    "make, change",
    [
        (lambda: [3, 1, 2], list.sort),
        (lambda: [[1], 2, 3, [4]], many),
        (lambda: [], lambda v: v.append(v)),
        (lambda: Listed([1]), lambda v: v.append(2)),
        (lambda: Listed([1]), lambda v: setattr(v, "name", [])),
        (lambda: {"a": 1, "b": [2]}, lambda v: (v["b"].append(3), v.pop("a"), v.update(c=1))),
        (lambda: {"a": 1, "b": 2}, lambda v: v.update(a=v.pop("a"))),  # the order
        (lambda: {}, lambda v: v.update(x=v)),
        (lambda: collections.OrderedDict(a=1, b=2), lambda v: v.move_to_end("a")),
        (lambda: collections.defaultdict(list), lambda v: v["x"].append(1)),
        (lambda: collections.defaultdict(list), lambda v: setattr(v, "default_factory", None)),
        (lambda: collections.Counter("abc"), lambda v: v.update("a")),
        (lambda: {1, 2}, lambda v: v.add(3)),
        (lambda: {1, 2}, set.clear),
        (lambda: collections.deque([1, 2, 3], maxlen=3), lambda v: v.append(4)),
        (lambda: bytearray(b"abc"), lambda v: v.append(1)),
        (lambda: bytearray(b"abc"), lambda v: v.__setitem__(0, 1)),
        (lambda: array.array("d", [1.0, 2.0]), lambda v: v.__setitem__(0, 5.0)),
        (lambda: array.array("d", [1.0, 2.0]), lambda v: v.pop()),
        (lambda: ([1], 2), lambda v: v[0].clear()),
        (lambda: (((([1],),),),), lambda v: v[0][0][0][0].clear()),
        (lambda: collections.namedtuple("N", "a")([1]), lambda v: v.a.clear()),
        (lambda: Slots([1]), lambda v: (setattr(v, "b", 2), v.a.append(2))),
        (lambda: Slots([1]), lambda v: delattr(v, "a")),
        (lambda: MoreSlots([1]), lambda v: (setattr(v, "c", 2), setattr(v, "d", 2), setattr(v, "a", 3))),
        (lambda: Plain(x=1, y=[2]), lambda v: (v.__dict__.clear(), setattr(v, "z", 1))),
        (lambda: Plain(inner=Plain(x=[1])), lambda v: v.inner.x.append(2)),
        (lambda: types.SimpleNamespace(a=1), lambda v: setattr(v, "a", 2)),
        (lambda: Mutable(1, [2]), lambda v: (v.items.append(3), setattr(v, "x", 2))),
        (lambda: Frozen([1]), lambda v: v.items.append(2)),
        (lambda: collections.UserList([1]), lambda v: v.append(2)),
        (lambda: collections.ChainMap({1: 2}), lambda v: v.update({3: 4})),
        (lambda: [threading.Lock(), [1]], lambda v: v[1].clear()),
        (lambda: [len, np, Point, Point(1.0, 2), accel, []], lambda v: v[5].append(1)),
    ],
)
def test_containers_and_objects(make, change):
    check(make(), change)


def test_methods_of_subclasses_are_not_asked():
    value = Guarded([1, 2])
    snapshot = Snapshot((value,), {})
    list.clear(value)
    snapshot.restore()
    assert list.__repr__(value) == "[1, 2]"


def misaligned(count):
    return np.frombuffer(bytearray(8 * count + 1), np.uint8)[1:].view(np.float64)


def grid():
    return np.arange(48.0).reshape(6, 8)


@pytest.mark.parametrize(
    "make",
    [
        grid,
        lambda: grid().T,
        lambda: grid()[::2, ::-3],
        lambda: grid()[1],
        lambda: np.asfortranarray(grid()),
        lambda: np.array(1.5),
        lambda: misaligned(5),
        lambda: grid().astype(">f8"),
        lambda: np.array([np.nan, -0.0, np.inf]),
        lambda: np.arange(5, dtype=np.int8),
        lambda: np.array([True, False]),
        lambda: np.array(["a", "bc"]),
        lambda: np.array([b"a", b"bc"]),
        lambda: np.array(["2020", "NaT"], "datetime64[D]"),
        lambda: np.zeros(3, [("a", "f8"), ("b", "i4", (2,)), ("c", [("d", "u1")])]),
        lambda: np.zeros(3, np.dtype([("a", "u1"), ("b", "f8")], align=True))["b"],
        lambda: np.zeros(3, "V5"),
        lambda: np.zeros(3, np.longdouble),
        lambda: np.ones(3, complex).real,
        lambda: np.array([1.0, [2], None], dtype=object),
        lambda: Point.array(3),
        lambda: np.array(["a", "a long text that lies elsewhere"], np.dtypes.StringDType()),
    ],
)
def test_arrays(make):
    random_ = random.Random(0)

    def change(value):
        octets = np.ndarray.view(value, np.ndarray)
        if value.dtype.kind == "O":
            value[0] = "other"
        elif value.dtype.kind in "SUT":
            value[...] = "x"
        elif value.dtype.kind == "M":
            value[...] = "1999"
        elif value.dtype.kind == "V":
            value[0] = np.frombuffer(random_.randbytes(value.itemsize), value.dtype)[0]
        elif value.dtype.kind == "b":
            octets[...] = ~octets
        else:
            octets[...] = random_.randrange(1, 100)

    check(make(), change)


def test_bits_of_numbers_are_put_back():
    payload = np.array([0x7FF8000000000123, 0x8000000000000000], np.uint64).view(np.float64)
    before = payload.tobytes()
    snapshot = Snapshot((payload,), {})
    payload.view(np.uint64)[0] = 0x7FF8000000000124  # another NaN
    assert snapshot.differs()
    payload[1] = 0.0
    snapshot.restore()
    assert payload.tobytes() == before


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_arrays_without_elements(shape):
    value = np.zeros(shape)
    snapshot = Snapshot((value,), {})
    snapshot.restore()
    assert (snapshot.problem, snapshot.differs(), value.shape) == (None, False, shape)


@pytest.mark.parametrize("dtype", ["V0", "S0", "U0"])
def test_elements_without_bytes(dtype):
    snapshot = Snapshot((np.zeros(3, dtype),), {})
    snapshot.restore()
    assert not snapshot.differs()


def test_views_that_overlap():
    whole = np.arange(20.0)
    values = whole, whole[2:10], whole[5:15:2], whole[::-1], whole.reshape(4, 5).T, whole[3:3], whole.view(np.int64)
    snapshot = Snapshot(values, {})
    for value in values:
        value[...] = 1
    snapshot.restore()
    assert whole.tolist() == list(range(20))
    assert len(snapshot._parts) == 2  # the rest lies in the first, but for the one without elements


def test_views_that_overlap_without_the_whole():
    whole = np.arange(20.0)
    values = whole[2:10], whole[5:15], whole[1:19:3]
    snapshot = Snapshot(values, {})
    whole[:] = -1.0
    snapshot.restore()
    assert whole.tolist() == [-1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, -1, 16, -1, -1, -1]


def test_an_array_twice_is_copied_once():
    value = np.arange(3.0)
    snapshot = Snapshot((value, value, value[:]), {"again": value})
    assert len(snapshot._parts) == 1


def test_many_arrays():
    values = [np.arange(3.0) + at for at in range(3000)]
    snapshot = Snapshot((values,), {})
    for value in values:
        value[:] = 0.0
    snapshot.restore()
    assert [value[0] for value in values] == list(range(3000))


def test_arrays_that_cannot_be_written_cost_nothing():
    value = np.arange(3.0)
    value.flags.writeable = False
    broadcast = np.broadcast_to(np.arange(3.0), (1000, 3))
    snapshot = Snapshot((value, broadcast, "text", 1.0, (2, "x"), b"y", np.float64(1.0), Point(1.0, 2)), {})
    assert snapshot._parts == []
    assert not snapshot.narrow()


def test_elements_that_repeat():
    base = np.arange(4.0)
    value = np.lib.stride_tricks.as_strided(base, (3, 2), (8, 8))
    snapshot = Snapshot((value,), {})
    value[...] = 9.0
    snapshot.restore()
    assert base.tolist() == [0.0, 1.0, 2.0, 3.0]


def test_shape_and_dtype_of_an_array_are_put_back():
    value = np.arange(6.0)
    snapshot = Snapshot((value,), {})

    def reshape():
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value.dtype = np.int64
            value.shape = (2, 3)

    reshape()
    assert snapshot.differs()
    value[...] = 0
    snapshot.restore()
    assert (value.dtype, value.tolist()) == (np.float64, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0])


def test_objects_in_arrays():
    inner = [1]
    value = np.array([inner, {"a": np.zeros(2)}, None], dtype=object)
    check(value, lambda v: (v[0].append(2), v[1]["a"].fill(1.0), v.__setitem__(2, 3)))
    assert value[0] is inner


def test_objects_in_structured_arrays():
    value = np.zeros(2, [("a", object), ("b", int)])
    value["a"] = [[1], [2]]
    snapshot = Snapshot((value,), {})
    value["a"][0].append(5)
    value["b"] = 7
    value["a"][1] = None
    snapshot.restore()
    assert value.tolist() == [([1], 0), ([2], 0)]


def test_masked_arrays():
    value = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])
    snapshot = check(value, lambda v: v.__setitem__(0, np.ma.masked) or v.__setitem__(2, 9.0))
    assert snapshot.problem is None
    plain = np.ma.array([1.0, 2.0])
    check(plain, lambda v: v.__setitem__(0, np.ma.masked))
    assert plain.mask is np.ma.nomask


def test_arrays_in_files(tmp_path):
    value = np.memmap(tmp_path / "values", np.float64, "w+", shape=4)
    check(value, lambda v: v.__setitem__(0, v[0] + 5.0))


def test_records():
    whole = np.zeros(3, [("a", "f8"), ("b", "i4")])
    record = whole[1]
    snapshot = Snapshot((record,), {})
    record["a"] = 5.0
    assert snapshot.differs()
    snapshot.restore()
    assert whole["a"].tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "make, draw",
    [
        (lambda: random.Random(1), lambda r: (r.random(), r.gauss())),
        (lambda: np.random.default_rng(1), lambda r: (r.random(), r.integers(2, dtype=np.int8))),
        (lambda: np.random.RandomState(1), lambda r: (r.random_sample(), r.normal())),
        (lambda: np.random.Generator(np.random.MT19937(1)), lambda r: r.random()),
        (lambda: np.random.PCG64(1), lambda r: r.random_raw()),
    ],
)
def test_random_numbers(make, draw):
    value, same = make(), make()
    snapshot = Snapshot((value,), {})
    first = draw(value)
    assert snapshot.differs()
    snapshot.restore()
    assert not snapshot.differs()
    assert draw(value) == first == draw(same)


def test_memory_of_other_kinds():
    for value in (memoryview(bytearray(b"abc")), (ctypes.c_double * 3)(1, 2, 3), __import__("mmap").mmap(-1, 10)):
        before = bytes(value)
        snapshot = Snapshot((value,), {})
        memoryview(value).cast("B")[0] = 77
        assert snapshot.differs()
        snapshot.restore()
        assert bytes(value) == before
        assert snapshot.problem is None
    assert Snapshot((memoryview(b"abc"),), {})._parts == []


def test_a_bytearray_can_grow_while_there_is_a_snapshot():
    value = bytearray(b"abc")
    snapshot = Snapshot((value,), {})
    value.extend(b"d" * 10_000)
    snapshot.restore()
    assert value == b"abc"


def test_functions_that_share_variables():
    count, seen = 0, []

    def note(value):
        nonlocal count
        count += 1
        seen.append(value)

    snapshot = Snapshot((note, functools.partial(note, 1), [].append), {})
    note(1)
    assert snapshot.differs()
    snapshot.restore()
    assert (count, seen) == (0, [])


def test_variables_without_a_value():
    def around():
        def inner():
            nonlocal value
            value = 1

        if not inner:
            value = 0
        return inner, lambda: value

    inner, read = around()
    snapshot = Snapshot((inner,), {})
    inner()
    assert read() == 1
    snapshot.restore()
    with pytest.raises(NameError):
        read()


def test_methods_lead_to_their_objects():
    value = Plain(items=[])
    value.add = None
    bound = types.MethodType(lambda self: self.items.append(1), value)
    snapshot = Snapshot((bound,), {})
    bound()
    snapshot.restore()
    assert value.items == []


def test_functions_of_accel_are_as_they_are():
    @accel.fn
    def double(x):
        return x * 2

    @accel.vectorize
    def half(x):
        return x / 2

    double(1)
    snapshot = Snapshot((double, half, Point), {})
    double(2.0)
    half(np.ones(2))
    assert (snapshot.problem, snapshot.differs()) == (None, False)


def test_keywords_and_names():
    snapshot = Snapshot((1, [2], 3), {"out": [4]}, names=["a", "b"])
    assert snapshot.named == [("`a`", 1), ("`b`", [2]), ("3", 3), ("`out`", [4])]
    snapshot.keywords["out"].append(5)
    assert snapshot.differs()
    snapshot.restore()
    assert snapshot.keywords == {"out": [4]}


def test_only_what_calls_change_is_put_back():
    kept, changed = np.zeros(2), np.zeros(2)
    snapshot = Snapshot((kept, changed), {})
    changed[:] = 1.0
    assert snapshot.narrow()
    kept[:] = changed[:] = 2.0
    snapshot.restore_changed()
    assert (kept.tolist(), changed.tolist()) == ([2.0, 2.0], [0.0, 0.0])
    snapshot.restore()
    assert kept.tolist() == [0.0, 0.0]
    assert not snapshot.narrow()


class Sealed:
    __slots__ = ("generator",)


@pytest.mark.parametrize(
    "make, name",
    [
        (lambda: (i for i in ()), "generator"),
        (lambda: iter([1]), "list_iterator"),
        (lambda: open("/dev/null"), "TextIOWrapper"),
        (lambda: __import__("io").BytesIO(b"x"), "BytesIO"),
        (lambda: zip([1]), "zip"),
        (lambda: __import__("itertools").count(), "count"),
        (lambda: map(abs, [1]), "map"),
        (lambda: [1, {2: (iter(()), 3)}], "tuple_iterator"),
        (lambda: Plain(x=iter([])), "list_iterator"),
        (lambda: ctypes.pointer(ctypes.c_int(1)), "LP_c_int"),
        (lambda: ctypes.c_char_p(b"x"), "c_char_p"),
        (lambda: __import__("socket").socket(), "socket"),
        (lambda: __import__("sqlite3").connect(":memory:"), "Connection"),
        (lambda: __import__("hashlib").md5(), "HASH"),
        (lambda: __import__("queue").SimpleQueue(), "SimpleQueue"),
        (lambda: random.SystemRandom(), "SystemRandom"),
        (lambda: np.nditer([np.zeros(2)]), "nditer"),
        (lambda: memoryview(bytearray(8))[::2], "memoryview"),
        (lambda: functools.partial(next, iter([1])), "list_iterator"),
        (lambda: (lambda source: lambda: next(source))(iter([1])), "list_iterator"),
        (lambda: np.array([iter([1]), 1], dtype=object), "list_iterator"),
    ],
)
def test_what_cannot_be_put_back(make, name):
    value = make()
    problem = Snapshot((1, value), {}, names=["a", "source"]).problem
    assert problem == f"argument `source` is, or leads to, an object of class {name}, which can't be put back"
    assert "`key`" in Snapshot((), {"key": value}).problem
    if hasattr(value, "close"):
        value.close()


def test_an_object_that_misbehaves():
    class Odd:
        @property
        def __dict__(self):
            raise ValueError

    assert Snapshot((Odd(),), {}).problem is not None


def test_arguments_too_large(monkeypatch):
    def copy(*_, **__):
        raise MemoryError

    monkeypatch.setattr("accel.tuning.parts.ArrayPart.read", copy)
    snapshot = Snapshot((np.zeros(3),), {})
    assert snapshot.problem == "the arguments are too large to be copied"
    snapshot.restore()


def test_deep_nesting():
    value = []
    for _ in range(50_000):
        value = [value]
    innermost = value
    snapshot = Snapshot((value,), {})
    while innermost[0]:
        innermost = innermost[0]
    innermost.append(1)
    assert snapshot.differs()
    snapshot.restore()
    assert len(innermost) == 1
    while value:  # or taking it down would go as deep
        value = value.pop()


def build(rng, nodes, depth):
    """A random graph whose nodes may occur several times."""
    kind = rng.randrange(9 if depth else 4)
    if kind == 0 and nodes:
        return rng.choice(nodes)
    if kind in (0, 1):
        return rng.choice((rng.random(), 1, "text", None))
    if kind in (2, 3):
        base = np.array([rng.random() for _ in range(12)])
        made = rng.choice((base, base[2:7], base[::-2], base.reshape(3, 4).T))
        nodes += [base, made, base[1:4]]
        return made
    inner = [build(rng, nodes, depth - 1) for _ in range(rng.randrange(4))]
    made = [inner, dict(enumerate(inner)), Plain(a=inner, b=1), collections.deque(inner), (inner, 1)][kind - 4]
    nodes.append(made)
    nodes.append(inner)
    return made


def disturb(rng, nodes):
    node = rng.choice(nodes)
    other = rng.choice((rng.random(), rng.choice(nodes), [2]))
    if isinstance(node, np.ndarray):
        node[rng.randrange(len(node))] = rng.random()
    elif isinstance(node, (list, collections.deque)):
        rng.choice((lambda: node.append(other), node.clear, node.reverse))()
    elif isinstance(node, dict):
        rng.choice((lambda: node.update({rng.random(): other}), node.clear))()
    elif isinstance(node, Plain):
        rng.choice((lambda: setattr(node, "a", other), lambda: setattr(node, "c", other), node.__dict__.clear))()


@pytest.mark.parametrize("seed", range(150))
def test_random_graphs(seed):
    rng = random.Random(seed)
    nodes = []
    values = [build(rng, nodes, 4) for _ in range(4)]
    reached = [node for node in nodes if not isinstance(node, np.ndarray)] + [one for one in values if isinstance(one, np.ndarray)] or [[]]
    before = described(values)
    snapshot = Snapshot(tuple(values), {})
    assert not snapshot.differs()
    for _ in range(rng.randrange(1, 20)):
        disturb(rng, reached)
    snapshot.restore()
    assert described(values) == before
