"""Each row of the table of what compiles gives CPython's answer, and runs as the page says."""

from __future__ import annotations

import re

import pytest

from tests.features.page import PAGE, cell, row_line
from tests.features.row import Row
from tests.features.table import SECTIONS

ROWS = [row for section in SECTIONS for row in section.rows]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.function.__name__)
def test_row(row: Row) -> None:
    assert row_line(row) in PAGE.read_text().splitlines()


def test_page_has_these_rows_and_no_others() -> None:
    lines = [line for line in PAGE.read_text().splitlines() if re.match(r"\| (?!what \|)", line)]
    assert [line.rpartition(" | ")[0] for line in lines] == [f"| {cell(row.says)}" for row in ROWS]


def test_names_are_unique() -> None:
    assert len({row.says for row in ROWS}) == len(ROWS) == len({row.function.__name__ for row in ROWS})
