"""Tasks of kernels are done once each, on any number of threads."""

import threading

import pytest

import accel
from accel.kernels.sharing import share


@pytest.mark.parametrize("threads", [1, 2, 3, None])
@pytest.mark.parametrize("count", [1, 2, 7, 8, 100])
def test_all_tasks_are_done_once(count, threads):
    done, lock = [], threading.Lock()

    def do(first, end):
        with lock:
            done.extend(range(first, end))

    with accel.parallel(2):
        share(do, count, threads)
    assert sorted(done) == list(range(count))


def test_one_thread_does_all_in_one_go():
    ranges = []
    share(lambda first, end: ranges.append((first, end)), 100, 1)
    assert ranges == [(0, 100)]
