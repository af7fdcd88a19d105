"""Makes ordinary Python fast, one decorator at a time, and never changes its answers.

>>> from accel import fn
>>> @fn
... def add(a, b):
...     return a + b
>>> add(1, 2)
3
"""

from __future__ import annotations

TYPE_CHECKING = False  # what type checkers see; at run time names are imported when first used
if TYPE_CHECKING:
    from accel.compile_time import Comptime, comptime, comptime_assert, tile, unroll
    from accel.decorators import disabled, fn, parallelize, struct, vectorize
    from accel.dispatch.structs import FrozenInstanceError
    from accel.errors import (
        AccelError,
        AnnotationError,
        ArgumentError,
        CompileError,
        DecorationError,
        Diagnostic,
        FallbackHint,
        InexactError,
        MissingPackageError,
        OptionError,
        OwnershipError,
        RaceError,
        RecordError,
    )
    from accel.threads import num_threads, parallel, parallel_for, parallel_map, parallel_reduce
    from accel.tuning.decorator import autotune

__all__ = [
    "AccelError",
    "AnnotationError",
    "ArgumentError",
    "CompileError",
    "Comptime",
    "DecorationError",
    "Diagnostic",
    "FallbackHint",
    "FrozenInstanceError",
    "InexactError",
    "MissingPackageError",
    "OptionError",
    "OwnershipError",
    "RaceError",
    "RecordError",
    "__version__",
    "autotune",
    "comptime",
    "comptime_assert",
    "disabled",
    "fn",
    "num_threads",
    "parallel",
    "parallel_for",
    "parallel_map",
    "parallel_reduce",
    "parallelize",
    "struct",
    "tile",
    "unroll",
    "vectorize",
]

__version__ = "0.1.0"

_HOMES = dict.fromkeys(__all__[: __all__.index("__version__")], "errors")
_HOMES |= dict.fromkeys(("disabled", "fn", "parallelize", "struct", "vectorize"), "decorators")
_HOMES |= dict.fromkeys(("Comptime", "comptime", "comptime_assert", "tile", "unroll"), "compile_time")
_HOMES["autotune"] = "tuning.decorator"
_HOMES["FrozenInstanceError"] = "dispatch.structs"
_HOMES |= dict.fromkeys(("num_threads", "parallel", "parallel_for", "parallel_map", "parallel_reduce"), "threads")


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'accel' has no attribute {name!r}")
    value: object = getattr(__import__(f"accel.{home}", fromlist=[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__} - {"TYPE_CHECKING", "annotations"})
