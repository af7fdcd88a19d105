"""Machine code that checks arguments of calls which are CPython's: it lets through what the Python code lets through, as that would, and nothing else."""

import array
import gc
import inspect
import pickle
import sys
import threading
import weakref

import numpy as np
import pytest

import accel
from accel.dispatch import checks
from accel.dispatch.dispatcher import Dispatcher, find_dispatcher
from accel.errors import OwnershipError
from accel.runtime import moved
from accel.types import Array, Borrowed, Float32, Float64, Inout, Int64, Owned, Tensor, move

Vector = Array[Float64, 1]


@accel.struct
class Point:
    x: float
    y: float


class Odd(np.ndarray):
    def __getitem__(self, key):
        raise AssertionError("nobody asked")

    @property
    def dtype(self):
        return np.dtype("f8")


class Offers:
    def __array__(self, *args, **options):
        return np.zeros(3)


class Tensors:
    def __init__(self):
        self.array = np.zeros(3)

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


class Whole(int):
    pass


def make_functions():
    """Functions that tell what they see, by name."""

    def lent(a: Borrowed[Vector]):
        return see(a)

    def two_lent(a: Borrowed[Vector], b: Borrowed[Array[Float64, 2]], *rest):
        return see(a), see(b), *map(see, rest)

    def add(a: Inout[Vector], b: Borrowed[Vector], c: Vector = None, *, d: Inout[Vector] = None):
        return see(a), see(b), see(c), see(d)

    def own(a: Owned[Vector], b: Inout[Vector], /, **more):
        return see(a), see(b), [*map(see, more.values())], *more

    def mixed(n: int, x: float = None, z: complex = 1j, *, flag: bool = False, f: Float32 = None, p: Point = None):
        return [*map(see, (n, x, z, flag, f, p))]

    def shaped(a: Tensor[Float64, 2, 3], b: Array[Int64, 2, "C"], c: Array[Float32, 1, "readonly"]):
        return see(a), see(b), see(c)

    def generator(a: Borrowed[Vector]):
        yield see(a)

    return [lent, two_lent, add, own, mixed, shaped, generator]


def see(value):
    """What can be told of a value."""
    if not isinstance(value, np.ndarray):
        return value
    flags, base = value.flags, value.base
    owner = id(base) if isinstance(base, np.ndarray) and base.flags.owndata else type(base)
    return (type(value).__name__, value.__array_interface__["data"][0], np.ndarray.dtype.__get__(value).str, value.shape, value.strides, flags.c_contiguous, flags.f_contiguous,
            flags.writeable, flags.owndata, flags.aligned, owner)  # fmt: skip


def outcome(function, args, options):
    """What a call gives, or raises."""
    try:
        made = function(*args, **options)
        return list(made) if inspect.isgenerator(made) else made
    except Exception as error:
        return type(error), str(error)


def hostile_values():
    x, table = np.arange(6.0), np.zeros((2, 3))
    unpickled = pickle.loads(pickle.dumps(np.arange(3.0)))
    twisted = np.dtype((np.int64, {"low": (np.dtype(">i4"), 0), "high": (np.dtype(">i4"), 4)}))
    swapped, odd = np.arange(3.0).astype(">f8"), np.frombuffer(b"x" * 33, "u1")[1:25].view("f8")
    gone, revived = np.zeros(3), np.zeros(3)
    kept = move(gone), move(revived)
    revived.flags.writeable = True
    lonely = np.broadcast_to(2.0, 3)
    held = lonely, weakref.ref(lonely)
    warned = np.broadcast_arrays(np.zeros(1), np.zeros(3))[0]
    arrays = [x, x[1:], x[::2], x[::-1], x[:0], x.reshape(2, 3), table, table[:, 1:], table.T, table[0], np.zeros((2, 3), order="F"), np.array(1.0), np.zeros((1, 1, 1)),
              np.zeros(3, "f"), np.zeros(3, "i8"), np.zeros((2, 2), "i8"), np.zeros((2, 2), "i8").T, np.zeros((3, 3), "q"), np.zeros((2, 2), twisted), swapped, odd, unpickled,
              np.zeros(3, "O"), np.zeros(3, "M8[s]"), gone, revived, lonely, warned, x.view(Odd), np.ma.array([1.0]), np.rec.array([(1.0,)])]  # fmt: skip
    others = [None, 1, Whole(2), True, 1.5, 2j, 2**70, np.float64(1.0), np.float32(2.0), np.int64(3), np.bool_(True), np.complex128(1j), "text", b"bytes", array.array("d", [1.0]),
              memoryview(bytearray(8)), Offers(), Tensors(), [1.0], Point(1.0, 2.0), Point.array(1)[0], Point, ...]  # fmt: skip
    return [*arrays, *others], (kept, held)


