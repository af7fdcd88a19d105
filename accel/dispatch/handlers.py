"""Signal handlers of the user that run while accel works, and raise: what they raise is the program's, not a fault of accel."""

from __future__ import annotations

import sys
from types import TracebackType

__all__ = ["drop_own_frames", "is_from_a_handler"]

_OURS = frozenset({"accel", "llvmlite", "numpy"}) | sys.stdlib_module_names


def is_from_a_handler(error: BaseException) -> bool:
    """Whether an exception that went through accel was raised by code of somebody else. Compiling and going on in CPython run none
    of the user's, so that must be a signal handler; one written in C raises KeyboardInterrupt."""
    if isinstance(error, KeyboardInterrupt):
        return True
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback is not None and not _is_ours(traceback)


def drop_own_frames(error: BaseException) -> None:
    """Have the traceback begin where the code of somebody else does."""
    while error.__traceback__ is not None and _is_ours(error.__traceback__):
        error.__traceback__ = error.__traceback__.tb_next


def _is_ours(traceback: TracebackType) -> bool:
    return str(traceback.tb_frame.f_globals.get("__name__")).partition(".")[0] in _OURS
