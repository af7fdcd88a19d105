"""The contract of kernels: a proper one keeps to it, and each way to break it is found out, with a text that tells."""

import functools
import warnings

import numpy as np
import pytest

import accel
from accel.testing import check_kernel

NUMBERS = np.random.default_rng(1).standard_normal((4, 6))
WEIGHTS = np.random.default_rng(2).standard_normal(6)


def scale(x, w, out=None):
    """A proper kernel, in NumPy; those below break one thing each."""
    made = x * w
    if out is None:
        return made
    if out.shape != made.shape:
        raise ValueError("scale: `out` has another shape")
    out[...] = made
    return out


def reference(x, w):
    return x * w


def check(kernel, **how):
    check_kernel(kernel, reference, NUMBERS, WEIGHTS, **how)


def broken(text):
    return pytest.raises(AssertionError, match=text)


def test_a_proper_kernel():
    check(scale)
    check(scale, dtypes=(np.float32, np.float64), shapes=[((0, 6), (6,)), ((1, 1), (1,)), ((70, 9), (9,))], interpreted=True)
    check(np.multiply)
    check(functools.partial(scale), ulp=1, threads=())


def test_other_numbers():
    check_kernel(np.add, np.add, np.arange(6).reshape(2, 3), np.arange(3), shapes=[((0, 3), (3,)), ((5, 4), (4,))])
    check_kernel(np.add, np.add, np.array([1 + 2j, 3j, np.nan]), np.ones(3, np.complex64))
    check_kernel(np.logical_not, np.logical_not, np.array([True, False, True]))
    check_kernel(np.absolute, lambda z: np.sqrt(z.real**2 + z.imag**2), np.array([3 + 4j, 1j]).astype(np.complex64), ulp=1, special=False)
    check_kernel(np.subtract, np.subtract, np.array(["2020-01-01", "2021-01-01"], "M8[D]"), np.array(["2019-01-01"], "M8[D]"), out=False)
    check_kernel(lambda x: np.float64(x.sum()), np.sum, np.arange(5.0), out=False)
    check_kernel(lambda x: x.astype(np.float64), lambda x: x, NUMBERS.astype(np.float32), result_dtype=np.float64, out=False)
    check_kernel(lambda x, n: x[:n].sum(), lambda x, n: x[:n].sum(), np.arange(5), 3, out=False)


def test_several_results():
    check_kernel(np.modf, np.modf, NUMBERS, out=False)
    check_kernel(lambda x: (x + 1e-9, x.argmax(1)), lambda x: (x, x.argmax(1)), NUMBERS, out=False, bound=lambda want, x: (abs(x) * 0 + 2e-9, 0), empty=False)
    with broken(r"result 1 element \(2,\) is 0, but should be"):
        check_kernel(lambda x: (x + 0, x.argmax(1) * (x[:, 0] < 0)), lambda x: (x, x.argmax(1)), NUMBERS - [[9], [9], [-9], [9]], out=False)
    with broken("it gives 2 results, the reference 1"):
        check_kernel(np.modf, np.abs, NUMBERS, out=False)
    with pytest.raises(ValueError, match="gives 2 results; `out=` is for one: say out=False"):
        check_kernel(np.modf, np.modf, NUMBERS)


def test_options_reach_both():
    check_kernel(np.sum, lambda x, *, axis: x.sum(axis), NUMBERS, options={"axis": 0}, bound=lambda want, x, *, axis: 1e-14 * abs(x).sum(axis), atol=1e-300)


def test_what_it_gives():
    with broken(r"^`half` breaks the contract of kernels: of float64 \(4, 6\) and float64 \(6,\): its result is of float32, not float64"):
        check(named("half", lambda x, w: (x * w).astype(np.float32)))
    with broken(r"its result has shape \(6, 4\), that of the reference \(4, 6\)"):
        check(lambda x, w: (x * w).T.copy())
    with broken("its result is of >f8, not float64"):
        check(lambda x, w: (x * w).astype(">f8"))
    with broken(r"element \(1, 5\) is .*, but should be .*, and is off by 6.17e-15 instead of 5.56e-17 at most"):
        check(off_at(1, 5, 1 + 1e-14))
    for how in ({"rtol": 1e-13}, {"ulp": 60}, {"atol": 1e-13}, {"bound": lambda want, x, w: 1e-13 * abs(x * w)}):
        check(off_at(1, 5, 1 + 1e-14), out=False, special=False, empty=False, **how)
        with broken(r"element \(1, 5\) is"):
            check(off_at(1, 5, 1 + 1e-12), out=False, **how)
    with broken(r"of float32 \(4, 6\) and float32 \(6,\): element"):
        check(lambda x, w: x * w if x.dtype.itemsize == 8 else x * w + np.float32(1), dtypes=("f8", "f4"), out=False)
    with broken(r"of float64 \(70, 3\) and float64 \(3,\): element \(64, 0\)"):
        check(lambda x, w: np.concatenate([x[:64] * w, x[64:65] * 2 * w, x[65:] * w]), shapes=[((5, 3), (3,)), ((70, 3), (3,))], out=False)


