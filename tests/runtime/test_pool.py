"""Workers and the end of the interpreter, Python 3.11 to 3.13: those inside a region, those that come late, and regions opened at the very end."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from accel.runtime.pool import CANCELLED, DONE, pool


def run(folder: Path, text: str) -> str:
    """What a program prints, in a process of its own that must end well and by itself."""
    path = folder / "program.py"
    path.write_text(textwrap.dedent(text))
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-W", "error", "-X", "faulthandler", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


BODIES = {
    "short": "accel.parallel_for(lambda i: None, 400, num_threads=4, schedule='dynamic')",
    "asleep": "accel.parallel_for(lambda i: time.sleep(30), 4, num_threads=4)",
    "waking": "accel.parallel_for(lambda i: time.sleep(0.0005), 4, num_threads=4)",
    "nested": "accel.parallel_for(lambda i: accel.parallel_for(lambda j: None, 20, num_threads=3), 4, num_threads=4)",
    "failing": "accel.parallel_for(lambda i: 1 // (i - 3), 40, num_threads=4)",
    "elements": "steps(values)",
    "tasks": "leaves(values, 2**62)",
}
PREPARED = """
    import threading, time
    import numpy, accel

    @accel.vectorize(threads=4)
    def steps(n):
        s = 0.0
        for i in range(300):
            s = s * 0.5 + n
        return s

    values = numpy.arange(60_000.0)
    steps(values)

    @accel.parallelize(num_threads=4)
    def leaves(x, k):
        n = 0
        for i in range(len(x)):
            n += k + int(x[i] % 7)
        return n

    for _ in range(3):
        leaves(values, 2)
"""


@pytest.mark.parametrize("wait_s", [0.0, 0.02])
@pytest.mark.parametrize("body", BODIES)
def test_the_interpreter_ends_while_daemon_threads_are_inside_regions(tmp_path: Path, body: str, wait_s: float) -> None:
    out = run(
        tmp_path,
        f"""{PREPARED}
    def forever():
        while True:
            try:
                {BODIES[body]}
            except ZeroDivisionError:
                pass

    for _ in range(3):
        threading.Thread(target=forever, daemon=True).start()
    time.sleep({wait_s})
    print("end")
    """,
    )
    assert out == "end"


@pytest.mark.slow
@pytest.mark.parametrize("body", BODIES)
def test_the_same_many_times(tmp_path: Path, body: str) -> None:
    for k in range(15):
        test_the_interpreter_ends_while_daemon_threads_are_inside_regions(tmp_path, body, 0.001 * k)


def test_a_region_of_a_daemon_thread_is_completed_for_who_waits_at_exit(tmp_path: Path) -> None:
    out = run(
        tmp_path,
        """
        import atexit, threading, time
        import accel

        done = []
        region = lambda: accel.parallel_for(lambda i: time.sleep(0.005) or done.append(i), 40, num_threads=4, schedule="dynamic")
        thread = threading.Thread(target=region, daemon=True)
        atexit.register(lambda: thread.join() or print(sorted(done) == list(range(40))))  # before the pool's own
        accel.parallel_for(lambda i: time.sleep(0.01), 4, num_threads=4)
        thread.start()
        time.sleep(0.02)
        """,
    )
    assert out == "True"


def test_regions_at_the_very_end_are_done_by_those_who_open_them(tmp_path: Path) -> None:
    out = run(
        tmp_path,
        """
        import atexit, sys, threading, types
        import accel
        from accel.runtime.pool import pool

        def region(when, show=print, ident=threading.get_ident, me=threading.get_ident(), run=pool().run):
            seen = set()
            answer = run(lambda begin, end, lowest: seen.add(ident()) or -1, 8, 1, 4)
            show(when, answer, seen == {me}, flush=True)

        class Late:
            def __del__(self, region=region):
                region("module")

        atexit.unregister(pool().end)
        atexit.register(region, "handler")
        atexit.register(pool().end)
        accel.parallel_for(lambda i: None, 8, num_threads=4)
        sys.modules["late"] = late = types.ModuleType("late")  # it goes when no thread can enter the interpreter any more
        late.object = Late()
        del late
        """,
    )
    assert out.splitlines() == ["handler -1 True", "module -1 True"]


def test_a_pool_that_is_made_while_the_interpreter_ends_has_no_workers(tmp_path: Path) -> None:
    out = run(
        tmp_path,
        """
        import atexit, sys, threading, time, types
        import accel

        def first():
            seen = set()
            accel.parallel_for(lambda i: time.sleep(0.002) or seen.add(threading.get_ident()), 8, num_threads=4)
            print("handler", len(seen))
            from accel.runtime.pool import pool
            late.object.run = pool().run

        class Late:
            def __del__(self, show=print):
                show("module", self.run(lambda begin, end, lowest: -1, 8, 1, 4), flush=True)

        atexit.register(first)
        late = sys.modules["late"] = types.ModuleType("late")
        late.object = Late()
        """,
    )
    assert out.splitlines() == ["handler 1", "module -1"]


def test_no_worker_comes_after_the_end_nor_in_a_child(tmp_path: Path) -> None:
    out = run(
        tmp_path,
        """
        import os, threading, time
        import accel
        from accel.runtime.pool import pool

        def region():
            seen = set()
            accel.parallel_for(lambda i: time.sleep(0.01) or seen.add(threading.get_ident()), 8, num_threads=4)
            return len(seen)

        before = region()
        pool().end()
        after = region()
        child = os.fork()
        if child == 0:
            os._exit(region())
        print(before > 1, after, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """,
    )
    assert out == "True 1 1"


def test_what_gets_out_of_a_body_ends_the_region() -> None:
    def body(begin: int, end: int, lowest: object) -> int:
        raise LookupError("from the middle of nowhere")

    for threads in (1, 4):
        with pytest.raises(LookupError, match="nowhere"):
            pool().run(body, 8, 1, threads)
    with pytest.raises(TypeError):
        pool().run(lambda begin, end, lowest: "no number", 8, 1, 4)  # type: ignore[arg-type,return-value]
    assert pool().run(lambda begin, end, lowest: DONE, 8, 1, 4) == DONE
    assert pool().run(lambda begin, end, lowest: CANCELLED if begin == 5 else DONE, 8, 1, 4) == CANCELLED
    assert pool().run(lambda begin, end, lowest: begin if begin > 2 else DONE, 8, 1, 4) == 3


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one processor")
def test_woken_workers_keep_off_the_processor_of_the_caller():
    everywhere, caller, seen = os.sched_getaffinity(0), threading.get_ident(), []
    pool().run(lambda begin, end, lowest: DONE, 2, 1, 2)
    assert pool().stop()  # others may have asked for more workers than there are processors

    def body(begin, end, lowest):
        if threading.get_ident() == caller:
            time.sleep(0.05)
        else:
            seen.append(os.sched_getaffinity(0))
        return DONE

    for _ in range(3):
        time.sleep(0.02)  # the worker falls asleep
        pool().run(body, 2, 1, 2)
    assert seen and all(places < everywhere and len(everywhere - places) == 1 for places in seen[1:])
    assert os.sched_getaffinity(0) == everywhere
