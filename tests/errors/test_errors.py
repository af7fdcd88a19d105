"""Exceptions and the Diagnostic they carry."""

import doctest
import pickle

import pytest

import accel
from accel.advice import ADVICE
from accel.errors import Diagnostic, render_diagnostic
from tests.errors.pages import page_slugs

DOT = Diagnostic(
    "cannot compile `dot`: arrays have no attribute `get`", "unknown-attribute", "examples/dot.py", 5, 20, 25,
    "    total += size * b.get(i)", "`b` is array(float64, 1-d, C)", "an array offers indexing", ("write `b[i]`", "or drop @fn"),
)  # fmt: skip


def test_rendering():
    assert render_diagnostic(DOT) == """\
cannot compile `dot`: arrays have no attribute `get` [unknown-attribute]
  --> examples/dot.py:5:21
   |
5  |     total += size * b.get(i)
   |                     ^^^^^ `b` is array(float64, 1-d, C)
   |
   = why: an array offers indexing
   = do: write `b[i]`
   = do: or drop @fn"""


def test_long_line_numbers_widen_the_margin():
    lines = render_diagnostic(Diagnostic("w", "s", "f.py", 12345, 0, 1, "x", why="y")).splitlines()
    assert lines[1:] == ["     --> f.py:12345:1", "      |", "12345 | x", "      | ^", "      |", "      = why: y"]


def test_tabs_and_wide_spans():
    lines = render_diagnostic(Diagnostic("w", "s", "f.py", 1, 1, 99, "\tx + y")).splitlines()
    assert lines[-2:] == ["1  | \tx + y", "   | \t^^^^^"]


def test_diagnostic_is_a_frozen_value():
    same = pickle.loads(pickle.dumps(DOT))
    assert same == DOT and hash(same) == hash(DOT) and "slug='unknown-attribute'" in repr(same)
    assert DOT != Diagnostic("x", "y")
    with pytest.raises(AttributeError, match="can't be changed: what"):
        DOT.what = "other"
    with pytest.raises(AttributeError, match="can't be changed: what"):
        del DOT.what


@pytest.mark.parametrize(
    ("name", "builtin"),
    [("CompileError", NotImplementedError), ("OptionError", TypeError), ("OptionError", ValueError), ("DecorationError", TypeError),
     ("ArgumentError", TypeError), ("InexactError", OverflowError), ("MissingPackageError", ImportError), ("RecordError", ValueError)],
)  # fmt: skip
def test_each_error_is_a_builtin_one(name, builtin):
    error = getattr(accel, name)((DOT, DOT))
    assert isinstance(error, builtin) and isinstance(error, accel.AccelError)
    assert error.diagnostics == (DOT, DOT) and str(error) == f"{DOT}\n\n{DOT}"
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and again.diagnostics == error.diagnostics
    assert type(error).__module__ == "accel"


def test_errors_with_a_text_or_nothing():
    assert str(accel.InexactError("f.py:3: too large")) == "f.py:3: too large"
    assert str(accel.AccelError()) == "" and accel.AccelError().diagnostics == ()
    assert accel.CompileError(DOT).diagnostics == (DOT,)


def test_advice_is_about_known_slugs():
    assert set(ADVICE) <= set(page_slugs())


@pytest.mark.parametrize("thing", [Diagnostic, render_diagnostic])
def test_examples(thing):
    space = {"Diagnostic": Diagnostic, "render_diagnostic": render_diagnostic}
    runner = doctest.DocTestRunner()
    for example in doctest.DocTestFinder(recurse=False).find(thing, thing.__name__, globs=space, module=False):
        assert runner.run(example).failed == 0
