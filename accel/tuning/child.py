"""This module tries candidates in a forked child process, so that one which crashes, hangs, or eats memory costs itself only."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # the C half of `signal`, whose numbers need not become enums
import ctypes
import faulthandler
import fcntl
import gc
import os
import resource
import select
import signal
import socket
import struct
import sys
import threading
import time
from itertools import starmap
from math import inf

from accel.runtime.cpu import read_text
from accel.tuning.unwarned import Unwarned
from accel.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any, NoReturn

    from accel.tuning.space import Candidate

__all__ = ["Verdict", "describe_error", "find_free_bytes", "try_candidates"]

_LOOK_S = 0.05  # how often to look whether a child is gone whose end of the link another process has, too
_ENDING_S = 0.25  # a process whose descriptors are closed is gone within this time, or has closed them itself
_LONGEST_REASON = 300
_ANSWER = struct.Struct("<d")  # the time, before the text of the reason
_LEAST_MEMORY_BYTES = 256 << 20
_PR_SET_PDEATHSIG = 1
_UNKNOWN = 256  # the status of a child that somebody else has waited for


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a candidate.

    Attributes
    ----------
    candidate : Candidate
        Which one.
    reason : str or None
        Why it is out; None when it is good.
    time_ns : float
        What its second call took in the child, in nanoseconds: a rough figure. Infinite when it is out.

    Examples
    --------
    >>> Verdict((3,), "exited with status 3").reason
    'exited with status 3'
    """

    candidate: Candidate
    reason: str | None = None
    time_ns: float = inf


