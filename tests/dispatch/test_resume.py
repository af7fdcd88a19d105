"""Records are boxed to exactly the objects they stand for; what is left of a call runs as if it had never left CPython."""

from __future__ import annotations

import ast
import ctypes
import struct
import sys
import threading
import traceback
import weakref
from collections.abc import Callable
from types import CodeType
from typing import Any

import numpy
import pytest

from accel.analysis.parse import parse_function
from accel.dispatch.record import box_value, read_record
from accel.dispatch.resume import Resumer, make_raiser
from accel.ir import Exit, Live
from accel.lower.layout import components
from accel.types.kinds import (
    DTYPES,
    Array,
    ArrayIterator,
    Bool,
    Complex,
    EnumerateIterator,
    Float,
    Int,
    Kind,
    Nested,
    NoneKind,
    Object,
    Range,
    RangeIterator,
    Scalar,
    Slice,
    Static,
    Tuple,
    TupleIterator,
    ZipIterator,
    join_kinds,
)

GARBAGE = 0xA5A5A5A500000000


def word(value: Any) -> int:
    """A word of a record: an int by its low bits, a float by its bits, an object by its address."""
    if isinstance(value, float):
        made: int = struct.unpack("=Q", struct.pack("=d", value))[0]
        return made
    return value & (2**64 - 1) if isinstance(value, int) else id(value)


def record(*words: int) -> Any:
    return (ctypes.c_uint64 * max(1, len(words)))(*words)


def array_words(owner: Any, view: Any = None) -> list[int]:
    view = owner if view is None else view
    return [id(owner), view.ctypes.data, *map(word, view.shape), *map(word, view.strides)]


# -- boxing


@pytest.mark.parametrize(
    ("kind", "words", "expected"),
    [
        (Int(), [word(-5)], -5),
        (Float(), [word(-0.0)], -0.0),
        (Bool(), [GARBAGE | 1], True),
        (Bool(), [GARBAGE], False),
        (Complex(), [word(1.5), word(-2.0)], 1.5 - 2j),
        (NoneKind(), [], None),
        (Static(len), [], len),
        (Tuple((Int(), Tuple((Float(), NoneKind())), Bool())), [word(3), word(0.5), 1], (3, (0.5, None), True)),
        (Tuple(()), [], ()),
        (Range(), [word(5), word(-5), word(-2)], range(5, -5, -2)),
        (Slice(Int(), NoneKind(), Int()), [word(-1), word(2)], slice(-1, None, 2)),
    ],
)
def test_values(kind: Kind, words: list[int], expected: Any) -> None:
    assert len(words) == len(components(kind))
    found = box_value(kind, words)
    assert (type(found), repr(found)) == (type(expected), repr(expected))


@pytest.mark.parametrize("char", DTYPES)
def test_numpy_scalars(char: str) -> None:
    dtype = numpy.dtype(char)
    for value in (0, 1, 200, -1, 2.5, float("nan"), -0.0):
        try:
            with numpy.errstate(all="ignore"):
                expected = numpy.array(value).astype(dtype)[()]
        except (ValueError, OverflowError):
            continue
        parts = [expected.real, expected.imag] if dtype.kind == "c" else [expected]
        raw = [numpy.array(p).tobytes() for p in parts]
        words = [int.from_bytes(r + b"\xa5" * (8 - len(r)), sys.byteorder) for r in raw]
        found = box_value(Scalar(char), words)
        assert type(found) is dtype.type
        assert found.tobytes() == expected.tobytes()


def test_unions() -> None:
    kind = join_kinds(Int(), Complex())
    kind = join_kinds(kind, NoneKind()) if kind else None
    assert kind is not None and components(kind) == ("i8", "double", "double", "i64")
    members = [str(m) for m in kind.members]  # type: ignore[attr-defined]
    assert box_value(kind, [GARBAGE | members.index("int"), 0, 0, word(-7)]) == -7
    assert box_value(kind, [members.index("complex"), word(1.0), word(2.0), 0]) == 1 + 2j
    assert box_value(kind, [members.index("none"), 1, 2, 3]) is None


def test_objects_get_a_reference() -> None:
    thing = [1, 2]
    before = sys.getrefcount(thing)
    found = box_value(Object(), [id(thing)])
    assert found is thing and sys.getrefcount(thing) == before + 1
    with pytest.raises(SystemError, match="missing"):
        box_value(Object(), [0])


def test_an_array_is_itself() -> None:
    owner = numpy.arange(12.0).reshape(3, 4).copy()
    assert box_value(Array("d", 2), array_words(owner)) is owner
    assert box_value(Array("d", 2, "A"), array_words(owner.T)).base is owner
    zero = numpy.array(5, "q")
    assert box_value(Array("q", 0), array_words(zero)) is zero


