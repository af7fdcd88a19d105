"""Ufuncs whose large calls several threads share: the same results, the first exception, the context of the caller."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import accel
from accel.errors import OptionError

COUNT = 300_007


def steps(a, b):
    n = 0
    while a < 50 and n < 200:
        a = a * 1.25 + b
        n += 1
    return n, a


def recursive(n):
    return 1 if n < 2 else recursive(n - 1) + 1


def quotient(n: int):
    return 1_000_000 // (n - 177_777)


def numbers() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    return rng.random(COUNT) * 40, rng.random(COUNT)


@pytest.mark.parametrize("threads", [2, 3, 256])
def test_the_same_results(threads: int) -> None:
    a, b = numbers()
    alone = accel.vectorize(steps)
    want = alone(a, b)
    with accel.parallel(threads):
        for x, y in ((a, b), (a[::-1], b), (a, 0.5)):
            for part, expected in zip(alone(x, y), accel.vectorize(threads=1)(steps)(x, y), strict=True):
                assert np.array_equal(part, expected)
    for part, expected in zip(accel.vectorize(threads=threads)(steps)(a, b), want, strict=True):
        assert np.array_equal(part, expected)


def test_what_is_not_split() -> None:
    made = accel.vectorize(threads=4)(lambda a, b: a + b)
    values = np.arange(COUNT)
    assert made.reduce(values) == values.sum() and np.array_equal(made.accumulate(values), np.cumsum(values))
    moved = np.arange(float(COUNT))
    made(moved[:-1], moved[1:], out=moved[1:])
    assert np.array_equal(moved[1:], np.arange(COUNT - 1.0) * 2 + 1)
    deep = accel.vectorize(threads=4)(recursive)
    assert np.array_equal(deep(np.arange(COUNT) % 20), np.maximum(np.arange(COUNT) % 20, 1))


def test_the_first_element_that_raises() -> None:
    made = accel.vectorize(threads=4)(quotient)
    values = np.arange(COUNT)
    for _ in range(10):
        out = np.zeros(COUNT, np.int64)
        with pytest.raises(ZeroDivisionError):
            made(values, out=out)
        assert out[177_776] == -1_000_000 and np.count_nonzero(out[:177_777]) == 177_777

    @accel.vectorize(threads=4)
    def refused(n: int):
        if n % 1000 == 999:
            raise ValueError(n)
        return n

    for _ in range(10):
        with pytest.raises(ValueError) as caught:
            refused(values)
        assert caught.value.args == (999,)


def test_the_context_of_the_caller() -> None:
    made = accel.vectorize(threads=4)(lambda a, b: a / b)
    ones, zeros = np.ones(COUNT), np.ones(COUNT)
    zeros[200_000] = 0
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        made(ones, zeros)
    with np.errstate(divide="ignore"):
        assert made(ones, zeros)[200_000] == np.inf


def test_from_several_threads_and_after_a_fork() -> None:
    made, (a, b) = accel.vectorize(threads=3)(steps), numbers()
    want = made(a, b)
    right: list[bool] = []

    def call() -> None:
        right.append(all(np.array_equal(x, y) for x, y in zip(made(a, b), want, strict=True)))

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert right == [True] * 6
    child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(made(a, b)[1], want[1]) else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_an_interrupt_comes_through(tmp_path: Path) -> None:
    text = """
        import os, signal, sys, threading, time
        import numpy, accel
        @accel.vectorize(threads=2)
        def slow(n):
            s = 0.0
            for i in range(20000):
                s = s * 0.5 + n
            return s
        slow(numpy.arange(64.0))
        sent = []
        def interrupt():
            time.sleep(0.5)
            sent.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)
        threading.Thread(target=interrupt).start()
        try:
            slow(numpy.arange(4_000_000.0))
        except KeyboardInterrupt:
            print("interrupted", time.monotonic() - sent[0] < 10)
    """
    env: dict[str, Any] = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    path = tmp_path / "interrupted.py"
    path.write_text(textwrap.dedent(text))
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=60, env=env)
    assert done.stdout.strip() == "interrupted True", done.stderr


@pytest.mark.parametrize("threads", [0, -1, 10**6, 2.5, True])
def test_numbers_of_threads_that_are_refused(threads: Any) -> None:
    with pytest.raises(OptionError, match="1 to 256"):
        accel.vectorize(threads=threads)
