"""Ctrl-C and signal handlers are noticed in compiled loops."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from accel import pipeline
from accel.dispatch import record
from tests.exactness.agreement import decorated

_ROOT = Path(__file__).resolve().parents[2]
_START = """
import signal, sys, threading, os, time
import numpy as np
from tests.differential.counters import hasten
from tests.differential.decorators import find_decorator
fn = find_decorator("accel")
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that runs the tests in the background has it ignored
"""

LOOPS = {
    "while": "def spin(n, a):\n    i = 0\n    while i >= 0:\n        i = (i + 1) % 1000\n    return i",
    "for": "def spin(n, a):\n    s = 0\n    for i in range(n):\n        s = (s + i) % 7\n    return s",
    "nested": "def spin(n, a):\n    s = 0\n    for i in range(n):\n        for j in range(1000):\n            s = (s + i * j) % 7\n    return s",
    "array": "def spin(n, a):\n    for i in range(n):\n        a[i % 100] += 0.5\n    return a[0]",
    "callee": "@fn\ndef step(s, i):\n    return (s + i) % 7\n\n\ndef spin(n, a):\n    s = 0\n    for i in range(n):\n        s = step(s, i)\n    return s",
    "recursion": "@fn\ndef tree(n):\n    return 1 if n < 1 else tree(n - 1) + tree(n - 1)\n\n\ndef spin(n, a):\n    return tree(60)",
}


def start(folder: Path, text: str) -> subprocess.Popen[str]:
    path = folder / "spin.py"
    path.write_text(textwrap.dedent(_START) + text, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(_ROOT), "ACCEL_HINTS": "0"}
    return subprocess.Popen([sys.executable, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


@pytest.mark.parametrize("name", LOOPS)
def test_ctrl_c_ends_a_loop(tmp_path: Path, name: str) -> None:
    run = "\n\n\nspin = fn(spin)\nhasten(spin)\nspin(10, np.zeros(100)) if 'tree' not in globals() and 'while' != NAME else None\n"
    run += "print('ready', flush=True)\ntry:\n    spin(2**62, np.zeros(100))\nexcept KeyboardInterrupt:\n    print('interrupted', flush=True)\n"
    with start(tmp_path, f"NAME = {name!r}\n" + LOOPS[name] + run) as child:
        assert child.stdout is not None and child.stdout.readline() == "ready\n"
        time.sleep(1.0)
        child.send_signal(signal.SIGINT)
        try:
            out, err = child.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            child.kill()
            pytest.fail("the loop was not interrupted")
        assert (out, child.returncode) == ("interrupted\n", 0), err


def test_a_handler_that_raises_and_one_that_goes_on(tmp_path: Path) -> None:
    text = LOOPS["for"] + """


class Alarm(Exception):
    pass


def rings(*_):
    hits.append(1)
    if len(hits) == 3:
        raise Alarm("third")


hits = []
spin = fn(spin)
hasten(spin)
spin(10, None)
signal.signal(signal.SIGALRM, rings)
signal.setitimer(signal.ITIMER_REAL, 0.3, 0.3)
try:
    spin(2**62, None)
except Alarm as error:
    print(type(error).__name__, error, len(hits), flush=True)
"""
    with start(tmp_path, text) as child:
        try:
            out, err = child.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            child.kill()
            pytest.fail("the handler was not called")
        assert out == "Alarm third 3\n", err


def test_a_handler_sees_what_was_stored_and_may_be_caught_inside(tmp_path: Path) -> None:
    text = """
def rings(*_):
    raise TimeoutError("now")


def spin(a):
    turns = 0
    try:
        while a[1] == 0.0:
            a[0] += 1.0
            turns += 1
    except TimeoutError:
        return turns, a[0] - turns
    finally:
        a[1] = 5.0


spin = fn(spin)
hasten(spin)
spin(np.ones(2))
signal.signal(signal.SIGALRM, rings)
signal.setitimer(signal.ITIMER_REAL, 1.0)
a = np.zeros(2)
turns, difference = spin(a)
print(turns > 0, abs(difference) <= 1, a[1], flush=True)
"""
    with start(tmp_path, text) as child:
        try:
            out, err = child.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            child.kill()
            pytest.fail("the handler was not called")
        assert out == "True True 5.0\n", err


def test_a_handler_that_raises_while_its_function_is_compiled(tmp_path: Path) -> None:
    text = """
import accel.pipeline


def compile_slowly(*what):
    os.kill(os.getpid(), signal.SIGALRM)
    try:
        return compile_(*what)
    except Exception:
        print("seen by the compiler")


def rings(*_):
    raise TimeoutError("now")


def spin(a):
    for k in range(3):
        a[0] += 1.0
    return a[0]


compile_, accel.pipeline.specialize = accel.pipeline.specialize, compile_slowly
spin = fn(spin)
hasten(spin)
signal.signal(signal.SIGALRM, rings)
a = np.zeros(1)
try:
    spin(a)
except TimeoutError as error:
    print(error, a[0])
accel.pipeline.specialize = compile_
print(spin(a), spin.accel.compiled, spin.accel.diagnostics, signal.pthread_sigmask(signal.SIG_BLOCK, ()))
"""
    with start(tmp_path, text) as child:
        out, err = child.communicate(timeout=60)
        assert out == "now 0.0\n3.0 True () set()\n", err


def tidies(a, n):
    try:
        for i in range(len(a)):
            a[i] = i // n
    finally:
        a[0] = 7
    return a[1]


def rings(*_):
    raise TimeoutError("now")


@pytest.fixture
def alarm() -> Iterator[Callable[[Callable[..., Any]], Callable[..., Any]]]:
    """Makes a function during whose first call a signal arrives, the handler of which raises."""
    before = signal.signal(signal.SIGUSR1, rings)

    def disturbed(function: Callable[..., Any]) -> Callable[..., Any]:
        calls = [0]

        def disturbing(*arguments: Any) -> Any:
            calls[0] += 1
            if calls[0] == 1:
                signal.raise_signal(signal.SIGUSR1)
            return function(*arguments)

        return disturbing

    yield disturbed
    signal.signal(signal.SIGUSR1, before)


def test_a_handler_that_raises_while_something_is_compiled(alarm: Any) -> None:
    made = decorated(tidies)
    dispatcher = made.accel._dispatcher
    dispatcher._compile = alarm(pipeline.specialize)
    a = np.ones(3)
    with pytest.raises(TimeoutError, match="now"):
        made(a, 1)
    assert list(a) == [1, 1, 1]
    assert made(a, 1) == 1 and list(a) == [7, 1, 2] and made.accel.compiled


def test_a_handler_that_raises_while_python_takes_over(alarm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = decorated(tidies)
    assert made(np.ones(3), 1) == 1
    monkeypatch.setattr(record, "read_record", alarm(record.read_record))
    for error in (TimeoutError, ZeroDivisionError):
        a = np.ones(3)
        with pytest.raises(error) as caught:
            made(a, 0)
        assert list(a) == [7, 1, 1]
        assert [entry.name for entry in caught.traceback][1] == "tidies" and caught.traceback[1].lineno == tidies.__code__.co_firstlineno + 2
