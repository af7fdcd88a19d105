"""What a decorated function is, and how its calls reach machine code.

From 3.12 on it is the user's own function object with another vectorcall: every property of a function holds by itself. In 3.11
the interpreter runs function objects without a look at their vectorcall, so an object of a type of our own stands in.
"""

from __future__ import annotations

import ctypes
import sys
import types
import weakref
from collections.abc import Callable
from functools import lru_cache
from types import FunctionType
from typing import Any

from accel.dispatch.tracing import tracing_symbols
from accel.runtime.image import Image, Loaded
from accel.runtime.symbols import resolve

__all__ = ["Carrier", "LENT_CALLS", "METERS", "NATIVE", "install_callback", "make_callable", "plain_address", "stubs"]

NATIVE = sys.version_info >= (3, 12)
LENT_CALLS = 0 if NATIVE else 1  # before 3.12 a call of C code counts like one of Python code
_api = ctypes.pythonapi
_keep: list[Any] = []
_callbacks: list[Callable[..., int]] = []
METERS: list[Callable[[], Any]] = []  # makes what counts the calls of a function (`accel.dispatch.meter`), when they are counted
_VECTORCALL, _FUNCTION = 16, 40  # offsets in an object of the own type


def install_callback(callback: Callable[[Any, tuple[Any, ...], int, tuple[str, ...] | None], int]) -> None:
    """Set what a miss asks: `callback(callable, arguments, number of positional ones, keyword names)` gives the address to go on."""
    _callbacks[:] = [callback]


def _on_miss(callable_: Any, arguments: tuple[Any, ...], positional: int, names: tuple[str, ...] | None) -> int:
    return _callbacks[0](callable_, arguments, positional, names)


@lru_cache(maxsize=1)
def stubs() -> Loaded:
    """The machine code that is there before any compiler."""
    from base64 import b85decode

    from accel.runtime.stubs import STUBS_IMAGE

    key = ctypes.c_uint32(0)
    libc = ctypes.CDLL(None)
    libc.pthread_key_create(ctypes.byref(key), libc.free)
    _keep.append(key)
    addresses = {"callback": id(_on_miss), "stack_key": ctypes.addressof(key), "target": _function_vectorcall() if NATIVE else 0,
                 "raise_calls": LENT_CALLS}  # fmt: skip
    addresses |= tracing_symbols()
    image = Image.loads(b85decode(STUBS_IMAGE.replace("\n", "")))
    return Loaded(image, lambda name: addresses[name] if name in addresses else resolve(name))


class Carrier:
    """Where the calls of a decorated function are sent: it refers to the function, and does not keep it alive."""

    def __init__(self, function: FunctionType, callable_: Any) -> None:
        self._function, self._callable = weakref.ref(function), weakref.ref(callable_)
        self.meter: Any = None

    @property
    def function(self) -> Any:  # a FunctionType, which mypy takes for a method here
        """The function as it was written. Raises ReferenceError when it is gone."""
        return _alive(self._function())

    @property
    def callable(self) -> Any:
        """What the user holds: the function, or the object that stands in for it. Raises ReferenceError when it is gone."""
        return _alive(self._callable())

    def release(self) -> None:
        """Have calls run as if the function had not been decorated."""
        self.set_entry(_function_vectorcall() if NATIVE else plain_address())

    def set_entry(self, address: int) -> None:
        """Have calls go to a vectorcall function."""
        if METERS:
            self.meter = self.meter or METERS[0]()
            address = self.meter.send_to(address)
        if NATIVE:
            _set_vectorcall(self.function, address)
        else:
            ctypes.c_uint64.from_address(id(self.callable) + _VECTORCALL).value = address


def _alive(found: Any) -> Any:
    if found is None:
        raise ReferenceError("the decorated function is gone")
    return found


def make_callable(function: FunctionType) -> Any:
    """What the user gets for a function: the very function from 3.12 on."""
    return function if NATIVE else _make_own(function)


def plain_address() -> int:
    """The vectorcall function that runs any decorated function as plain Python, and raises RecursionError before the stack ends."""
    return stubs()["plain"]


def _function_vectorcall() -> int:
    """That of any plain function: it has no name one could import in 3.13."""
    get = _api.PyVectorcall_Function
    get.restype, get.argtypes = ctypes.c_void_p, (ctypes.py_object,)
    return get(_function_vectorcall) or 0


def _set_vectorcall(function: FunctionType, address: int) -> None:
    set_ = _api.PyFunction_SetVectorcall
    set_.restype, set_.argtypes = None, (ctypes.py_object, ctypes.c_void_p)
    set_(function, address)


# -- the own type of 3.11