def named(name, function):
    function.__name__ = name
    return function


def off_at(i, j, factor):
    def kernel(x, w):
        made = x * w
        made[i, j] *= factor
        return made

    return kernel


def test_special_numbers():
    with broken(r"NaN in argument 0: element \(0, 0\) is 0.0, but should be nan"):
        check(lambda x, w: np.nan_to_num(x * w), out=False)
    with broken(r"-infinity in argument 1: element \(0, 2\) is -?1.797"):
        check(lambda x, w: (x * w).clip(-1.7976931348623157e308) if np.isneginf(w).any() else x * w, out=False)
    with broken(r"a subnormal number in argument 0: element \(3, 5\) is 0.0, but should be 5e-324"):
        check_kernel(lambda x: np.where(abs(x) < 1e-300, 0, x), lambda x: x, NUMBERS, out=False)
    check(lambda x, w: np.nan_to_num(x * w) if np.isnan(x * w).any() else x * w, out=False, special=False)


def test_memory():
    with broken(r"argument 0 in Fortran order: element \(0, 1\) is .*, but .* in C order"):
        check(lambda x, w: x.ravel(order="K").reshape(x.shape) * w, out=False)
    with broken("argument 1 with negative steps: element"):
        check(lambda x, w: x * np.sort(w) if w.strides[0] < 0 else x * w, out=False)
    with broken("argument 0 with swapped bytes: element"):
        check(lambda x, w: x.view("=f8") * w, out=False, special=False)
    with broken("argument 1 misaligned: it raises TypeError: not mine"):
        check(picky(lambda x, w: w.flags.aligned), out=False)
    with broken("argument 0 read-only: it raises TypeError"):
        check(picky(lambda x, w: x.flags.writeable), out=False)
    with broken("arguments 0 and 1 with twice the step along the last axis: it raises TypeError"):
        check(picky(lambda x, w: x.flags.c_contiguous or w.flags.c_contiguous), out=False)
    with broken("argument 0 inside a larger array: it writes to memory around an argument"):
        check(writes_around, out=False)
    with broken("argument 0 with zero steps along axis 0: element"):
        check(lambda x, w: x * w * (x.strides[0] != 0), out=False)


def picky(fits):
    def kernel(x, w):
        if not fits(x, w):
            raise TypeError("not mine")
        return x * w

    return kernel


def writes_around(x, w):
    if x.base is not None and x.base.shape == (6, 8):
        x.base[0, 0] = 7.0
    return x * w


def test_arguments_stay():
    def doubles(x, w):
        w *= 2
        return x * w / 2

    with broken("it changes argument 1"):
        check(doubles, out=False)
    with broken("its result shares memory with argument 0"):
        check_kernel(lambda x: x.T.T, lambda x: x, NUMBERS, out=False)


def test_results_stay():
    room = np.empty(NUMBERS.shape)

    def reuses(x, w):
        if x.shape != room.shape:
            return x * w
        return np.multiply(x, w, out=room)

    with broken(r"after other calls: element .* when it was made"):
        check(reuses, out=False)


def test_calls_and_threads():
    calls = []

    def first_differs(x, w):
        calls.append(1)
        return x * w * (1 + (len(calls) > 1) * 1e-15)

    with broken("called again: element .* in the first call"):
        check(first_differs, rtol=1e-12, out=False)
    with broken("on 3 threads: element"):
        check(lambda x, w: x * w * (1 + 1e-15 * (accel.num_threads() == 3)), rtol=1e-12, out=False)
    check(lambda x, w: x * w * (1 + 1e-15 * (accel.num_threads() == 3)), rtol=1e-12, out=False, threads=(1, 2))


def test_with_accel_off(monkeypatch):
    off = []

    class Disabled(accel.disabled):
        def __enter__(self):
            off.append(1)
            super().__enter__()

    monkeypatch.setattr("accel.testing.kernels.disabled", Disabled)
    check(lambda x, w: x * w * (1 + 1e-15 * len(off)), rtol=1e-12, out=False)
    with broken("with accel off: element"):
        check(lambda x, w: x * w * (1 + 1e-15 * len(off)), rtol=1e-12, out=False, interpreted=True)
    assert off == [1]


def test_signs_of_zeros_are_bits():
    with broken(r"on 3 threads: element \(0,\) is -0.0, but 0.0 in the first call"):
        check_kernel(lambda x: x * (-1.0 if accel.num_threads() == 3 else 1.0), lambda x: x, np.zeros(1), out=False, threads=(3,), special=False)


