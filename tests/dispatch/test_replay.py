"""Runs of parallel loops that machine code does as the last one was."""

import builtins
import math
import os
import signal
import sys
import threading

import numpy as np
import pytest

import accel
from accel.dispatch.regions import Region

FACTOR = 2.0


def scale(x, y, k):
    for i in range(len(x)):
        y[i] = math.sqrt(x[i]) * k


def scale_rows(x, y, k, n):
    for i in range(n):
        for j in range(x.shape[1]):
            y[i, j] = x[i, j] * k + FACTOR


def prepare(function, *arguments, threads=2):
    """A decorated function whose next call is like its last one, for these arguments."""
    decorated = accel.parallelize(num_threads=threads)(function)
    region = getattr(decorated.accel, "_made").regions[0]
    for _ in range(3):
        region.pace = 1e9
        decorated(*arguments)
    return decorated, region


def replays(region, call):
    """How many runs machine code does in `call`."""
    before = region._replay.runs
    call()
    return region._replay.runs - before


def test_a_run_is_done_again_without_python(monkeypatch):
    x, y = np.arange(10_000.0), np.zeros(10_000)
    scaled, region = prepare(scale, x, y, 2.0)
    runs, shared = region.runs, region.shared
    monkeypatch.setattr(Region, "_run", None)  # nothing calls it
    x += 1
    scaled(x, y, 2.0)
    assert (y == np.sqrt(x) * 2.0).all()
    assert (region.runs, region.shared) == (runs + 1, shared + 1)


def test_other_inputs_are_other_runs():
    x, y = np.random.default_rng(1).random((300, 40)), np.zeros((300, 40))
    other, read_only = np.zeros((300, 40)), np.zeros((300, 40))
    read_only.flags.writeable = False
    scaled, region = prepare(scale_rows, x, y, 2.0, 300)
    assert replays(region, lambda: scaled(x, y, 2.0, 300)) == 1
    for arguments in [(x, y, 3.0, 300), (x, y, np.float64(2), 300), (x, other, 2.0, 300), (x, y, 2.0, 299), (x, y, 2.0, np.int64(300)), (x[::-1], y, 2.0, 300),
                      (x.astype("f"), y, 2.0, 300), (x, y, 2, 300), (x[:, ::-1], y, 2.0, 300), (y, y, 2.0, 300)]:  # fmt: skip
        arguments[1][:] = -1.0
        want = arguments[1].copy()
        source = want if arguments[0] is y else arguments[0]
        scale_rows(source, want, *arguments[2:])
        assert replays(region, lambda given=arguments: scaled(*given)) == 0, arguments[2:]
        assert (arguments[1] == want).all()
    with pytest.raises(ValueError, match="read-only"):
        scaled(x, read_only, 2.0, 300)
    with pytest.raises(TypeError):
        scaled(x, y, "2", 300)


@pytest.mark.filterwarnings("ignore:Setting the dtype")
def test_arrays_that_change_in_place():
    x, y = np.arange(9_600.0), np.zeros(9_600)
    scaled, region = prepare(scale, x, y, 2.0)
    x.dtype = np.int64
    assert replays(region, lambda: scaled(x, y, 2.0)) == 0 and (y == np.sqrt(x.astype(float)) * 2.0).all()
    y[:] = 0
    y.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        scaled(x, y, 2.0)
    assert not y.any()


@pytest.mark.parametrize("where", ["module", "attribute", "number", "builtin"])
def test_names_outside_are_looked_at(where):
    function = scale_rows if where == "number" else scale
    x, y = np.ones((100, 100)), np.zeros((100, 100))
    arguments = (x, y, 2.0, 100) if where == "number" else (x[0], y[0], 2.0)
    done, region = prepare(function, *arguments)
    assert replays(region, lambda: done(*arguments)) == 1
    whole = len

    def shorter(values):
        return whole(values) - isinstance(values, np.ndarray)

    want = y.copy()
    space, name, value = {
        "module": (globals(), "math", np), "attribute": (vars(math), "sqrt", abs), "number": (globals(), "FACTOR", 5.0), "builtin": (vars(builtins), "len", shorter),
    }[where]  # fmt: skip
    before, runs = space[name], region._replay.runs
    space[name] = value
    try:
        function(*((x, want, *arguments[2:]) if where == "number" else (x[0], want[0], 2.0)))
        done(*arguments)
    finally:
        space[name] = before
    assert region._replay.runs == runs and (y == want).all()


def test_the_number_of_threads_is_asked_for(monkeypatch):
    x, y = np.arange(10_000.0), np.zeros(10_000)
    with accel.parallel(2):
        scaled, region = prepare(scale, x, y, 2.0, threads=None)
        assert replays(region, lambda: scaled(x, y, 2.0)) == 1
        with accel.parallel(1):
            assert replays(region, lambda: scaled(x, y, 2.0)) == 0
        with accel.parallel(3):
            region.pace = 1e9
            assert replays(region, lambda: scaled(x, y, 2.0)) == 0
    monkeypatch.setenv("ACCEL_NUM_THREADS", "1")
    found = []
    other = threading.Thread(target=lambda: found.append(replays(region, lambda: scaled(x, y, 2.0))))
    other.start()
    other.join()
    assert found == [0]


