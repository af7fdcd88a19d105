"""This module chooses the sizes of tiles and blocks of matrix products from what the processor has: registers and caches."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from accel.types import SIMD, Float32, simd_width

__all__ = ["Blocks", "Tile", "choose_blocks", "choose_difference_blocks", "choose_row_lanes", "choose_small_tile", "round_up"]

_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
_L1, _L2 = 32 << 10, 512 << 10  # bytes, where the system does not tell
_REGISTERS = 32 if simd_width(Float32) == 16 else 16  # AVX-512 has twice as many
_HIGH = 8  # chains that hide the latency of one: rows of a tile of one register, registers of a row
_SPARE = 4  # registers for what is multiplied
_NARROW_COST = 1.25  # of an element in a narrow tile, over one in a tile for large products
_STRIP = 64  # panels that are packed at a time


class Tile:
    """A tile of the result: `tall` rows of `cols` registers, which are of the class `lanes`.

    Attributes
    ----------
    wide : int
        Its columns.
    options : dict
        What the machine code is made for.
    """

    __slots__ = ("cols", "lanes", "options", "tall", "wide")

    def __init__(self, lanes: Any, tall: int, cols: int) -> None:
        self.lanes, self.tall, self.cols = lanes, tall, cols
        self.wide = int(cols * lanes.width)
        self.options: dict[str, Any] = {"lanes": lanes, "tall": tall, "cols": cols}


class Blocks:
    """A tile; how many steps of k, columns of `b` and rows of `a` lie packed at a time.

    Attributes
    ----------
    options : dict
        What the machine code is made for.
    panels : int
        Elements of the memory for so many packed columns of `b`.
    """

    __slots__ = ("depth", "high", "options", "panels", "strip", "tile")

    def __init__(self, tile: Tile, depth: int, strip: int, high: int) -> None:
        self.tile, self.depth, self.strip, self.high = tile, depth, strip, high
        self.options: dict[str, Any] = tile.options | {"depth": depth}
        self.panels = depth * strip

    def find_space(self, high: int) -> int:
        """Elements of the memory for so many packed rows of `a`, and as many rows of a tile."""
        return high * (self.depth + self.tile.wide)


@cache
def choose_blocks(dtype: Any) -> Blocks:
    """Half of the first cache for a panel of `b`, half of the second one for the rows of `a`."""
    width = simd_width(dtype)
    lanes: Any = SIMD.__class_getitem__((dtype, width))
    tile = Tile(lanes, (_REGISTERS - _SPARE) // 2, 2)
    size = _bytes_of(width)
    depth = max(64, _cache_bytes(1, _L1) // 2 // (tile.wide * size) // 32 * 32)
    high = max(tile.tall, _cache_bytes(2, _L2) // 2 // (depth * size) // tile.tall * tile.tall)
    return Blocks(tile, depth, _STRIP * tile.wide, high)


@cache
def choose_difference_blocks(dtype: Any) -> Blocks:
    """The same where each element of a tile takes two registers at a time, one of them for a difference."""
    blocks = choose_blocks(dtype)
    tile = Tile(blocks.tile.lanes, (_REGISTERS // 2 - 1) // (_REGISTERS // 16), _REGISTERS // 16)
    return Blocks(tile, blocks.depth, _STRIP * tile.wide, blocks.high // tile.tall * tile.tall)


@cache
def choose_row_lanes(dtype: Any) -> tuple[Any, Any]:
    """A register, and as many of them as hide the latency of a chain, for one row times a matrix."""
    width, of = simd_width(dtype), SIMD.__class_getitem__
    return of((dtype, width)), of((dtype, _HIGH * width))


@cache
def choose_small_tile(dtype: Any, m: int, n: int) -> Tile:
    """The tile for small products of `m` rows and `n` columns: the one for large ones, or a narrower one, where that computes less twice, or past the edges."""
    tile = choose_blocks(dtype).tile
    narrow = Tile(tile.lanes, _HIGH, 1)
    costs = [round_up(m, t.tall) * round_up(n, t.wide) for t in (tile, narrow)]
    return tile if costs[0] <= _NARROW_COST * costs[1] else narrow


def round_up(number: int, unit: int) -> int:
    """The next multiple of `unit`."""
    return number + -number % unit


def _bytes_of(width: int) -> int:
    """The size of an element of which a register holds so many."""
    return simd_width(Float32) * 4 // width


def _cache_bytes(level: int, default: int) -> int:
    """The size of the cache for data of one level."""
    for entry in sorted(_CACHES.glob("index*")):
        try:
            kind, found, size = ((entry / name).read_text().strip() for name in ("type", "level", "size"))
            if kind != "Instruction" and int(found) == level and size.endswith("K"):
                return int(size[:-1]) << 10
        except (OSError, ValueError):
            continue
    return default
