"""What kernels ask of their arrays: dtypes, `out`, and whether machine code may work on the memory as it is."""

import numpy as np
import pytest

from accel.kernels.arrays import check_out, find_dtype, is_direct, is_plain

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
