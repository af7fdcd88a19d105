"""How many values a function gives: the length of the tuples it returns, found in its byte code."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

__all__ = ["count_results"]


_BETWEEN = ("SWAP", "POP_TOP", "NOP", "POP_EXCEPT", "POP_BLOCK")  # what ends loops and handlers around a `return`


def count_results(code: CodeType) -> int:
    """The length of the tuples that every `return` builds, when they are all of one length; else 1.

    >>> count_results((lambda x: (x, x + 1)).__code__), count_results((lambda x: x).__code__)
    (2, 1)
    """
    import dis

    lengths: set[int] = set()
    before: tuple[str, object] = ("", None)
    for instruction in dis.get_instructions(code):
        name, value = instruction.opname, instruction.argval
        if name == "RETURN_VALUE":
            lengths.add(_length(*before))
        elif name == "RETURN_CONST":
            lengths.add(_length("LOAD_CONST", value))
        if name not in _BETWEEN:
            before = name, value
    return lengths.pop() if len(lengths) == 1 else 1


def _length(name: str, value: object) -> int:
    """The length of the tuple an instruction puts on the stack; 1 for anything else."""
    if name == "BUILD_TUPLE" and isinstance(value, int):
        return value or 1
    return len(value) or 1 if name == "LOAD_CONST" and isinstance(value, tuple) else 1
