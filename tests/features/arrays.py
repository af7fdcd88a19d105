"""Arrays: elements, slices, views, what NumPy does."""

import numpy as np

import accel
from accel.types import Array, Borrowed, Float64, Inout, Owned, move
from tests.features.row import Section

elements = Section("Array elements and views")
whole = Section("Whole arrays")


def line():
    return np.arange(8.0)


def grid():
    return np.arange(12.0).reshape(3, 4)


@elements.row("elements by ints of every sign", lambda: (grid(), 1), lambda: (grid(), -1), lambda: (grid(), 7))
def element(a, i):
    return a[i, 0] + a[i][1] + a[0, -1]


@elements.row("elements stored, augmented too", lambda: (line(), 2))
def stored(a, i):
    a[i] = 5.0
    a[i + 1] += 2.5
    a[-1] *= 2
    return a


@accel.fn
def doubled(a: Owned[Array[Float64, 1]]):
    for i in range(len(a)):
        a[i] *= 2.0
    return a


@elements.row("parameters that are `Borrowed`, `Inout` or `Owned`, and `move`", lambda: (line(), line(), 2))
def owners(a: Inout[Array[Float64, 1]], b: Borrowed[Array[Float64, 1]], n):
    c = b[1:].copy()
    for _ in range(n):
        c = doubled(move(c))
    a[0] = c[0] + b[-1]
    return a, c


@elements.row("slices of every sign, with steps", lambda: (line(), 2))
def slices(a, i):
    return a[i:], a[:-i], a[::2], a[::-1], a[i:-1:2], a[-3:]


@elements.row("slices in several dimensions", lambda: (grid(),))
def slices_2d(a):
    return a[1:, :2], a[0, ::2], a[:, 1], a[-1]


@elements.row("assignment to slices", lambda: (line(), grid()))
def slice_stored(a, b):
    a[:3] = 1.0
    a[3:5] = a[5:7]
    b[1] = 7.0
    b[:, 0] = 2
    b[1:, 1:] *= 2
    return a, b


@elements.row("`...`", lambda: (grid(),))
def ellipsis(a):
    a[...] = 3.0
    return a[..., 0], a[0, ...], a[...]


@elements.row("None and np.newaxis in subscripts", lambda: (line(),))
def newaxis(a):
    return a[None, :], a[:, np.newaxis], a[None]


@elements.row("masks and arrays of indexes", lambda: (line(), np.array([0, 3])))
def fancy(a, i):
    a[a > 5] = 0.0
    return a[i], a[a > 2]


@elements.row("shape, ndim, size, dtype, itemsize, nbytes, strides, T, len", lambda: (grid(),))
def array_attributes(a):
    n, m = a.shape
    return n, m, a.ndim, a.size, a.itemsize, a.nbytes, a.T, len(a), a.shape[0]


@elements.row("dtype", lambda: (grid(),))
def dtype(a):
    return np.zeros(3, a.dtype), np.zeros(3, dtype=a.dtype)


@elements.row("dtype compared", lambda: (grid(),))
def dtype_compared(a):
    return a.dtype == np.float64


@elements.row("strides, flat, real, imag", lambda: (grid(),))
def more_attributes(a):
    return a.strides, a.real, a.imag


@elements.row("a name that is an array on one path and its view on another", lambda: (line(), True), lambda: (line(), False))
def view_or_array(a, skip):
    b = a
    if skip:
        b = a[::2]
    total = 0.0
    for i in range(len(b)):
        total += b[i]
    return total


@elements.row("two arrays that change names", lambda: (line(), line()))
def swap(a, b):
    for _ in range(3):
        for i in range(1, len(a) - 1):
            b[i] = a[i - 1] + a[i + 1]
        a, b = b, a
    return a


@elements.row("a view that shrinks in a loop", lambda: (line(),))
def shrink(a):
    total = 0.0
    while len(a) > 0:
        total += a[0]
        a = a[1:]
    return total


@elements.row("a row taken in a loop", lambda: (grid(),))
def row_loop(a):
    total = 0.0
    best = a[0]
    for row in a:
        if row[0] > best[0]:
            best = row
    return best


@elements.row("an array or None", lambda: (line(), True), lambda: (line(), False))
def array_or_none(a, given):
    b = None
    if given:
        b = a
    if b is None:
        return 0.0
    return b[0]


@elements.row("a default of None for an array", lambda: (line(),), lambda: (line(), line()))
def array_default(a, out=None):
    if out is None:
        out = np.zeros(len(a))
    for i in range(len(a)):
        out[i] = a[i] * 2
    return out


@elements.row("arrays of every dtype", lambda: (np.arange(4, dtype=np.int8), np.arange(4, dtype=np.float32), np.ones(3, bool), np.ones(2, complex)))
def dtypes(a, b, c, d):
    return a[1] + a[2], b[1] * b[2], c[0] & c[1], d[0] * 2j


@elements.row("0-d, empty, read-only, strided, Fortran-ordered arrays", lambda: (np.array(2.5), np.zeros(0), np.asfortranarray(grid()), grid()[::2, ::2]))
def strange(a, b, c, d):
    total = a[()] + len(b)
    for x in b:
        total += x
    return total + c[1, 2] + d[1, 1]


@elements.row("arrays compared by identity", lambda: (line(),))
def array_identity(a):
    b = a
    return b is a, a is not None


@whole.row("allocation: zeros, ones, empty, full, arange, linspace, eye", (3,))
def allocation(n):
    a = np.zeros(n)
    b = np.ones((n, n), dtype=np.int64)
    c = np.empty(n)
    c[:] = 1.0
    return a, b, c, np.full(n, 2.5), np.arange(n), np.linspace(0.0, 1.0, n), np.eye(n), np.zeros_like(a)


@whole.row("arithmetic, comparisons and ufuncs of whole arrays", lambda: (line(), line()))
def whole_arithmetic(a, b):
    c = a * 2.0 + b
    c -= a
    return c, np.sin(a), a > b, -a, np.maximum(a, b), a @ b, np.sqrt(a, out=b)


@whole.row("reductions and products", lambda: (grid(),))
def reductions(a):
    return a.sum(), a.sum(axis=0), np.max(a), a.mean(), a.argmax(), a @ a.T, np.dot(a, a.T), a.any(), np.cumsum(a[0])


@whole.row("min, max, sum, abs of arrays (Python's functions)", lambda: (line(),))
def python_reductions(a):
    return abs(a), sum(a), min(a), max(a)


@whole.row("reshape, transpose, copy, astype, sort, where, concatenate", lambda: (grid(),))
def shaping(a):
    b = a.copy()
    b.sort()
    return a.reshape(4, 3), a.transpose(), b, a.astype(np.float32), np.where(a > 3, a, 0.0), np.concatenate((a, a)), a.ravel()


@whole.row("conj, conjugate of arrays", lambda: (np.ones(3, complex),))
def conjugates(a):
    return a.conj(), a.conjugate(), np.conj(a), a.real, a.imag


@whole.row("an array from a literal list", (2.0,))
def literal(x):
    a = np.array([x, 1.0, 2.0])
    return a[0] + a[2]


@whole.row("tolist, item", lambda: (line(),))
def items(a):
    return a[2].item(), a.item(3)
