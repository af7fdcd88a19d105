"""What calls of functions with `Borrowed`, `Inout` and `Owned` parameters come to: the same in machine code and in CPython."""

from __future__ import annotations

import array
import contextlib
import gc
import pickle
import subprocess
import sys

import numpy as np
import pytest

import accel
from accel import Comptime, comptime
from accel.errors import AnnotationError, OwnershipError
from accel.runtime.moved import is_moved
from accel.types import Array, Borrowed, Float64, Inout, Owned, Tensor, UInt8, move

Vector = Array[Float64, 1]
WAYS = (contextlib.nullcontext, accel.disabled)


def scribble(a):
    a[0] = 9.0


def add_one(a):
    a += 1.0


@accel.fn
def total(a: Borrowed[Vector]) -> float:
    s = 0.0
    for k in range(len(a)):
        s += a[k]
    return s


@accel.fn
def swap(a: Inout[Vector], b: Inout[Vector]) -> None:
    for k in range(min(len(a), len(b))):
        a[k], b[k] = b[k], a[k]


@accel.fn
def step(a: Owned[Vector]):
    for k in range(len(a)):
        a[k] += 1.0
    return a


@pytest.fixture(params=WAYS, ids=["compiled", "disabled"])
def way(request):
    with request.param():
        yield request.param is not accel.disabled


def test_a_borrowed_array_is_seen_read_only(way):
    @accel.fn
    def same(a: Borrowed[Array[Float64, 2]]):
        return a

    @accel.fn
    def row(a: Borrowed[Array[Float64, 2]], k: int):
        return a[k]

    x = np.ones((2, 3))
    for _ in range(4):
        given, part = same(x), row(x, 1)
        assert given is not x and not given.flags.writeable and given.base is x and not part.flags.writeable and x.flags.writeable
        assert np.shares_memory(part, x[1]) and total(x[0]) == 3.0
    assert (same.accel.compiled, row.accel.compiled) == ((1, 1) if way else (0, 0))


def test_writes_that_nobody_saw_coming(way):
    @accel.fn
    def through(a: Borrowed[Vector]):
        scribble(a)

    @accel.fn
    def in_place(a: Borrowed[Vector]):
        b = a[1:]
        add_one(b)
        return b

    x = np.zeros(3)
    for function, text in ((through, "assignment destination is read-only"), (in_place, "output array is read-only")) * 3:
        with pytest.raises(ValueError, match=text):
            function(x)
    assert x.tolist() == [0.0, 0.0, 0.0]


def test_what_a_borrowed_array_is_joined_with(way):
    @accel.fn
    def pick(a: Borrowed[Vector], which: int):
        b = np.zeros(2)
        for k in range(which):
            b = a[k:] if k else a
        return b

    @accel.fn
    def negative(a: Borrowed[Vector]):
        b = -a
        b[0] = 7.0
        return b

    x = np.ones(3)
    for _ in range(3):
        assert [pick(x, n).flags.writeable for n in range(3)] == [True, False, False] and [len(pick(x, n)) for n in range(3)] == [2, 3, 2]
        assert negative(x).tolist() == [7.0, -1.0, -1.0]


def test_read_only_arrays_and_what_lends_its_memory_can_be_borrowed(way):
    @accel.fn
    def first(a: Borrowed[Array[UInt8, 1]]) -> int:
        return int(a[0])

    for _ in range(3):
        assert first(b"abc") == 97 and first(np.frombuffer(b"b", "u1")) == 98 and total(array.array("d", [1.0, 2.0])) == 3.0
        assert total(np.broadcast_to(2.0, 3)) == 6.0
        with pytest.raises(TypeError, match=r"takes Inout\[Array\[numpy.float64, 1\]\] for `a`, got a read-only array"):
            swap(np.broadcast_to(2.0, 3), np.ones(3))
        with pytest.raises(TypeError, match="got an array of float32"):
            total(np.ones(2, "f"))


def test_subclasses_are_lent_as_what_they_are(way):
    class Odd(np.ndarray):
        def __getitem__(self, key):
            raise AssertionError("nobody asked")

    @accel.fn
    def kind_of(a: Borrowed[Vector]):
        return type(a), a.flags.writeable

    for _ in range(3):
        assert kind_of(np.ones(2).view(Odd)) == (Odd, False)


