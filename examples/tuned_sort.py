"""A merge sort that finds out how to sort its short runs: by insertion or by merging, and how long they are, tuned once for this machine and remembered."""

import sys
import time

import numpy as np

import accel
from accel.tuning import Int


@accel.autotune(cutoff=Int(1, 128, log=True), budget="3s")
@accel.fn
def merge_sort(x, out, *, cutoff=1):
    """Sorted elements of `x` in `out`: runs of `cutoff` by insertion, then merged two by two."""
    n = len(x)
    for low in range(0, n, cutoff):
        for i in range(low, min(low + cutoff, n)):
            item, j = x[i], i - 1
            while j >= low and out[j] > item:
                out[j + 1] = out[j]
                j -= 1
            out[j + 1] = item
    merged = out.copy()
    width = cutoff
    while width < n:
        for low in range(0, n, 2 * width):
            middle, high = min(low + width, n), min(low + 2 * width, n)
            i, j = low, middle
            for k in range(low, high):
                if i < middle and (j >= high or out[i] <= out[j]):
                    merged[k] = out[i]
                    i += 1
                else:
                    merged[k] = out[j]
                    j += 1
        for k in range(n):
            out[k] = merged[k]
        width *= 2


def timed(call, repeats):
    """Seconds of a call, the fastest of so many."""
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return min(found)


def main(size="50000"):
    x = np.random.default_rng(7).random(int(size))
    out, plain = np.zeros_like(x), np.zeros(1000)
    merge_sort(x, out)  # searches, if this machine has not done so before
    if out.tolist() != np.sort(x).tolist():
        print("the elements are not in order")
        return 1
    chosen = merge_sort.tuning.choose(x, out)
    tuned_s = timed(lambda: merge_sort(x, out), 10)
    merged_s = timed(lambda: merge_sort(x, out, cutoff=1), 10)
    with accel.disabled():
        python_s = timed(lambda: merge_sort(x[:1000], plain, **chosen), 1)
        merge_sort(x[:1000], plain)
    if plain.tolist() != np.sort(x[:1000]).tolist():
        print("the elements are not in order in CPython")
        return 1
    part_s = timed(lambda: merge_sort(x[:1000], plain, **chosen), 10)
    gains = f"{merged_s / tuned_s:.2f} times as fast as by merging alone, {python_s / part_s:.0f} times as fast as CPython (of 1000)"
    print(f"{len(x)} elements sorted with runs of {chosen['cutoff']}: {gains}")
    print(merge_sort.tuning.report())
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
