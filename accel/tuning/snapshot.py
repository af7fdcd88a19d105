"""This module takes copies of what a call may change, and puts the contents back: into the same objects, the same memory."""

from __future__ import annotations

import sys
from collections import OrderedDict, deque
from operator import is_
from types import BuiltinFunctionType, CodeType, FunctionType, GetSetDescriptorType, MappingProxyType, MemberDescriptorType, MethodType, ModuleType
from weakref import ReferenceType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from numpy import ndarray

__all__ = ["Snapshot", "attributes_of", "is_transparent", "view_bytes"]


class Snapshot:
    """The contents of the arguments of a call: of arrays, containers and objects, and of whatever is reached from there.

    Parameters
    ----------
    arguments : tuple
        By position.
    keywords : dict
        By keyword.
    names : sequence of str, optional
        What the first ones are called, for texts.

    Attributes
    ----------
    problem : str or None
        What there is that can't be put back, such as a generator: then nothing may be called more often than the user has called it.

    Notes
    -----
    An array is put back element by element, whatever its layout, and views which overlap are put back together. One that can't be written to is not copied. Lists, dicts,
    sets and attributes get the same objects again, in the same order, and these their contents. What functions, classes and modules hold is not looked at, but for the
    variables of closures. Locks and loggers are taken to be as they were.

    Examples
    --------
    >>> items, names = [3, 1, 2], {"a": [1]}
    >>> snapshot = Snapshot((items,), {"names": names})
    >>> items.sort()
    >>> names["a"].append(2)
    >>> snapshot.differs()
    True
    >>> snapshot.restore()
    >>> items, names
    ([3, 1, 2], {'a': [1]})
    """

    def __init__(self, arguments: tuple[Any, ...], keywords: dict[str, Any], names: Sequence[str] = ()) -> None:
        self.arguments, self.keywords = arguments, keywords
        self.problem: str | None = None
        self._names = [f"`{name}`" for name in names[: len(arguments)]]
        self._names += [str(number + 1) for number in range(len(self._names), len(arguments))]
        try:
            self._parts = self._save()
        except MemoryError:
            self._parts, self.problem = [], "the arguments are too large to be copied"
        self._changed = self._parts

    @property
    def named(self) -> list[tuple[str, Any]]:
        """Each argument with what it is called in texts."""
        return [*zip(self._names, self.arguments, strict=True), *((f"`{name}`", value) for name, value in self.keywords.items())]

    def restore(self) -> None:
        """Put everything back."""
        for part in self._parts:
            if part.differs():
                part.put()

    def differs(self) -> bool:
        """Whether anything is not as it was."""
        return any(part.differs() for part in self._parts)

    def narrow(self) -> bool:
        """Take it that calls change what is changed now, and nothing else: `restore_changed` puts only that back. Whether there is such a thing."""
        self._changed = [part for part in self._parts if part.differs()]
        return bool(self._changed)

    def restore_changed(self) -> None:
        """Put back what calls change."""
        for part in self._changed:
            part.put()

    def duplicate(self, value: Any) -> Any:
        """A deep copy, for a comparison later. What is in it of arrays that calls don't change is not copied once more.

        Raises
        ------
        Exception
            What `copy.deepcopy` raises for what it can't copy.
        """
        from copy import deepcopy

        kept = {id(part): part for part in self._changed}
        memo = {id(p.owner): p.saved for p in self._parts if isinstance(p, _Array) and id(p) not in kept and type(p.owner) is type(p.saved)}
        return deepcopy(value, memo)

    def _save(self) -> list[_Part]:
        parts: list[_Part] = []
        seen: dict[int, Any] = {}  # the objects too, so that none of them is another one later
        todo = [(value, name) for name, value in self.named]
        while todo:
            value, name = todo.pop()
            class_ = type(value)
            if class_ in _CONSTANT or id(value) in seen:
                continue
            seen[id(value)] = value
            for make in _makers(value):
                if isinstance(make, str):
                    self.problem = f"argument {name} {'has' if make[0] == '.' else 'is'} an object of class {make.lstrip('.')}, which can't be put back"
                else:
                    part = make(value)
                    parts += [part] if part.is_mutable else []
                    inner = list(part.inner())
                    if not set(map(type, inner)) <= _CONSTANT:
                        todo += [(one, name) for one in inner]
        return _without_covered(parts)


