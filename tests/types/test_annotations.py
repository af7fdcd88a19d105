"""Which annotations are enforced, and what they take."""

from __future__ import annotations

import array
import inspect
import sys
import typing
from typing import Literal

import numpy as np
import pytest

import accel
from accel import types as t
from accel.errors import AnnotationError
from accel.types import Array, Borrowed, Float32, Float64, Inout, Int8, Owned, Tensor, UInt8  # noqa: F401  in texts
from accel.types.annotations import enforced_parameters
from accel.types.kinds import DTYPES

np_float = np.float64  # a name of the module
SIZE = 4


class Lender:
    """Hands its memory on by DLPack, if it will."""

    def __init__(self, data, refuses=False):
        self.data, self.refuses = data, refuses

    def __dlpack__(self, **options):
        if self.refuses:
            raise BufferError("it is on another device")
        return self.data.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.data.__dlpack_device__()


def expected(annotation):
    def function(x):
        return x

    function.__annotations__ = {"x": annotation}
    return [found.text for found in enforced_parameters(function)]


def test_scalar_types_are_those_of_numpy():
    names = [name for name in t.__all__ if name not in t._HOMES]  # the others are types of ours, and what makes them
    assert {getattr(t, name) for name in names} == {np.dtype(c).type for c in DTYPES if c not in "qQ"}
    assert all(getattr(t, name).__name__.rstrip("_") == name.lower() for name in names)
    with pytest.raises(AttributeError):
        t.Float128
    assert set(t.__all__) <= set(dir(t))


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (int, ["int"]), ("int", ["int"]), (Float32, ["numpy.float32"]), ("Float32", ["numpy.float32"]), ("np.float32", ["numpy.float32"]),
        ("np_float", ["numpy.float64"]), ("t.Int8", ["numpy.int8"]), ("accel.types.Int8", ["numpy.int8"]), (np.bool_, ["numpy.bool"]),
        (Array[Float64, 2], ["Array[numpy.float64, 2]"]), ("Array[Float64, 2, 'C']", ["Array[numpy.float64, 2, 'C']"]),
        ("'Array[np.float32, 0]'", ["Array[numpy.float32, 0]"]), ("t.Array[t.UInt8, Literal[1], 'readonly', 'F']", ["Array[numpy.uint8, 1, 'F', 'readonly']"]),
        (Array[Int8, Literal[3]], ["Array[numpy.int8, 3]"]), ("Array[Float64, typing.Literal[2]]", ["Array[numpy.float64, 2]"]),
        (Tensor[Float64, 2, 3], ["Tensor[numpy.float64, 2, 3]"]), ("Tensor[Float64, SIZE, 3, 'C']", ["Tensor[numpy.float64, 4, 3, 'C']"]),
        ("Tensor[Int8, Literal[3]]", ["Tensor[numpy.int8, 3]"]),
        (Borrowed[Array[Float64, 1]], ["Borrowed[Array[numpy.float64, 1]]"]), ("t.Inout[t.Tensor[Int8, 3]]", ["Inout[Tensor[numpy.int8, 3]]"]),
        ("Owned[Array[Float64, Literal[2]]]", ["Owned[Array[numpy.float64, 2]]"]), ("'Borrowed[ Array[Float64, 1, \"C\"] ]'", ["Borrowed[Array[numpy.float64, 1, 'C']]"]),
        ("Foo", []), ("list[int]", []), (list[int], []), (np.ndarray, []), (np.floating, []), ("np.floating", []), (np.longdouble, []), (np.str_, []),
        ("print('run')", []), ("Array", []), ("array.array", []), ("sys.missing", []), ("Foo[Float64, 2]", []), ("Array[Float64, 2", []), ("", []),
        (typing.Any, []), (None, []), ("None", []), (3, []),
    ],
)  # fmt: skip
def test_what_is_enforced(annotation, text, capsys):
    assert expected(annotation) == text
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("items", "what"),
    [
        ((Float64,), "1 to 8 axes, not 0"), ((Float64, -1), "an axis does not have -1"), ((Float64, 2.0), "an axis does not have 2.0"),
        ((Float64, 2, "x"), "no such option of an array: 'x'"), ((float, 2), "no elements of class float"), ((Float64, *[1] * 9), "axes, not 9"),
    ],
)  # fmt: skip
def test_tensors_that_make_no_sense(items, what):
    with pytest.raises(AnnotationError, match=what):
        Tensor[items]


