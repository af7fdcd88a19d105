"""The thread pool in this process (`accel.lower.pool`): how many threads, and regions with bodies in Python or in machine code.

Threads are counted by the innermost `accel.parallel` of the thread that asks, else by `ACCEL_NUM_THREADS`, else by `OMP_NUM_THREADS`, else
by the processors this process may use: its affinity mask, and what its control group lets it have.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import threading
import time

from accel.options import MOST_THREADS
from accel.runtime.c_functions import make_c_function
from accel.runtime.cpu import usable_cores
from accel.runtime.image import Image, Loaded
from accel.runtime.symbols import resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CANCELLED", "DONE", "MOST_THREADS", "Pool", "current_threads", "default_threads", "pool", "set_threads", "thread_symbols", "told_threads", "watch_symbol"]


DONE, CANCELLED = -1, -2  # what bodies and regions give, but for the number of an iteration that failed
_WIPE_ON_FORK = 18


class Pool:
    """The workers of this process.

    Attributes
    ----------
    state : int
        Address of the state, for machine code that calls `run`.
    tasks : callable
        A region whose body are tasks: takes the address of a frame (`accel.lower.tasks`), the number of tasks and that of threads; else as `run`.
    expect : callable
        Takes a number of threads: a region for so many comes soon, and workers that sleep had better wake.
    """

    def __init__(self) -> None:
        from accel.runtime.stubs import POOL_IMAGE, POOL_STATE_BYTES

        libc = ctypes.CDLL(None)
        libc.mmap.restype, libc.mmap.argtypes = ctypes.c_void_p, (ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long)
        libc.madvise.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
        self.state: int = libc.mmap(None, POOL_STATE_BYTES, 3, 0x22, -1, 0)
        if libc.madvise(self.state, POOL_STATE_BYTES, _WIPE_ON_FORK):
            os.register_at_fork(after_in_child=lambda: ctypes.memset(self.state, 0, POOL_STATE_BYTES) and None)
        self._code = Loaded(Image.loads(bytes.fromhex(POOL_IMAGE)), self._resolve)
        _split_at.value = self._code["split"]
        integers, pointer = ctypes.c_int64, ctypes.c_void_p
        self._region = make_c_function("region", self._code["region"])
        self.tasks = make_c_function("tasks", self._code["tasks"])
        self.expect = make_c_function("expect", self._code["expect"])
        self._stop = ctypes.CFUNCTYPE(integers, pointer)(self._code["stop"])
        self._end = ctypes.CFUNCTYPE(None, pointer)(self._code["end"])
        self._ended = False
        os.register_at_fork(before=self.stop, after_in_child=self._end_again)  # 3.12 warns where there are threads; and a child has none of them
        atexit.register(self.end)
        if not threading.main_thread().is_alive():
            self.end()  # handlers are being called already, and this one would not be

    def _resolve(self, name: str) -> int:
        own = {"pool_state": self.state, "accel.watch_key": watch_symbol()}
        return own[name] if name in own else resolve(name)

    def address(self, name: str) -> int:
        """The address of a function of the pool."""
        return self._code[name]

    def stop(self) -> bool:
        """End the workers, unless a region is open. More come when they are needed."""
        return bool(self._stop(self.state))

    def end(self) -> None:
        """Keep workers out of the interpreter, which is about to end. Regions are done by those who open them from now on."""
        self._ended = True
        self._end(self.state)

    def _end_again(self) -> None:
        """In a child, whose state is clear."""
        if self._ended:
            self._end(self.state)

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
        BaseException
            What gets out of `body`, or of a handler of signals.
        """

        def call(begin: int, end: int, low: int) -> int:
            word = ctypes.c_int64.from_address(low)
            return body(begin, end, lambda: word.value)

        answer: int = self._region(call, count, chunk, min(threads, MOST_THREADS))
        return answer

    def each(self, body: Callable[[int], object], count: int, chunk: int, threads: int) -> None:
        """Call `body(k)` for each k of `range(count)`, chunk by chunk, each in a copy of the caller's context; otherwise as `run`.

        Raises
        ------
        BaseException
            What the lowest of the calls that failed has raised; those below it are done. KeyboardInterrupt ends all.
        """
        import contextvars

        failed: dict[int, BaseException] = {}
        contexts = contextvars.copy_context()

        def do(begin: int, end: int, lowest: Callable[[], int]) -> int:
            k = begin
            try:
                for k in range(begin, end):
                    if lowest() < k:
                        return DONE
                    body(k)
            except KeyboardInterrupt as error:  # which no call is to blame for
                failed.setdefault(CANCELLED, error)  # workers that are stopped then raise it, too
                return CANCELLED
            except BaseException as error:
                failed[k] = error
                return k
            return DONE

        def in_context(begin: int, end: int, lowest: Callable[[], int]) -> int:
            return contexts.copy().run(do, begin, end, lowest)

        try:
            answer = self.run(in_context, count, chunk, threads)
            if answer != DONE:
                raise failed[answer]
        finally:
            failed.clear()  # their tracebacks lead back here


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
    return _told() or default_threads()


def told_threads() -> tuple[int, int]:
    """How many threads this one was told to use (0: the default), and how long that tells how many it is, in nanoseconds of the monotonic clock."""
    told = _told()
    if not told:
        default_threads()
    return told, _FOREVER if told else int((_default[0] + _LOOK_AGAIN_S) * 1e9)


def set_threads(count: int) -> int:
    """Have this thread use so many (0: the default) from now on; machine code sees it, too. What it was before."""
    before = _told()
    if count > 1:
        pool()
    if _libc.pthread_setspecific(_key(_THREADS), ctypes.c_void_p(count)):
        raise MemoryError
    return before


def _told() -> int:
    return int(_getspecific(_keys[_THREADS] if _keys else _key(_THREADS)) or 0)


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
_getspecific = _libc.pthread_getspecific
_getspecific.restype, _getspecific.argtypes = ctypes.c_void_p, (ctypes.c_uint32,)
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
    """How many threads there are when nothing in the program says so. Found out ten times a second at most."""
    now = time.monotonic()
    if not _default or now > _default[0] + _LOOK_AGAIN_S:
        _default[:] = now, _find_default()
    return int(_default[1])


_default: list[float] = []  # when it was found out, and what
_LOOK_AGAIN_S = 0.1
_FOREVER = 2**63 - 1


def _find_default() -> int:
    for name in ("ACCEL_NUM_THREADS", "OMP_NUM_THREADS"):
        text = os.environ.get(name, "").split(",")[0].strip()
        if text.isdecimal() and int(text) > 0:
            return min(int(text), MOST_THREADS)
    return min(usable_cores(), MOST_THREADS)
