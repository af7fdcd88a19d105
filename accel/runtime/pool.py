"""The thread pool in this process (`accel.lower.pool`): how many threads, and regions with bodies in Python or in machine code.

Threads are counted by the innermost `accel.parallel` of the thread that asks, else by `ACCEL_NUM_THREADS`, else by `OMP_NUM_THREADS`, else
by the processors this process may use: its affinity mask, and what its control group lets it have.
"""

from __future__ import annotations

import ctypes
import os
import threading

from accel.options import MOST_THREADS
from accel.runtime.image import Image, Loaded
from accel.runtime.symbols import resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CANCELLED", "DONE", "MOST_THREADS", "Pool", "current_threads", "default_threads", "pool", "set_threads", "thread_symbols"]


DONE, CANCELLED = -1, -2  # what bodies and regions give, but for the number of an iteration that failed
_WIPE_ON_FORK = 18
_POLL_NS = 20_000_000
_BODY = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.POINTER(ctypes.c_int64))


class Pool:
    """The workers of this process.

    Attributes
    ----------
    state : int
        Address of the state, for machine code that calls `run`.
    """

    def __init__(self) -> None:
        from accel.runtime.stubs import POOL_IMAGE, POOL_STATE_BYTES

        libc = ctypes.CDLL(None)
        libc.mmap.restype, libc.mmap.argtypes = ctypes.c_void_p, (ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long)
        libc.madvise.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
        self.state: int = libc.mmap(None, POOL_STATE_BYTES, 3, 0x22, -1, 0)
        if libc.madvise(self.state, POOL_STATE_BYTES, _WIPE_ON_FORK):
            os.register_at_fork(after_in_child=lambda: ctypes.memset(self.state, 0, POOL_STATE_BYTES) and None)
        self._code = Loaded(Image.loads(bytes.fromhex(POOL_IMAGE)), lambda name: self.state if name == "pool_state" else resolve(name))
        _split_at.value = self._code["split"]
        integers = ctypes.c_int64
        pointer = ctypes.c_void_p
        self._open = self._function("open", pointer, pointer, _BODY, pointer, integers, integers, integers)
        self._work, self._cancel = self._function("work", None, pointer), self._function("cancel", None, pointer)
        self._wait, self._close = self._function("wait", integers, pointer, integers), self._function("close", integers, pointer)
        self._stop = self._function("stop", integers, pointer)
        os.register_at_fork(before=self.stop)  # 3.12 warns where there are threads; and a child has none of them

    def _function(self, name: str, result: type | None, *parameters: type) -> Callable[..., int]:
        return ctypes.CFUNCTYPE(result, *parameters)(self._code[name])

    def address(self, name: str) -> int:
        """The address of a function of the pool."""
        return self._code[name]

    def stop(self) -> bool:
        """End the workers, unless a region is open. More come when they are needed."""
        return bool(self._stop(self.state))

    def run(self, body: Callable[[int, int, Callable[[], int]], int], count: int, chunk: int, threads: int) -> int:
        """Call `body(begin, end, lowest)` for chunks of `range(count)`, on at most so many threads, this one included.

        Parameters
        ----------
        body
            Gives DONE, the iteration that failed, or CANCELLED, which ends all. `lowest()` is the lowest that has failed so far: those above need not be done.
        count, chunk, threads
            At least 1 each.

        Returns
        -------
        int
            DONE, the lowest iteration that failed, or CANCELLED.

        Raises
        ------
        RuntimeError
            In a child process that a body forked, once that body has returned: the other threads are not there any more.
        """

        stop, caller = ctypes.c_int32(0), threading.get_ident()

        def call(frame: object, begin: int, end: int, low: ctypes._Pointer[ctypes.c_int64]) -> int:
            if threading.get_ident() == caller:  # which looks for signals itself
                answer = body(begin, end, lambda: low[0])
                stop.value |= answer == CANCELLED
                return answer
            _set(_WATCHED, ctypes.addressof(stop))
            try:
                return body(begin, end, lambda: low[0])
            finally:
                _set(_WATCHED, 0)

        given = _BODY(call)
        region = self._open(self.state, given, None, count, chunk, min(threads, MOST_THREADS))
        if not region:
            return body(0, count, lambda: 2**63 - 1)
        interrupt: BaseException | None = None
        working = True
        while True:
            try:
                if working:
                    self._work(region)
                    working = False
                state = self._wait(region, _POLL_NS)
                if state:
                    break
            except BaseException as error:  # from a signal handler, which runs between two of these calls
                interrupt = interrupt or error
                stop.value = 1
                self._cancel(region)
        if state == 2:
            raise RuntimeError("this process was forked inside a parallel region, whose other threads are not here")
        answer = self._close(region)
        if interrupt is not None:
            raise interrupt
        return answer