def test_views_of_an_array() -> None:
    owner = numpy.arange(12.0).reshape(3, 4).copy()
    references = sys.getrefcount(owner), sys.getrefcount(owner.dtype)
    for view in (owner[1:, ::-2], owner.T, owner[2], owner[1, 1:1], owner.view("q"), owner[::-1]):
        found = box_value(Array(view.dtype.char, view.ndim, "A"), array_words(owner, view))
        assert found.base is owner and found.dtype == view.dtype and found.strides == view.strides
        assert numpy.array_equal(found, view) and found.ctypes.data == view.ctypes.data
        assert found.flags.writeable and found.flags.aligned and found.flags.c_contiguous == view.flags.c_contiguous
        assert found.flags.owndata is False
        del found, view
    assert (sys.getrefcount(owner), sys.getrefcount(owner.dtype)) == references


def test_views_can_be_written_where_their_owner_can() -> None:
    owner = numpy.arange(4.0)
    assert box_value(Array("d", 1, "A", False), array_words(owner, owner[1:])).flags.writeable  # joined with a read-only one
    owner.flags.writeable = False
    assert not box_value(Array("d", 1), array_words(owner, owner[1:])).flags.writeable


def test_iterators() -> None:
    owner = numpy.arange(4)
    pair = Tuple((Int(), Float()))
    cases: list[tuple[Kind, list[int], list[Any]]] = [
        (RangeIterator(), [word(3), 4, word(-2)], [3, 1, -1, -3]),
        (RangeIterator(), [word(3), 0, word(-2)], []),
        (ArrayIterator(Array("l", 1)), [*array_words(owner), 2], [2, 3]),
        (ArrayIterator(Array("l", 1)), [*array_words(owner), 4], []),
        (TupleIterator(pair), [7, word(0.5), 1], [0.5]),
        (EnumerateIterator(RangeIterator()), [word(-1), 5, 2, 1], [(-1, 5), (0, 6)]),
        (ZipIterator((RangeIterator(), TupleIterator(pair))), [8, 9, 1, 7, word(0.5), 0], [(8, 7), (9, 0.5)]),
    ]
    for kind, words, expected in cases:
        iterator = box_value(kind, words)
        assert iter(iterator) is iterator
        assert list(iterator) == expected
    assert type(next(box_value(ArrayIterator(Array("l", 1)), [*array_words(owner), 2]))) is numpy.int64


def test_unbound_names_are_left_out() -> None:
    live = (Live("a", Int(), 1, 0), Live("b", Int(), 3, 2), Live("c", NoneKind(), 4, -1), Live("d", NoneKind(), 4, 4))
    words = record(1, 7, 0, 8, 1)
    assert read_record(Exit(0, "", live), ctypes.addressof(words)) == {"a": 7, "c": None, "d": None}


# -- going on


def note(*values: Any) -> Any:
    NOTES.append(values)
    return values[0]


NOTES: list[Any] = []


def number_of(function: Any, wanted: Callable[[ast.AST], bool]) -> int:
    return next(n for n, node in enumerate(parse_function(function).nodes) if wanted(node))


def run(resumer: Resumer, number: int, *words: int) -> Any:
    memory = record(*words)
    return resumer.prepare(number, ctypes.addressof(memory))()


def call_directly(resumer: Resumer, number: int, *words: int) -> Any:
    memory = record(*words)
    return resumer(number, ctypes.addressof(memory))


def loop(n: int, x: Any) -> Any:
    s = 0
    for i in range(n):
        s += x[i]
        if i == 2:
            break
    else:
        return "else", s
    return s


def test_a_loop_goes_on_at_its_turn() -> None:
    at = number_of(loop, lambda n: isinstance(n, ast.Subscript))
    number = number_of(loop, lambda n: isinstance(n, ast.For))
    live = (
        Live("i", Int(), 0), Live("n", Int(), 1), Live("s", Int(), 2), Live("x", Object(), 3),
        Live(f"%iter{number}", RangeIterator(), 4),
    )  # fmt: skip
    resumer = Resumer(loop, (Exit(at, "", live),))
    x = [1, 10, 2**70, 5]
    assert run(resumer, 0, 1, 4, 100, word(x), 2, 2, 1) == 110 + 2**70
    assert run(resumer, 0, 1, 2, 100, word(x), 2, 0, 1) == ("else", 110)
    assert resumer.counts == [2] and len(resumer._built) == 1
    assert call_directly(resumer, 0, 1, 2, 100, word(x), 2, 0, 1) == ("else", 110)
    with pytest.raises(IndexError, match="list index out of range") as caught:
        run(resumer, 0, word(4), 5, 0, word(x), 0, 0, 1)
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.name, last.line, last.filename) == ("loop", "s += x[i]", __file__)


def caller() -> Any:
    return sys._getframe(1).f_code.co_name, sorted(sys._getframe(1).f_locals), sys._getframe(2).f_code.co_name


def asks(a: int) -> Any:
    b = a + 1
    return note(b), caller()


