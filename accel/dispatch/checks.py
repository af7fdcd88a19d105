"""What machine code needs to check the arguments of annotated functions that CPython runs: a record for each function, and where to find it."""

from __future__ import annotations

import atexit
import ctypes
import os
import sys
import threading
from functools import lru_cache

from accel.dispatch.carriers import Carrier, plain_address, stubs
from accel.dispatch.guards import function_words
from accel.dispatch.tracing import tracing_symbols
from accel.runtime.c_functions import ONE_ARGUMENT, make_c_function
from accel.runtime.image import Image, Loaded
from accel.runtime.moved import mark_with, moved_word
from accel.runtime.stubs import HEADER_WORDS, MOST_CLASSES, MOST_ROWS, ROW_WORDS
from accel.runtime.symbols import resolve
from accel.types.declared import ArrayType
from accel.types.structs import STRUCT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FunctionType
    from typing import Any

    from accel.types.annotations import Enforced

__all__ = ["Checks", "install_move"]

# As accel.lower.checks has it.
_CODE, _ROWS = 0, 6  # words of a record
_ARRAY, _OWNED, _LENT = 1, 2, 4
_NO, _YES, _LOOK_UP = 0, 1, 2  # whether a default fits
_CLASSES, _ANY, _WAITING = 9, 2**64 - 1, 17  # words of a row, and a length
_FLAGS = {"C": 1, "F": 2, "own": 4, "aligned": 0x100, "writeable": 0x400}
_DTYPE_WORD, _DTYPE_NAMES = 24, 104  # offsets in a dtype
_SPREAD = 11400714819323198485


class Checks:
    """The checks of one function in machine code. Nothing is written before a call of it is CPython's."""

    def __init__(self, enforced: tuple[Enforced, ...]) -> None:
        self._enforced = enforced
        self._state: tuple[Any, ...] = ()
        self._kept: list[Any] = []
        self._record: Any = None

    def trigger_address(self) -> int:
        """Of what serves calls as long as nothing is compiled."""
        return _find_stubs()["checked_trigger"]

    def plain_address(self) -> int:
        """Of what has CPython serve calls whose arguments are right."""
        return _find_stubs()["checked"]

    def start(self, function: FunctionType) -> None:
        """Forget the record of another function that lay where this one does."""
        _spoil(_records.get(id(function)))

    def renew(self, function: FunctionType) -> None:
        """Have machine code look at the arguments of calls from now on, as the function is now."""
        if len(self._enforced) > MOST_ROWS:
            return
        state = function.__code__, function.__defaults__, function.__kwdefaults__, "numpy" in sys.modules
        if len(self._state) == len(state) and all(a is b for a, b in zip(state, self._state, strict=True)):
            return
        if not _lock.acquire(blocking=False):
            return  # somebody else writes one: the next call will do
        try:
            _spoil(self._record)
            self._state = state  # what the words stand for must not be freed: another object could come to lie there
            self._kept, words = _write_record(function, self._enforced)
            self._record = (ctypes.c_uint64 * len(words))(*words)
            _put(id(function), self._record)
        finally:
            _lock.release()

    def __del__(self) -> None:
        if (record := getattr(self, "_record", None)) is not None:
            _spoil(record)


# -- where machine code finds records: a table with one way to go on from a place that is taken, at the address in `_index`

_records: dict[int, Any] = {}  # by the address of their function; kept until machine code can't find them any more
_lock = threading.Lock()
os.register_at_fork(after_in_child=lambda: _lock._at_fork_reinit())  # type: ignore[attr-defined]
_tables: list[Any] = [(ctypes.c_uint64 * 17)(7)]
_index = ctypes.c_uint64(ctypes.addressof(_tables[0]))
_taken: list[int] = [0]  # places, those of records that are gone too


def _spoil(record: Any) -> None:
    """Have machine code make no use of a record any more; done at any time, when objects end."""
    if record is None:
        return
    record[_CODE], count = 0, record[_ROWS]
    record[_ROWS] = 0
    first = HEADER_WORDS + record[3]
    for at in range(first + _WAITING, first + _WAITING + count * ROW_WORDS, ROW_WORDS):
        waiting, record[at] = record[at], 0
        _drop_reference()(waiting)


def _put(address: int, record: Any) -> None:
    if 2 * (_taken[0] + 1) <= _tables[-1][0] + 1:
        _place(_tables[-1], address, record)
        _records[address] = record
        return
    before = dict(_records)  # machine code reads those until the end
    _records[address] = record
    for gone in [at for at, held in before.items() if not held[_CODE] and _records[at] is held]:
        del _records[gone]
    size = 8
    while size < 4 * len(_records):
        size *= 2
    table = (ctypes.c_uint64 * (1 + 2 * size))(size - 1)
    _taken[0] = 0
    for other, held in list(_records.items()):
        _place(table, other, held)
    _index.value = ctypes.addressof(table)
    _tables[:] = [table]


def _place(table: Any, address: int, record: Any) -> None:
    mask, k = table[0], (address * _SPREAD % 2**64) >> 32
    while table[1 + 2 * (k & mask)] not in (0, address):
        k += 1
    at = 1 + 2 * (k & mask)
    _taken[0] += not table[at]
    table[at + 1] = ctypes.addressof(record)
    table[at] = address


@lru_cache(maxsize=1)
def _drop_reference() -> Any:
    return ctypes.PYFUNCTYPE(None, ctypes.c_void_p)(("Py_DecRef", ctypes.pythonapi))  # which takes null, too


# -- records