def test_arrays_that_share_memory(way):
    x = np.arange(8.0)
    for _ in range(3):
        for a, b in ((x, x), (x, x[1:]), (x[:5], x[4:]), (x[::-1], x[:1]), (x[::3], x[::2])):
            before = x.tolist()
            with pytest.raises(OwnershipError, match=r"`swap` takes arrays for `a` and `b` that share no memory, and these do \[overlapping-arguments\]"):
                swap(a, b)
            assert x.tolist() == before
    for a, b in ((x[:4], x[4:]), (x[::2], x[1::2]), (x[:0], x), (x[3:1:-1], x[4:6]), (x, np.ones(3)), (array.array("d", [1.0]), x)):
        held = np.asarray(a).tolist(), b.tolist()
        swap(a, b)
        swap(b=b, a=a)
        assert (np.asarray(a).tolist(), b.tolist()) == held
    shared = array.array("d", [1.0, 2.0])
    with pytest.raises(ValueError, match="these do"):
        swap(shared, shared)


def test_which_pairs_may_share(way):
    @accel.fn
    def reads(a: Borrowed[Vector], b: Borrowed[Vector], c: Vector, d: Owned[Vector] = None) -> float:
        return a[0] + b[0] + c[0]

    @accel.fn
    def three(a: Borrowed[Vector], b: Vector, *, c: Inout[Vector]) -> None:
        c[0] = a[0] + b[0]

    x = np.ones(4)
    for _ in range(3):
        assert reads(x, x[1:], x) == reads(x, x, x, x) == 3.0
        three(x[1:], x, c=x[:1])
        with pytest.raises(OwnershipError, match="for `a` and `c`") as caught:
            three(x[1:], np.ones(3), c=x)
        (told,) = caught.value.diagnostics
        assert told.slug == "overlapping-arguments" and told.filename == __file__ and "`a` is Borrowed, `c` Inout" in str(told)
        assert pickle.loads(pickle.dumps(caught.value)).diagnostics == caught.value.diagnostics
        x[0] = 1.0


def test_overlap_that_takes_too_long_to_find_out():
    @accel.fn
    def move_over(a: Inout[Array[Float64, 6]], b: Borrowed[Array[Float64, 6]]) -> None:
        a[0, 0, 0, 0, 0, 0] = b[0, 0, 0, 0, 0, 0]

    room = np.zeros(60_000_000, "b")
    strides = (8 * 20_011, 8 * 20_021, 8 * 20_023, 8 * 20_029, 8 * 20_047, 8 * 20_051)

    def spread(start):
        return np.lib.stride_tricks.as_strided(room[start:].view("d"), (60,) * 6, strides)

    try:
        np.shares_memory(spread(0), spread(8), 1_000_000)
    except RuntimeError:
        with pytest.raises(OwnershipError, match="of these that can't be told in a million steps"):
            move_over(spread(0), spread(8))
    else:
        pytest.skip("this NumPy tells")


def test_compiled_callers_keep_to_it(way):
    @accel.fn
    def turns(x, y, n):
        t = 0.0
        for _ in range(n):
            swap(x, y)
            t += total(x) - total(y)
        return t

    x, y = np.arange(6.0), np.ones(6)
    for _ in range(3):
        assert turns(x, y, 3) == -9.0
        swap(x, y)
        assert turns(x[::2], x[1::2], 2) == turns(x[:3], x[3:], 2) == 0.0
        with pytest.raises(OwnershipError, match="these do"):
            turns(x, x[1:], 1)


def test_values_known_while_compiling(way):
    @accel.fn
    def add(a: Inout[Vector], b: Borrowed[Vector], *, n: Comptime[int]) -> None:
        for k in comptime(range(n)):
            a[k] += b[k]

    x = np.arange(4.0)
    for _ in range(3):
        add(x[:2], x[2:], n=2)
        with pytest.raises(OwnershipError, match="these do"):
            add(x, x[1:], n=2)
    assert x.tolist() == [6.0, 10.0, 2.0, 3.0]


def test_parallel_loops(way):
    @accel.parallelize
    def double(a: Borrowed[Vector], b: Inout[Vector]) -> None:
        for k in range(len(a)):
            b[k] = 2.0 * a[k]

    x, y = np.arange(1000.0), np.zeros(1000)
    for _ in range(3):
        double(x, y)
        assert (y == 2.0 * x).all()
        with pytest.raises(OwnershipError, match="these do"):
            double(x, x)