@pytest.mark.parametrize(
    ("items", "what"),
    [
        ((float, 1), "no elements of class float"), ((int, 1), "no elements of class int"), (Float64, "axes, not None"), ((Float64, -1), "axes, not -1"),
        ((Float64, 9), "axes, not 9"), ((Float64, True), "axes, not True"), ((Float64, 2, "c"), "no such option of an array: 'c'"),
        ((Float64, 2, "C", "F"), "no such option"), ((Float64, 2, "C", "C"), "no such option"), ((Float64, 2, ["C"]), "no such option"),
        ((np.str_, 1), "no elements of type"), (("d", 1), "no elements of type 'd'"), ((), "no elements of type"), ((Float64, 2.0), "axes, not 2.0"),
    ],
)  # fmt: skip
def test_arrays_that_make_no_sense(items, what):
    with pytest.raises(AnnotationError, match=what) as caught:
        Array[items]
    (told,) = caught.value.diagnostics
    assert (told.slug, told.filename) == ("array-annotation", __file__) and told.line and told.do


def test_a_text_that_makes_no_sense_is_shown_at_the_function():
    with pytest.raises(AnnotationError, match="no elements of class float") as caught:
        @accel.fn
        def first(a: Array[float, 1]):
            return a[0]

    assert caught.value.diagnostics[0].line == inspect.currentframe().f_lineno - 4
    with pytest.raises(AnnotationError, match="makes no arrays"):
        Array((2, 3))


def test_scalars_take_their_own_type_only():
    @accel.fn
    def same(x: Float64, y: Int8 = None):
        return x

    for _ in range(3):
        assert type(same(Float64(2))) is np.float64 and same(Float64(1), Int8(3)) == 1.0 and same(Float64(1), None) == 1.0
    for wrong in (2.0, 2, Float32(2), np.ones(()), "2", np.longdouble(2)):
        with pytest.raises(TypeError, match=r"`.*same` takes numpy\.float64 for `x`, got"):
            same(wrong)
    with pytest.raises(TypeError, match=r"for `y`, got numpy\.uint8"):
        same(Float64(1), UInt8(3))


def test_defaults_that_do_not_fit():
    @accel.fn
    def flag(x: bool = 0):
        return x

    @accel.fn
    def total(x: Float64 = 1, n: int = 2):
        s = 0.0
        for _ in range(n):
            s += x
        return s

    @accel.fn
    def first(a: Array[Float64, 1] = None):
        return None if a is None else a[0]

    for _ in range(4):
        assert flag() == 0 and flag(True) is True and total() == 2.0 and total(Float64(3)) == 6.0 and first() is first(None) is None and first(np.ones(2)) == 1.0
        for call in (lambda: flag(5), lambda: flag(None), lambda: total(7), lambda: total(None), lambda: first(3), lambda: first(False)):
            with pytest.raises(TypeError):
                call()


class Sub(np.ndarray):
    """A subclass."""


def test_arrays():
    @accel.fn
    def total(a: Array[Float64, 2]):
        s = 0.0
        for i in range(a.shape[0]):
            for j in range(a.shape[1]):
                s += a[i, j]
        return s

    good = np.arange(6.0).reshape(2, 3)
    for a in (good, good.T, good[:, ::2], good[::-1], np.zeros((0, 3)), good.view(Sub), good):
        assert total(a) == a.sum()
    readonly, unaligned = good.copy(), np.zeros(49, "u1")[1:].view("d").reshape(2, 3)
    readonly.flags.writeable = False
    for wrong, got in (
        (readonly, "a read-only array"), (unaligned, "an array that is not aligned"), (good.astype(">d"), "an array in foreign byte order"),
        (good[0], "an array with 1 axes"), (good.astype("f"), "an array of float32"), (good.tolist(), "list"), (None, "NoneType"), (2.0, "float"),
        (np.float64(2), "numpy.float64"), (object(), "object"), (good.astype(object), "an array of object"),
    ):  # fmt: skip
        with pytest.raises(TypeError) as caught:
            total(wrong)
        assert f"got {got} [argument-type]" in str(caught.value)
    assert total.accel.compiled


@pytest.mark.parametrize("order", "CF")
def test_orders(order):
    def weigh(a):
        s = 0.0
        for i in range(a.shape[0]):
            for j in range(a.shape[1]):
                s += a[i, j] * (i + 2 * j)
        return s

    weigh.__annotations__ = {"a": Array[Float64, 2, order]}
    decorated, plain = accel.fn(weigh), np.arange(12.0).reshape(3, 4)
    right = np.asarray(plain, order=order)
    wrong = np.asarray(plain, order="F" if order == "C" else "C")
    both = np.ones((1, 4))
    for _ in range(3):
        assert decorated(right) == (plain * np.add.outer(np.arange(3), 2 * np.arange(4))).sum() and decorated(both) == 12.0
        for bad in (wrong, plain[:, ::2]):
            with pytest.raises(TypeError, match=f"not {order}-contiguous"):
                decorated(bad)


