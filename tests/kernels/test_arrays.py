"""What kernels ask of their arrays: dtypes, `out`, and whether machine code may work on the memory as it is."""

import numpy as np
import pytest

from accel.kernels.arrays import check_out, find_dtype, find_place, flatten, give_room, is_direct, is_plain, take_room, to_read

SINGLE, DOUBLE = np.ones(3, np.float32), np.ones(3)


@pytest.mark.parametrize(
    "arrays, dtype",
    [
        ((SINGLE,), np.float32), ((DOUBLE, DOUBLE), np.float64), ((SINGLE, DOUBLE), np.float64), ((SINGLE.astype(">f4"),), np.float32),
        ((SINGLE, np.ones(3, np.int64)), np.float64), ((SINGLE, np.ones(3, np.int8)), np.float32), ((SINGLE, np.ones(3, np.float16)), np.float32),
    ],
)  # fmt: skip
def test_numbers_are_promoted_as_numpy_does(arrays, dtype):
    assert find_dtype("kernel", *arrays) is dtype


@pytest.mark.parametrize("dtype, remedy", [(np.int64, "convert it by `astype`"), (np.complex64, "convert it"), (object, "convert it"), ("U3", "convert it")])
def test_other_numbers_are_refused(dtype, remedy):
    with pytest.raises(TypeError, match=f"^kernel takes arrays of float32 and float64.*{remedy}"):
        find_dtype("kernel", np.ones(3).astype(dtype))


def test_dtypes_without_a_common_one_are_refused():
    with pytest.raises(TypeError, match="got float64 and datetime64.*convert one of them"):
        find_dtype("kernel", DOUBLE, np.ones(3, "M8[s]"))


def test_results_need_room():
    out = np.ones((2, 3), np.float32)
    check_out("kernel", out, (2, 3), np.float32)
    check_out("kernel", out, (2, 3), np.float64)  # the same kind
    read_only = out.copy()
    read_only.setflags(write=False)
    for bad, error in (([1.0], TypeError), (out[:1], ValueError), (out.astype(int), TypeError), (read_only, ValueError)):
        with pytest.raises(error, match="^kernel: `out`"):
            check_out("kernel", bad, (2, 3), np.float32)


def test_plain_memory():
    turned, swapped = np.ones((2, 3)).T, DOUBLE.astype(">f8")
    misaligned = np.frombuffer(b"." + bytes(24), np.float64, offset=1)

    class Mine(np.ndarray):
        pass

    for other in (turned, swapped, misaligned, DOUBLE[::2], DOUBLE.view(Mine), SINGLE):
        assert not is_plain(other, np.float64)
    assert is_plain(DOUBLE, np.float64) and is_plain(DOUBLE[:0], np.float64) and is_plain(np.ones(()), np.float64)


def test_direct_results_share_nothing_with_what_is_read():
    out = np.ones(4)
    assert is_direct(out, np.float64, DOUBLE) and not is_direct(None, np.float64) and not is_direct(out, np.float64, out[1:]) and not is_direct(out, np.float32)


def test_memory_to_work_in_is_used_again():
    room, held = take_room(np.float32, 1000)
    assert room.dtype == np.float32 and room.size >= 1000 and room.flags.writeable and not held.flags.writeable and np.shares_memory(room, held)
    other, other_held = take_room(np.float32, 1000)  # somebody else at the same time
    assert not np.shares_memory(room, other)
    give_room(room, held)
    again, again_held = take_room(np.float32, 900)
    assert again is room and again_held is held
    larger, _ = take_room(np.float32, 10 * room.size)
    assert larger.size == 10 * room.size
    give_room(other, other_held)


def test_what_is_read_is_one_row_that_can_not_be_written():
    a = np.arange(6.0).reshape(2, 3)
    assert to_read(a).shape == (6,) and np.shares_memory(to_read(a), a) and not to_read(a).flags.writeable and a.flags.writeable
    assert flatten(a.T, np.float64).tolist() == [0, 3, 1, 4, 2, 5] and np.shares_memory(flatten(a, np.float64), a)
    assert flatten(a, np.float32).dtype == np.float32 and not flatten(a.T, np.float64).flags.writeable


def test_places_for_what_is_made_from_front_to_back():
    a = np.ones((2, 3))
    assert find_place(a, a, np.float64) is a and find_place(None, a, np.float64).shape == (2, 3)
    b = np.ones(8)
    out, read = b[1:7].reshape(2, 3), b[:6].reshape(2, 3)
    assert not np.shares_memory(find_place(out, read, np.float64), b)