@pytest.mark.parametrize("how", ["profile", "trace", "disabled"])
def test_who_looks_on_sees_the_loop(how):
    x, y = np.arange(1_000.0), np.zeros(1_000)
    scaled, region = prepare(scale, x, y, 2.0)

    def call():
        y[:] = 0
        if how == "disabled":
            with accel.disabled():
                scaled(x, y, 2.0)
        else:
            (sys.setprofile if how == "profile" else sys.settrace)(lambda *_: None)
            try:
                scaled(x, y, 2.0)
            finally:
                (sys.setprofile if how == "profile" else sys.settrace)(None)

    assert replays(region, call) == 0 and (y == np.sqrt(x) * 2.0).all()
    assert replays(region, lambda: scaled(x, y, 2.0)) == 1


def test_what_tasks_raise_is_raised_at_its_place():
    def invert(x, y):
        for i in range(len(x)):
            y[i] = 7 // int(x[i])

    x, y = np.ones(10_000), np.zeros(10_000)
    inverted, region = prepare(invert, x, y)
    for bad in (0, 6_000, 9_999):
        for _ in range(3):
            region.pace = 1e9
            inverted(x, y)
        x[bad] = 0
        y[:] = 0
        region.pace = 1e9
        before = region._replay.runs
        with pytest.raises(ZeroDivisionError) as caught:
            inverted(x, y)
        assert region._replay.runs == before + 1 and (y[:bad] == 7).all()
        assert caught.traceback[-1].lineno + 1 == invert.__code__.co_firstlineno + 2 and caught.traceback[-1].name == "invert"
        x[bad] = 1


def test_what_leaves_machine_code_goes_on_in_cpython():
    def add(x, y):
        for i in range(len(x)):
            y[i] = 2**62 + int(x[i]) - 2**62

    x, y = np.ones(10_000), np.zeros(10_000)
    added, region = prepare(add, x, y)
    x[5_000] = 2.0**62
    assert replays(region, lambda: added(x, y)) == 1
    assert y[5_000] == 2.0**62 and (y == 1).sum() == 9_999
    x[5_000] = 3.0
    assert replays(region, lambda: added(x, y)) == 1 and y.sum() == 10_002


def test_threads_that_call_at_the_same_time():
    x, y = np.random.default_rng(2).random((500, 500)), np.zeros((500, 500))
    scaled, region = prepare(scale_rows, x, y, 2.0, 500)
    want, faults = x * 2.0 + FACTOR, []

    def call(own):
        for _ in range(50):
            region.pace = 1e9
            scaled(x, own, 2.0, 500)
            if not (own == want).all():
                faults.append(1)

    workers = [threading.Thread(target=call, args=(own,)) for own in (y, y, np.zeros((500, 500)))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not faults


def test_an_interrupt_ends_it():
    @accel.parallelize(num_threads=2)
    def spin(x, n):
        for i in range(len(x)):
            for _ in range(n):
                x[i] = x[i] * 0.5 + 1.0

    x = np.zeros(64)
    region = getattr(spin.accel, "_made").regions[0]
    for _ in range(3):
        region.pace = 1e9
        spin(x, 1_000)
    region.pace = 1e9
    spin(x, 30_000)
    for _ in range(2):
        region.pace = 1e9
        spin(x, 300_000_000 // 1_000)
    timer = threading.Timer(0.05, lambda: os.kill(os.getpid(), signal.SIGINT))
    before = region._replay.runs
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        while True:
            spin(x, 300_000)
    timer.join()
    assert region._replay.runs > before
    region.pace = 1e9
    spin(x, 1_000)
    assert np.isfinite(x).all()


def test_a_child_runs_on():
    x, y = np.arange(10_000.0), np.zeros(10_000)
    scaled, _ = prepare(scale, x, y, 2.0)
    child = os.fork()
    if not child:
        y[:] = 0
        try:
            scaled(x, y, 2.0)
            os._exit(0 if (y == np.sqrt(x) * 2.0).all() else 1)
        except BaseException:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring is new in 3.12")
@pytest.mark.parametrize("where", ["everywhere", "driver"])
def test_tools_that_look_on_see_the_loop(where):
    x, y = np.arange(1_000.0), np.zeros(1_000)
    scaled, region = prepare(scale, x, y, 2.0)
    monitoring = sys.monitoring
    events, lines = monitoring.events.LINE, []
    monitoring.use_tool_id(4, "test")
    monitoring.register_callback(4, events, lambda code, line: lines.append(line))
    try:
        if where == "everywhere":
            monitoring.set_events(4, events)
        else:
            monitoring.set_local_events(4, scaled.__code__, events)
        assert replays(region, lambda: scaled(x, y, 2.0)) == 0
    finally:
        monitoring.set_events(4, 0)
        monitoring.set_local_events(4, scaled.__code__, 0)
        monitoring.register_callback(4, events, None)
        monitoring.free_tool_id(4)
    assert lines and replays(region, lambda: scaled(x, y, 2.0)) == 1
