"""How the calls of a decorated function reach machine code: it stays the user's own function object, with another vectorcall.

Some calls the interpreter runs without a look at the vectorcall of an object whose class is that of functions: all in 3.11, those of
`__init__` in 3.13, which matters when annotations are enforced. There a function with something to serve its calls has another class,
one of functions still, and gets its own back when it is left alone. It gets its version back, too: 3.13 has fast calls only for
functions that have one, and never gives a second.
"""

from __future__ import annotations

import ctypes
import sys
import weakref
from functools import lru_cache
from types import FunctionType

from accel.dispatch.tracing import tracing_symbols
from accel.runtime.image import Image, Loaded
from accel.runtime.symbols import resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["Carrier", "LENT_CALLS", "METERS", "install_callbacks", "install_ufuncs", "plain_address", "stubs"]

LENT_CALLS = 1 if sys.version_info < (3, 12) else 0  # before 3.12 a call of C code counts like one of Python code
_api = ctypes.pythonapi
_keep: list[Any] = []
_callbacks: list[Callable[..., Any]] = []
_ufunc_callbacks: list[Callable[..., Any]] = []
METERS: list[Callable[[], Any]] = []  # makes what counts the calls of a function (`accel.dispatch.meter`), when they are counted


def install_callbacks(
    on_miss: Callable[[Any, tuple[Any, ...], int, tuple[str, ...] | None], int | tuple[int, tuple[Any, ...]]], on_depth: Callable[..., None]
) -> None:
    """Set what is asked.

    A miss asks `on_miss(function, arguments, number of positional ones, keyword names)`, which gives the address to go on at. A
    plain call deep in the stack tells `on_depth(function)` before it, and `on_depth(function, None)` after it.
    """
    _callbacks[:] = [on_miss, on_depth]


def install_ufuncs(on_promote: Callable[..., None], on_loop: Callable[..., int | None], on_start: Callable[..., None]) -> None:
    """Set what ufuncs ask: `on_promote(ufunc, ...)` for operands of new dtypes, `on_loop(ufunc, ...)` for elements that CPython does,
    `on_start(ufunc, ...)` for the identity of a reduction."""
    _ufunc_callbacks[:] = [on_promote, on_loop, on_start]


def _on_promote(*addresses: Any) -> None:
    _ufunc_callbacks[0](*addresses)


def _on_loop(*addresses: Any) -> int | None:
    address: int | None = _ufunc_callbacks[1](*addresses)
    return address


def _on_start(*addresses: Any) -> None:
    _ufunc_callbacks[2](*addresses)


def _on_miss(callable_: Any, arguments: tuple[Any, ...], positional: int, names: tuple[str, ...] | None) -> int:
    address: int = _callbacks[0](callable_, arguments, positional, names)
    return address


def _on_depth(function: Any, *leaving: None) -> None:
    _callbacks[1](function, *leaving)


@lru_cache(maxsize=1)
def stubs() -> Loaded:
    """The machine code that is there before any compiler."""
    from accel.runtime.stubs import STUBS_IMAGE

    key = ctypes.c_uint32(0)
    libc = ctypes.CDLL(None)
    libc.pthread_key_create(ctypes.byref(key), libc.free)
    _api.Py_IncRef(ctypes.py_object(key))  # read for as long as the process lives
    addresses = {"callback": id(_on_miss), "depth_callback": id(_on_depth), "stack_key": ctypes.addressof(key),
                 "promote_callback": id(_on_promote), "loop_callback": id(_on_loop), "start_callback": id(_on_start), "target": _function_vectorcall(),
                 "raise_calls": LENT_CALLS}  # fmt: skip
    addresses |= tracing_symbols()
    image = Image.loads(bytes.fromhex(STUBS_IMAGE))
    return Loaded(image, lambda name: addresses[name] if name in addresses else resolve(name))


class Carrier:
    """Where the calls of a decorated function are sent: it refers to the function, and does not keep it alive.

    With `misses_none` each and every call is sent there, at the price that calls in CPython stay slower.
    """

    def __init__(self, function: FunctionType, *, misses_none: bool = False) -> None:
        self._function = weakref.ref(function)
        self._reclassed = sys.version_info < (3, 12) or (misses_none and function.__name__ == "__init__")
        self._version = _version_of(function).value, _state(function)
        self.meter: Any = None

    def is_alive(self) -> bool:
        """Whether the user still has it."""
        return self._function() is not None

    @property
    def function(self) -> Any:  # a FunctionType, which mypy takes for a method here
        """The function. Raises ReferenceError when it is gone."""
        function = self._function()
        if function is None:
            raise ReferenceError("the decorated function is gone")
        return function

    def release(self) -> None:
        """Have calls run as if the function had not been decorated."""
        self.set_entry(_function_vectorcall())
        version, state = self._version
        if not METERS and state == _state(self.function):
            _version_of(self.function).value = version

    def set_entry(self, address: int) -> None:
        """Have calls go to a vectorcall function."""
        if METERS:
            self.meter = self.meter or METERS[0]()
            address = self.meter.send_to(address)
        function = self.function
        _version_of(function).value = 0  # what the interpreter has noted at calls is void
        ctypes.c_uint64.from_address(id(function) + _vectorcall_offset()).value = address
        if self._reclassed:
            class_ = FunctionType if address == _function_vectorcall() else _served_class()
            ctypes.c_uint64.from_address(id(function) + _CLASS).value = id(class_)


