"""Signals: the word that compiled loops read, and handlers that wait."""

import ctypes
import os
import signal
import sys
import threading

import pytest

from accel.runtime.interrupt import find_tripped, hold_signals

CALLS = []


def rings(number, frame):
    """Notes the call; raises from the second one on."""
    CALLS.append(number)
    if len(CALLS) > 1:
        raise TimeoutError(len(CALLS))


@pytest.fixture(autouse=True)
def handler():
    CALLS.clear()
    before = signal.signal(signal.SIGUSR1, rings)
    yield
    signal.signal(signal.SIGUSR1, before)


def test_the_word_is_set_by_a_signal_and_cleared_by_its_handler():
    word, seen = ctypes.c_int.from_address(find_tripped()), []

    def mark():
        seen.append(word.value)
        ctypes.pythonapi.PyErr_SetInterruptEx(signal.SIGUSR1)
        seen.append(word.value)

    marking, interval = threading.Thread(target=mark), sys.getswitchinterval()
    try:
        sys.setswitchinterval(10)  # the main thread, which would run the handler, waits
        marking.start()
        marking.join()
    finally:
        sys.setswitchinterval(interval)
    assert CALLS == [signal.SIGUSR1] and seen == [0, 1] and word.value == 0


def test_other_threads_get_the_word_too():
    here, there = find_tripped(), []
    thread = threading.Thread(target=lambda: there.append(find_tripped()))
    thread.start()
    thread.join()
    assert there == [here]


def test_handlers_wait_until_the_end():
    with hold_signals():
        os.kill(os.getpid(), signal.SIGUSR1)
        assert CALLS == [] and signal.getsignal(signal.SIGUSR1) is not rings
    assert CALLS == [signal.SIGUSR1] and signal.getsignal(signal.SIGUSR1) is rings


def test_what_handlers_raise_comes_from_the_end():
    with pytest.raises(TimeoutError) as raised:
        with hold_signals():
            for _ in range(3):
                signal.raise_signal(signal.SIGUSR1)
    assert len(CALLS) == 3 and raised.value.args == (3,) and raised.value.__context__.args == (2,)
    assert signal.getsignal(signal.SIGUSR1) is rings


def test_ctrl_c_does_not_wait():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), hold_signals():
            signal.raise_signal(signal.SIGINT)
            pytest.fail("it waited")
    finally:
        signal.signal(signal.SIGINT, before)


def test_nothing_is_held_in_other_threads():
    seen = []

    def look():
        with hold_signals():
            seen.append(signal.getsignal(signal.SIGUSR1))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [rings]
