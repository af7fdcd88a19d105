"""Do something in a forked child, so that a crash or a hang is an answer like any other."""

from __future__ import annotations

import faulthandler
import os
import pickle
import select
import signal
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

__all__ = ["Crash", "run_isolated"]


class Crash(Exception):
    """The child ended by a signal, or did not end in time."""


def run_isolated(work: Callable[[], Any], limit_s: float = 90.0) -> Any:
    """What `work()` gives in a forked child; raises Crash when the child dies or takes too long."""
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        child = os.fork()
    if child == 0:
        _serve(work, read, write)
    os.close(write)
    try:
        chunks = _read_all(read, time.monotonic() + limit_s)
    except TimeoutError:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise Crash(f"no answer within {limit_s:g} s") from None
    finally:
        os.close(read)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status < 0:
        raise Crash(signal.Signals(-status).name)
    if not chunks or status:
        raise RuntimeError(f"the child raised, status {status}")
    return pickle.loads(chunks)


def _serve(work: Callable[[], Any], read: int, write: int) -> None:
    status = 1
    try:
        faulthandler.disable()
        os.close(read)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 2)
        answer = pickle.dumps(work())
        with os.fdopen(write, "wb") as pipe:
            pipe.write(answer)
        status = 0
    finally:
        sys.stdout.flush()
        os._exit(status)


def _read_all(read: int, until: float) -> bytes:
    chunks: list[bytes] = []
    while True:
        ready, _, _ = select.select([read], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            raise TimeoutError
        chunk = os.read(read, 1 << 16)
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)