@pytest.fixture
def asked(monkeypatch):
    """The functions whose calls asked Python."""
    names = []

    def answer(self, *given, before=Dispatcher.answer):
        names.append(self.function.__name__)
        return before(self, *given)

    monkeypatch.setattr(Dispatcher, "answer", answer)
    return names


@pytest.fixture
def pairs(monkeypatch):
    """Functions, each with one that is never checked by machine code."""
    monkeypatch.setenv("ACCEL_HINTS", "0")
    made = list(zip(map(accel.fn, make_functions()), map(accel.fn, make_functions()), strict=True))
    for _, slow in made:
        monkeypatch.setattr(find_dispatcher(slow)._checks, "renew", lambda function: None)
    with accel.disabled():
        yield {fast.__name__: (fast, slow) for fast, slow in made}


def agree(pair, *args, **options):
    fast, slow = pair
    expected = outcome(slow, args, options)
    got = [outcome(fast, args, options) for _ in range(2)]
    assert repr(got) == repr([expected, expected])
    return got[0]


def test_each_value_in_each_place(pairs):
    values, _kept = hostile_values()
    x, table = np.arange(4.0), np.zeros((3, 2))
    for value in values:
        agree(pairs["lent"], value)
        agree(pairs["lent"], a=value)
        agree(pairs["two_lent"], value, table)
        agree(pairs["two_lent"], x, value)
        agree(pairs["two_lent"], x, table, value, value)
        for place in range(4):
            args = [np.zeros(3), np.zeros(3), np.zeros(3), np.zeros(3)]
            args[place] = value
            agree(pairs["add"], *args[:3], d=args[3])
            agree(pairs["add"], d=args[3], b=args[1], a=args[0])
        agree(pairs["own"], value, x)
        agree(pairs["own"], x, value, a=value, b=3)
        for name in ("n", "x", "z", "flag", "f", "p"):
            agree(pairs["mixed"], **({"n": 1} | {name: value}))
        agree(pairs["mixed"], value, value)
        for place in range(3):
            right = [np.zeros((2, 3)), np.zeros((2, 2), "i8"), np.zeros(3, "f")]
            right[place] = value
            agree(pairs["shaped"], *right)
        agree(pairs["generator"], value)


def test_calls_that_do_not_fit(pairs):
    class Name(str):
        pass

    x = np.zeros(2)
    twin = "".join(["a", "b"])[:1]
    for args, options in (((), {}), ((x,), {}), ((x, x, x), {}), ((x,), {"a": x}), ((x,), {"b": x}), ((x, x), {"d": None}), ((), {"a": x}), ((), {Name("a"): x}), ((), {twin: x})):
        for name in pairs:
            agree(pairs[name], *args, **options)
    assert agree(pairs["lent"], **{"".join(["a"]): x})[0] == "ndarray"


def test_arrays_that_meet(pairs):
    chance = np.random.default_rng(5)
    room = np.zeros((12, 12))
    flat, seen = room.reshape(-1), set()
    for _ in range(300):
        steps = [int(n) for n in chance.integers(-4, 5, 2)]
        starts, ends = chance.integers(0, 40, 2), chance.integers(0, 60, 2)
        a, b = (flat[int(s) : int(e) : step or 1] for s, e, step in zip(starts, ends, steps, strict=True))
        fast, slow = pairs["add"]
        results = [outcome(f, (a, b), {}) for f in (fast, fast, slow)]
        assert repr(results[0]) == repr(results[1]) == repr(results[2])
        assert (results[0][0] is OwnershipError) == np.shares_memory(a, b)
        seen.add(results[0][0] is OwnershipError)
    assert seen == {False, True}
    agree(pairs["add"], room[0], room[1], room[1], d=room[2])
    assert agree(pairs["add"], room[0], room[1], d=room[1])[0] is OwnershipError