def _write_record(function: FunctionType, enforced: Sequence[Enforced]) -> tuple[list[Any], list[int]]:
    """What is to be kept alive, and the words."""
    code = function.__code__
    kept: list[Any] = []
    names = [sys.intern(name) for name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]]
    pairs = [(enforced.index(one), enforced.index(other)) for one, other in _find_pairs(enforced)]
    words = [*function_words(function).values(), len(names), code.co_argcount, code.co_posonlyargcount, len(enforced), len(pairs), *map(id, names)]
    optional = dict(zip(reversed(code.co_varnames[: code.co_argcount]), reversed(function.__defaults__ or ()), strict=False))
    for parameter in enforced:
        words += [parameter.position, *_describe_default(parameter, code.co_argcount, optional)]
        words += _describe_array(parameter.expected, kept) if isinstance(parameter.expected, ArrayType) else _describe_classes(parameter, kept)
    return kept, [*words, *(row for pair in pairs for row in pair)]


def _find_pairs(enforced: Sequence[Enforced]) -> Sequence[tuple[Enforced, Enforced]]:
    if not any(parameter.role for parameter in enforced):
        return ()
    from accel.types.ownership import find_exclusive_pairs  # which has been imported for those

    return find_exclusive_pairs(enforced)


def _describe_default(parameter: Enforced, positional: int, optional: dict[str, Any]) -> tuple[int, int, int]:
    """What is looked at, the default that fits as an argument, and whether an argument may be missing: CPython tells of one that may not."""
    what = 0
    if isinstance(parameter.expected, ArrayType):
        what = _ARRAY | (_OWNED if parameter.role else 0) | (_LENT if parameter.role == "Borrowed" else 0)
    if parameter.position >= positional:
        return what, 0, _LOOK_UP if parameter.role else _YES  # a dict holds it, which may change
    if parameter.name not in optional:
        return what, 0, _YES
    default = optional[parameter.name]
    return (what, 0, _NO) if parameter.role and default is not None else (what, id(default), _YES)


def _describe_array(expected: ArrayType, kept: list[Any]) -> list[int]:
    dtype = sys.modules["numpy"].dtype(expected.element)
    kept += [dtype, expected]
    needed = _FLAGS["aligned"] | (_FLAGS[expected.order] if expected.order else 0)
    if expected.role == "Borrowed":  # its view has none of the flags that are odd
        looked = needed | (2**32 - 1 & ~sum(_FLAGS.values()))
    else:
        looked = needed = needed | (0 if expected.takes_readonly else _FLAGS["writeable"])
    letters = ctypes.c_uint64.from_address(id(dtype) + _DTYPE_WORD).value & ~0xFF000000 if _knows_dtypes() else _ANY
    sizes = [*expected.sizes, *[_ANY] * 8][:8]
    return [expected.ndim, id(dtype.type), letters, id(dtype), looked << 32 | needed, *sizes, 0]


def _describe_classes(parameter: Enforced, kept: list[Any]) -> list[int]:
    numpy = sys.modules.get("numpy")
    usual = [bool, int, float, complex, *([numpy.bool_, numpy.float64, numpy.complex128] if numpy is not None else ())]
    derived = [c for c in usual if issubclass(c, parameter.accepted) or (parameter.expected is bool and c.__name__ in ("bool", "bool_"))]
    fitting = [c for c in dict.fromkeys([*parameter.accepted, *derived]) if getattr(c, STRUCT, None) is None][:MOST_CLASSES]
    kept += fitting
    return [0] * (_CLASSES - 4) + [*map(id, fitting), *[0] * MOST_CLASSES][:MOST_CLASSES] + [0]


@lru_cache(maxsize=1)
def _knows_dtypes() -> bool:
    """Whether dtypes are laid out as expected; else only the usual object for each will do."""
    dtype = sys.modules["numpy"].dtype([("a", "i4")])
    return ctypes.c_uint64.from_address(id(dtype) + _DTYPE_NAMES).value == id(dtype.names)


# -- machine code


def _find_stubs() -> Loaded:
    loaded = _load()
    if _unlinked and "numpy" in sys.modules:
        for name in _unlinked:
            loaded.patch(name, _address(name))
        _unlinked.clear()
    return loaded


@lru_cache(maxsize=1)
def install_move() -> None:
    """Have machine code serve the calls of `accel.types.move`; what it does not know, the function does."""
    from accel.types.ownership import move

    function: Any = move
    unmark = make_c_function("unmark", _find_stubs()["unmark"], flags=ONE_ARGUMENT)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(unmark))  # by arrays that end with the interpreter
    mark_with(unmark)
    _find_stubs().patch("accel.unmark", id(unmark))
    carrier = Carrier(function)
    carrier.set_entry(_find_stubs()["move"])
    atexit.register(carrier.release)


_unlinked = ["ndarray", "PyArray_NewFromDescr", "PyArray_SetBaseObject"]


def _address(name: str) -> int:
    if name == "ndarray":
        return id(sys.modules["numpy"].ndarray) if "numpy" in sys.modules else 0
    own = {"accel.unmark": 0, "miss": stubs()["miss"], "plain": plain_address(), "accel.records": ctypes.addressof(_index), "accel.moved": moved_word(), **tracing_symbols()}
    return own[name] if name in own else resolve(name)


@lru_cache(maxsize=1)
def _load() -> Loaded:
    from accel.runtime.stubs import CHECKS_IMAGE

    return Loaded(Image.loads(bytes.fromhex(CHECKS_IMAGE)), _address)
