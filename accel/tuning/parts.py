"""This module knows what objects consist of, as far as a call may change it: a class for each kind of part, which reads it and writes it back."""

from __future__ import annotations

import sys
from collections import OrderedDict, defaultdict, deque
from functools import lru_cache
from operator import is_
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from weakref import ReferenceType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from numpy import ndarray

__all__ = ["CONSTANT", "ArrayPart", "Part", "attributes_of", "find_parts", "is_transparent", "slots_of", "view_bytes"]


class Part:
    """Something that can be changed: as it was, and how to make it so again. `saved` are the objects in it, in order."""

    __slots__ = ("owner", "saved")
    is_mutable = True

    def __init__(self, owner: Any) -> None:
        self.owner = owner
        self.saved: Any = self.read()

    def read(self) -> Any:
        raise NotImplementedError

    def write(self) -> None:
        raise NotImplementedError

    @property
    def is_copy(self) -> bool:
        """Whether what is saved is a whole copy of the object, which shares nothing with it."""
        return False

    def inner(self) -> Iterable[Any]:
        """The objects in it, which may be changed themselves."""
        return self.saved  # type: ignore[no-any-return]

    def differs(self) -> bool:
        now = self.read()
        return len(now) != len(self.saved) or not all(map(is_, now, self.saved))


class _List(Part):
    @property
    def is_copy(self) -> bool:
        return type(self.owner) is list and set(map(type, self.saved)) <= CONSTANT

    def read(self) -> list[Any]:
        return list.copy(self.owner)

    def write(self) -> None:
        list.__setitem__(self.owner, slice(None), self.saved)


class _Dict(Part):
    def read(self) -> list[Any]:
        kind: Any = OrderedDict if isinstance(self.owner, OrderedDict) else dict
        return [one for pair in kind.items(self.owner) for one in pair]

    def write(self) -> None:
        kind: Any = OrderedDict if isinstance(self.owner, OrderedDict) else dict  # which has an order of its own
        kind.clear(self.owner)
        kind.update(self.owner, zip(self.saved[::2], self.saved[1::2], strict=True))


class _Set(Part):
    def read(self) -> list[Any]:
        return list(set.__iter__(self.owner))

    def write(self) -> None:
        set.clear(self.owner)
        set.update(self.owner, self.saved)

    def differs(self) -> bool:
        return {*map(id, self.read())} != {*map(id, self.saved)}


class _Deque(Part):
    def read(self) -> list[Any]:
        return list(deque.__iter__(self.owner))

    def write(self) -> None:
        deque.clear(self.owner)
        deque.extend(self.owner, self.saved)


class _Fixed(Part):
    """What can't be changed, though what is in it can."""

    is_mutable = False

    def read(self) -> Any:
        return [*self.owner]


class _Partial(_Fixed):
    def read(self) -> Any:
        return [self.owner.func, self.owner.args, self.owner.keywords]


class _Bound(_Fixed):
    def read(self) -> Any:
        return [self.owner.__self__]


class _Raised(_Fixed):
    def read(self) -> Any:
        return list(self.owner.args)


class _Holder(_Fixed):
    """A value made of attributes, such as a frozen dataclass."""

    def read(self) -> Any:
        return list(attributes_of(self.owner).values())


class _Generator(_Fixed):
    """A random number generator of NumPy's; its bits come from another object."""

    def read(self) -> Any:
        return [self.owner.bit_generator]


class _Attributes(Part):
    def read(self) -> list[Any]:
        return [one for pair in attributes_of(self.owner).items() for one in pair]

    def write(self) -> None:
        wanted = dict(zip(self.saved[::2], self.saved[1::2], strict=True))
        slots = slots_of(type(self.owner))
        for name in slots:
            if name in wanted:
                slots[name].__set__(self.owner, wanted.pop(name))
            elif name in attributes_of(self.owner):
                slots[name].__delete__(self.owner)
        if hasattr(self.owner, "__dict__"):
            self.owner.__dict__.clear()
            self.owner.__dict__.update(wanted)


class _Closure(Part):
    """The variables a function shares with the one around it."""

    def read(self) -> list[Any]:
        return [_content(cell) for cell in self.owner.__closure__ or ()]

    def write(self) -> None:
        for cell, value in zip(self.owner.__closure__ or (), self.saved, strict=True):
            if value is not _content(cell):
                if value is _EMPTY:
                    del cell.cell_contents
                else:
                    cell.cell_contents = value

    def inner(self) -> list[Any]:
        return [*self.saved, *(self.owner.__defaults__ or ()), *(self.owner.__kwdefaults__ or {}).values()]


class _Opaque(Part):
    """What has a state, or bytes, which are read and written as a whole."""

    def inner(self) -> tuple[()]:
        return ()

    def differs(self) -> bool:
        return not _is_same(self.read(), self.saved)


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_is_same(one[key], other[key]) for key in one)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return bool(one.tobytes() == other.tobytes() if hasattr(one, "tobytes") else one == other)