def test_tensors():
    @accel.fn
    def apply(m: Tensor[Float64, 3, 4], x: Tensor[Float64, 4]):
        s = 0.0
        for i in range(m.shape[0]):
            row = m[i]
            for j in range(len(row)):
                s += row[j] * x[j] * (i + 1)
        return s

    m, x = np.arange(12.0).reshape(3, 4), np.array([1.0, 2.0, -1.0, 0.5])
    want = float(((m @ x) * [1, 2, 3]).sum())
    for _ in range(3):
        for a in (m, np.asfortranarray(m), np.repeat(m, 2, axis=1)[:, ::2]):
            assert apply(a, x) == want and apply(a, array.array("d", x)) == want
        for a, b in ((m[:2], x), (m.T, x), (m, x[:3]), (m.ravel(), x), (np.zeros((4, 4)), x)):
            with pytest.raises(TypeError, match="got an array "):
                apply(a, b)
    assert "array(float64, 3 x 4, C), array(float64, 4, C)" in apply.accel.explain()


def test_tensors_inside():
    @accel.fn
    def total(v: Tensor[Float64, 2]):
        return v[0] + v[1]

    @accel.fn
    def rows(m: Tensor[Float64, 3, 2]):
        s = 0.0
        for i in range(3):
            s += total(m[i]) + total(m[i, ...])
        for row in m:
            s += total(row)
        return s

    @accel.fn
    def columns(m: Tensor[Float64, 3, 2]):
        return total(m[:2, 1]) if m[0, 0] >= 0 else m[::-1][0, 0]

    m = np.arange(6.0).reshape(3, 2)
    for _ in range(3):
        assert rows(m) == 3 * 15.0 and columns(m) == 4.0 and columns(-m - 1) == -5.0
    assert rows.accel.compiled

    @accel.fn
    def either(a: Tensor[Float64, 2], b: Tensor[Float64, 3], flag: int):
        c = a if flag else b
        s = 0.0
        for i in range(len(c)):
            s += c[i]
        return s, c.shape

    for flag in (1, 0, 1):
        assert either(m[0], m[:, 0], flag) == ((1.0, (2,)) if flag else (6.0, (3,)))


def test_memory_of_others_is_shared():
    @accel.fn
    def double(a: Array[Float64, 1], k: float = 2.0, *rest, **named):
        for i in range(len(a)):
            a[i] *= k
        return type(a).__name__, len(rest), len(named)

    @accel.fn
    def half(a: Array[Float64, 1]):
        for i in range(len(a)):
            a[i] /= 2.0
        return len(a)

    for make in (lambda x: array.array("d", x), lambda x: memoryview(np.array(x)), lambda x: Lender(np.array(x))):
        x = make([1.0, 2.0, 3.0])
        before = sys.getrefcount(x)
        for _ in range(3):
            assert double(x) == ("ndarray", 0, 0) and double(k=4.0, a=x) == ("ndarray", 0, 0) and double(x, 0.5, 7, b=8) == ("ndarray", 1, 1)
            assert half(x) == half(a=x) == 3
        assert sys.getrefcount(x) == before
        assert np.asarray(x.data if isinstance(x, Lender) else x).tolist() == [1.0, 2.0, 3.0]
    with accel.disabled():
        assert double(array.array("d", [1.0])) == ("ndarray", 0, 0)
    for wrong, got in ((Lender(np.ones(3), refuses=True), "Lender"), (array.array("f", [1.0]), "an array of float32"), (b"12345678", "an array of uint8"), ("text", "str")):
        with pytest.raises(TypeError, match=f"got {got} "):
            half(wrong)


def test_errors_of_functions_that_got_others():
    @accel.fn
    def fails(a: Array[Float64, 1]):
        raise KeyError(len(a))

    x = array.array("d", [1.0, 2.0])
    for _ in range(3):
        with pytest.raises(KeyError, match="2"):
            fails(x)

    @accel.fn
    def counted(a: Array[Float64, 1]):
        yield from a

    assert list(counted(x)) == [1.0, 2.0]


def test_compiled_callers_do_not_get_past_annotations():
    @accel.fn
    def first(a: Array[Float64, 1, "C"], k: int) -> float:
        return a[0] * k

    @accel.fn
    def rows(m, k):
        s = 0.0
        for i in range(m.shape[0]):
            s += first(m[i], k)
        return s

    for _ in range(3):
        assert rows(np.ones((3, 2)), 2) == 6.0
        for m, k in ((np.ones((3, 4))[:, ::2], 2), (np.ones((3, 2), "f"), 2), (np.ones((3, 2)), 2.0)):
            with pytest.raises(TypeError):
                rows(m, k)


def test_annotated_functions_are_compiled_at_the_first_call():
    @accel.fn
    def add(x: float, y: Float64):
        return x + y

    add(1.0, Float64(2))
    assert add.accel.compiled


def test_elements_of_ufuncs_have_the_annotated_type():
    @accel.vectorize
    def scale(x: Float32, y):
        return x * y

    assert scale(np.ones(3, "f"), 2.0).dtype == np.float32 and scale(np.float32(1), np.ones(2)).tolist() == [1.0, 1.0]
    with pytest.raises(TypeError, match=r"takes numpy\.float32 for `x`"):
        scale(np.ones(3), 2.0)
