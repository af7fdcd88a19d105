"""Kinds of elements and dtypes of results."""

import pytest

from accel.types.elements import element_kind, find_output_chars
from accel.types.kinds import Bool, Complex, Float, Int, Never, NoneKind, Object, Scalar, Tuple, join_kinds


@pytest.mark.parametrize(
    ("char", "annotated", "kind"),
    [("d", None, Scalar("d")), ("f", float, Float()), ("B", int, Int()), ("?", bool, Bool()), ("?", int, Bool()), ("F", complex, Complex()),
     ("l", float, Int()), ("d", int, None), ("D", float, None), ("i", bool, None), ("O", None, None), ("g", None, None)],
)  # fmt: skip
def test_kinds_of_elements(char, annotated, kind):
    assert element_kind(char, annotated) == kind


@pytest.mark.parametrize(
    ("result", "chars"),
    [(Int(), ("l",)), (join_kinds(Float(), Scalar("f")), ("f",)), (join_kinds(Int(), Float()), ("d",)), (join_kinds(Int(), Scalar("b")), ("b",)),
     (join_kinds(Bool(), Int()), ("l",)), (join_kinds(Complex(), Scalar("f")), ("F",)), (Tuple((Bool(), Scalar("e"))), ("?", "e")),
     (NoneKind(), None), (Object(), None), (Never(), None), (Tuple(()), None), (Tuple((Int(), NoneKind())), None)],
)  # fmt: skip
def test_dtypes_of_results(result, chars):
    assert find_output_chars(result) == chars
