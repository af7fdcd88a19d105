"""How a value of each kind is held in machine code: a flat tuple of LLVM scalars, its components.

A value in flight is a tuple of operand texts (`Value`), one per component; a variable is one stack slot per component,
which LLVM turns into registers; in memory (results, exit records) each component takes a word of 8 bytes, a vector as many as it needs.

>>> components(Tuple((Int(), Complex())))
('i64', 'double', 'double')
"""

from __future__ import annotations

from accel.types.kinds import (
    Array,
    ArrayIterator,
    Bool,
    Complex,
    EnumerateIterator,
    FieldArray,
    Float,
    Int,
    Kind,
    Object,
    Range,
    RangeIterator,
    Scalar,
    Slice,
    Struct,
    StructArray,
    Tuple,
    TupleIterator,
    Union,
    Vector,
    View,
    ZipIterator,
)
from accel.types.structs import layout_of_kind

__all__ = ["VECTOR_LANES", "Value", "components", "element_type", "field_offsets", "member_positions", "object_positions", "owner_positions", "vector_type", "word_places"]

Value = tuple[str, ...]
VECTOR_LANES = 16  # offset of the slot with the lanes in a SIMD value

_ELEMENT = {"e": "half", "f": "float", "d": "double", "F": "float", "D": "double", "?": "i1"}


def element_type(char: str) -> str:
    """LLVM type of one part of a NumPy scalar of this type character (complex has two parts)."""
    from accel.types.kinds import DTYPES

    return _ELEMENT.get(char) or f"i{DTYPES[char].bits}"


def components(kind: Kind) -> tuple[str, ...]:
    """LLVM types of the components of `kind`, in order.

    An array is owner (a PyObject*), data, shape[ndim], strides[ndim] in bytes. A union is a tag (index of the member) and
    slots shared by members of the same LLVM type. A range is start, stop, step. `NoneKind` and `Static` have none.
    """
    match kind:
        case Int():
            return ("i64",)
        case Float():
            return ("double",)
        case Bool():
            return ("i1",)
        case Complex():
            return ("double", "double")
        case Scalar():
            return (element_type(kind.char),) * (2 if kind.dtype.family == "c" else 1)
        case Object():
            return ("ptr",)
        case Vector():
            return (vector_type(kind),) * (kind.lanes // kind.group)
        case View():  # what owns the memory, and the address
            return ("ptr", "ptr")
        case Array() | StructArray():
            return ("ptr", "ptr", *["i64"] * (2 * kind.ndim))
        case FieldArray(char):
            return components(Scalar(char)) * kind.size
        case Tuple(items) | ZipIterator(items) | Struct(items=items):
            return tuple(c for item in items for c in components(item))
        case Union():
            return ("i8", *_slots(kind))
        case Range():
            return ("i64", "i64", "i64")
        case RangeIterator():  # current value, turns left, step
            return ("i64", "i64", "i64")
        case Slice(start, stop, step):
            return components(start) + components(stop) + components(step)
        case ArrayIterator(array):
            return (*components(array), "i64")
        case TupleIterator(items):
            return (*components(items), "i64")
        case EnumerateIterator(inner):
            return ("i64", *components(inner))
    return ()


def vector_type(kind: Vector) -> str:
    """LLVM type of the vectors that hold the lanes.

    >>> vector_type(Vector("f", 16, 8))
    '<8 x float>'
    """
    return f"<{kind.group} x {f'i{kind.bits}' if kind.bits else element_type(kind.char)}>"


def word_places(types: tuple[str, ...]) -> list[int]:
    """In which word each component lies in memory, given their LLVM types, and behind them all how many words there are.

    >>> word_places(("i64", "<8 x float>", "<8 x i1>", "i1"))
    [0, 1, 5, 6, 7]
    """
    places = [0]
    for type_ in types:
        places.append(places[-1] + (-(-_size_of_vector(type_) // 8) if type_[0] == "<" else 1))
    return places


def _size_of_vector(type_: str) -> int:
    """In bytes; a lane of one bit takes a byte."""
    count, element = type_[1:-1].split(" x ")
    sizes = {"float": 4, "double": 8, "i1": 1}
    return int(count) * (sizes.get(element) or int(element[1:]) // 8)


def field_offsets(kind: Struct) -> tuple[int, ...]:
    """Where the fields of a struct lie in an object of its class."""
    return tuple([field.offset for field in layout_of_kind(kind).fields])


def _slots(kind: Union) -> list[str]:
    slots: list[str] = []
    for member in kind.members:
        needed = list(components(member))
        for slot in slots:
            if slot in needed:
                needed.remove(slot)
        slots += needed
    return slots


def member_positions(kind: Union, member: Kind) -> tuple[int, ...]:
    """Where the components of `member` lie among `components(kind)`.

    >>> from accel.types.kinds import join_kinds
    >>> member_positions(join_kinds(Int(), Complex()), Complex())
    (1, 2)
    """
    slots, taken = _slots(kind), set[int]()
    for component in components(member):
        taken.add(next(i for i, slot in enumerate(slots) if slot == component and i not in taken))
    positions, free = [], sorted(taken)
    for component in components(member):
        at = next(i for i in free if slots[i] == component)
        free.remove(at)
        positions.append(at + 1)
    return tuple(positions)


def owner_positions(kind: Kind) -> tuple[int, ...]:
    """Where the owners of the arrays and records in a value lie among its components.

    >>> owner_positions(Tuple((Int(), Array("d", 1))))
    (1,)
    """
    return _pointers(kind, (Array, StructArray, View))


def object_positions(kind: Kind) -> tuple[int, ...]:
    """Where the plain object pointers in a value lie among its components."""
    return _pointers(kind, (Object,))


def _pointers(kind: Kind, wanted: tuple[type[Kind], ...]) -> tuple[int, ...]:
    if isinstance(kind, wanted):
        return (0,)
    match kind:
        case Tuple(items) | ZipIterator(items) | Struct(items=items):
            inner: tuple[Kind, ...] = items
        case ArrayIterator(array):
            inner = (array,)
        case TupleIterator(items):
            inner = (items,)
        case EnumerateIterator(one):
            inner = (Int(), one)
        case _:
            inner = ()
    found, at = [], 0
    for item in inner:
        found += [at + p for p in _pointers(item, wanted)]
        at += len(components(item))
    return tuple(found)
