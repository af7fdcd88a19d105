"""The kinds a value can have inside compiled code: what the compiler knows about it, and nothing of how it is stored.

A kind is a small frozen value, printable, hashable and comparable. `Int` is Python's int and `Scalar("l")` is
`numpy.int64`: two kinds, never confused. Nothing here imports NumPy.
"""

from __future__ import annotations

import math
from types import BuiltinFunctionType, FunctionType, ModuleType

from accel.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any

__all__ = [
    "Array",
    "ArrayIterator",
    "Bool",
    "Complex",
    "Constant",
    "DTYPES",
    "DType",
    "EnumerateIterator",
    "Float",
    "Int",
    "Kind",
    "Never",
    "Nested",
    "NoneKind",
    "Object",
    "Range",
    "RangeIterator",
    "Scalar",
    "Slice",
    "FieldArray",
    "Static",
    "Struct",
    "StructArray",
    "Tuple",
    "TupleIterator",
    "Union",
    "Vector",
    "View",
    "ZipIterator",
    "is_value",
    "join_kinds",
    "members_of",
]


@dataclass(frozen=True, slots=True)
class DType:
    """What is fixed about a NumPy dtype, by its type character (which, unlike its name, tells `l` from `q`)."""

    char: str
    name: str
    family: str  # "b" bool, "i" signed, "u" unsigned, "f" float, "c" complex
    size_bytes: int
    number: int  # NumPy's type number

    @property
    def bits(self) -> int:
        """Width of the whole element in bits."""
        return 8 * self.size_bytes


DTYPES: dict[str, DType] = {
    d.char: d
    for d in (
        DType("?", "bool", "b", 1, 0),
        DType("b", "int8", "i", 1, 1),
        DType("B", "uint8", "u", 1, 2),
        DType("h", "int16", "i", 2, 3),
        DType("H", "uint16", "u", 2, 4),
        DType("i", "int32", "i", 4, 5),
        DType("I", "uint32", "u", 4, 6),
        DType("l", "int64", "i", 8, 7),
        DType("L", "uint64", "u", 8, 8),
        DType("q", "longlong", "i", 8, 9),
        DType("Q", "ulonglong", "u", 8, 10),
        DType("e", "float16", "f", 2, 23),
        DType("f", "float32", "f", 4, 11),
        DType("d", "float64", "f", 8, 12),
        DType("F", "complex64", "c", 8, 14),
        DType("D", "complex128", "c", 16, 15),
    )
}


@dataclass(frozen=True, slots=True)
class Kind:
    """Anything the compiler may know about a value."""

    def __str__(self) -> str:
        return type(self).__name__.lower()


@dataclass(frozen=True, slots=True)
class Int(Kind):
    """A Python int that fits 64 bits; what would not fit leaves compiled code."""


@dataclass(frozen=True, slots=True)
class Float(Kind):
    """A Python float."""


@dataclass(frozen=True, slots=True)
class Bool(Kind):
    """A Python bool."""


@dataclass(frozen=True, slots=True)
class Complex(Kind):
    """A Python complex."""


@dataclass(frozen=True, slots=True)
class NoneKind(Kind):
    """None."""

    def __str__(self) -> str:
        return "none"


@dataclass(frozen=True, slots=True)
class Object(Kind):
    """Any Python object that compiled code only hands on (a borrowed reference): `self`, a str, a list."""


@dataclass(frozen=True, slots=True)
class Never(Kind):
    """The result of an operation that CPython must do: the code behind it is not reached."""


@dataclass(frozen=True, slots=True)
class Scalar(Kind):
    """A NumPy scalar, by the type character of its dtype."""

    char: str

    @property
    def dtype(self) -> DType:
        """The facts of its dtype."""
        return DTYPES[self.char]

    def __str__(self) -> str:
        return f"numpy.{DTYPES[self.char].name}"


@dataclass(frozen=True, slots=True)
class Array(Kind):
    """A `numpy.ndarray` (exactly that class), aligned, in native byte order.

    `layout` is "C" (C-contiguous), "F" (Fortran-contiguous and not C) or "A" (any strides). `is_view`: it was made here by indexing,
    so that it is another object than its owner even when it covers all of it. `sizes` are the lengths of the axes where they are known, else ().
    `is_lent`: it is a view that can't be written although its owner may be (design 12).
    """

    char: str
    ndim: int
    layout: str = "C"
    writeable: bool = True
    is_view: bool = False
    sizes: tuple[int, ...] = ()
    is_lent: bool = False

    @property
    def dtype(self) -> DType:
        """The facts of its dtype."""
        return DTYPES[self.char]

    def __str__(self) -> str:
        access = "" if self.writeable else ", borrowed" if self.is_lent else ", read-only"
        extent = " x ".join(map(str, self.sizes)) or f"{self.ndim}-d"
        return f"array({DTYPES[self.char].name}, {extent}, {self.layout}{access})"