def test_frames_are_those_of_the_plain_call() -> None:
    at = number_of(asks, lambda n: isinstance(n, ast.Assign))
    resumer = Resumer(asks, (Exit(at, "start", (Live("a", Int(), 0),)),))
    expected = asks(4)

    def run_here() -> Any:
        memory = record(4)
        return resumer.prepare(0, ctypes.addressof(memory))()

    assert run_here() == (5, ("asks", ["a", "b"], "run_here"))
    assert expected == (5, ("asks", ["a", "b"], "test_frames_are_those_of_the_plain_call"))


def calls(a: Any) -> Any:
    try:
        return note(1) + fails(a)
    finally:
        note("finally")


def fails(a: Any) -> Any:
    raise ValueError(a)


def fail() -> BaseException:
    try:
        try:
            {}["inner"]
        except KeyError:
            fails(3)
    except ValueError as error:
        assert error.__traceback__ is not None
        return error.with_traceback(error.__traceback__.tb_next)
    raise AssertionError


def test_an_exception_goes_on_from_the_call() -> None:
    at = number_of(calls, lambda n: isinstance(n, ast.Call) and ast.unparse(n) == "fails(a)")
    left = number_of(calls, lambda n: isinstance(n, ast.Call) and ast.unparse(n) == "note(1)")
    live = (Live("a", Int(), 0), Live(f"%{left}", Int(), 1), Live("%result", Object(), 2))
    resumer = Resumer(calls, (Exit(at, "raise", live), Exit(at, "value", live)))
    for call in (run, call_directly):
        error = fail()
        context = error.__context__
        NOTES.clear()
        with pytest.raises(ValueError, match="3") as caught:
            try:
                raise OSError("handled above")
            except OSError:
                call(resumer, 0, 3, 1, word(error))
        assert caught.value is error and error.__context__ is context and error.__cause__ is None
        names = [f.name for f in traceback.extract_tb(error.__traceback__)]
        assert names[-2:] == ["calls", "fails"] and "__call__" not in names and "prepare" not in names
        assert NOTES == [("finally",)]
    twenty = 20
    assert run(resumer, 1, 3, 1, id(twenty)) == 21


def test_raising_keeps_no_references() -> None:
    class Fault(Exception):
        pass

    error = Fault()
    gone = weakref.ref(error)
    for _ in range(3):
        with pytest.raises(Fault):
            make_raiser(error)()
        error.__traceback__ = None
    del error
    assert gone() is None


class Thing:
    pass


def drops(x: Any, alive: Any) -> Any:
    y = note(x) and 5
    NOTES.clear()
    del x
    return y, alive() is None


def test_values_live_as_long_as_their_names() -> None:
    at = number_of(drops, lambda n: isinstance(n, ast.Assign))
    resumer = Resumer(drops, (Exit(at, "start", (Live("x", Object(), 0), Live("alive", Object(), 1))),))
    thing = Thing()
    alive = weakref.ref(thing)
    memory = record(id(thing), id(alive))
    left = resumer.prepare(0, ctypes.addressof(memory))
    del thing
    assert left() == (5, True)


def closes(a: int) -> Any:
    def inner(y: int) -> int:
        return a * y

    plus = lambda y: y + a  # noqa: E731
    a = note(a) + 1
    return inner(2), plus(1), inner.__qualname__


def test_nested_functions_are_made_again() -> None:
    codes = [c for c in closes.__code__.co_consts if isinstance(c, CodeType)]
    live = (Live("a", Int(), 0), Live("inner", Nested(codes[0], ("a",)), 1), Live("plus", Nested(codes[1], ("a",)), 1, 1))
    at = number_of(closes, lambda n: isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name) and n.targets[0].id == "a")
    resumer = Resumer(closes, (Exit(at, "start", live),))
    assert run(resumer, 0, 4, 1) == closes(4) == (10, 6, "closes.<locals>.inner")
    with pytest.raises(UnboundLocalError, match="plus"):
        run(resumer, 0, 4, 0)


def test_names_of_an_enclosing_function_are_handed_over() -> None:
    def outer() -> Any:
        k = 3
        return lambda y: y / k

    inner = outer()
    at = number_of(inner, lambda n: isinstance(n, ast.BinOp))
    resumer = Resumer(inner, (Exit(at, "", (Live("k", Int(), 0), Live("y", Int(), 1))),))
    assert run(resumer, 0, 8, 4) == 0.5 and inner(6) == 2.0


def test_threads() -> None:
    at = number_of(loop, lambda n: isinstance(n, ast.For))
    live = (Live("n", Int(), 0), Live("s", Int(), 1), Live("x", Object(), 2))
    resumer = Resumer(loop, (Exit(at, "start", live),))
    x, found = [1, 2], []

    def work() -> None:
        found.extend(run(resumer, 0, 2, k, id(x)) for k in range(200))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert resumer.counts == [800]
    assert sorted(s for _, s in found) == sorted(3 + k for k in range(200) for _ in range(4))
