"""This module is the machine code of convolutions: patches of images packed as rows of a matrix, which is multiplied with the weights tile by tile.

An element of the result is one chain of fused operations over the elements of its patch, from 0 on, as in a matrix product of all patches.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from accel.compile_time import Comptime, comptime
from accel.decorators import fn
from accel.kernels.tiles import multiply_block, pack_panels

__all__ = ["Geometry", "convolve", "pack_patches"]


class Geometry(NamedTuple):
    """The images, how far patches lie apart, where the first one begins, and the lines of each that lie one behind the other in memory."""

    height: int
    width: int
    channels: int
    out_height: int
    out_width: int
    down: int
    right: int
    top: int
    left: int
    line: int  # elements


@fn(nogil=True)
def pack_patches(x: Any, room: Any, geometry: Geometry, *, first: int, m: int, k: int, begin: int, to: int, lanes: Comptime[Any], tall: Comptime[int]) -> None:
    """`k` elements from `begin` on of `m` patches from `first` on, one behind the other from `to` on, the last one again up to a multiple of the height of a
    tile. What lies outside of the image is 0. A row of lanes more is written."""
    height, width, channels, out_height, out_width, down, right, above, before, line = geometry
    image, place = first // (out_height * out_width), first % (out_height * out_width)
    row, column = place // out_width, place % out_width
    first_line, first_inside = begin // line, begin % line
    for i in range(m + -m % tall):
        left = column * right - before
        low, high = max(0, -left * channels), min(line, (width - left) * channels)
        y = row * down - above + first_line
        source = (image * height + y) * (width * channels) + left * channels
        inside, target, rest = first_inside, to + i * k, k
        while rest > 0:
            count = min(rest, line - inside)
            if low <= inside and inside + count <= high and 0 <= y < height:
                whole = count - count % lanes.width
                for p in range(0, whole, lanes.width):
                    lanes.load(x, source + inside + p).store(room, target + p)
                if whole < count:
                    lanes.load(x, source + inside + whole, lanes.iota() < count - whole).store(room, target + whole)
            else:
                for p in range(0, count, lanes.width):
                    at = lanes.iota() + (inside + p)
                    lanes.load(x, source + inside + p, (at >= low) & (at < (high if 0 <= y < height else 0))).store(room, target + p)
            y += 1
            source += width * channels
            target += count
            rest -= count
            inside = 0
        if i < m - 1:
            column += 1
            if column == out_width:
                column = 0
                row += 1
                if row == out_height:
                    row = 0
                    image += 1


@fn(nogil=True)
def convolve(
    x: Any, weight: Any, c: Any, room: Any, held: Any,
    *, geometry: Geometry, begin: int, m: int, start: int, n: int, wide: int, k: int, deep: int, high: int, strip: int,
    lanes: Comptime[Any], tall: Comptime[int], cols: Comptime[int],
) -> None:  # fmt: skip
    """The results of `m` patches, from `begin` on, for `n` channels, from `start` on, of the `wide` ones of `c` and `weight`. `held` is `room`, read only: `high` rows
    of tiles, as many packed patches of `deep` elements and a row of lanes, and the panels: where all patches are packed at once one, else all."""
    panel, tile = comptime(cols * lanes.width), high * comptime(cols * lanes.width)
    panels = tile + high * deep + lanes.width
    for top in range(0, m, high):
        here = min(high, m - top)
        for k0 in range(0, k, deep):
            depth = min(deep, k - k0)
            pack_patches(x, room, geometry, first=begin + top, m=here, k=depth, begin=k0, to=tile, lanes=lanes, tall=tall)
            for j0 in range(0, n, strip):
                b0 = panels if m <= high else panels + k0 * (n + -n % panel) + j0 * depth
                if top == 0:
                    pack_panels(weight, room, min(strip, n - j0), depth, full=depth, at=k0 * wide + start + j0, row=wide, column=1, to=b0, lanes=lanes, cols=cols)
                for j in range(j0, min(j0 + strip, n), panel):
                    multiply_block(
                        held, held, c, depth, k0 == 0, room=room, a0=tile, b0=b0 + (j - j0) * depth, c0=(begin + top) * wide + start + j,
                        wide=wide, rows=here, columns=n - j, spare=0, join="product", is_root=False, lanes=lanes, tall=tall, cols=cols, apart=0,
                    )  # fmt: skip
