"""Values known while compiling survive being written down; what is no number or text is left to the caller."""

import marshal
import math

import numpy as np
import pytest

from accel.cache.values import pack_value, unpack_value


@pytest.mark.parametrize("value", [None, True, 1, 2**70, 0.5, 1j, "text", b"bytes", ..., (), (1, (2.0, "x"), None)])
def test_numbers_and_texts_are_written_down(value):
    packed = marshal.loads(marshal.dumps(pack_value(value, None), 2))
    found = unpack_value(packed, None)
    assert found == value and type(found) is type(value)


def test_signs_and_types_are_kept():
    kept = [unpack_value(pack_value(value, None), None) for value in (-0.0, math.nan, True)]
    assert math.copysign(1.0, kept[0]) == -1.0 and math.isnan(kept[1]) and kept[2] is True


@pytest.mark.parametrize("value", [np.float64(2.0), int, (1, np.int8), frozenset({1})])
def test_all_else_is_left_to_the_caller(value):
    held = []
    packed = pack_value(value, lambda one: held.append(one) or len(held) - 1)
    assert len(held) == 1 and unpack_value(marshal.loads(marshal.dumps(packed, 2)), held.__getitem__) == value
