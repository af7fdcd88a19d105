"""Candidates in a child: each way to fail is told apart, and nothing is left behind or changed here."""

import ctypes
import faulthandler
import gc
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from math import inf
from pathlib import Path

import numpy as np
import pytest

import accel
from accel.tuning.child import Verdict, describe_error, find_free_bytes, try_candidates
from accel.types import Comptime


def verdicts(call, count=1, **options):
    return list(try_candidates([(at,) for at in range(count)], call, **options))


def reason(call, **options):
    (verdict,) = verdicts(call, **options)
    assert verdict.candidate == (0,)
    assert (verdict.reason is None) == (verdict.time_ns < inf)
    return verdict.reason


def open_descriptors():
    return {(number, os.readlink(f"/proc/self/fd/{number}")) for number in os.listdir("/proc/self/fd") if os.path.lexists(f"/proc/self/fd/{number}")}


def children():
    return sorted(word for path in Path("/proc/self/task").glob("*/children") for word in path.read_text().split())


@pytest.fixture(autouse=True)
def _nothing_is_left():
    descriptors, threads = open_descriptors(), threading.active_count()
    masked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    yield
    assert open_descriptors() <= descriptors
    assert children() == []
    assert threading.active_count() <= threads
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == masked


def raise_(error):
    raise error


class Unprintable(Exception):
    def __str__(self):
        raise ValueError


def overflow():
    return overflow()


def eat(keep=None):
    keep = []
    while True:
        keep.append(bytearray(16 << 20))


def fork_and_leave():
    if os.fork() == 0:
        os.setsid()
        time.sleep(2.0)
        os._exit(0)
    os._exit(5)


@pytest.mark.parametrize(
    "call, expected",
    [
        (lambda: raise_(ValueError("tile")), "raised ValueError: tile"),
        (lambda: raise_(ValueError("two\nlines")), "raised ValueError: two lines"),
        (lambda: raise_(ValueError), "raised ValueError"),
        (lambda: raise_(Unprintable), "raised Unprintable"),
        (lambda: raise_(KeyboardInterrupt), "raised KeyboardInterrupt"),
        (lambda: raise_(BaseException("x")), "raised BaseException: x"),
        (lambda: raise_(GeneratorExit), "raised GeneratorExit"),
        (lambda: sys.exit(3), "raised SystemExit: 3"),
        (lambda: os._exit(3), "exited with status 3"),
        (lambda: os._exit(0), "exited with status 0"),
        (lambda: ctypes.string_at(0), "killed by signal 11 (SIGSEGV)"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "killed by signal 9 (SIGKILL)"),
        (lambda: os.kill(os.getpid(), signal.SIGRTMIN + 5), f"killed by signal {signal.SIGRTMIN + 5}"),
        (lambda: os.killpg(0, signal.SIGKILL), "killed by signal 9 (SIGKILL)"),
        (os.abort, "killed by signal 6 (SIGABRT)"),
        (overflow, "raised RecursionError: maximum recursion depth exceeded"),
        (eat, "ran out of memory"),
        (lambda: np.ones(1 << 40), "ran out of memory"),
        (lambda: os.closerange(0, 4096), "closed descriptors that were not its own"),
        (lambda: input(), "raised EOFError: EOF when reading a line"),
        (fork_and_leave, "exited with status 5"),
    ],
)
def test_failures(call, expected):
    assert reason(lambda candidate: call(), memory_bytes=200 << 20) == expected


@pytest.mark.parametrize("stop", [lambda: time.sleep(60), lambda: os.kill(os.getpid(), signal.SIGSTOP), lambda: overwork()])
def test_time_out(stop):
    def call(candidate):
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:  # nothing that it does saves it
            signal.signal(number, signal.SIG_IGN)
        stop()

    assert reason(call, timeout_s=0.25) == "took more than 0.25 s"


def overwork():
    while True:
        pass


def test_each_failure_costs_one_candidate():
    def call(candidate):
        if candidate[0] % 2:
            os._exit(candidate[0])
        return candidate[0]

    found = verdicts(call, 6, check=lambda result: None if result != 4 else "4 instead of 0")
    assert [v.reason for v in found] == [
        None, "exited with status 1", None, "exited with status 3", "gave another result: 4 instead of 0", "exited with status 5",
    ]  # fmt: skip