def test_random_tables_that_meet(asked):
    @accel.fn(debug=True)
    def pair(a: Inout[Array[Float64, 2]], b: Borrowed[Array[Float64, 2]]):
        return None

    chance = np.random.default_rng(7)
    room = np.zeros((9, 12))
    tables = [room, room.T, room.reshape(12, 9), room[::-1], room.reshape(-1)[1:97].reshape(8, 12), np.lib.stride_tricks.as_strided(room, (5, 4), (24, 8)), np.broadcast_to(room[0], (3, 12))]
    counts = {True: 0, False: 0}
    pair(np.zeros((1, 1)), room)
    asked.clear()
    for _ in range(3000):
        a, b = (part(chance, tables[int(chance.integers(len(tables)))]) for _ in range(2))
        if not a.flags.writeable:
            continue
        shared = np.shares_memory(a, b)
        if shared:
            with pytest.raises(OwnershipError):
                pair(a, b)
        else:
            pair(a, b)
        counts[shared] += 1
    doubts = len(asked) - counts[True]
    assert min(counts.values()) > 300 and doubts < counts[False] / 4


def part(chance, table):
    """Some rows and columns."""
    starts, lengths, steps = chance.integers(0, 6, 2), chance.integers(0, 9, 2), chance.choice([1, 1, 2, 3, -1, -2], 2)
    key = tuple(slice(int(s), int(s + n) if k > 0 else None, int(k)) for s, n, k in zip(starts, lengths, steps, strict=True))
    return table[key]


def test_usual_parts_of_one_array_are_told_apart(asked):
    @accel.fn(debug=True)
    def pair(a: Inout[Vector], b: Inout[Vector]):
        return None

    @accel.fn(debug=True)
    def tables(a: Inout[Array[Float64, 2]], b: Borrowed[Array[Float64, 2]]):
        return None

    x, table = np.zeros(12), np.zeros((6, 8))
    for _ in range(2):
        asked.clear()
        for a, b in ((x[::2], x[1::2]), (x[::-3], x[::3]), (table[:, 0], table[:, 1]), (x[:0], x), (x[2::4], x[1:2])):
            pair(a, b)
        for a, b in ((table[:, :3], table[:, 3:]), (table[::2], table[1::2]), (table[:3, :4], table[2:, 4:]), (table[:, 1::2], table[::-1, ::2])):
            tables(a, b)
    assert asked == []


def test_nobody_asks_python(pairs, asked):
    x, y, table = np.zeros(3), np.zeros(3), np.zeros((2, 3))
    calls = {
        "lent": lambda f: (f(x), f(a=x[1:]), f(np.broadcast_to(1.0, 2))),
        "two_lent": lambda f: (f(x, table.T), f(b=table, a=x), f(x, table, 1, 2)),
        "add": lambda f: (f(x, y), f(x, y, None), f(b=x, a=y, c=x), f(x, y, y, d=table[0])),
        "own": lambda f: f(x, y),
        "mixed": lambda f: (f(1), f(True, 2.0, 3), f(2**70, z=1.0), f(1, np.float64(1.0), flag=np.bool_(True), f=np.float32(1.0), p=Point(1.0, 2.0)), f(1, None, 1j)),
        "shaped": lambda f: f(table, np.zeros((2, 2), "i8"), np.broadcast_to(np.float32(1.0), 3)),
        "generator": lambda f: list(f(x)),
    }
    for name, call in calls.items():
        function = pairs[name][0]
        call(function)
        assert asked == [name] and not asked.clear()
        call(function)
        assert asked == []


def test_functions_that_were_never_compiled(asked, monkeypatch):
    monkeypatch.setenv("ACCEL_HINTS", "0")

    @accel.fn
    def twice(x):
        return 2 * x

    for _ in range(3):
        with accel.disabled():
            assert [twice(2), twice(x=2.0), twice([1])] == [4, 4.0, [1, 1]] and asked == []
    assert twice(3) == twice(3) == 6 and asked == ["twice", "twice"] and twice.accel.compiled
    with accel.disabled():
        assert twice(4) == 8


