"""Each row of the table of what compiles gives CPython's answer."""

from __future__ import annotations

import pytest

from tests.exactness.agreement import agree
from tests.features.row import Row
from tests.features.table import SECTIONS


@pytest.mark.parametrize("row", [row for section in SECTIONS for row in section.rows], ids=lambda row: row.function.__name__)
def test_row(row: Row) -> None:
    agree(row.function, *row.makers)