def test_one_child_tries_many():
    processes = []

    def call(candidate):
        processes.append(os.getpid())
        if candidate[0] == 5:
            raise ValueError(len(set(processes)), len(processes))

    assert verdicts(call, 6)[5].reason == "raised ValueError: (1, 11)"
    assert processes == []


def test_time_is_that_of_the_second_call():
    calls = []

    def call(candidate):
        calls.append(candidate)
        time.sleep(0.2 if len(calls) == 1 else 0.01)

    (found,) = verdicts(call)
    assert 0.01e9 <= found.time_ns < 0.2e9


def test_arguments_are_put_back_before_each_call_and_at_the_end():
    shared = np.frombuffer(__import__("mmap").mmap(-1, 8), np.int64)  # a child's writes are seen here

    def call(candidate):
        shared[0] += 1
        if candidate == (1,):
            os._exit(1)
        return int(shared[0])

    found = verdicts(call, 3, check=lambda result: None if result == 1 else f"{result} instead of 1", restore=lambda: shared.fill(0))
    assert [v.reason for v in found] == [None, "exited with status 1", None]
    assert shared[0] == 0


def test_second_call_is_checked():
    calls = []
    assert reason(lambda candidate: calls.append(1) or len(calls), check=lambda n: None if n == 1 else f"{n} calls") == "gave another result: 2 calls"


def test_faults_of_check_and_restore():
    assert reason(lambda candidate: None, check=lambda result: raise_(TypeError("odd"))) == "raised TypeError: odd"
    with pytest.raises(ZeroDivisionError):
        verdicts(lambda candidate: None, restore=lambda: 1 / 0)


def test_child_runs_only_when_it_is_asked_to():
    read, write = os.pipe()
    found = try_candidates([(0,), (1,)], lambda candidate: os.write(write, b"x") and None)
    assert next(found).reason is None
    time.sleep(0.1)
    assert os.read(read, 10) == b"xx"
    assert next(found).reason is None
    assert os.read(read, 10) == b"xx"
    found.close()
    os.close(read)
    os.close(write)


def test_end_of_time():
    found = verdicts(lambda candidate: time.sleep(0.0 if candidate == (0,) else 60.0), 3, until_s=time.monotonic() + 0.3)
    assert [v.reason for v in found] == [None]
    assert verdicts(lambda candidate: None, until_s=0.0) == []


def test_no_candidates():
    assert verdicts(lambda candidate: None, 0) == []


def test_candidate_that_forks():
    def call(candidate):
        os.fork()
        return 1

    assert [v.reason for v in verdicts(call, 3)] == [None] * 3


def test_threads_of_a_candidate_are_not_waited_for():
    assert reason(lambda candidate: threading.Thread(target=time.sleep, args=(60,)).start()) is None


def test_descendants_are_killed(tmp_path):
    path = tmp_path / "alive"

    def call(candidate):
        if os.fork() == 0:
            while True:
                path.write_text(str(time.monotonic_ns()))
                time.sleep(0.01)
        while not path.exists():
            time.sleep(0.001)
        return None

    assert reason(call) is None
    text = path.read_text()
    time.sleep(0.1)
    assert path.read_text() == text


PROGRAM = """
import atexit, gc, os, sys
from accel.tuning.child import try_candidates
class Cycle:
    def __init__(self): self.me = self
    def __del__(self): print("finalized by", "parent" if os.getpid() == parent else "child")
def call(candidate):

    gc.collect()
    print("x" * 100_000)
    os.write(1, b"direct")
    sys.stderr.write("x")
    os._exit(1) if candidate == (1,) else None
parent = os.getpid()
atexit.register(lambda: print("atexit"))
print("before ", end="")
gc.disable()
Cycle()
print([v.reason for v in try_candidates([(0,), (1,), (2,)], call)])
"""


