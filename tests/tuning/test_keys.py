"""Keys: what counts, how lengths fall into buckets, and which keys are near each other."""

import numpy as np
import pytest

import accel
from accel.tuning.keys import Keyer, bounds_of, bucket_of, distance_between

POSITIONS = {"x": 0, "n": 1, "scale": "scale"}


def test_buckets_cover_all_lengths_once():
    assert [bucket_of(n) for n in (0, 1, 2, 3, 4, 5, 6, 7, 8)] == [-1, 0, 1, 2, 2, 2, 3, 3, 3]
    for length in (*range(5000), 2**31 - 1, 10**12, 10**18):
        low, high = bounds_of(bucket_of(length))
        assert low <= length <= high
    for bucket in range(-1, 60):
        assert bounds_of(bucket)[1] + 1 == bounds_of(bucket + 1)[0]


@pytest.mark.parametrize("power", [1, 4, 10, 40])
def test_a_power_of_two_lies_inside_its_bucket(power):
    assert bucket_of(2**power) == bucket_of(2**power - 1) == bucket_of(2**power + 1) == power or power == 1


def test_shapes_dtypes_and_classes():
    keyer = Keyer(("shape", "dtype"), POSITIONS)
    x = np.zeros((1000, 0, 3), np.float32)
    assert keyer.find((x, 5), {"scale": None}) == (("float32", 10, -1, 2), ("int",), ("NoneType",))
    assert keyer.find(([1, 2], "text"), {"scale": range(9)}) == (("list", 1), ("str", 2), ("range", 3))
    assert Keyer(("dtype",), POSITIONS).find((x, 5), {}) == (("float32",), ("int",))
    assert Keyer(("shape",), POSITIONS).find((x, 5), {}) == ((10, -1, 2), ())
    assert keyer.find((np.float64(3.0), np.array(3.0)), {}) == (("float64",), ("float64",))


def test_rows_that_share_sets_of_the_first_cache_count():
    keyer = Keyer(("shape", "dtype"), POSITIONS)

    def item_of(array):
        return keyer.find((array,), {})[0]

    assert item_of(np.zeros((512, 512))) == item_of(np.zeros((512, 512)).T) == item_of(np.zeros((512, 1024))[:, :512]) == ("float64", 9, 9, "rows 4096")
    assert item_of(np.zeros((256, 256))) == ("float64", 8, 8, "rows 2048") and item_of(np.zeros((512, 513))) == ("float64", 9, 9)
    assert item_of(np.zeros((8, 512))) == ("float64", 3, 9), "so few have room"
    assert item_of(np.zeros((16, 8, 64))) == ("float64", 4, 3, 6, "rows 4096") and item_of(np.zeros((1, 512))[:, :4]) == ("float64", 0, 2)
    assert item_of(np.zeros(5120)[::512]) == ("float64", 3) and item_of(np.zeros(12800)[::-512]) == ("float64", 5, "rows 4096")
    assert item_of(np.zeros(100_000)) == ("float64", 17) and item_of(np.broadcast_to(np.zeros(512), (64, 512))) == ("float64", 6, 9)
    assert Keyer(("shape",), POSITIONS).find((np.zeros((512, 512)),), {}) == ((9, 9, "rows 4096"),)


def test_byte_order_and_structure_of_dtypes_count():
    keyer = Keyer(("shape", "dtype"), POSITIONS)
    assert keyer.find((np.zeros(4, ">f8"),), {}) == ((">f8", 2),)
    assert keyer.find((np.zeros(4, [("a", "i4")]),), {}) == (("[('a', '<i4')]", 2),)


def test_objects_with_odd_shapes_count_by_their_class():
    class Odd:
        shape = "round"

    assert Keyer(("shape", "dtype"), POSITIONS).find((Odd(),), {}) == (("test_objects_with_odd_shapes_count_by_their_class.<locals>.Odd",),)


def test_items_of_arrays_are_kept_and_do_not_mix():
    class Listed(list):
        shape, dtype, strides = (100,), np.dtype("f8"), (8,)

    class Unhashable:
        shape, strides, dtype = (512, 512), [4096, 8], []

    keyer = Keyer(("shape", "dtype"), POSITIONS)
    for _ in range(2):
        assert keyer.find((np.zeros(100), Listed([1, 2])), {}) == (("float64", 7), ("float64", 1))
        assert keyer.find((np.zeros(100, np.int64), np.zeros(100)), {}) == (("int64", 7), ("float64", 7))
        assert keyer.find((Unhashable(),), {}) == (("[]", 9, 9),)
    for length in range(2000):
        assert keyer.find((np.zeros(length),), {}) == (("float64", bucket_of(length)),)


def test_values_of_parameters():
    keyer = Keyer(("n", "scale"), POSITIONS)
    assert keyer.find((None, 1000), {"scale": "fast"}) == (("value", 10), ("value", "fast"))
    assert keyer.find((None, True), {"scale": object()}) == (("value", True), ("value", "object"))
    assert keyer.find((None, -5), {"scale": 0.5}) == (("value", -5), ("value", 0.5))


def test_threads_count():
    keyer = Keyer(("threads",), POSITIONS)
    with accel.parallel(2):
        two = keyer.find((), {})
    with accel.parallel(1):
        one = keyer.find((), {})
    assert (one, two) == ((("threads", 1),), (("threads", 2),))


def test_a_function_gives_the_key():
    keyer = Keyer(lambda x, scale: (len(x), [scale, object]), POSITIONS)
    assert keyer.find(("abc",), {"scale": 2}) == (("key", (3, (2, "<class 'object'>"))),)


def test_distances():
    a, b = (("float64", 10, 3), ("int",)), (("float64", 8, 4), ("int",))
    assert distance_between(a, b) == 3.0 and distance_between(a, a) == 0.0
    assert distance_between(a, (("float32", 10, 3), ("int",))) is None
    assert distance_between(a, a[:1]) is None and distance_between((("float64", 1),), (("float64",),)) is None
    assert distance_between((("value", True),), (("value", 1),)) is None
    one, other = ("float64", 9, 9, "rows 4096"), ("float64", 8, 8, "rows 2048")
    assert distance_between((one,), (one[:3],)) is None and distance_between((one,), (other,)) is None, "what one is decided for tells nothing about the other"
    assert distance_between((one,), (("float64", 10, 10, "rows 4096"),)) == 2.0