def test_methods_of_structs(way):
    @accel.struct
    class Scale:
        by: float

        def fill(self, out: Inout[Tensor[Float64, 3]], a: Borrowed[Tensor[Float64, 3]]) -> None:
            for k in range(3):
                out[k] = self.by * a[k]

    x, y = np.arange(3.0), np.zeros(3)
    for _ in range(3):
        Scale(2.0).fill(y, x)
        assert y.tolist() == [0.0, 2.0, 4.0]
        with pytest.raises(OwnershipError, match="`a` is|these do"):
            Scale(2.0).fill(y, y)


def test_generators_see_a_view(way):
    @accel.fn
    def numbers(a: Borrowed[Vector]):
        yield a.flags.writeable
        yield a[0]

    assert list(numbers(np.ones(1))) == [False, 1.0]


# -- move


def test_a_moved_array_is_not_taken_any_more(way):
    x = np.zeros(2)
    for _ in range(3):
        y = step(move(x))
        assert y is not x and np.shares_memory(x, y) and y.flags.writeable and is_moved(x)
        for function, name in ((step, "step"), (total, "total"), (lambda a: swap(a, np.ones(1)), "swap")):
            with pytest.raises(OwnershipError, match=rf"`{name}` takes an array for `a` that has been moved \[use-after-move\]"):
                function(x)
        with pytest.raises(OwnershipError, match="`move` takes an array that has been moved"):
            move(x)
        with pytest.raises(ValueError, match="read-only"):
            x[0] = 1.0
        assert total(y) == total(x[:]) == 2.0 * y[0] and x[0] == y[0]
        x = y
    assert x.tolist() == [3.0, 3.0]


def test_a_moved_array_in_compiled_callers(way):
    @accel.fn
    def reads(x):
        return total(x) + 1.0

    x, fixed = np.ones(2), np.broadcast_to(1.0, 2)
    for _ in range(3):
        assert reads(x) == reads(fixed) == 3.0
    y = move(x)
    for _ in range(3):
        assert reads(y) == reads(fixed) == 3.0
        with pytest.raises(OwnershipError, match="has been moved"):
            reads(x)


def test_writeable_again():
    x = np.zeros(2)
    move(x)
    x.flags.writeable = True
    assert not is_moved(x) and step(x) is x
    assert step(move(x)).tolist() == [2.0, 2.0] and is_moved(x)


def test_marks_go_with_their_arrays():
    from accel.runtime import moved

    before = moved._count.value
    for way in (move, moved.mark_moved):
        x = np.zeros(3)
        y = way(x)
        assert moved._count.value == before + 1 and is_moved(x)
        del x, y
        gc.collect()
        assert moved._count.value == before and not moved._marks


@pytest.mark.parametrize("value", [3, "text", None, [1, 2], array.array("d", [1.0]), np.float64(2.0)])
def test_what_can_not_be_marked_is_handed_on(value):
    assert move(value) is value and move(value) is value and not is_moved(value)


def test_moves_in_compiled_code(way):
    @accel.fn
    def run(x: Owned[Vector], n: int):
        for _ in range(n):
            x = step(move(x))
        return x

    x = np.zeros(2)
    assert run(x, 3).tolist() == x.tolist() == [3.0, 3.0] and is_moved(x)
    for _ in range(3):
        x = run(move(run(np.zeros(2), 1)), 2)
        assert x.tolist() == [3.0, 3.0] and x.flags.writeable
    assert run.accel.compiled == way


def test_other_names_of_what_is_moved(way):
    @accel.fn
    def aliased(x: Owned[Vector], b: Vector, how: int):
        z = x
        v = x[1:]
        y = step(move(x))
        if how == 1:
            z[0] = 5.0
        if how == 2:
            total(z)
        if how == 3:
            b[0] = 5.0
        v[0] += 10.0
        return y, v

    for _ in range(3):
        x = np.zeros(2)
        y, v = aliased(x, np.ones(1), 0)
        assert (y.tolist(), v.tolist(), v.flags.writeable, x.flags.writeable) == ([1.0, 11.0], [11.0], True, False)
        for how, error in ((1, "assignment destination is read-only"), (2, "`total` takes an array for `a` that has been moved")):
            with pytest.raises(ValueError, match=error):
                aliased(np.zeros(2), np.ones(1), how)
        x = np.zeros(2)
        with pytest.raises(ValueError, match="assignment destination is read-only"):
            aliased(x, x, 3)
        assert x.tolist() == [1.0, 1.0]


