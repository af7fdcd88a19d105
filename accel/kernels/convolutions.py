"""This module is `conv2d`: what it takes and gives; the work is done by `accel.kernels.patches`."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy

from accel.kernels.arrays import check_out, find_dtype, flatten, give_room, is_direct, take_room
from accel.kernels.blocks import Blocks, choose_blocks, round_up
from accel.kernels.epilogues import Epilogue
from accel.kernels.patches import Geometry, convolve
from accel.threads import num_threads, parallel_for

__all__ = ["conv2d"]

_BY_NAME: dict[str, tuple[int, int] | None] = {"same": None, "valid": (0, 0)}
_SHARED = 1 << 22  # multiplications that are worth several threads
_WAYS = 8  # of a cache: as many panels may begin on the same line of it


def conv2d(
    x: Any,
    weight: Any,
    bias: Any = None,
    *,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] | str = 0,
    activation: str | Callable[[Any], Any] | None = None,
    out: Any = None,
) -> Any:
    """The convolution of images with channels, as in neural networks: the weights are not turned round.

    Parameters
    ----------
    x : array_like, (batch, height, width, channels) or (height, width, channels)
        Of float32 or float64, or what NumPy promotes to these. Any strides.
    weight : array_like, (kernel height, kernel width, channels, filters)
        What each patch of `x` is multiplied with.
    bias : array_like, (filters,), optional
        Added to each place.
    stride : int or (int, int), default 1
        How far patches lie apart, down and to the right.
    padding : int, (int, int), "same" or "valid", default 0
        Zeros above and below, and on the left and right. "valid" is 0; "same" gives `ceil(height / stride)` rows and as many columns: where the number of
        zeros is odd, the one more is below, and on the right.
    activation : {"relu"} or callable, optional
        What becomes of each element, behind the bias: a function of an array, as a ufunc is.
    out : ndarray, (..., rows, columns, filters), optional
        Where the result goes. It may share memory with the others.

    Returns
    -------
    ndarray, (..., rows, columns, filters)
        `activation(sum of patch * weight + bias)`; `rows` is `(height + zeros - kernel height) // stride + 1`.

    Raises
    ------
    TypeError
        For other dtypes; for a stride or padding that is no integer; for an `out` that is no array, or can't hold the result.
    ValueError
        When shapes do not fit, or the kernel is larger than the image with its zeros; when `out` is read-only.

    Notes
    -----
    *Accuracy.* Each element is one chain of fused operations from 0.0 on, `total = fma(x, weight, total)`, over the rows of the kernel, in these over its
    columns, in these over the channels: k = kernel height * kernel width * channels roundings. Its error is at most `k * u / (1 - k * u)` times the sum of
    the magnitudes of the products, u = 2**-24 or 2**-53. Then come the bias and the activation.

    *Determinism.* The bits depend on the patch, the weights of the filter and the bias alone: not on the number of threads, the batch, the strides in
    memory or the instruction set.

    *Threads.* As many as `accel.num_threads()` says, from four million multiplications on.

    *Zeros* of the padding are multiplied as any others: with a weight that is infinite or NaN they give NaN. Nothing warns.

    *Memory.* Arrays that are not C-ordered are copied first. Patches are packed in blocks that fit the second cache; of the weights a thread that has more
    patches than one block keeps a copy.

    Examples
    --------
    >>> import numpy
    >>> from accel.kernels import conv2d
    >>> x = numpy.arange(9.0).reshape(3, 3, 1)
    >>> conv2d(x, numpy.ones((2, 2, 1, 1)))[:, :, 0]
    array([[ 8., 12.],
           [20., 24.]])
    >>> conv2d(x, numpy.ones((3, 3, 1, 1)), padding="same", stride=2, bias=[-10.0], activation="relu")[:, :, 0]
    array([[ 0.,  2.],
           [10., 14.]])
    """
    images, taps = numpy.asarray(x), numpy.asarray(weight)
    dtype = find_dtype("conv2d", images, taps)
    _check_axes(images, taps)
    geometry = _find_geometry(images.shape[-3:], taps.shape, _find_pair("stride", stride, 1), _find_zeros(padding))
    shape = (*images.shape[:-3], geometry.out_height, geometry.out_width, taps.shape[3])
    epilogue = Epilogue("conv2d", shape, dtype, bias=bias, activation=activation)
    if out is not None:
        check_out("conv2d", out, shape, dtype)
    direct = is_direct(out, dtype, images, taps, *epilogue.arrays)
    made = out if direct else numpy.empty(shape, dtype)
    if taps.size:
        _convolve(flatten(images, dtype), flatten(taps, dtype), made, geometry, choose_blocks(dtype))
    else:
        made.fill(0)
    epilogue.apply(made)
    if out is None or direct:
        return made
    numpy.copyto(out, made, casting="same_kind")
    return out


def _check_axes(images: Any, taps: Any) -> None:
    if images.ndim not in (3, 4):
        raise ValueError(f"conv2d: `x` has shape {images.shape}, not (batch, height, width, channels) or (height, width, channels)")
    if taps.ndim != 4:
        raise ValueError(f"conv2d: `weight` has shape {taps.shape}, not (height, width, channels, filters)")
    if images.shape[-1] != taps.shape[2]:
        raise ValueError(f"conv2d: `x` has {images.shape[-1]} channels, `weight` is for {taps.shape[2]}")
    if not taps.shape[0] or not taps.shape[1]:
        raise ValueError(f"conv2d: `weight` has shape {taps.shape}, a kernel without elements")


def _find_pair(name: str, given: Any, least: int) -> tuple[int, int]:
    """One number for both axes, or two."""
    if type(given) is int and given >= least:
        return given, given
    items = tuple(given) if isinstance(given, (tuple, list)) else (given, given)
    try:
        numbers = tuple(operator.index(item) for item in items)
    except TypeError:
        raise TypeError(f"conv2d: `{name}` is an integer or two of them, not {given!r}") from None
    if len(numbers) != 2 or min(numbers) < least:
        raise ValueError(f"conv2d: `{name}` is an integer of at least {least} or two of them, not {given!r}")
    return numbers


@lru_cache(512)
def _find_geometry(image: tuple[int, int, int], taps: tuple[int, int, int, int], steps: tuple[int, int], zeros: tuple[int, int] | None) -> Geometry:
    """Where patches lie; raises where not even one has room."""
    outs, before = [], []
    for axis, step in enumerate(steps):
        size, reach = image[axis], taps[axis]
        if zeros is None:
            outs.append(-(-size // step))
            before.append(max(0, (outs[-1] - 1) * step + reach - size) // 2)
        else:
            outs.append((size + 2 * zeros[axis] - reach) // step + 1)
            before.append(zeros[axis])
            if outs[-1] < 1:
                what, around = ("height", "width")[axis], f" and {zeros[axis]} zeros on both sides" if zeros[axis] else ""
                raise ValueError(f"conv2d: the kernel has {what} {reach}, the image {size}{around}")
    return Geometry(*image, outs[0], outs[1], *steps, before[0], before[1], taps[1] * taps[2])


def _find_zeros(padding: Any) -> tuple[int, int] | None:
    """Zeros on each side; None for as many as leave the size as it is."""
    if isinstance(padding, str):
        if padding in _BY_NAME:
            return _BY_NAME[padding]
        raise ValueError(f'conv2d: `padding` is "same", "valid", an integer or two of them, not {padding!r}')
    return _find_pair("padding", padding, 0)


def _convolve(x: Any, weight: Any, out: Any, geometry: Geometry, blocks: Blocks) -> None:
    """All patches times all filters: threads share the larger of the two."""
    if not out.size:
        return
    n = out.shape[-1]
    m, k = out.size // n, weight.size // n
    plan, flat = _plan(m, n, k, blocks, num_threads() if m * n * k >= _SHARED else 1), out.reshape(-1)

    def do(number: int) -> None:
        begin, count = number * plan.share, min(plan.share, plan.size - number * plan.share)
        (first, rows), (start, columns) = ((begin, count), (0, n)) if plan.by_patches else ((0, m), (begin, count))
        room, held = take_room(out.dtype, plan.room)
        convolve(x, weight, flat, room, held, geometry=geometry, begin=first, m=rows, start=start, n=columns, **plan.options)
        give_room(room, held)

    if plan.parts == 1:
        do(0)
    else:
        parallel_for(do, plan.parts, schedule="dynamic")


class _Plan:
    """How the patches, or the filters where these are more, are shared among threads, and the sizes of blocks."""

    def __init__(self, m: int, n: int, k: int, blocks: Blocks, threads: int) -> None:
        tile = blocks.tile
        self.by_patches = m >= n
        self.size, step = (m, tile.tall) if self.by_patches else (n, tile.wide)
        self.share = round_up(-(-self.size // threads), step)
        self.parts = -(-self.size // self.share)
        patches, filters = (self.share, n) if self.by_patches else (m, self.share)
        deep = -(-k // (-(-k // (blocks.depth - 8)) * 8)) * 8  # equal parts
        if deep % 64 == 0 and n > _WAYS * tile.wide:
            deep += 8
        deep = min(k, deep)
        high, wide = min(blocks.high, round_up(patches, tile.tall)), round_up(filters, tile.wide)
        strip = min(wide, max(1, blocks.high * blocks.depth // (deep * tile.wide)) * tile.wide)
        self.room = high * (tile.wide + deep) + tile.lanes.width + (k * wide if patches > high else deep * strip)
        self.options: dict[str, Any] = {"wide": n, "k": k, "deep": deep, "high": high, "strip": strip, **tile.options}


_plan = lru_cache(maxsize=512)(_Plan)