def test_warnings():
    def warns(x, w):
        warnings.warn("slowly", stacklevel=1)
        return x * w

    with broken("it warns, `UserWarning: slowly`"):
        check(warns, out=False)
    check(warns, out=False, warns=True)
    with broken("infinity in argument 0: it warns, `RuntimeWarning: invalid value"):
        check_kernel(lambda x: x - x, lambda x: x - x, NUMBERS, out=False)


def test_outs():
    with broken("with `out`: it returns another array instead of `out`"):
        check(lambda x, w, out=None: x * w)
    with broken("with `out`: it returns NoneType instead of `out`"):
        check(lambda x, w, out=None: x * w if out is None else np.copyto(out, x * w))
    with broken(r"with `out` with twice the step along the last axis: it writes to memory around `out`"):
        check(fills_base)
    with broken(r"with `out` in Fortran order: element \(0, 1\) is .*, but .* without `out`"):
        check(lambda x, w, out=None: x * w if out is None else put(out, (x * w).ravel(), order="K"))
    with broken(r"with `out`: element \(0, 0\) is nan"):
        check(lambda x, w, out=None: x * w if out is None else put_sum(out, x * w))
    with broken("with `out` with swapped bytes: it raises UFuncTypeError"):
        check(lambda x, w, out=None: np.multiply(x, w, out=out, casting="no") if out is not None else x * w)
    with broken("with `out` read-only: it raises neither a ValueError nor a TypeError"):
        check(lambda x, w, out=None: out if out is not None and not out.flags.writeable else scale(x, w, out))
    with broken("with `out` of another shape: it raises neither"):
        check(lambda x, w, out=None: out if out is not None and out.shape != x.shape else scale(x, w, out))
    with broken("with `out` of another shape: it raises, but has written to it"):
        check(writes_first)


def put(out, values, order):
    if out.shape == NUMBERS.shape and out.flags.f_contiguous:
        out.T[...] = values.reshape(out.T.shape)
    else:
        out[...] = values.reshape(NUMBERS.shape)
    return out


def put_sum(out, values):
    out += values
    return out


def fills_base(x, w, out=None):
    if out is not None and out.base is not None and out.base.shape == (4, 12):
        out.base[...] = 0
    return scale(x, w, out)


def writes_first(x, w, out=None):
    if out is not None and out.shape != x.shape:
        out[0, 0] = 0
        raise ValueError("another shape")
    return scale(x, w, out)


def test_outs_that_share_memory():
    def forwards(x, w, out=None):
        """From front to back: right at the very place, wrong where memory overlaps."""
        out = np.empty(x.shape) if out is None else out
        if out.shape != x.shape:
            raise ValueError("another shape")
        for i in range(x.shape[0]):
            for j in range(x.shape[1]):
                out[i, j] = x[i, j] * w[j]
        return out

    with broken("with `out` turned round at the place of argument 0: element"):
        check(forwards)
    check(forwards, out="apart")

    def sums(x, out=None):
        out = np.empty(x.shape) if out is None else out
        if out.shape != x.shape:
            raise ValueError("another shape")
        out[...] = 0
        out += x
        return out

    with broken(r"with `out` at the place of argument 0: element \(0, 0\) is 0.0, but .* without `out`"):
        check_kernel(sums, lambda x: x, NUMBERS)

    def transposes(x, out=None):
        made = np.empty(x.shape[::-1]) if out is None else out
        if made.shape != x.shape[::-1]:
            raise ValueError("another shape")
        for i in range(x.shape[0]):
            for j in range(x.shape[1]):
                made[j, i] = x[i, j] + 1
        return made

    with broken("with `out` transposed at the place of argument 0: element|turned round at the place|elements behind the beginning of argument 0"):
        check_kernel(transposes, lambda x: x.T + 1, NUMBERS)
    with broken("with `out` 3 elements behind the beginning of argument 1: element"):
        check(lambda x, w, out=None: scale(x, w, out) if out is None or out.shape != x.shape else late(x, w, out))


def late(x, w, out):
    """Looks at weights for each row anew."""
    if np.shares_memory(x, out):
        return scale(x, w, out)
    for i in range(len(x)):
        out[i] = x[i] * w
    return out


def test_nothing():
    with broken(r"of float64 \(0, 6\) and float64 \(6,\), axes of length 4 cut to 0: it raises ValueError: zero-size"):
        check(lambda x, w: x * w * (x.max() > -9), out=False, special=False)
    check(lambda x, w: x * w * (x.max() > -9), out=False, empty=False, special=False)
    check_kernel(lambda x: x.max(), lambda x: x.max(), NUMBERS, out=False)  # nobody knows the greatest of no numbers


def test_the_first_call_raises_what_it_raises():
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        check_kernel(scale, reference, NUMBERS)