@dataclass(frozen=True, slots=True)
class FieldArray(Kind):
    """An array that is the field of a struct: read-only, its shape known, held as its elements."""

    char: str
    sizes: tuple[int, ...]

    @property
    def dtype(self) -> DType:
        """The facts of its dtype."""
        return DTYPES[self.char]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.sizes)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.sizes)

    @property
    def rows(self) -> Tuple:
        """The kind of the tuple of its rows, which has the same components."""
        row = Scalar(self.char) if len(self.sizes) == 1 else FieldArray(self.char, self.sizes[1:])
        return Tuple((row,) * self.sizes[0])

    def __str__(self) -> str:
        return f"array({DTYPES[self.char].name}, {' x '.join(map(str, self.sizes))}, of a struct)"


@dataclass(frozen=True, slots=True)
class Tuple(Kind):
    """A tuple of known length; `named` is its class where that is one of `typing.NamedTuple` or `collections.namedtuple`."""

    items: tuple[Kind, ...]
    named: Any = None

    def __str__(self) -> str:
        return f"{'tuple' if self.named is None else _name_of_class(self.named)}({', '.join(map(str, self.items))})"


@dataclass(frozen=True, slots=True, eq=False)
class Struct(Kind):
    """A value of a struct: the class, compared by identity, and the names and kinds of its fields in order, which follow from it."""

    value: type
    names: tuple[str, ...]
    items: tuple[Kind, ...]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Struct) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)

    def __str__(self) -> str:
        return _name_of_class(self.value)


@dataclass(frozen=True, slots=True, eq=False)
class View(Kind):
    """A record, which is a struct in the memory of an array: the class of such records, compared by identity, and the kind of the struct."""

    value: type
    struct: Struct
    writeable: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the fields."""
        return self.struct.names

    def __eq__(self, other: object) -> bool:
        return isinstance(other, View) and other.value is self.value and other.writeable == self.writeable

    def __hash__(self) -> int:
        return hash((id(self.value), self.writeable))

    def __str__(self) -> str:
        return f"record({self.struct}{'' if self.writeable else ', read-only'})"


@dataclass(frozen=True, slots=True, eq=False)
class StructArray(Kind):
    """An array of structs: the class of its records, compared by identity, the kind of the struct, the number of axes, the layout "C" or "A"."""

    value: type
    struct: Struct
    ndim: int
    layout: str = "C"
    writeable: bool = True

    def _facts(self) -> tuple[object, ...]:
        return (id(self.value), self.ndim, self.layout, self.writeable)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StructArray) and other._facts() == self._facts()

    def __hash__(self) -> int:
        return hash(self._facts())

    def __str__(self) -> str:
        return f"array({self.struct}, {self.ndim}-d, {self.layout}{'' if self.writeable else ', read-only'})"


@dataclass(frozen=True, slots=True)
class Vector(Kind):
    """Several numbers of one dtype (`accel.types.simd`), held as vectors of `group` lanes. The lanes of a mask are integers of so many `bits`, all of them set or none."""

    char: str
    lanes: int
    group: int
    bits: int = 0

    @property
    def dtype(self) -> DType:
        """The facts of its dtype."""
        return DTYPES[self.char]

    def __str__(self) -> str:
        return f"SIMD[{DTYPES[self.char].name}, {self.lanes}]"


@dataclass(frozen=True, slots=True)
class Range(Kind):
    """A range object whose start, stop and step fit 64 bits, and whose length does too."""


@dataclass(frozen=True, slots=True)
class Slice(Kind):
    """A slice written in a subscript; each part is an integer (`Int`, `Scalar` or a union of them) or `NoneKind`."""

    start: Kind
    stop: Kind
    step: Kind

    def __str__(self) -> str:
        return f"slice({self.start}, {self.stop}, {self.step})"


@dataclass(frozen=True, slots=True)
class RangeIterator(Kind):
    """The state of a `for` loop over a range: current value, turns left, step."""


@dataclass(frozen=True, slots=True)
class ArrayIterator(Kind):
    """The state of a `for` loop over the first axis of an array: the array and the next index."""

    array: Array | StructArray


@dataclass(frozen=True, slots=True)
class TupleIterator(Kind):
    """The state of a `for` loop over a tuple: the tuple and the next index."""

    tuple: Tuple


@dataclass(frozen=True, slots=True)
class EnumerateIterator(Kind):
    """The state of a `for` loop over `enumerate(...)`: the next count and the iterator below."""

    inner: Kind


@dataclass(frozen=True, slots=True)
class ZipIterator(Kind):
    """The state of a `for` loop over `zip(...)`: the iterators below."""

    inner: tuple[Kind, ...]
    strict: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Static(Kind):
    """An object known while compiling and compared by identity: a module, function, class, dtype or str."""

    value: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Static) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)

    def __str__(self) -> str:
        return f"static({_describe_static(self.value)})"


_NAMED = (BuiltinFunctionType, ModuleType)
_SPELLED = (str, bytes, int, slice, type(...))
_name_of_class: Callable[[type], str] = type.__dict__["__name__"].__get__  # a metaclass can't interfere


def _describe_static(value: Any) -> str:
    """What to call an object. Nothing of the user's is run for it: not `__repr__`, not `__getattr__`."""
    if issubclass(type(value), type):
        return _name_of_class(value)
    if type(value) in _NAMED or issubclass(type(value), FunctionType):
        return str(value.__name__)
    return repr(value) if type(value) in _SPELLED else f"{_name_of_class(type(value))} object"


