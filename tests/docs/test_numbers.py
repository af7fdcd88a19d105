"""The table of docs/numbers.md is what the types do, and the promotion rows say the same."""

from tests.docs.numbers import BESIDE, PAGE, TYPES, sum_of, write_page


def test_table():
    assert PAGE.read_text() == write_page(), "run python -m tests.docs"


def test_rows_say_it():
    for one in TYPES.values():
        for other in BESIDE.values():
            assert bool(sum_of(one, other)) is isinstance(other, type(one).__promotes__)