class _Bytes(_Opaque):
    def read(self) -> bytes:
        with memoryview(self.owner) as view:
            return view.tobytes()

    def write(self) -> None:
        if len(self.saved) == memoryview(self.owner).nbytes:
            with memoryview(self.owner) as view, view.cast("B") as octets:
                octets[:] = self.saved
        else:  # a bytearray or an array of `array`, whose items take as many bytes each
            del self.owner[:]
            self.owner.extend(self.saved) if isinstance(self.owner, bytearray) else self.owner.frombytes(self.saved)


class _Random(_Opaque):
    def read(self) -> Any:
        return self.owner.getstate()

    def write(self) -> None:
        self.owner.setstate(self.saved)


class _Bits(_Opaque):
    def read(self) -> Any:
        return self.owner.state

    def write(self) -> None:
        self.owner.state = self.saved


class _OldRandom(_Opaque):
    def read(self) -> Any:
        return self.owner.get_state()

    def write(self) -> None:
        self.owner.set_state(self.saved)


class _Record(_Opaque):
    """An element of a structured array, which writes to it."""

    def read(self) -> Any:
        return self.owner.copy()

    def write(self) -> None:
        for name in self.owner.dtype.names or ():
            self.owner[name] = self.saved[name]


class ArrayPart(Part):
    __slots__ = ("shape", "view")

    def __init__(self, owner: Any) -> None:
        import numpy

        self.view: ndarray[Any, Any] = numpy.ndarray.view(owner, numpy.ndarray)  # it keeps its shape and dtype whatever becomes of the owner's
        self.shape = owner.shape, owner.dtype
        super().__init__(owner)

    @property
    def is_mutable(self) -> bool:  # type: ignore[override]
        return bool(self.view.flags.writeable)

    @property
    def is_copy(self) -> bool:
        return type(self.owner) is type(self.saved) and not self.view.dtype.hasobject

    def read(self) -> Any:
        return self.view.copy(order="K") if self.is_mutable else self.view

    def write(self) -> None:
        import numpy

        numpy.copyto(self.view, self.saved)
        if (self.owner.shape, self.owner.dtype) != self.shape:
            self._reshape()

    def _reshape(self) -> None:
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.owner.dtype = self.shape[1]
            self.owner.shape = self.shape[0]

    def inner(self) -> list[Any]:
        return self.view.ravel().tolist() if self.view.dtype.hasobject else []

    def differs(self) -> bool:
        if (self.owner.shape, self.owner.dtype) != self.shape:
            return True
        if self.view.dtype.kind == "T":  # whose elements lie elsewhere
            return bool(self.view.tolist() != self.saved.tolist())
        if self.view.dtype.hasobject:
            return self.view.dtype.kind != "O" or not all(map(is_, self.view.ravel().tolist(), self.saved.ravel().tolist()))
        import numpy

        return not numpy.array_equal(view_bytes(self.view), view_bytes(self.saved))


def view_bytes(array: ndarray[Any, Any]) -> ndarray[Any, Any]:
    """The bytes of the elements of an array, in the order of rows or of columns; of arrays with equal strides in the same order.

    Examples
    --------
    >>> import numpy
    >>> view_bytes(numpy.array([[1, 2]], numpy.int16)).tolist()
    [1, 0, 2, 0]
    """
    import numpy

    if not array.size * array.itemsize:
        return numpy.empty(0, numpy.uint8)
    whole = array.T if array.flags.f_contiguous else array
    return numpy.ascontiguousarray(whole).reshape(-1).view(numpy.uint8)


# -- which parts an object has


_EMPTY = object()
CONSTANT: set[type] = {
    *(type(None), bool, int, float, complex, str, bytes, range, slice, type, type(Ellipsis), type(NotImplemented), object),
    *(BuiltinFunctionType, CodeType, ReferenceType, GetSetDescriptorType, MemberDescriptorType, property, staticmethod, classmethod),
}
_PARTS: dict[type, type[Part] | None] = {  # what an object of this class, or of one derived from it, is apart from its attributes
    list: _List, dict: _Dict, OrderedDict: _Dict, set: _Set, deque: _Deque, bytearray: _Bytes, FunctionType: _Closure,
    tuple: _Fixed, frozenset: _Fixed, MappingProxyType: _Fixed, type({}.keys()): _Fixed, type({}.values()): _Fixed, type({}.items()): _Fixed,
    MethodType: _Bound, BaseException: _Raised, int: None, float: None, complex: None, str: None, bytes: None, type: None, ModuleType: None,
}  # fmt: skip
_LATER: dict[tuple[str, str], type[Part]] = {  # likewise, of modules that may not be loaded
    ("array", "array"): _Bytes, ("functools", "partial"): _Partial, ("_random", "Random"): _Random,
    ("numpy", "ndarray"): ArrayPart, ("numpy", "void"): _Record, ("numpy.random._generator", "Generator"): _Generator,
    ("numpy.random.bit_generator", "BitGenerator"): _Bits, ("numpy.random.mtrand", "RandomState"): _OldRandom,
}  # fmt: skip
_WHOLE = {  # what does not change, or is taken to be as it was
    ("numpy", "generic"), ("numpy", "dtype"), ("logging", "Logger"), ("_thread", "lock"), ("_thread", "RLock"), ("_thread", "_local"),
    ("operator", "itemgetter"), ("operator", "attrgetter"), ("operator", "methodcaller"),
}  # fmt: skip