def test_callers_of_what_moves(way):
    @accel.fn
    def give(x: Vector):
        return step(move(x))

    @accel.fn
    def around(x: Vector):
        y = give(x)
        x[0] = 5.0
        return y

    for _ in range(3):
        with pytest.raises(ValueError, match="assignment destination is read-only"):
            around(np.zeros(2))


def test_functions_that_move_and_call_themselves(way):
    @accel.fn
    def down(a: Vector, n: int):
        if n > 0:
            down(a, n - 1)
            a[0] = 7.0
        else:
            y = step(move(a))
            return y
        return a

    @accel.fn
    def even(a: Vector, n: int) -> None:
        if n > 0:
            odd(a, n - 1)
            a[0] = 7.0

    @accel.fn
    def odd(a: Vector, n: int) -> None:
        if n > 0:
            even(a, n - 1)
            a[0] = 8.0
        else:
            step(move(a))

    for n in (0, 1, 2, 2, 3):
        for function, moves in ((down, True), (even, n % 2 == 1)):
            x = np.zeros(2)
            if moves and n:
                with pytest.raises(ValueError, match="assignment destination is read-only"):
                    function(x, n)
            else:
                function(x, n)
            assert x.tolist() == ([1.0, 1.0] if moves else [7.0, 0.0] if n else [0.0, 0.0])


def test_undecorated_callers_need_no_move(way):
    x = np.zeros(2)
    for _ in range(2):
        assert step(x) is x


# -- annotations


def test_annotations_of_no_array():
    for given, what in ((int, "not int"), (Array, "not Array"), (np.ndarray, "not ndarray"), ("Foo", "not 'Foo'"), (Float64, "not float64")):
        with pytest.raises(AnnotationError, match=f"`Borrowed` takes the type of an array, {what}") as caught:
            Borrowed[given]
        (told,) = caught.value.diagnostics
        assert (told.slug, told.filename) == ("ownership-annotation", __file__) and told.source_line[told.column : told.end_column] == "Borrowed[given]"
    with pytest.raises(AnnotationError, match="`Inout` of what is `Borrowed` already"):
        Inout[Borrowed[Vector]]
    for form in (Inout, Owned):
        with pytest.raises(AnnotationError, match="'readonly' takes arrays that can't be"):
            form[Array[Float64, 1, "readonly"]]
        with pytest.raises(AnnotationError, match="makes no arrays"):
            form(np.ones(2))


def test_texts_of_no_array():
    with pytest.raises(AnnotationError, match="`Inout` takes the type of an array, not int"):
        @accel.fn
        def first(a: Inout[int]):
            return a[0]


def test_defaults():
    @accel.fn
    def maybe(a: Borrowed[Vector] = None, b: Inout[Vector] = None) -> bool:
        return a is None

    for _ in range(3):
        assert maybe() and maybe(b=np.ones(1)) and not maybe(np.ones(1))
    with pytest.raises(AnnotationError, match=r"`b` of `.*wrong` is Inout, and has an array for its default"):
        @accel.fn
        def wrong(a: float, b: Inout[Vector] = np.ones(3)) -> None:  # noqa: B008  what it is about
            b[0] = a


def test_switched_off():
    """Then decorators do nothing at calls; what the source shows is told all the same."""
    text = """
import accel, linecache, numpy
from accel.types import Array, Borrowed, Float64, Inout
Vector = Array[Float64, 1]
@accel.fn
def swap(a: Inout[Vector], b: Inout[Vector]):
    a[0], b[0] = b[0], a[0]
x = numpy.ones(2)
swap(x, x)
print(type(swap), "accel" in swap.__dict__)
try:
    @accel.fn
    def clear(a: Borrowed[Vector]):
        a[0] = 0.0
except accel.OwnershipError as error:
    print(error.diagnostics[0].what)
try:
    @accel.struct
    class Scale:
        by: float
        def apply(self, a: "Borrowed[Array[Float64, 1]]"):
            a *= self.by
except accel.OwnershipError as error:
    print(error.diagnostics[0].what)
"""
    import os
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "program.py")
        with open(path, "w") as file:
            file.write(text)
        done = subprocess.run([sys.executable, path], env={**os.environ, "ACCEL": "0"}, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["<class 'function'> False", "`clear` writes to `a`, which is borrowed", "`Scale.apply` writes to `a`, which is borrowed"]