class _Slot(ctypes.Structure):
    _fields_ = [("slot", ctypes.c_int), ("function", ctypes.c_void_p)]


class _Spec(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p), ("basicsize", ctypes.c_int), ("itemsize", ctypes.c_int), ("flags", ctypes.c_uint),
        ("slots", ctypes.POINTER(_Slot)),
    ]  # fmt: skip


class _Member(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p), ("type", ctypes.c_int), ("offset", ctypes.c_ssize_t), ("flags", ctypes.c_int), ("doc", ctypes.c_char_p)
    ]  # fmt: skip


class _GetSet(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p), ("get", ctypes.c_void_p), ("set", ctypes.c_void_p), ("doc", ctypes.c_char_p),
        ("closure", ctypes.c_void_p),
    ]  # fmt: skip


_SIZE_TYPE, _OBJECT_TYPE, _READ_ONLY = 19, 16, 1
_TP_CALL, _TP_CLEAR, _TP_DEALLOC, _TP_DESCR_GET, _TP_TRAVERSE, _TP_MEMBERS, _TP_GETSET = 50, 51, 52, 54, 71, 72, 73
_DEFAULT, _VECTORCALL_FLAG, _METHOD, _GC, _NO_NEW = 1 << 18, 1 << 11, 1 << 17, 1 << 14, 1 << 7
_FORWARDED = ("__code__", "__defaults__", "__kwdefaults__", "__annotations__", "__closure__", "__globals__")


def _address(symbol: str) -> int:
    return ctypes.cast(getattr(_api, symbol), ctypes.c_void_p).value or 0


@lru_cache(maxsize=1)
def _own_type() -> type:
    """The heap type: it binds as a method, has a `__dict__` and weak references, is collected."""
    code = stubs()
    members = (_Member * 5)(
        _Member(b"__vectorcalloffset__", _SIZE_TYPE, _VECTORCALL, _READ_ONLY), _Member(b"__dictoffset__", _SIZE_TYPE, 24, _READ_ONLY),
        _Member(b"__weaklistoffset__", _SIZE_TYPE, 32, _READ_ONLY), _Member(b"_function", _OBJECT_TYPE, _FUNCTION, _READ_ONLY),
    )  # fmt: skip
    getset = (_GetSet * 2)(_GetSet(b"__dict__", _address("PyObject_GenericGetDict"), _address("PyObject_GenericSetDict")))
    get_slot = _api.PyType_GetSlot
    get_slot.restype, get_slot.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_int)
    slots = (_Slot * 8)(
        _Slot(_TP_GETSET, ctypes.cast(getset, ctypes.c_void_p)), _Slot(_TP_MEMBERS, ctypes.cast(members, ctypes.c_void_p)),
        _Slot(_TP_CALL, _address("PyVectorcall_Call")), _Slot(_TP_DESCR_GET, get_slot(types.FunctionType, _TP_DESCR_GET)),
        _Slot(_TP_TRAVERSE, code["traverse"]), _Slot(_TP_CLEAR, code["clear"]), _Slot(_TP_DEALLOC, code["dealloc"]),
    )  # fmt: skip
    spec = _Spec(b"accel.Function", 48, 0, _DEFAULT | _VECTORCALL_FLAG | _METHOD | _GC | _NO_NEW, slots)
    _keep.append((members, getset, slots, spec))
    make = _api.PyType_FromSpec
    make.restype, make.argtypes = ctypes.py_object, (ctypes.c_void_p,)
    made: type = make(ctypes.addressof(spec))
    made.__reduce__ = lambda self: self.__qualname__  # type: ignore[method-assign, assignment, misc]
    made.__repr__ = lambda self: f"<function {self.__qualname__} at {id(self):#x}>"  # type: ignore[method-assign, assignment, misc]
    for name in _FORWARDED:
        setattr(made, name, _forwarding(name))
    return made


def _forwarding(name: str) -> property:
    return property(lambda self: getattr(self._function, name), lambda self, value: setattr(self._function, name, value))


def _make_own(function: FunctionType) -> Any:
    allocate = _api.PyType_GenericAlloc
    allocate.restype, allocate.argtypes = ctypes.py_object, (ctypes.py_object, ctypes.c_ssize_t)
    made = allocate(_own_type(), 0)
    _api.Py_IncRef(ctypes.py_object(function))
    ctypes.c_uint64.from_address(id(made) + _FUNCTION).value = id(function)
    ctypes.c_uint64.from_address(id(made) + _VECTORCALL).value = plain_address()
    for name in ("__name__", "__qualname__", "__doc__", "__module__"):
        setattr(made, name, getattr(function, name))
    made.__dict__.update({"__wrapped__": function, **function.__dict__})
    return made