# -- what there is to be put back


class _Part:
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

    def put(self) -> None:
        self.write()

    def inner(self) -> Iterable[Any]:
        """The objects in it, which may be changed themselves."""
        return self.saved  # type: ignore[no-any-return]

    def differs(self) -> bool:
        now = self.read()
        return len(now) != len(self.saved) or not all(map(is_, now, self.saved))


class _List(_Part):
    def read(self) -> list[Any]:
        return list.copy(self.owner)

    def write(self) -> None:
        list.__setitem__(self.owner, slice(None), self.saved)


class _Dict(_Part):
    def read(self) -> list[Any]:
        kind: Any = OrderedDict if isinstance(self.owner, OrderedDict) else dict
        return [one for pair in kind.items(self.owner) for one in pair]

    def write(self) -> None:
        kind: Any = OrderedDict if isinstance(self.owner, OrderedDict) else dict  # which has an order of its own
        kind.clear(self.owner)
        kind.update(self.owner, zip(self.saved[::2], self.saved[1::2], strict=True))


class _Set(_Part):
    def read(self) -> list[Any]:
        return list(set.__iter__(self.owner))

    def write(self) -> None:
        set.clear(self.owner)
        set.update(self.owner, self.saved)

    def differs(self) -> bool:
        return {*map(id, self.read())} != {*map(id, self.saved)}


class _Deque(_Part):
    def read(self) -> list[Any]:
        return list(deque.__iter__(self.owner))

    def write(self) -> None:
        deque.clear(self.owner)
        deque.extend(self.owner, self.saved)


class _Fixed(_Part):
    """What can't be changed, though what is in it can."""

    is_mutable = False

    def read(self) -> Any:
        return list(self.owner)


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


class _Attributes(_Part):
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


class _Closure(_Part):
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


class _Opaque(_Part):
    """What has a state, or bytes, which are read and written as a whole."""

    def inner(self) -> tuple[()]:
        return ()

    def differs(self) -> bool:
        from accel.tuning.agreement import find_difference

        return find_difference(self.read(), self.saved) is not None


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


class _Array(_Part):
    __slots__ = ("shape", "view")

    def __init__(self, owner: Any) -> None:
        import numpy

        self.view: ndarray[Any, Any] = numpy.ndarray.view(owner, numpy.ndarray)  # it keeps its shape and dtype whatever becomes of the owner's
        self.shape = owner.shape, owner.dtype
        super().__init__(owner)

    @property
    def is_mutable(self) -> bool:  # type: ignore[override]
        return bool(self.view.flags.writeable)

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


def _without_covered(parts: list[_Part]) -> list[_Part]:
    """Arrays that lie in another one without gaps need no copy of their own."""
    arrays = [part for part in parts if isinstance(part, _Array) and not part.view.dtype.hasobject and part.view.size]
    if len(arrays) < 2:
        return parts
    bounds = {id(part): _bounds(part.view) for part in arrays}
    dense = [part for part in arrays if bounds[id(part)][1] - bounds[id(part)][0] == part.view.nbytes]
    dense.sort(key=lambda part: -part.view.nbytes)
    covered: set[int] = set()
    for part in arrays:
        low, high = bounds[id(part)]
        for other in dense:
            if other.view.nbytes < high - low:
                break
            if other is not part and id(other) not in covered and bounds[id(other)][0] <= low and high <= bounds[id(other)][1]:
                covered.add(id(part))
                break
    return [part for part in parts if id(part) not in covered]


def _bounds(array: ndarray[Any, Any]) -> tuple[int, int]:
    from numpy.lib.array_utils import byte_bounds

    return byte_bounds(array)


# -- which parts an object has


