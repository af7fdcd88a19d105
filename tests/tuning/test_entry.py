"""What can be written into the record, and what is found again in a space."""

import functools
import json
import operator
from math import nan

import numpy as np
import pytest

from accel.tuning import Choice, Entry, Int, Space
from accel.tuning.entry import check_entry, find_candidate, write_arguments, write_entry

GOOD = {"function": "work:f", "content": "c0", "key": "[]", "machine": "m", "arguments": {"tile": 32}, "time_ns": 8.0, "default_ns": 12.0, "trials": 3}


def local():
    pass


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (3, 3), (True, True), (None, None), ("x", "x"), (0.1, 0.1), (1e400, "inf"), (nan, "nan"), ((1, (2,)), [1, [2]]), ({"a": (1,)}, {"a": [1]}), (10**30, 10**30),
        (np.int32(7), 7), (np.float64(0.5), 0.5), (np.bool_(True), True), (np.str_("x"), "x"),
        (local, "tests.tuning.test_entry:local"), (sorted, "builtins:sorted"), (int, "builtins:int"), (np.float32, "numpy:float32"), (Entry, "accel.tuning.entry:Entry"),
    ],
)  # fmt: skip
def test_written(value, written):
    (found,) = write_arguments({"x": value}).values()
    assert found == written and type(found) is type(written) and json.loads(json.dumps(found)) == written


class Number(int):
    pass


@pytest.mark.parametrize(
    "value", [object(), 1j, b"x", {1, 2}, {1: 2}, functools.partial(local), operator.itemgetter(1), np.zeros(3), np.longdouble(1), Number(3), [[object()]]]
)
def test_what_can_not_be_written(value):
    with pytest.raises(ValueError, match=r"^a value of class \w+ can't be written down$"):
        write_arguments({"x": value})


def test_lists_without_end():
    endless = []
    endless.append(endless)
    with pytest.raises(ValueError, match="class list can't be written down"):
        write_arguments({"x": endless})


@pytest.mark.parametrize("value", [1, True, None, "fast", 0.5, 1e400, (1, 2), local, sorted, np.int32(7)])
def test_each_value_is_found_again(value):
    space = Space({"x": [0, value, "other"], "tile": Int(1, 4)})
    for candidate in space:
        assert find_candidate(space, json.loads(json.dumps(write_arguments(space.arguments(candidate))))) == candidate


def test_values_that_are_gone_or_of_another_class():
    space = Space({"tile": [16, 32], "fast": [False, True]}, where=lambda tile, fast: tile == 16 or not fast)
    assert find_candidate(space, {"tile": 32, "fast": False}) == (1, 0)
    for gone in ({"tile": 64, "fast": False}, {"tile": 32, "fast": True}, {"tile": 16}, {"tile": 16, "fast": 0}, {"tile": 16.0, "fast": False}, {"tile": 16, "fast": True, "old": 1}, {}):
        assert find_candidate(space, gone) is None


def test_values_that_are_written_alike_are_none_of_them():
    first, second = [lambda: n for n in (1, 2)]
    assert find_candidate(Space({"f": Choice(first, second)}), write_arguments({"f": first})) is None
    assert find_candidate(Space({"f": Choice(sorted, "builtins:sorted")}), {"f": "builtins:sorted"}) is None
    assert find_candidate(Space({"f": Choice(first)}), write_arguments({"f": first})) == (0,)
    assert find_candidate(Space({"n": [4, 4, 8]}), {"n": 4}) == (0,)
    assert find_candidate(Space({"x": [object(), 1]}), {"x": 1}) == (1,)


def test_an_entry_is_written_and_read():
    entry = check_entry(GOOD | {"tried": [[{"tile": 32}, 8.0], [{"tile": 7}, "raised"]], "strategy": "racing"})
    assert check_entry(json.loads(json.dumps(write_entry(entry)))) == entry
    assert write_entry(entry, with_tried=False)["tried"] == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        *[({name: ...}, f"`{name}` is missing") for name in GOOD],
        ({"function": 3}, "`function` is no text"), ({"when": None}, "`when` is no text"), ({"arguments": [1]}, "`arguments` is no object"),
        ({"time_ns": -1.0}, "`time_ns` is no number from 0"), ({"default_ns": nan}, "`default_ns` is no number from 0"), ({"time_ns": True}, "`time_ns` is no number"),
        ({"trials": 2.5}, "`trials` is no whole number"), ({"trials": "3"}, "`trials` is no number from 0"),
        ({"tried": {}}, "`tried` is no list"), ({"tried": [1]}, "`tried` is no list"), ({"tried": [[{}, None]]}, "`tried` is no list"), ({"tried": [[{}, 1.0, 2]]}, "`tried` is no list"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_entry(change, told):
    with pytest.raises(ValueError, match=f"^{told}"):
        check_entry({name: value for name, value in (GOOD | change).items() if value is not ...})


def test_no_entry_at_all():
    for wrong in (None, [], "x", 3):
        with pytest.raises(ValueError, match="^an entry is no object$"):
            check_entry(wrong)
