"""A picture of the Mandelbrot set, written as a PNG file: loops over numbers, one array to draw on."""

import struct
import sys
import zlib

import numpy as np

from accel import fn


@fn
def draw(picture, limit):
    height, width = picture.shape
    for row in range(height):
        for column in range(width):
            cr = 3.0 * column / width - 2.25
            ci = 2.5 * row / height - 1.25
            x = y = 0.0
            n = 0
            while n < limit and x * x + y * y <= 4.0:
                x, y = x * x - y * y + cr, 2.0 * x * y + ci
                n += 1
            picture[row, column] = n


def write_png(path, counts, limit):
    """Write iteration counts as a grey PNG."""
    grey = (255 - 255 * counts.astype(float) / limit).astype(np.uint8)
    rows = b"".join(b"\0" + row.tobytes() for row in grey)

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", grey.shape[1], grey.shape[0], 8, 0, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def main(path="mandelbrot.png", size=480, limit=200):
    counts = np.zeros((size, size), np.int64)
    draw(counts, limit)
    write_png(path, counts, limit)
    print(f"{path}: {size} x {size}, {int(counts.sum())} iterations")


if __name__ == "__main__":
    main(*sys.argv[1:2])