@dataclass(frozen=True, slots=True, eq=False)
class Constant(Kind):
    """The value of a `Comptime` parameter. Two are equal when their types are, and the values, to the last bit."""

    value: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Constant) and _spelled(other.value) == _spelled(self.value)

    def __hash__(self) -> int:
        return hash(_spelled(self.value))

    def __str__(self) -> str:
        return _describe_static(self.value) if type(self.value) not in (float, complex, bool, tuple, type(None)) else repr(self.value)


def _spelled(value: Any) -> Any:
    """What tells a constant from others: 1, 1.0 and True are three, so are 0.0 and -0.0; of what is no number or text, the object."""
    if type(value) in (float, complex):
        return type(value), repr(value)
    if type(value) is tuple:
        return tuple, tuple(map(_spelled, value))
    return (type(value), value if type(value) in (bool, int, str, bytes, type(None)) else id(value))


@dataclass(frozen=True, slots=True, eq=False)
class Nested(Kind):
    """A function defined inside a compiled one, by its code object. It is no value: what it captures is read at each call."""

    code: CodeType
    captured: tuple[str, ...]
    written: tuple[str, ...] = ()
    defaults: tuple[Any, ...] | None = None
    keyword_defaults: tuple[tuple[str, Any], ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Nested) and other.code is self.code

    def __hash__(self) -> int:
        return id(self.code)

    def __str__(self) -> str:
        return f"nested({self.code.co_name})"


@dataclass(frozen=True, slots=True)
class Union(Kind):
    """One of several kinds, which one is known at run time. Make it with `join_kinds`: members are sorted by name."""

    members: tuple[Kind, ...]

    def __str__(self) -> str:
        return " | ".join(map(str, self.members))


_JOINABLE = (Int, Float, Bool, Complex, NoneKind, Scalar)


def members_of(kind: Kind) -> tuple[Kind, ...]:
    """The kinds a value of this kind may have at run time."""
    if isinstance(kind, Union):
        return kind.members
    return () if isinstance(kind, Never) else (kind,)


def is_value(kind: Kind) -> bool:
    """Whether a value of this kind can be handed out as a Python object.

    >>> is_value(Tuple((Int(), Static("text"))))
    False
    """
    if isinstance(kind, Tuple):
        return all(map(is_value, kind.items))
    return isinstance(kind, (*_JOINABLE, Array, Object, Range, FieldArray, Struct, StructArray, Union, Vector))


def join_kinds(first: Kind, second: Kind) -> Kind | None:
    """The kind of a name that holds `first` on one path and `second` on another; None where there is none.

    Int and float do not become float: a scalar that may be either keeps its kind with it.

    >>> str(join_kinds(Int(), Float()))
    'float | int'
    """
    if first == second or isinstance(second, Never):
        return first
    if isinstance(first, Never):
        return second
    if isinstance(first, Array) and isinstance(second, Array):
        if (first.char, first.ndim) != (second.char, second.ndim):
            return None
        layout = first.layout if first.layout == second.layout else "A"
        sizes = first.sizes if first.sizes == second.sizes else ()
        is_writeable, is_view = first.writeable and second.writeable, first.is_view and second.is_view
        return Array(first.char, first.ndim, layout, is_writeable, is_view, sizes, first.is_lent and second.is_lent)
    if isinstance(first, Tuple) and isinstance(second, Tuple):
        if len(first.items) != len(second.items) or first.named is not second.named:
            return None
        items = [join_kinds(a, b) for a, b in zip(first.items, second.items, strict=True)]
        return None if None in items else Tuple(tuple(k for k in items if k is not None), first.named)
    if isinstance(first, Vector) and isinstance(second, Vector):
        return max(first, second, key=lambda kind: kind.bits) if first.bits and second.bits and first.lanes == second.lanes else None
    members = {*members_of(first), *members_of(second)}
    if not all(isinstance(m, _JOINABLE) for m in members):
        return None
    return Union(tuple(sorted(members, key=str)))