_EMPTY = object()
_CONSTANT: set[type] = {
    *(type(None), bool, int, float, complex, str, bytes, range, slice, type, type(Ellipsis), type(NotImplemented), object),
    *(BuiltinFunctionType, CodeType, ModuleType, ReferenceType, GetSetDescriptorType, MemberDescriptorType, property, staticmethod, classmethod),
}
_PARTS: dict[type, type[_Part] | None] = {  # what an object of this class, or of one derived from it, is apart from its attributes
    list: _List, dict: _Dict, set: _Set, deque: _Deque, bytearray: _Bytes, FunctionType: _Closure,
    tuple: _Fixed, frozenset: _Fixed, MappingProxyType: _Fixed, type({}.keys()): _Fixed, type({}.values()): _Fixed, type({}.items()): _Fixed,
    MethodType: _Bound, BaseException: _Raised, int: None, float: None, complex: None, str: None, bytes: None, type: None, ModuleType: None,
}  # fmt: skip
_LATER: dict[tuple[str, str], type[_Part] | None] = {  # likewise, of modules that may not be loaded
    ("array", "array"): _Bytes, ("mmap", "mmap"): _Bytes, ("functools", "partial"): _Partial, ("_random", "Random"): _Random,
    ("numpy", "ndarray"): _Array, ("numpy", "void"): _Record, ("numpy", "generic"): None, ("numpy", "dtype"): None, ("numpy.random._generator", "Generator"): _Generator,
    ("numpy.random.bit_generator", "BitGenerator"): _Bits, ("numpy.random.mtrand", "RandomState"): _OldRandom,
    ("logging", "Logger"): None, ("_thread", "lock"): None, ("_thread", "RLock"): None, ("_thread", "_local"): None,
    ("operator", "itemgetter"): None, ("operator", "attrgetter"): None, ("operator", "methodcaller"): None,
}  # fmt: skip


def _makers(value: Any) -> Iterator[Callable[[Any], _Part] | str]:
    """The classes of the parts of an object, or what it is called when it can't be put back."""
    class_ = type(value)
    known: type = object
    for base in class_.__mro__:
        kind = _PARTS.get(base, _LATER.get((base.__module__, base.__qualname__), _EMPTY))
        if kind is not _EMPTY:
            known = base
            if kind is not None:
                yield _Bytes if kind is _Bytes else kind  # type: ignore[misc]
            if base.__module__ in ("logging", "_thread"):
                return
            break
    if _hidden_bytes(class_) > max(_hidden_bytes(known), 0):
        yield from _opaque_makers(value)
    elif _has_attributes(class_) and not _is_mapped(class_):
        yield _Holder if _is_value(class_) else _Attributes


def _opaque_makers(value: Any) -> Iterator[Callable[[Any], _Part] | str]:
    class_ = type(value)
    if not hasattr(class_, "__next__"):
        if callable(value) and hasattr(value, "__name__"):  # a function, whatever made it
            return
        if _has_value(class_) and _root(class_) in sys.stdlib_module_names:  # datetime, Decimal, a pattern
            return
        writable = _is_writable(value)
        if writable is not None and not getattr(value, "_objects", None):  # ctypes: what pointers in it lead to
            if writable:
                yield _Bytes
            return
    yield class_.__name__


def _is_writable(value: Any) -> bool | None:
    """Whether what an object shows of its memory can be written; None when it shows none, or not all of it is bytes."""
    try:
        with memoryview(value) as view:
            if hasattr(value, "contents") or "P" in view.format or "O" in view.format:
                return None
            return not view.readonly
    except (TypeError, BufferError, ValueError):
        return None


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
    found = {}
    for base in class_.__mro__:
        if "__slots__" in base.__dict__:
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
    {'_numerator': 1, '_denominator': 2}
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
    return bool(getattr(parameters, "frozen", False)) or (_has_value(class_) and _root(class_) in sys.stdlib_module_names)


def _has_value(class_: type) -> bool:
    return class_.__hash__ is not None and class_.__hash__ is not object.__hash__


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