def pool() -> Pool:
    """The pool. It has no workers before the first region."""
    with _making:
        if not _pools:
            _pools.append(Pool())
    return _pools[0]


_making = threading.RLock()
_pools: list[Pool] = []
os.register_at_fork(after_in_child=lambda: _making._at_fork_reinit())  # type: ignore[attr-defined]


def current_threads() -> int:
    """How many threads this one is to use: what the innermost `accel.parallel` says, else the default."""
    return _get_key() or default_threads()


def set_threads(count: int) -> int:
    """Have this thread use so many (0: the default) from now on; machine code sees it, too. What it was before."""
    before = _get_key()
    if count > 1:
        pool()
    _set(_THREADS, count)
    return before


def _get_key() -> int:
    return int(_libc.pthread_getspecific(_key(_THREADS)) or 0)


def _set(what: int, value: int) -> None:
    if _libc.pthread_setspecific(_key(what), ctypes.c_void_p(value)):
        raise MemoryError


def _key(what: int) -> ctypes.c_uint32:
    """The key of something each thread has for itself."""
    with _making:
        while len(_keys) <= what:
            key = ctypes.c_uint32(0)
            if _libc.pthread_key_create(ctypes.byref(key), None):
                raise MemoryError
            _keys.append(key)
    return _keys[what]


_libc = ctypes.CDLL(None)
_libc.pthread_getspecific.restype = ctypes.c_void_p
_THREADS, _WATCHED = 0, 1  # the number of threads a thread is to use; the address of the word that its compiled loops look at
_keys: list[ctypes.c_uint32] = []
_split_at = ctypes.c_void_p(0)  # what splits loops over elements, once there is a pool


def thread_symbols() -> dict[str, int]:
    """What machine code that may split its work refers to, by name."""
    return {"accel.threads_key": ctypes.addressof(_key(_THREADS)), "accel.split_at": ctypes.addressof(_split_at)}


def watch_symbol() -> int:
    """The address of the key under which a thread has the address of the word that compiled loops without the GIL look at."""
    return ctypes.addressof(_key(_WATCHED))


def default_threads() -> int:
    """How many threads there are when nothing in the program says so."""
    for name in ("ACCEL_NUM_THREADS", "OMP_NUM_THREADS"):
        text = os.environ.get(name, "").split(",")[0].strip()
        if text.isdecimal() and int(text) > 0:
            return min(int(text), MOST_THREADS)
    return max(1, min(len(os.sched_getaffinity(0)), _group_limit(), MOST_THREADS))


def _group_limit() -> int:
    """How many processors the control group of this process lets it have, rounded up."""
    for path in ("/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us"):
        try:
            with open(path) as file:
                words = file.read().split()
            if len(words) == 1:
                with open("/sys/fs/cgroup/cpu/cpu.cfs_period_us") as file:
                    words += file.read().split()
            if words[0] != "max" and int(words[0]) > 0:
                return -(-int(words[0]) // int(words[1]))
        except (OSError, ValueError, IndexError, ZeroDivisionError):
            pass
    return MOST_THREADS
