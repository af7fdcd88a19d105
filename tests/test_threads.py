"""`accel.parallel` and what works on several threads: results, the exception of the lowest iteration, forks, interrupts, bad input."""

from __future__ import annotations

import gc
import operator
import os
import subprocess
import sys
import textwrap
import threading
import time
import weakref
from collections.abc import Callable
from types import FrameType

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


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_arguments_of_bodies(threads: int) -> None:
    seen: list[tuple[int, str, int]] = []

    def body(i: int, text: str, *, by: int) -> None:
        seen.append((i, text, by))

    accel.parallel_for(body, 5, args=["x"], kwargs={"by": 3}, num_threads=threads)
    assert sorted(seen) == [(i, "x", 3) for i in range(5)]
    with pytest.raises(TypeError, match="by"):
        accel.parallel_for(body, 5, args=("x",), num_threads=threads)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_bodies_in_machine_code(threads: int) -> None:
    rows = np.ones((9, 50))
    for _ in range(3):
        accel.parallel_for(scale_row, 9, args=(rows, 2.0), num_threads=threads)
    assert (rows == 8.0).all()
    with pytest.raises(IndexError):
        accel.parallel_for(scale_row, 10, args=(rows, 2.0), num_threads=threads)
    assert (rows == 16.0).all()
    with pytest.raises(TypeError, match="factor"):
        accel.parallel_for(scale_row, 9, args=(rows,), num_threads=threads)


@pytest.mark.parametrize("threads", [1, 2])
def test_bodies_in_machine_code_that_take_no_number(threads: int) -> None:
    spin()
    with pytest.raises(TypeError, match=r"spin\(\) takes 0 positional arguments but 1 was given"):
        accel.parallel_for(spin, 4, num_threads=threads)


@accel.fn(nogil=True)
def spin() -> None:
    for _ in range(3):
        pass


@accel.fn(nogil=True)
def scale_row(i: int, rows: np.ndarray, factor: float) -> None:
    for j in range(rows.shape[1]):
        rows[i, j] *= factor


@pytest.mark.skipif(sys.gettrace() is not None, reason="sequential under a tracer")
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


monitoring = getattr(sys, "monitoring", None)


def traced(i: int) -> int:
    time.sleep(0.001)
    return i * i


TRACED_LINES = [1, 2] * 8


def every_use() -> list[tuple[str, Callable[[], object]]]:
    return [
        ("for", lambda: accel.parallel_for(traced, 8, num_threads=4)),
        ("map", lambda: accel.parallel_map(traced, range(8), num_threads=4)),
        ("reduce", lambda: accel.parallel_reduce(traced, 8, combine=operator.add, identity=0, num_threads=4)),
    ]


def test_a_tracer_sees_every_line() -> None:
    for name, use in every_use():
        seen: list[int] = []

        def local(frame: FrameType, event: str, _: object, seen: list[int] = seen) -> object:
            if event == "line":
                seen.append(frame.f_lineno - frame.f_code.co_firstlineno)
            return local

        before = sys.gettrace()
        sys.settrace(lambda frame, event, _, local=local: local if frame.f_code is traced.__code__ else None)
        try:
            use()
        finally:
            sys.settrace(before)
        assert seen == TRACED_LINES, name


def test_a_profiler_sees_every_call() -> None:
    for name, use in every_use():
        seen: list[tuple[str, int]] = []
        before = sys.getprofile()
        sys.setprofile(
            lambda frame, event, _, seen=seen: seen.append((event, frame.f_locals["i"])) if frame.f_code is traced.__code__ and event in ("call", "return") else None
        )
        try:
            use()
        finally:
            sys.setprofile(before)
        assert seen == [(event, i) for i in range(8) for event in ("call", "return")], name


