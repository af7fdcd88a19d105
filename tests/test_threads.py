"""`accel.parallel` and what works on several threads: results, the exception of the lowest iteration, forks, interrupts, bad input."""

from __future__ import annotations

import operator
import os
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

import accel
from accel.errors import OptionError
from accel.runtime.pool import MOST_THREADS, current_threads, default_threads, pool


def run(text: str, **environment: str) -> str:
    """What a program prints, in a process of its own."""
    env = {**os.environ, **environment, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-W", "error", "-c", textwrap.dedent(text)], capture_output=True, text=True, timeout=60, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("schedule", ["static", "dynamic"])
@pytest.mark.parametrize("threads", [1, 2, 3, 17, 256])
@pytest.mark.parametrize("n", [0, 1, 2, 7, 100])
def test_every_iteration_once(n: int, threads: int, schedule: str) -> None:
    counts = [0] * n

    def body(i: int) -> None:
        counts[i] += 1

    accel.parallel_for(body, n, num_threads=threads, schedule=schedule)
    assert counts == [1] * n


def test_bodies_that_release_the_gil_run_at_once() -> None:
    both = threading.Barrier(2, timeout=20)
    accel.parallel_for(lambda i: both.wait(), 2, num_threads=2)


def test_the_lowest_failing_iteration_wins() -> None:
    def body(i: int) -> None:
        if i % 10 == 7:
            raise ValueError(i)

    for schedule in ("static", "dynamic"):
        for _ in range(50):
            with pytest.raises(ValueError) as caught:
                accel.parallel_for(body, 100, num_threads=4, schedule=schedule)
            assert caught.value.args == (7,)

    def everywhere(i: int) -> None:
        raise KeyError(i)

    with pytest.raises(KeyError) as raised:
        accel.parallel_for(everywhere, 8, num_threads=8)
    assert raised.value.args == (0,)


def test_regions_inside_regions_and_of_many_threads() -> None:
    totals = [0] * 12

    def outer(k: int) -> None:
        for _ in range(15):
            totals[k] += accel.parallel_reduce(lambda i: i, 40, combine=operator.add, identity=0, num_threads=3)

    def inner(k: int) -> None:
        accel.parallel_for(lambda _: outer(k), 1, num_threads=2)

    threads = [threading.Thread(target=inner, args=(k,)) for k in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(40)
    assert totals == [15 * 780] * 12


def test_map_and_reduce() -> None:
    assert accel.parallel_map(str, range(50), num_threads=3) == [str(i) for i in range(50)]
    assert accel.parallel_map(str, iter([]), num_threads=3) == []
    values = np.random.default_rng(1).normal(size=2000)
    sums = {accel.parallel_reduce(lambda i: values[i], 2000, combine=operator.add, identity=0.0, num_threads=t) for t in (1, 2, 3, 8)}
    assert len(sums) == 1 and abs(sums.pop() - values.sum()) < 1e-9
    assert accel.parallel_reduce(lambda i: [i], 600, combine=operator.add, identity=[], num_threads=4) == list(range(600))
    assert accel.parallel_reduce(lambda i: i, -3, combine=max, identity=-1) == -1


def test_how_many_threads() -> None:
    assert current_threads() == default_threads() >= 1
    seen: list[int] = []
    with accel.parallel(5):
        with accel.parallel(3) as inner, inner:
            seen.append(current_threads())
        seen.append(current_threads())
        other = threading.Thread(target=lambda: seen.append(current_threads()))
        other.start()
        other.join()
    assert seen == [3, 5, default_threads()]
    assert current_threads() == default_threads()


def test_the_environment_says_how_many() -> None:
    text = "from accel.runtime.pool import default_threads; print(default_threads())"
    assert run(text, ACCEL_NUM_THREADS="3", OMP_NUM_THREADS="7") == "3"
    assert run(text, ACCEL_NUM_THREADS="", OMP_NUM_THREADS="7,2") == "7"
    assert run(text, ACCEL_NUM_THREADS="1000000") == str(MOST_THREADS)
    alone = f"import os; os.sched_setaffinity(0, {{min(os.sched_getaffinity(0))}}); {text}"
    for nonsense in ("0", "-1", "x"):
        assert run(alone, ACCEL_NUM_THREADS=nonsense, OMP_NUM_THREADS=nonsense) == "1"


@pytest.mark.parametrize("threads", [0, -1, 10**6, 1.5, "2", True])
def test_numbers_of_threads_that_are_refused(threads: object) -> None:
    for call in (lambda: accel.parallel(threads), lambda: accel.parallel_for(print, 3, num_threads=threads)):
        with pytest.raises(OptionError, match="1 to 256"):
            call()


def test_bad_arguments() -> None:
    with pytest.raises(TypeError):
        accel.parallel_for(print, 2.5)
    with pytest.raises(OptionError, match="static"):
        accel.parallel_for(print, 2, schedule="guided")
    with pytest.raises(TypeError):
        accel.parallel_for(lambda: None, 4, num_threads=2)


def test_disabled_is_the_loop() -> None:
    names: set[int] = set()
    with accel.disabled():
        accel.parallel_for(lambda i: names.add(threading.get_ident()) or time.sleep(0.01), 4, num_threads=4)
    assert names == {threading.get_ident()}


def test_context_of_the_caller() -> None:
    with np.errstate(divide="raise"):
        with pytest.raises(FloatingPointError):
            accel.parallel_for(lambda i: np.float64(1.0) / np.float64(0.0), 4, num_threads=2)


def test_forks() -> None:
    out = run(
        """
        import os, time, accel
        accel.parallel_for(lambda i: time.sleep(0.01), 8, num_threads=4)
        for generation in range(3):
            child = os.fork()
            if child == 0:
                accel.parallel_for(lambda i: time.sleep(0.001), 8, num_threads=4)
                grandchild = os.fork()
                if grandchild == 0:
                    accel.parallel_for(lambda i: time.sleep(0.001), 8, num_threads=4)
                    os._exit(7)
                os._exit(os.waitstatus_to_exitcode(os.waitpid(grandchild, 0)[1]))
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
            accel.parallel_for(lambda i: time.sleep(0.001), 8, num_threads=4)
        print("done")
        """
    )
    assert out == "done"


def test_a_fork_inside_a_body() -> None:
    out = run(
        """
        import os, warnings, accel
        warnings.simplefilter("ignore")
        codes = []
        def body(i):
            child = os.fork()
            if child == 0:
                os._exit(3 + i)
            codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        accel.parallel_for(body, 4, num_threads=2)
        print(sorted(codes))
        """
    )
    assert out == "[3, 4, 5, 6]"


@pytest.mark.parametrize("pause", [0.0, 0.2])
def test_exit_with_workers_that_spin_or_sleep(pause: float) -> None:
    out = run(
        f"""
        import threading, time, accel
        accel.parallel_for(lambda i: None, 8, num_threads=8)
        time.sleep({pause})
        threading.Thread(target=lambda: accel.parallel_for(lambda i: time.sleep(0.05), 8, num_threads=8), daemon=True).start()
        print("end")
        """
    )
    assert out == "end"


def test_an_interrupt_ends_the_region() -> None:
    out = run(
        """
        import os, signal, threading, time, accel
        sent = []
        def interrupt():
            time.sleep(0.3)
            sent.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)
        threading.Thread(target=interrupt).start()
        try:
            accel.parallel_for(lambda i: time.sleep(0.01), 100_000, num_threads=4)
        except KeyboardInterrupt:
            print("interrupted", time.monotonic() - sent[0] < 5.0)
        accel.parallel_for(lambda i: None, 100, num_threads=4)
        """
    )
    assert out == "interrupted True"


def test_workers_end_and_come_again() -> None:
    accel.parallel_for(lambda i: time.sleep(0.01), 4, num_threads=4)
    assert pool().stop()
    accel.parallel_for(lambda i: time.sleep(0.01), 4, num_threads=4)
