"""The heat of a plate with warm and cold edges, step by step, as a PNG file: loops over its points, shared by threads."""

import struct
import sys
import time
import zlib

import numpy as np

from accel import parallelize

RATE = 0.2  # of the differences that a step evens out; stable up to a quarter


@parallelize
def spread(old, new, rate):
    for i in range(1, old.shape[0] - 1):
        for j in range(1, old.shape[1] - 1):
            around = old[i - 1, j] + old[i + 1, j] + old[i, j - 1] + old[i, j + 1]
            new[i, j] = old[i, j] + rate * (around - 4.0 * old[i, j])


def make_plate(size):
    """Degrees at each point: cold, but for a hot edge, a warm edge and a hot disc."""
    plate = np.zeros((size, size))
    plate[0] = 100.0
    plate[:, 0] = 60.0
    down, across = np.ogrid[:size, :size]
    plate[np.hypot(down / size - 0.62, across / size - 0.62) < 0.17] = 100.0
    return plate


def evolve(plate, steps, step=spread):
    """The plate so many steps later; its edges stay as they are."""
    old, new = plate.copy(), plate.copy()
    for _ in range(steps):
        step(old, new, RATE)
        old, new = new, old
    return old


def colours(plate):
    """Red, green and blue of degrees from 0 to 100: black, red, yellow, white."""
    heat = plate[..., None] / 100.0 * 3.0 - np.arange(3)
    return (np.clip(heat, 0.0, 1.0) * 255.0).astype(np.uint8)


def write_png(path, pixels):
    """Write an array of rows, columns and three colours."""
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def timed(call):
    """The result of a call and its seconds, the fastest of five."""
    found = []
    for _ in range(5):
        start = time.perf_counter()
        result = call()
        found.append(time.perf_counter() - start)
    return result, min(found)


def compare(plate, steps=10, plain_steps=2):
    """Seconds of a step in CPython and compiled, and whether the first steps have the same numbers."""
    start = time.perf_counter()
    plain = evolve(plate, plain_steps, spread.__wrapped__)
    plain_s = (time.perf_counter() - start) / plain_steps
    same = np.array_equal(evolve(plate, plain_steps), plain)
    _, all_s = timed(lambda: evolve(plate, steps))
    return plain_s, all_s / steps, same


def main(path="heat.png", size=480, steps=4000):
    plate = make_plate(size)
    later = [evolve(plate, count) for count in (0, steps // 20, steps)]
    write_png(path, colours(np.hstack(later)))
    print(f"{path}: a plate of {size} x {size} points at first, after {steps // 20} and after {steps} steps")
    plain_s, compiled_s, same = compare(plate)
    numbers = "the same" if same else "DIFFERENT"
    print(f"{plain_s / compiled_s:.0f} times as fast as CPython, which did 2 of the steps; the numbers are {numbers}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