@pytest.mark.skipif(monitoring is None, reason="sys.monitoring is new in 3.12")
@pytest.mark.parametrize("local", [False, True])
def test_monitoring_tools_see_every_line_in_one_thread(local: bool) -> None:
    assert monitoring is not None
    tool, first = monitoring.PROFILER_ID, traced.__code__.co_firstlineno
    for name, use in every_use():
        seen: list[tuple[int, int]] = []

        def note(code: object, line: int, seen: list[tuple[int, int]] = seen) -> None:
            if code is traced.__code__:
                seen.append((threading.get_ident(), line - first))

        monitoring.use_tool_id(tool, "test")
        try:
            monitoring.register_callback(tool, monitoring.events.LINE, note)
            if local:
                monitoring.set_local_events(tool, traced.__code__, monitoring.events.LINE)
            else:
                monitoring.set_events(tool, monitoring.events.LINE)
            use()
            monitoring.set_events(tool, 0)
            monitoring.set_local_events(tool, traced.__code__, 0)
        finally:
            monitoring.free_tool_id(tool)
        assert seen == [(threading.get_ident(), line) for line in TRACED_LINES], name


def test_eight_threads_enter_regions_at_once() -> None:
    start = threading.Barrier(8, timeout=20)
    found: dict[int, list[list[int]]] = {k: [] for k in range(8)}

    def enter(k: int) -> None:
        for _ in range(20):
            start.wait()
            found[k].append(accel.parallel_map(lambda v: v + k, range(30), num_threads=4))

    threads = [threading.Thread(target=enter, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == {k: [list(range(k, k + 30))] * 20 for k in range(8)}


def test_more_regions_inside_regions_than_there_is_room_for() -> None:
    counts = [0] * 2**7

    def halve(low: int, high: int) -> None:
        if high - low == 1:
            counts[low] += 1
            return
        middle = (low + high) // 2
        ranges = [(low, middle), (middle, high)]
        accel.parallel_for(lambda i: halve(*ranges[i]), 2, num_threads=3)

    for _ in range(5):
        halve(0, len(counts))
    assert counts == [5] * len(counts)


def test_recursion_into_the_same_region_ends_as_recursion_does() -> None:
    out = run(
        """
        import accel
        def again(i):
            accel.parallel_for(again, 2, num_threads=3)
        for _ in range(3):
            try:
                again(0)
            except RecursionError as error:
                print("RecursionError")
        print(accel.parallel_map(str, range(3), num_threads=3))
        """
    )
    assert out.splitlines() == ["RecursionError"] * 3 + ["['0', '1', '2']"]


@pytest.mark.parametrize("schedule", ["static", "dynamic"])
@pytest.mark.parametrize("kind", [ValueError, StopIteration, SystemExit, GeneratorExit, MemoryError])
def test_an_exception_in_every_iteration(kind: type[BaseException], schedule: str) -> None:
    def body(i: int) -> None:
        time.sleep(0.0002 * (i % 3))
        raise kind(i)

    for _ in range(10):
        with pytest.raises(kind) as caught:
            accel.parallel_for(body, 64, num_threads=8, schedule=schedule)
        assert caught.value.args == (0,)
    assert accel.parallel_map(abs, [-1, 2], num_threads=2) == [1, 2]


def test_exceptions_that_lost_are_given_up() -> None:
    class Held(Exception):
        alive: weakref.WeakSet[Held] = weakref.WeakSet()

        def __init__(self) -> None:
            self.alive.add(self)

    def body(i: int) -> None:
        time.sleep(0.001)
        raise Held

    gc.disable()
    try:
        with pytest.raises(Held):
            accel.parallel_for(body, 8, num_threads=8)
        assert len(Held.alive) <= 1  # the one that pytest has
    finally:
        gc.enable()


def test_a_child_forked_inside_a_region_has_regions_of_its_own() -> None:
    out = run(
        """
        import os, warnings, accel
        warnings.simplefilter("ignore")
        codes = []
        def body(i):
            child = os.fork()
            if child == 0:
                total = accel.parallel_reduce(lambda k: k, 50, combine=lambda a, b: a + b, identity=0, num_threads=4)
                os._exit(total % 200)
            codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        for _ in range(5):
            accel.parallel_for(body, 4, num_threads=3, schedule="dynamic")
        print(set(codes), len(codes))
        """
    )
    assert out == "{25} 20"


def test_a_child_that_returns_from_a_body_is_told() -> None:
    out = run(
        """
        import os, threading, warnings, accel
        warnings.simplefilter("ignore")
        home, parent, children = threading.get_ident(), os.getpid(), []
        both = threading.Barrier(2, timeout=20)
        def body(i):
            both.wait()
            if threading.get_ident() == home:
                children.append(os.fork())
        try:
            accel.parallel_for(body, 2, num_threads=2)
        except RuntimeError as error:
            os._exit(7 if os.getpid() != parent and "forked inside" in str(error) else 1)
        print(os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]))
        """
    )
    assert out == "7"


def test_one_processor_is_enough() -> None:
    out = run(
        """
        import os, threading
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        import numpy, accel
        from accel.runtime.pool import default_threads
        four = threading.Barrier(4, timeout=20)
        accel.parallel_for(lambda i: four.wait(), 4, num_threads=4)
        total = accel.parallel_reduce(lambda i: i, 1000, combine=lambda a, b: a + b, identity=0, num_threads=256)
        made = accel.vectorize(threads=4)(lambda n: n * 2 + 1)
        right = numpy.array_equal(made(numpy.arange(300_000)), numpy.arange(300_000) * 2 + 1)
        print(os.environ.get("ACCEL_NUM_THREADS") or default_threads(), total, right)
        """,
        ACCEL_NUM_THREADS="",
        OMP_NUM_THREADS="",
    )
    assert out == "1 499500 True"


@pytest.mark.parametrize("who", ["main", "worker", "body"])
def test_interrupts_come_out_soon_and_leave_no_region_open(who: str) -> None:
    """Iterations of a millisecond are cut off long before the last one, wherever the main thread is; later regions work."""
    out = run(
        f"""
        import os, signal, threading, time, accel
        who, home, begun = {who!r}, threading.get_ident(), []
        def body(i):
            begun.append(i)
            here = threading.get_ident() == home
            if who == "main" and here and i < 60_000:
                time.sleep(0.001)
                return
            if len(begun) == 20 and who == "body":
                os.kill(os.getpid(), signal.SIGINT)
            elif who == "worker" and here:
                raise_later()
                os._exit(0) if i > 59_999 else None
            time.sleep(0.001)
        def raise_later():
            if not timers:
                timers.append(threading.Timer(0.02, os.kill, (os.getpid(), signal.SIGINT)))
                timers[0].start()
        timers = []
        for turn in range(10):
            begun.clear()
            timers.clear()
            if who == "main":
                raise_later()
            try:
                accel.parallel_for(body, 60_000, num_threads=4, schedule=("static", "dynamic")[turn % 2])
            except KeyboardInterrupt:
                assert len(begun) < 10_000, len(begun)
            else:
                raise SystemExit("no interrupt")
            for timer in timers:
                timer.join()
        assert accel.parallel_map(abs, [-1] * 50, num_threads=4) == [1] * 50
        from accel.runtime.pool import pool
        print(pool().stop())
        """
    )
    assert out == "True"


@pytest.mark.slow
def test_a_storm_of_interrupts_leaves_no_region_open() -> None:
    out = run(
        """
        import itertools, os, signal, threading, time, accel
        from accel.runtime.pool import pool
        accel.parallel_map(abs, [-1] * 8, num_threads=4)
        begun, ended = threading.Event(), threading.Event()
        def storm():
            begun.wait()
            while not ended.wait(0.0007):
                os.kill(os.getpid(), signal.SIGINT)
        thread = threading.Thread(target=storm)
        def go_on():
            for k in itertools.count():
                try:
                    while True:
                        accel.parallel_for(lambda i: None, 40, num_threads=4, schedule="dynamic")
                except KeyboardInterrupt:
                    if k == 1500:
                        return
        old = signal.getsignal(signal.SIGINT)
        thread.start()
        while True:
            try:
                begun.set()  # not before: an interrupt could come out of `start`
                go_on()
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                break
            except KeyboardInterrupt:
                pass
        ended.set()
        thread.join()
        print(accel.parallel_map(abs, [-1] * 50, num_threads=4) == [1] * 50, pool().stop())
        """
    )
    assert out == "True True"


def test_num_threads_tells_what_parallel_for_would_use(monkeypatch):
    monkeypatch.setenv("ACCEL_NUM_THREADS", "3")
    with accel.parallel(2):
        with accel.parallel():
            assert accel.num_threads() == 3
        assert accel.num_threads() == 2
        with accel.disabled():
            assert accel.num_threads() == 1
    monkeypatch.setenv("ACCEL", "0")
    assert accel.num_threads() == 1
