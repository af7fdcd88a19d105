"""What NumPy operations give is predicted by trying them on samples."""

import operator

import numpy
import pytest

from accel.specialize.samples import is_array_function, is_builtin_on_arrays, is_dtype_like, kind_of_value, predict_kind
from accel.types.kinds import Array, Bool, Complex, Float, Int, NoneKind, Scalar, Tuple

LINE, GRID = Array("d", 1), Array("d", 2)


@pytest.mark.parametrize(
    ("operation", "kinds", "made"),
    [("+", (LINE, Float()), LINE), ("+", (LINE, GRID), GRID), ("@", (GRID, LINE), LINE), ("@", (LINE, LINE), Scalar("d")),
     ("<", (LINE, Int()), Array("?", 1)), ("/", (Array("l", 1), Int()), LINE), ("//", (Array("b", 1), Int()), Array("b", 1)),
     (numpy.sum, (LINE,), Scalar("d")), (numpy.cumsum, (GRID,), LINE), (numpy.nonzero, (LINE,), Tuple((Array("l", 1),))),
     (numpy.zeros, (Int(),), LINE), (numpy.sqrt, (Array("f", 1),), Array("f", 1))],
)  # fmt: skip
def test_predictions(operation, kinds, made):
    assert predict_kind(operation, kinds, (...,) * len(kinds)) == made


def test_known_arguments_count():
    assert predict_kind(numpy.sum, (GRID, Int()), (..., 0), ("axis",)) == LINE
    assert predict_kind(lambda a, n: a.reshape(n, 1), (LINE, Int()), (..., ...)) == GRID


def test_what_no_sample_does():
    assert predict_kind("+", (LINE, NoneKind()), (..., ...)) is None
    assert predict_kind(numpy.cross, (Array("?", 4),) * 2, (..., ...)) is None


def test_samples_try_several_sizes():
    seen = []

    def only_four(a, n):
        seen.append(n)
        return a[:4] if n == 4 else operator.truediv(1, 0)

    assert predict_kind(only_four, (LINE, Int()), (..., ...)) == LINE and seen == [2, 4]


def test_kinds_of_values():
    plain = [(1, Int()), (1.5, Float()), (True, Bool()), (1j, Complex()), (None, NoneKind()), (numpy.int8(1), Scalar("b"))]
    assert all(kind_of_value(value) == kind for value, kind in plain)
    assert kind_of_value((1, (2.5,))) == Tuple((Int(), Tuple((Float(),))))
    layouts = [numpy.zeros((2, 3)), numpy.zeros((2, 3), order="F"), numpy.zeros((4, 4))[::2, ::2]]
    assert [kind_of_value(a).layout for a in layouts] == ["C", "F", "A"]
    assert kind_of_value("text") is None and kind_of_value((1, "text")) is None and kind_of_value(numpy.zeros(2, ">f8")) is None
    assert kind_of_value(numpy.zeros(2).view(numpy.recarray)) is None and kind_of_value(numpy.zeros(2, object)) is None


def test_which_functions_may_be_tried():
    assert is_array_function(numpy.sum) and is_array_function(numpy.sqrt)
    assert not is_array_function(numpy.save) and not is_array_function(print) and not is_array_function(lambda a: a)
    assert is_builtin_on_arrays(abs) and not is_builtin_on_arrays(print)
    assert is_dtype_like(numpy.dtype("d")) and is_dtype_like(numpy.int8) and is_dtype_like(float) and not is_dtype_like(str)