def find_parts(value: Any) -> tuple[type[Part], ...]:
    """The classes of the parts of an object.

    Raises
    ------
    TypeError
        When it can't be put back.
    """
    kinds = _kinds_of(type(value))  # type: ignore[arg-type]  # classes can be hashed, whatever mypy thinks
    return kinds if kinds is not None else _find_opaque(value)


@lru_cache(maxsize=128)
def _kinds_of(class_: type) -> tuple[type[Part], ...] | None:
    """The classes of the parts of all objects of a class; None when these have a state that is not known."""
    found: list[type[Part]] = []
    known: type = object
    for base in class_.__mro__:
        name = base.__module__, base.__qualname__
        if name in _WHOLE:
            return ()
        if base in _PARTS or name in _LATER:
            known = base
            found = [kind for kind in (_PARTS.get(base) or _LATER.get(name),) if kind is not None]
            break
    if _hidden_bytes(class_) > max(_hidden_bytes(known), 0) and found != [_Bits]:  # whose state is all there is
        return None
    if _has_attributes(class_) and not _is_mapped(class_):
        found.append(_Holder if _is_value(class_) else _Attributes)
    return tuple(found)


def _find_opaque(value: Any) -> tuple[type[Part], ...]:
    class_ = type(value)
    if not hasattr(class_, "__next__"):
        if callable(value) and hasattr(value, "__name__"):  # a function, whatever made it
            return ()
        try:
            view = memoryview(value)
        except TypeError:
            if _has_value(class_) and _root(class_) in sys.stdlib_module_names:  # datetime, Decimal, a pattern
                return ()
        else:
            with view:
                if view.contiguous and _POINTERS.isdisjoint(view.format) and not getattr(value, "_objects", None):  # what ctypes points to
                    return () if view.readonly else (_Bytes,)
    raise TypeError


_POINTERS = frozenset("&OPXzZ")  # in the formats of memory


def is_transparent(class_: type) -> bool:
    """Whether objects of a class consist of nothing but their attributes.

    Examples
    --------
    >>> from fractions import Fraction
    >>> is_transparent(Fraction), is_transparent(list)
    (True, False)
    """
    return _hidden_bytes(class_) <= 0


def _hidden_bytes(class_: type) -> int:
    """How large objects of a class are beyond their attributes: what a class in C keeps to itself."""
    if class_ in (type, ModuleType) or issubclass(class_, type):
        return 0
    words = (class_.__dictoffset__ > 0) + (class_.__weakrefoffset__ > 0) + len(_members(class_))
    return class_.__basicsize__ - object.__basicsize__ - 8 * words


def _members(class_: type) -> list[MemberDescriptorType]:
    found = [member for base in class_.__mro__ for member in base.__dict__.values() if isinstance(member, MemberDescriptorType)]
    return [member for member in found if member.__name__ not in ("__dict__", "__weakref__")]


def slots_of(class_: type) -> dict[str, Any]:
    """The attributes that classes in Python keep in slots."""
    found: dict[str, Any] = {}
    for base in class_.__mro__:
        if "__slots__" in base.__dict__ or base is defaultdict:  # whose factory is one
            found |= {name: member for name, member in base.__dict__.items() if isinstance(member, MemberDescriptorType)}
    found.pop("__dict__", None)
    found.pop("__weakref__", None)
    return found


def attributes_of(value: Any) -> dict[str, Any]:
    """The attributes of an object by name: those in slots, and those in its `__dict__`.

    Examples
    --------
    >>> from fractions import Fraction
    >>> attributes_of(Fraction(1, 2))
    {'_denominator': 2, '_numerator': 1}
    """
    found = {}
    for name, member in slots_of(type(value)).items():
        try:
            found[name] = member.__get__(value)
        except AttributeError:
            pass
    own = getattr(value, "__dict__", None)
    return found | own if isinstance(own, dict) else found


def _has_attributes(class_: type) -> bool:
    return bool(class_.__dictoffset__ or slots_of(class_)) and not issubclass(class_, (type, ModuleType, FunctionType))


def _is_value(class_: type) -> bool:
    """Whether objects of a class are not meant to be changed."""
    parameters = getattr(class_, "__dataclass_params__", None)
    return bool(getattr(parameters, "frozen", False)) or (_has_value(class_) and class_.__module__.partition(".")[0] in sys.stdlib_module_names)


def _has_value(class_: type) -> bool:
    own: Any = class_.__hash__
    return own is not None and own is not object.__hash__


def _is_mapped(class_: type) -> bool:
    """The attributes of an array in a file are about the file."""
    return any((base.__module__, base.__name__) == ("numpy", "memmap") for base in class_.__mro__)


def _root(class_: type) -> str:
    """The package of the class that keeps something to itself."""
    for base in reversed(class_.__mro__):
        if _hidden_bytes(base) > 0:
            return base.__module__.partition(".")[0]
    return class_.__module__.partition(".")[0]


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return _EMPTY
