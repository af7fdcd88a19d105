"""The table of promotion in docs/types.md says what NumPy does."""

import operator
import re

import numpy
import pytest

from accel.types.kinds import Scalar
from tests.docs.promotion import CHARS, PAGE, short, write_page

OPERATORS = {"+": operator.add, "/": operator.truediv, "//": operator.floordiv, "<<": operator.lshift}


def test_page_is_what_the_compiler_says():
    assert PAGE.read_text() == write_page(), "run python -m tests.docs"


@pytest.mark.parametrize("symbol", OPERATORS)
def test_every_cell_is_what_numpy_gives(symbol):
    (rows,) = re.findall(rf"^\| `{re.escape(symbol)}` \|.*\n\|[-|]*\n((?:\|.*\n)+)", PAGE.read_text(), re.MULTILINE)
    columns = [*(numpy.dtype(c).type for c in CHARS), int, float, complex]
    for char, row in zip(CHARS, rows.splitlines(), strict=True):
        for class_, cell in zip(columns, row.split(" | ")[1:], strict=True):
            try:
                with numpy.errstate(all="ignore"):
                    given = type(OPERATORS[symbol](numpy.dtype(char).type(1), class_(1)))
            except TypeError:
                given = None
            told = cell.strip(" |")
            names = {short(Scalar(c)): numpy.dtype(c).type for c in CHARS} | {"int": int, "float": float, "complex": complex, "bool": bool, "": None}
            assert told == "" or names[told] is given
            assert told or given is None or (symbol in ("//",) and char in "FD")