def test_functions_that_stay_in_cpython(asked, monkeypatch):
    monkeypatch.setenv("ACCEL_HINTS", "0")

    @accel.fn
    def odd(a: Borrowed[Vector], names: dict):
        return {**names}, a.flags.writeable

    @accel.fn(debug=True)
    def plain(a: Borrowed[Vector]):
        return a.flags.writeable

    @accel.fn
    def off(a: Borrowed[Vector]) -> float:
        return a[0]

    off.accel.disable()
    x = np.ones(2)
    for function, args in ((odd, ({},)), (plain, ()), (off, ())):
        for _ in range(12):
            function(x, *args)
        assert asked.count(function.__name__) < 12
        before = len(asked)
        function(x, *args)
        assert len(asked) == before
        with pytest.raises(TypeError, match="got an array of float32"):
            function(np.ones(2, "f"), *args)
    assert (odd(x, {1: 2}), plain(x), off(x)) == (({1: 2}, False), False, 1.0) and not odd.accel.compiled
    off.accel.enable()
    assert off(x) == 1.0 and off.accel.compiled


def test_some_arguments_are_compiled_for_and_some_not(monkeypatch):
    monkeypatch.setenv("ACCEL_HINTS", "0")

    @accel.fn
    def first(a: Borrowed[Vector], b):
        return b[0] if isinstance(b, dict) else a[0] + b

    x = np.ones(2)
    for _ in range(40):
        assert first(x, 1.0) == 2.0 and first(x, {0: 5}) == 5
        with pytest.raises(TypeError, match="got int"):
            first(3, {0: 5})
        with accel.disabled():
            assert first(x, 2.0) == 3.0
            with pytest.raises(TypeError, match="got int"):
                first(3, 1.0)


# -- what is lent


def test_views_that_somebody_keeps():
    kept = []

    @accel.fn(debug=True)
    def keep(a: Borrowed[Vector], how: int):
        kept.append([lambda: None, lambda: a, lambda: weakref.ref(a), lambda: memoryview(a), lambda: a[1:], lambda: iter(a), lambda: (a, a)][how]())
        return id(a)

    for how in range(7):
        kept.clear()
        arrays = [np.full(2 + n, float(n)) for n in range(6)]
        for one in arrays:
            keep(one, how)
        if how in (1, 6):
            views = [k[0] if how == 6 else k for k in kept]
            assert [v.tolist() for v in views] == [a.tolist() for a in arrays] and all(v.base is a for v, a in zip(views, arrays, strict=True))
            assert len(set(map(id, views))) == 6
        if how == 2:
            assert [r() for r in kept] == [None] * 6
        if how == 3:
            assert [m.tolist() for m in kept] == [a.tolist() for a in arrays] and all(m.readonly for m in kept)
        if how == 4:
            assert [v.tolist() for v in kept] == [a.tolist()[1:] for a in arrays]


def test_views_that_the_function_changes():
    def reshape(a):
        a.shape = (2, 2)

    def reopen(a):
        a.flags.writeable = True

    def retype(a):
        a.dtype = "i8"

    def stride(a):
        np.lib.stride_tricks.as_strided(a)

    @accel.fn(debug=True)
    def change(a: Borrowed[Vector], how):
        before = see(a)
        if how:
            how(a)
        return before

    for how in (None, reshape, reopen, retype, stride) * 2:
        for given in (np.arange(4.0), np.arange(8.0)[::2], np.arange(4.0)):
            if how is reshape and sys.modules["numpy"].lib.NumpyVersion(np.__version__) >= "2.5.0":
                continue  # setting the shape warns
            if how is retype and not given.flags.c_contiguous:
                continue
            try:
                got = change(given, how)
            except (AttributeError, DeprecationWarning):
                continue
            view = given[...]
            view.flags.writeable = False
            assert got == see(view)


def test_nothing_is_held_after_a_call():
    @accel.fn(debug=True)
    def look(a: Borrowed[Vector], fails=False):
        return 1 / (not fails)

    for fails in (False, True, False):
        x = np.arange(3.0)
        gone, count = weakref.ref(x), sys.getrefcount(x)
        try:
            look(x, fails)
        except ZeroDivisionError as error:
            assert fails and [entry.function for entry in inspect.getinnerframes(error.__traceback__)][1:] == ["look"]
        assert sys.getrefcount(x) == count
        del x
        gc.collect()
        assert gone() is None