def try_candidates(
    candidates: Sequence[Candidate],
    call: Callable[[Candidate], object],
    *,
    check: Callable[[Any], str | None] | None = None,
    restore: Callable[[], object] | None = None,
    timeout_s: float = 10.0,
    memory_bytes: int | None = None,
    until_s: float = inf,
) -> Iterator[Verdict]:
    """Call each candidate twice in a child process and tell what came of it, one after the other.

    Parameters
    ----------
    candidates : sequence of Candidate
        Which ones, in this order.
    call : callable
        Calls the function with a candidate, on the copy of its arguments which the child has by the fork; gives its result.
    check : callable, optional
        Takes the result of a call, after it; gives how it, or an argument, differs from what it should be, None when it does not.
    restore : callable, optional
        Puts the arguments back; called in the child before each call, and in this process at the end: memory that processes share is changed by a child.
    timeout_s : float, default 10
        How long a candidate may take, both calls and what they compile together.
    memory_bytes : int, optional
        How much memory a child may take beyond what this process has; by default half of what is free.
    until_s : float, optional
        A time of `time.monotonic`: the trials end then, without a verdict on the candidate at hand.

    Yields
    ------
    Verdict
        Reasons are: "gave another result: …", "raised ValueError: …", "exited with status 3", "killed by signal 11 (SIGSEGV)", "took more than 2 s",
        "ran out of memory", "could not be tried: …".

    Notes
    -----
    One child does many candidates; after one that is out there is a new one. It works only while the next verdict is waited for. It has `/dev/null` for its standard
    streams, runs no finalizers of what was garbage before, and ends without `atexit` handlers. It is killed, along with the processes it has started (but for those that made a
    session of their own), when it is done, on Ctrl-C, and when this process dies. Where processes can't be forked, candidates are called in this one: exceptions are
    all that is caught then.

    Files the function writes to, connections and the like are not undone: a child does what the function does.

    Examples
    --------
    >>> import os
    >>> def call(candidate):
    ...     return os._exit(3) if candidate == (1,) else candidate[0] * 2
    >>> for verdict in try_candidates([(0,), (1,), (2,)], call, check=lambda result: None if result == 0 else f"{result} instead of 0"):
    ...     print(verdict.candidate, verdict.reason)
    (0,) None
    (1,) exited with status 3
    (2,) gave another result: 4 instead of 0
    """
    work = _Work(tuple(candidates), call, check or _accept, restore or _nothing)
    if not hasattr(os, "fork"):
        yield from map(work.do, range(len(work.candidates)))
        return
    child = _Child(work, find_free_bytes() // 2 if memory_bytes is None else memory_bytes)
    try:
        for at in range(len(work.candidates)):
            verdict = child.ask(at, timeout_s, until_s)
            if verdict is None:
                return
            yield verdict
    finally:
        if child.end():
            work.restore()


def describe_error(error: BaseException) -> str:
    """What a candidate raised, in one line: the reason why it is out.

    Examples
    --------
    >>> describe_error(ValueError("tile"))
    'raised ValueError: tile'
    """
    if isinstance(error, MemoryError):
        return "ran out of memory"
    try:
        text = " ".join(str(error).split())
    except Exception:
        text = ""
    return f"raised {type(error).__name__}{': ' if text else ''}{text}"[:_LONGEST_REASON]


def find_free_bytes() -> int:
    """How much memory the machine, and the control group of this process, have left; at least 512 MiB.

    Examples
    --------
    >>> find_free_bytes() >= 512 << 20
    True
    """
    free = [_read_number("/proc/meminfo", "MemAvailable:") * 1024]
    limit, used = _read_number("/sys/fs/cgroup/memory.max"), _read_number("/sys/fs/cgroup/memory.current")
    if limit and used:
        free.append(limit - used)
    return max(min(free), 2 * _LEAST_MEMORY_BYTES)


def _read_number(path: str, word: str = "") -> int:
    """The number behind a word in a file; 0 when there is none."""
    text = read_text(path)
    try:
        return int(text.partition(word)[2].split()[0]) if word else int(text)
    except (ValueError, IndexError):
        return 0


def _accept(result: object) -> None:
    return None


def _nothing() -> None:
    return None


class _Work:
    """What is to be done with each candidate, in whichever process."""

    __slots__ = ("call", "candidates", "check", "restore")

    def __init__(
        self, candidates: tuple[Candidate, ...], call: Callable[[Candidate], object], check: Callable[[Any], str | None], restore: Callable[[], object]
    ) -> None:
        self.candidates, self.call, self.check, self.restore = candidates, call, check, restore

    def do(self, at: int) -> Verdict:
        """Call a candidate twice; the time is that of the second call, which compiles nothing any more."""
        candidate = self.candidates[at]
        time_ns = 0
        try:
            for _ in range(2):
                self.restore()
                start_ns = time.perf_counter_ns()
                result = self.call(candidate)
                time_ns = time.perf_counter_ns() - start_ns
                difference = self.check(result)
                if difference is not None:
                    return Verdict(candidate, f"gave another result: {difference}"[:_LONGEST_REASON])
        except (Exception, SystemExit, GeneratorExit) as error:
            return Verdict(candidate, describe_error(error))
        return Verdict(candidate, None, float(time_ns))


class _Child:
    """A child process that does some work, candidate by candidate, as it is asked to; started when there is none."""

    def __init__(self, work: _Work, memory_bytes: int) -> None:
        self._work, self._memory_bytes = work, memory_bytes
        self._owner = os.getpid()
        self._pids: list[int] = []
        self._thread = 0  # that has forked it
        self._link: socket.socket | None = None

    def ask(self, at: int, timeout_s: float, until_s: float) -> Verdict | None:
        """Have a candidate tried; None when the time of all trials is over."""
        if time.monotonic() >= until_s:
            return None
        candidate = self._work.candidates[at]
        if self._pids and (self._thread != threading.get_native_id() or self._status() is not None):  # it ends with the thread it was forked by
            self.end()
        try:
            if not self._pids:
                self._start()
            assert self._link is not None
            self._link.send(at.to_bytes(8, "little"), socket.MSG_NOSIGNAL)
        except (OSError, RuntimeError) as error:  # no memory, too many processes, the interpreter is ending
            self.end()
            return Verdict(candidate, f"could not be tried: {error}"[:_LONGEST_REASON])
        limit_s = min(time.monotonic() + timeout_s, until_s)
        answer = self._wait(limit_s)
        if answer:
            reason = answer[_ANSWER.size :].decode() or None
            verdict = Verdict(candidate, reason, *_ANSWER.unpack(answer[: _ANSWER.size]))
        elif answer is None and limit_s == until_s:
            self.end()
            return None
        else:
            verdict = Verdict(candidate, f"took more than {timeout_s:g} s" if answer is None else self._describe_end())
        if verdict.reason is not None:
            self.end()
        return verdict

    def _wait(self, limit_s: float) -> bytes | None:
        """The answer; empty when the child is gone, None when it takes too long."""
        assert self._link is not None
        poll = select.poll()
        poll.register(self._link, select.POLLIN)
        while True:
            left_s = limit_s - time.monotonic()
            if poll.poll(max(0.0, min(left_s, _LOOK_S)) * 1000.0):
                try:
                    return self._link.recv(8 * _LONGEST_REASON)
                except OSError:
                    return b""
            if left_s <= 0.0:
                return None
            if self._status() is not None and not poll.poll(0):
                return b""

    def _describe_end(self) -> str:
        """How a child ended that has not answered."""
        limit_s = time.monotonic() + _ENDING_S
        status = self._status()
        while status is None and time.monotonic() < limit_s:
            time.sleep(0.001)
            status = self._status()
        if status is None:
            return "closed descriptors that were not its own"
        if status == _UNKNOWN:
            return "ended without an answer"
        if status >= 0:
            return f"exited with status {status}"
        try:
            return f"killed by signal {-status} ({signal.Signals(-status).name})"
        except ValueError:
            return f"killed by signal {-status}"

    def _status(self) -> int | None:
        """The exit status, the negative signal, or None while it runs. It is not reaped before its group is killed."""
        try:
            found = os.waitid(os.P_PID, self._pids[-1], os.WEXITED | os.WNOWAIT | os.WNOHANG)
        except ChildProcessError:
            return _UNKNOWN
        if found is None:
            return None
        return found.si_status if found.si_code == os.CLD_EXITED else -found.si_status

    def end(self) -> bool:
        """Kill the child and what it has started. Whether this process is the one that started it."""
        if os.getpid() != self._owner:  # a copy, in another process
            return False
        while self._pids:
            pid = self._pids[-1]
            if pid > 0:
                for kill in (os.killpg, os.kill):  # it may not have made its group yet
                    try:
                        kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
                try:
                    os.waitpid(pid, 0)
                except ChildProcessError:
                    pass
            self._pids.pop()
        if self._link is not None:
            self._link.close()
            self._link = None
        return True

    def _start(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (AttributeError, OSError, ValueError):
                pass
        self._link, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        mask = _signal.pthread_sigmask(signal.SIG_BLOCK, _signal.valid_signals())  # no handler may lead a child out of here
        try:
            with Unwarned(__name__, DeprecationWarning):  # of forking where there are threads
                self._thread = threading.get_native_id()
                self._pids.extend(starmap(os.fork, [()]))  # no handler gets between the fork and this note of it
            if not self._pids[-1]:
                self._serve(other, mask)
        finally:
            if os.getpid() != self._owner:
                os._exit(1)
            _signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            other.close()

    def _serve(self, other: socket.socket, mask: set[Any]) -> NoReturn:
        """What the child does: never returns."""
        assert self._link is not None
        try:
            self._link.close()
            _settle(self._owner, self._memory_bytes)
            link = socket.socket(fileno=fcntl.fcntl(other.fileno(), fcntl.F_DUPFD_CLOEXEC, 3))  # the streams may have been closed
            other.close()
            _replace_streams()
            _signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            own, identity = os.getpid(), _identify(link)
            while request := link.recv(8):
                answer = self._do(int.from_bytes(request, "little"))
                if os.getpid() != own:  # forked by the candidate
                    break
                if _identify(link) != identity:  # closed by the candidate, and what has its number now is not for us
                    time.sleep(_LOOK_S + 2.0 * _ENDING_S)
                    break
                link.send(answer, socket.MSG_NOSIGNAL)
        finally:
            os._exit(0)

    def _do(self, at: int) -> bytes:
        try:
            verdict = self._work.do(at)
        except BaseException as error:  # here even Ctrl-C is the candidate's own
            verdict = Verdict(self._work.candidates[at], describe_error(error))
        if verdict.reason is not None:  # which may need some memory to say
            _limit(resource.RLIMIT_DATA, resource.getrlimit(resource.RLIMIT_DATA)[1])
        return _ANSWER.pack(verdict.time_ns) + (verdict.reason or "").encode(errors="backslashreplace")


def _settle(parent: int, memory_bytes: int) -> None:
    """Make the child one that harms nobody, and dies with its parent."""
    gc.freeze()  # what is garbage now is the parent's to finalize
    os.setsid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)
    signal.set_wakeup_fd(-1)  # it is shared with the parent
    faulthandler.disable()
    _limit(resource.RLIMIT_CORE, 1)  # 0 would still start the programs that gather dumps
    used_bytes = int(read_text("/proc/self/statm").split()[5]) * resource.getpagesize()
    _limit(resource.RLIMIT_DATA, used_bytes + memory_bytes)


def _limit(what: int, limit: int) -> None:
    try:
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
    except (OSError, ValueError):
        pass


def _replace_streams() -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    _kept.extend((sys.stdin, sys.stdout, sys.stderr))  # or they would be flushed
    sys.stdin, sys.stdout, sys.stderr = (open(number, mode, closefd=False) for number, mode in ((0, "r"), (1, "w"), (2, "w")))  # noqa: SIM115  they stay


_kept: list[Any] = []


def _identify(link: socket.socket) -> tuple[int, int] | None:
    try:
        found = os.fstat(link.fileno())
    except OSError:
        return None
    return found.st_dev, found.st_ino
