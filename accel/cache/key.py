"""The key of an entry: everything that decides which machine code a function with given argument kinds has."""

from __future__ import annotations

import marshal

from accel.cache.build import describe_build, find_library_version
from accel.cache.content import Content, compute_digest
from accel.cache.pack import pack_kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FunctionType
    from typing import Any

    from accel.ir import Guard, Signature

__all__ = ["Key"]


class Key:
    """The content of a function, a signature and options at this moment, as one digest.

    Notes
    -----
    It covers the byte code, constants, defaults, closure values, annotations and source text of the function; the same of each
    Python function its code mentions, to any depth; the values of the globals and module attributes mentioned; the options;
    Python, processor, this package and its libraries. Not in it: where a file lies, where in the file the function begins,
    names of modules. A function and its copy elsewhere share an entry.
    """

    __slots__ = ("_content", "digest")

    def __init__(self, function: FunctionType, signature: Signature, options: Any = None) -> None:
        self._content = content = Content(function)
        statics: list[Any] = []

        def number(value: Any) -> int:
            statics.append(value)
            return len(statics)

        kinds = tuple([pack_kind(kind, number) for kind in signature.kinds])
        parts = (
            describe_build(),
            content.describe_home(),
            kinds,
            content.describe_strictly(statics),
            content.describe_options(options),
            find_library_version("numpy") if _needs_numpy(kinds) else b"",
        )
        self.digest = compute_digest(marshal.dumps(parts, 2))

    def promise(self, guards: Iterable[Guard]) -> bytes:
        """A digest of what the guards of compiled code watch, as it is now; raises NotCacheable for what has no content.

        To be called once, as what was met before is referred to by number.
        """
        watched = [guard.holder if guard.what in ("function", "class") else guard.value for guard in guards]
        return compute_digest(marshal.dumps(self._content.describe_strictly(watched), 2))


def _needs_numpy(packed: Any) -> bool:
    if isinstance(packed, tuple):
        return any(map(_needs_numpy, packed))
    return packed in ("Array", "Scalar", "StructArray", "View")