def test_calls_inside_calls():
    @accel.fn(debug=True)
    def down(a: Borrowed[Vector], n: int):
        if n == 0:
            return []
        inside = down(a[1:], n - 1)
        return [(a.tolist(), a.flags.writeable), *inside]

    x = np.arange(5.0)
    for _ in range(3):
        assert down(x, 4) == [(x[k:].tolist(), False) for k in range(4)]
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    try:
        assert len(down(np.arange(3000.0), 3000)) == 3000
    finally:
        sys.setrecursionlimit(before)


def test_threads():
    @accel.fn(debug=True)
    def middle(a: Borrowed[Vector], b: Inout[Vector]):
        got = a.sum()
        b[0] = got
        return got == len(a) * a[0] and not a.flags.writeable

    wrong = []

    def run(k):
        out = np.zeros(1)
        for n in range(400):
            x = np.full(1 + (n + k) % 50, float(k))
            if not middle(x, out) or out[0] != x.sum():
                wrong.append((k, n))

    threads = [threading.Thread(target=run, args=(k,)) for k in range(6)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert wrong == []


def test_switched_off_and_on(monkeypatch):
    monkeypatch.setenv("ACCEL_HINTS", "0")

    @accel.fn
    def total(a: Borrowed[Vector], b: Inout[Vector]):
        b[0] = a[0]
        return a.flags.writeable

    x, y = np.ones(3), np.zeros(3)
    for k in range(30):
        if k % 3 == 0:
            with accel.disabled():
                total(x, y)
                with pytest.raises(OwnershipError):
                    total(x, x)
        elif k % 3 == 1:
            total(x, y)
            with pytest.raises(OwnershipError):
                total(x, x)
        else:
            total.accel.disable()
            assert total(x, y) is False
            total.accel.enable()
    assert y[0] == 1.0


def test_methods():
    class Box:
        @accel.fn
        def own(self, a: Borrowed[Vector]):
            return type(self), a.flags.writeable

        @staticmethod
        @accel.fn
        def static(a: Borrowed[Vector]):
            return a.flags.writeable

        @accel.fn
        @classmethod
        def of_class(cls, a: Borrowed[Vector], b: Inout[Vector] = None):
            return cls, a.flags.writeable

        @accel.fn
        def __init__(self, a: Owned[Vector] = None):
            self.a = a

    x = np.zeros(2)
    with accel.disabled():
        for _ in range(3):
            box = Box(x)
            assert box.a is x and box.own(x) == (Box, False) and Box.static(x) is False and box.static(a=x) is False
            assert Box.of_class(x) == box.of_class(x, np.zeros(1)) == (Box, False)
            for call in (lambda: Box(3), lambda: box.own(3), lambda: Box.static(3), lambda: box.of_class(3)):
                with pytest.raises(TypeError, match="got int"):
                    call()
            with pytest.raises(OwnershipError):
                box.of_class(x, x)


# -- records


def test_other_defaults_and_code(asked):
    @accel.fn(debug=True)
    def given(a: Borrowed[Vector] = None, n: int = 0, *, k: int = 1):
        return see(a), n, k

    def other(a, n, k=2):
        return "other", see(a), n, k

    x = np.zeros(2)
    for _ in range(3):
        assert given() == (None, 0, 1)
    given.__defaults__ = (x, "text")
    for _ in range(2):
        assert given()[0][:2] == ("ndarray", x.ctypes.data) and given(n="text")[1:] == ("text", 1)
        with pytest.raises(TypeError, match="takes int for `n`, got str"):
            given(x, "other text")
    given.__kwdefaults__["k"] = "changed"
    assert given(x)[1:] == ("text", "changed")
    given.__kwdefaults__ = {"k": 5}
    given.__defaults__ = None
    asked.clear()
    assert [given(x, 1, k=2)[1:], given(x, 1)[1:]] == [(1, 2), (1, 5)] and asked == ["given"]
    with pytest.raises(TypeError, match="missing 2 required"):
        given()
    given.__code__ = other.__code__
    given.__defaults__ = (7,)
    assert given(x, 1)[0] == "other" and given(x, 1)[2:] == (1, 7)


def test_a_default_that_lies_in_a_dict_is_looked_up():
    @accel.fn(debug=True)
    def given(*, a: Borrowed[Vector] = None):
        return see(a)

    x = np.zeros(2)
    assert given() is given() is None
    given.__kwdefaults__["a"] = x
    for _ in range(2):
        assert given()[1] == x.ctypes.data and given(a=x)[7] is False
    del given.__kwdefaults__["a"]
    with pytest.raises(TypeError, match="missing 1 required keyword-only"):
        given()


def test_records_end_with_their_functions():
    def make(element):
        @accel.fn(debug=True)
        def f(a: Borrowed[Array[element, 1]], b: int):
            return a.dtype.char

        return f

    gc.collect()
    before = sum(bool(record[0]) for record in checks._records.values())
    kinds = [Float64, Float32, Int64]
    for turn in range(300):  # functions come to lie where others lay
        element = kinds[turn % 3]
        f = make(element)
        for right in kinds:
            for _ in range(2):
                if right is element:
                    assert f(np.zeros(2, right), 1) == np.dtype(element).char
                else:
                    with pytest.raises(TypeError, match="got an array of"):
                        f(np.zeros(2, right), 1)
        del f
    kept = [make(kinds[k % 3]) for k in range(100)]
    for _ in range(2):
        assert [f(np.zeros(2, kinds[k % 3]), 1) for k, f in enumerate(kept)] == [np.dtype(kinds[k % 3]).char for k in range(100)]
    del kept
    gc.collect()
    assert sum(bool(record[0]) for record in checks._records.values()) == before


def test_more_parameters_than_a_record_has_rows(asked):
    names = [f"p{k}" for k in range(20)]
    space = {}
    exec(f"def wide({', '.join(f'{name}: float' for name in names)}): return p19", space)
    wide = accel.fn(debug=True)(space["wide"])
    for _ in range(3):
        assert wide(*range(20)) == 19
        with pytest.raises(TypeError, match="takes float for `p3`"):
            wide(1, 2, 3, "text", *range(16))
    assert len(asked) == 6


def test_many_arguments():
    @accel.fn(debug=True)
    def many(a: Borrowed[Vector], *rest):
        return a.flags.writeable, len(rest)

    for n in (0, 62, 63, 64, 1000):
        assert many(np.zeros(1), *range(n)) == many(np.zeros(1), *range(n)) == (False, n)


# -- move


def test_what_move_gives():
    for given in (np.arange(6.0), np.arange(6.0)[1::2], np.zeros((2, 3)).T, np.array(1.0), np.zeros(2, "O"), np.zeros(2, [("a", "i4")]), np.arange(3.0).view(Odd)):
        like, count = given.view(), moved._count.value
        made = move(given)
        assert see(made)[:-1] == see(like)[:-1] and type(made) is type(given) and made.base is like.base
        assert moved.is_moved(given) and not given.flags.writeable and made.flags.writeable and not moved.is_moved(made) and moved._count.value == count + 1
        del given, made, like
        gc.collect()
        assert moved._count.value <= count + 1


def test_arguments_of_move():
    x, fixed = np.zeros(2), np.broadcast_to(1.0, 2)
    assert inspect.signature(move).parameters.keys() == {"value"} and inspect.isfunction(move)
    for args, options in (((), {}), ((x, x), {}), ((), {"value": x}), ((x,), {"more": 1})):
        with pytest.raises(TypeError, match=r"move\(\)"):
            move(*args, **options)
    assert x.flags.writeable and not moved.is_moved(x)
    assert not move(fixed).flags.writeable and moved.is_moved(fixed)
    with pytest.raises(OwnershipError):
        move(fixed)


def test_marks_are_counted_once():
    before = moved._count.value
    for _ in range(50):
        x = np.zeros(3)
        ends = []
        watching = weakref.ref(x, lambda _, ends=ends: ends.append(1))
        y = x
        for _ in range(3):
            y = move(y)
        x.flags.writeable = True
        z = move(x)
        assert moved.is_moved(x) and not moved.is_moved(y) and not moved.is_moved(z)
        del x, y, z
        assert moved._count.value == before and ends == [1] and watching() is None
