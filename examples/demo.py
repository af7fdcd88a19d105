"""Runs the three examples against CPython in the same process: the same answer, the first call, a hot call, the speed-up."""

import os
import pathlib
import sys
import time

import digits
import mandelbrot
import nbody
import numpy as np

import accel


def timed(call):
    start = time.perf_counter()
    result = call()
    return result, time.perf_counter() - start


PICTURE = pathlib.Path(__file__).parent / "output" / "mandelbrot.png"


def run_mandelbrot(size=640):
    counts = np.zeros((size, size), np.int64)
    mandelbrot.draw(counts, 200)
    return counts.tobytes()


def run_nbody(steps=40_000):
    p, v, m = nbody.start()
    nbody.advance(p, v, m, steps, 0.01)
    return p.tobytes() + v.tobytes()


KNOWN = digits.load(100)


def run_digits():
    return digits.recognise(*KNOWN[:3])


PROGRAMS = {"Mandelbrot 640 x 640": run_mandelbrot, "n-body, 40,000 steps": run_nbody, "digits, 100 of 1797": run_digits}


def main():
    rows = []
    for name, run in PROGRAMS.items():
        first, first_s = timed(run)
        hot, hot_s = min((timed(run) for _ in range(5)), key=lambda r: r[1])
        with accel.disabled():
            plain, plain_s = timed(run)
        same = first == plain and hot == plain
        rows.append(
            (
                name,
                "the same" if same else "DIFFERENT",
                f"{plain_s:.2f} s",
                f"{first_s:.2f} s",
                f"{hot_s * 1e3:.1f} ms",
                f"{plain_s / hot_s:.0f} x",
            )
        )
    show(("program", "answer", "CPython", "first call", "hot call", "speed-up"), rows)
    truth, found = KNOWN[3], run_digits()
    print(f"digits recognised: {sum(a == b for a, b in zip(found, truth, strict=True))} of {len(truth)}")
    PICTURE.parent.mkdir(exist_ok=True)
    mandelbrot.main(os.path.relpath(PICTURE))
    return 0 if all(row[1] == "the same" for row in rows) else 1


def show(head, rows):
    try:
        from rich.console import Console
        from rich.table import Table
    except ImportError:
        for row in (head, *rows):
            print("  ".join(f"{cell:22}" for cell in row))
        return
    table = Table(*head)
    for row in rows:
        table.add_row(*row)
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
