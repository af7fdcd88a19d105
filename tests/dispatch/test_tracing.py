"""While somebody looks on, every call is plain Python, and every line is seen; afterwards compiled code serves again."""

import sys
import threading

import pytest

import accel
from accel.dispatch.tracing import find_layout, is_watched, tracing_symbols

monitoring = getattr(sys, "monitoring", None)


def looped(n):
    total = 0
    for i in range(n):
        total += i
    return total


EXPECTED = [1, 2, 3, 2, 3, 2, 4]


@pytest.fixture
def made():
    function = accel.fn(type(looped)(looped.__code__, globals(), "looped"))
    assert function(3) == 3 and function.accel.compiled
    return function


def lines(call):
    seen = []

    def local(frame, event, _):
        if event == "line":
            seen.append(frame.f_lineno - frame.f_code.co_firstlineno)
        return local

    before = sys.gettrace()
    sys.settrace(lambda frame, event, _: local if frame.f_code is looped.__code__ else None)
    try:
        call()
    finally:
        sys.settrace(before)
    return seen


def test_a_debugger_sees_every_line(made):
    assert lines(lambda: made(2)) == EXPECTED == lines(lambda: looped(2))
    assert made(4) == 6 and made.accel.counters["compiled"] + made.accel.counters["loaded"] == 1


def test_a_first_call_that_is_traced():
    fresh = accel.fn(type(looped)(looped.__code__, globals(), "looped"))
    assert lines(lambda: fresh(2)) == EXPECTED
    assert fresh(2) == 1 and fresh.accel.compiled


def test_a_profiler_sees_every_call(made):
    seen = []
    before = sys.getprofile()
    sys.setprofile(lambda frame, event, _: seen.append(event) if frame.f_code is looped.__code__ else None)
    try:
        made(2)
    finally:
        sys.setprofile(before)
    assert seen == ["call", "return"]
    made(2)
    assert len(seen) == 2


def test_a_tracer_in_another_thread(made):
    seen = []
    thread = threading.Thread(target=lambda: seen.extend(lines(lambda: made(2))))
    thread.start()
    thread.join()
    assert seen == EXPECTED and made(3) == 3


@pytest.mark.skipif(monitoring is None, reason="sys.monitoring is new in 3.12")
@pytest.mark.parametrize("local", [False, True])
def test_monitoring_tools_see_every_line(made, local):
    seen, tool = [], monitoring.DEBUGGER_ID
    monitoring.use_tool_id(tool, "test")
    try:
        first = looped.__code__.co_firstlineno
        monitoring.register_callback(
            tool, monitoring.events.LINE, lambda code, line: seen.append(line - first) if code is looped.__code__ else None
        )
        if local:
            monitoring.set_local_events(tool, looped.__code__, monitoring.events.LINE)
        else:
            monitoring.set_events(tool, monitoring.events.LINE)
        assert is_watched(made)
        made(2)
        monitoring.set_events(tool, 0)
        monitoring.set_local_events(tool, looped.__code__, 0)
    finally:
        monitoring.free_tool_id(tool)
    assert seen == EXPECTED and not is_watched(made)
    made(2)
    assert seen == EXPECTED


def test_coverage_counts_every_line(made):
    coverage = pytest.importorskip("coverage")
    measured = coverage.Coverage(data_file=None, config_file=False, include=[__file__])
    if measured.current() is not None:
        pytest.skip("coverage is being measured")
    measured.start()
    try:
        made(2)
    finally:
        measured.stop()
    first = looped.__code__.co_firstlineno
    assert {first + line for line in EXPECTED} <= set(measured.get_data().lines(__file__))


def test_switched_off(made):
    with accel.disabled():
        assert is_watched(made) and lines(lambda: made(2)) == EXPECTED
        with accel.disabled():
            assert is_watched(made)
        assert is_watched(made)
    assert not is_watched(made) or sys.gettrace() is not None


def test_what_machine_code_asks():
    layout = find_layout()
    assert layout is not None and layout.limit and find_layout() is layout
    words = tracing_symbols()
    assert words["accel.suspended"] and words["accel.quiet"] and words["accel.offset.limit"] == layout.limit
    assert bool(words["accel.version"]) == (monitoring is not None) != bool(words["accel.thread"])