def test_output_and_finalizers():
    done = subprocess.run([sys.executable, "-X", "dev", "-W", "error", "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("before [None, 'exited with status 1', None]\natexit\nfinalized by parent\n", "")


CLOSED = """
import os, sys
from accel.tuning.child import try_candidates
def call(candidate):
    print("x" * 100_000)
    os.write(1, b"direct")
    os._exit(1) if candidate == (1,) else None
for number in range(3):
    os.close(number)
found = [v.reason for v in try_candidates([(0,), (1,), (2,)], call)]
open(sys.argv[1], "w").write(repr(found))
"""


def test_streams_that_are_closed(tmp_path):
    assert subprocess.run([sys.executable, "-c", CLOSED, tmp_path / "found"], check=False).returncode == 0
    assert (tmp_path / "found").read_text() == "[None, 'exited with status 1', None]"


INTERRUPTED = """
import os, signal, sys, threading, time
from accel.tuning.child import try_candidates
{before}
threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
def call(candidate):
    if candidate == (1,):
        time.sleep(60)
try:
    for verdict in try_candidates([(0,), (1,), (2,)], call, restore=lambda: None):
        print(verdict.candidate)
except {error} as error:
    print(type(error).__name__)
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    print("no child")
"""


@pytest.mark.parametrize(
    "before, error", [("", "KeyboardInterrupt"), ("signal.signal(signal.SIGINT, lambda *_: sys.exit(3))", "SystemExit"), ("signal.siginterrupt(signal.SIGINT, False)", "KeyboardInterrupt")]
)
def test_interrupt_ends_the_child(before, error):
    start = time.monotonic()
    done = subprocess.run([sys.executable, "-c", INTERRUPTED.format(before=before, error=error)], capture_output=True, text=True, check=True)
    assert (done.stdout.split("\n"), done.stderr) == (["(0,)", error, "no child", ""], "")
    assert time.monotonic() - start < 30


def test_child_dies_with_its_parent(tmp_path):
    path = tmp_path / "child"
    program = f"""
import os, time
from accel.tuning.child import try_candidates
def call(candidate):
    open({str(path)!r}, "w").write(str(os.getpid()))
    while True: pass
list(try_candidates([(0,)], call))
"""
    parent = subprocess.Popen([sys.executable, "-c", program])
    while not path.exists() or not path.read_text():
        time.sleep(0.01)
    parent.kill()
    parent.wait()
    limit = time.monotonic() + 10
    while is_running(int(path.read_text())):
        assert time.monotonic() < limit
        time.sleep(0.01)


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.slow
def test_many_trials_leave_nothing():
    def call(candidate):
        if candidate[0] % 3:
            os._exit(1)

    for _ in range(5):
        found = verdicts(call, 30)
    assert sum(v.reason is None for v in found) == 10


def test_search_that_is_given_up():
    found = try_candidates([(0,), (1,)], lambda candidate: None)
    assert next(found).reason is None
    del found


def test_other_thread_than_the_main_one():
    found = []

    def search():
        found.extend(verdicts(lambda candidate: os._exit(2) if candidate == (1,) else None, 3))

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(str(v.reason) for v in found) == ["None"] * 8 + ["exited with status 2"] * 4


def test_search_that_goes_on_in_another_thread():
    search = try_candidates([(0,), (1,)], lambda candidate: None)
    found = []
    for _ in range(2):  # the child dies with the thread that has started it
        thread = threading.Thread(target=lambda: found.append(next(search)))
        thread.start()
        thread.join()
        time.sleep(0.05)
    search.close()
    assert [v.reason for v in found] == [None, None]


def test_no_warning_of_forks_where_there_are_threads():
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    before = list(warnings.filters)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert reason(lambda candidate: None) is None
    finally:
        stop.set()
        thread.join()
    assert warnings.filters == before


def test_pool_of_threads():
    values = np.zeros(1000)

    def fill(candidate=None):
        seen = set()

        def body(i):
            values[i] = i
            seen.add(threading.get_ident())
            time.sleep(0.0001)

        accel.parallel_for(body, 1000, num_threads=2, schedule="dynamic")
        return len(seen), values.sum()

    assert fill() == (2, 499500.0)
    values[:] = 0.0
    assert reason(fill, check=lambda found: None if found == (2, 499500.0) else f"{found}") is None
    assert not values.any()
    assert fill() == (2, 499500.0)


def test_search_while_other_threads_are_in_the_pool():
    stop, done = threading.Event(), []

    def work():
        while not stop.is_set():
            done.append(sum(accel.parallel_map(lambda i: i, range(100), num_threads=2)))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        found = verdicts(lambda candidate: sum(accel.parallel_map(lambda i: i, range(100), num_threads=2)), 20, check=lambda n: None if n == 4950 else "wrong")
    finally:
        stop.set()
        thread.join()
    assert [v.reason for v in found] == [None] * 20
    assert set(done) == {4950}


def test_search_inside_a_body_of_the_pool():
    def body(i):
        return [v.reason for v in verdicts(lambda candidate: os._exit(1) if candidate == (i,) else None, 3)]

    found = accel.parallel_map(body, range(3), num_threads=3)
    assert found == [["exited with status 1" if at == i else None for at in range(3)] for i in range(3)]


def test_search_inside_a_search():
    def call(candidate):
        return [v.reason for v in verdicts(lambda inner: os._exit(1) if inner == candidate else None, 2)]

    expected = [["exited with status 1", None], [None, "exited with status 1"]]
    found = []
    for at, verdict in enumerate(try_candidates([(0,), (1,)], call, check=lambda reasons: None if reasons in expected else f"{reasons}")):
        found.append((at, verdict.reason))
    assert found == [(0, None), (1, None)]


def test_machine_code_comes_back_through_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ACCEL_CACHE_DIR", str(tmp_path))

    @accel.fn
    def total(n, *, step: Comptime[int] = 1):
        found = 0
        for i in range(0, n, step):
            found += i
        return found

    def call(candidate):
        return total(10, step=candidate[0] + 1)

    assert [v.reason for v in verdicts(call, 3)] == [None] * 3
    entries = {path: path.read_bytes() for path in tmp_path.rglob("*.code")}
    assert len(entries) >= 3
    assert not total.accel.compiled
    assert [call((at,)) for at in range(3)] == [45, 20, 18]
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.code")} == entries  # nothing was compiled here


def test_handlers_and_limits_of_this_process_stay():
    before = signal.getsignal(signal.SIGUSR1), os.getpgrp(), os.getsid(0), faulthandler.is_enabled(), gc.get_freeze_count(), sys.stdout, os.fstat(1).st_ino

    def call(candidate):
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        signal.set_wakeup_fd(-1)
        os.chdir("/")
        os.environ["CHANGED"] = "1"

    assert reason(call) is None
    assert (signal.getsignal(signal.SIGUSR1), os.getpgrp(), os.getsid(0), faulthandler.is_enabled(), gc.get_freeze_count(), sys.stdout, os.fstat(1).st_ino) == before
    assert "CHANGED" not in os.environ


def test_signals_in_the_child_do_not_wake_the_parent():
    read, write = os.pipe()
    os.set_blocking(write, False)
    before = signal.set_wakeup_fd(write)
    handler = signal.signal(signal.SIGUSR1, lambda *_: None)
    try:
        assert reason(lambda candidate: os.kill(os.getpid(), signal.SIGUSR1)) is None
    finally:
        signal.set_wakeup_fd(before)
        signal.signal(signal.SIGUSR1, handler)
    os.set_blocking(read, False)
    with pytest.raises(BlockingIOError):
        os.read(read, 10)
    os.close(read)
    os.close(write)


def test_children_that_are_waited_for_by_others():
    handler = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        found = verdicts(lambda candidate: os._exit(1) if candidate == (0,) else None, 2)
    finally:
        signal.signal(signal.SIGCHLD, handler)
    assert [v.reason for v in found] == ["ended without an answer", None]


def test_no_process_can_be_made(monkeypatch):
    def fork():
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fork)
    assert reason(lambda candidate: None) == "could not be tried: [Errno 11] Resource temporarily unavailable"


def test_without_fork(monkeypatch):
    monkeypatch.delattr(os, "fork")
    found = verdicts(lambda candidate: [None, lambda: 1 // 0, sys.exit][candidate[0]] and [None, lambda: 1 // 0, sys.exit][candidate[0]](), 3)
    assert [v.reason for v in found] == [None, "raised ZeroDivisionError: integer division or modulo by zero", "raised SystemExit"]
    with pytest.raises(KeyboardInterrupt):
        verdicts(lambda candidate: raise_(KeyboardInterrupt))


def test_memory_limit_is_relative():
    held = np.ones(64 << 20, np.uint8)

    def call(candidate):
        return len(bytearray(candidate[0] << 20)) + len(held)

    found = {v.candidate[0]: v.reason for v in try_candidates([(100,), (300,), (100,)], call, memory_bytes=200 << 20)}
    assert found == {100: None, 300: "ran out of memory"}


def test_descriptions():
    assert describe_error(MemoryError("x")) == "ran out of memory"
    assert len(describe_error(ValueError("x" * 10_000))) <= 300
    assert repr(Verdict((1,), "x")) == "Verdict(candidate=(1,), reason='x', time_ns=inf)"
    assert find_free_bytes() >= 512 << 20