def plain_address() -> int:
    """The vectorcall function that runs any decorated function as plain Python, as deep as plain functions may call each other."""
    return stubs()["plain"]


@lru_cache(maxsize=1)
def _function_vectorcall() -> int:
    """That of any plain function: it has no name one could import in 3.13."""
    get = _api.PyVectorcall_Function
    get.restype, get.argtypes = ctypes.c_void_p, (ctypes.py_object,)
    return get(_undecorated) or 0


def _undecorated() -> None:
    pass


def _state(function: FunctionType) -> tuple[object, ...]:
    """What a version of a function stands for."""
    return id(function.__code__), id(function.__defaults__), id(function.__kwdefaults__)


def _version_of(function: FunctionType) -> ctypes.c_uint32:
    return ctypes.c_uint32.from_address(id(function) + _vectorcall_offset() + 8)


@lru_cache(maxsize=1)
def _vectorcall_offset() -> int:
    return _class_word(_CLASS_VECTORCALL).value


# -- the other class

_CLASS, _CLASS_FLAGS, _CLASS_VECTORCALL = 8, 168, 56  # offsets in an object, and in a class
_DEFAULT, _VECTORCALL, _METHOD, _GC, _BASETYPE = 1 << 18, 1 << 11, 1 << 17, 1 << 14, 1 << 10
_TP_CALL, _TP_CLEAR, _TP_DEALLOC, _TP_DESCR_GET, _TP_TRAVERSE, _TP_MEMBERS = 50, 51, 52, 54, 71, 72
_SIZE_MEMBER, _READ_ONLY = 19, 1


class _Slot(ctypes.Structure):
    _fields_ = [("slot", ctypes.c_int), ("function", ctypes.c_void_p)]


class _Member(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p), ("type", ctypes.c_int), ("offset", ctypes.c_ssize_t), ("flags", ctypes.c_int), ("doc", ctypes.c_char_p)
    ]  # fmt: skip


class _Spec(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p), ("basicsize", ctypes.c_int), ("itemsize", ctypes.c_int), ("flags", ctypes.c_uint),
        ("slots", ctypes.POINTER(_Slot)),
    ]  # fmt: skip


def _class_word(offset: int) -> ctypes.c_uint64:
    return ctypes.c_uint64.from_address(id(FunctionType) + offset)


@lru_cache(maxsize=1)
def _served_class() -> type:
    """A subclass of that of functions, with the same layout and slots. Its objects do not own a reference to it."""
    get_slot = _api.PyType_GetSlot
    get_slot.restype, get_slot.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_int)
    call = ctypes.cast(_api.PyVectorcall_Call, ctypes.c_void_p).value
    members = (_Member * 2)(_Member(b"__vectorcalloffset__", _SIZE_MEMBER, _vectorcall_offset(), _READ_ONLY))
    own = [_Slot(_TP_CALL, call), _Slot(_TP_MEMBERS, ctypes.cast(members, ctypes.c_void_p))]
    inherited = [_Slot(n, get_slot(FunctionType, n)) for n in (_TP_DESCR_GET, _TP_TRAVERSE, _TP_CLEAR, _TP_DEALLOC)]
    slots = (_Slot * 7)(*own, *inherited)
    spec = _Spec(b"accel.function", FunctionType.__basicsize__, 0, _DEFAULT | _VECTORCALL | _METHOD | _GC, slots)
    _keep.append((members, slots, spec))
    make = _api.PyType_FromSpecWithBases
    make.restype, make.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.py_object)
    _class_word(_CLASS_FLAGS).value |= _BASETYPE  # functions can't be subclassed, but for this
    try:
        made: type = make(ctypes.addressof(spec), (FunctionType,))
    finally:
        _class_word(_CLASS_FLAGS).value &= ~_BASETYPE
    made.__reduce__ = lambda self: self.__qualname__  # type: ignore[method-assign, assignment, misc]
    made.__name__ = "function"  # in messages of the interpreter
    for name in ("__doc__", "__module__"):  # those of each function
        setattr(made, name, FunctionType.__dict__[name])
    return made
