"""What indexing, iterating and asking an array, a tuple or a range gives."""

from __future__ import annotations

from accel.types.kinds import (
    Array,
    ArrayIterator,
    EnumerateIterator,
    FieldArray,
    Int,
    Kind,
    NoneKind,
    Range,
    RangeIterator,
    Scalar,
    Slice,
    Static,
    StructArray,
    Tuple,
    TupleIterator,
    ZipIterator,
    join_kinds,
    members_of,
)
from accel.types.records import view_of

__all__ = ["attribute_kind", "axes_of", "is_index", "item_kind", "iterator_kind", "next_kind", "row_kind"]


def is_index(kind: Kind) -> bool:
    """Whether a value of this kind is an integer index."""
    return all(isinstance(m, Int) or (isinstance(m, Scalar) and m.dtype.family in "iu") for m in members_of(kind))


def row_kind(array: Array | StructArray) -> Kind | None:
    """The kind of `a[i]`."""
    if isinstance(array, StructArray):
        return view_of(array.struct, array.writeable) if array.ndim == 1 else None
    if array.ndim == 1:
        return Scalar(array.char)
    return Array(array.char, array.ndim - 1, "C" if array.layout == "C" else "A", array.writeable, True, array.sizes[1:], array.is_lent)


def item_kind(base: Kind, indexes: tuple[Kind, ...]) -> Kind | None:
    """The kind of `base[indexes]`, None where CPython must do it.

    A view of a C-contiguous array is known to be C-contiguous when integers come first, then at most one plain slice.
    """
    if isinstance(base, Tuple):
        if len(indexes) != 1 or not is_index(indexes[0]) or not base.items:
            return None
        found: Kind | None = base.items[0]
        for item in base.items[1:]:
            found = join_kinds(found, item) if found else None
        return found
    if isinstance(base, Range):
        return Int() if len(indexes) == 1 and is_index(indexes[0]) else None
    if isinstance(base, StructArray):
        return view_of(base.struct, base.writeable) if len(indexes) == base.ndim and all(map(is_index, indexes)) else None
    if isinstance(base, FieldArray):
        return _element_kind(base, len(indexes)) if indexes and all(map(is_index, indexes)) else None
    axes = axes_of(base, indexes) if isinstance(base, Array) else None
    if axes is None or not isinstance(base, Array):
        return None
    kept = base.ndim - sum(is_index(i) for i in indexes)
    if kept == 0 and len(indexes) == base.ndim:
        return Scalar(base.char)
    last = indexes[-1] if indexes else None
    plain = all(map(is_index, indexes[:-1])) and not (isinstance(last, Slice) and last.step != NoneKind())
    sizes = () if any(map(_is_slice, indexes)) else tuple([size for size, at in zip(base.sizes, axes, strict=False) if at is None])
    return Array(base.char, kept, "C" if base.layout == "C" and plain else "A", base.writeable, True, sizes, base.is_lent)


def _element_kind(base: FieldArray, count: int) -> Kind | None:
    """What so many integers select; nothing of an axis without elements."""
    if count > base.ndim or 0 in base.sizes[:count]:
        return None
    return Scalar(base.char) if count == base.ndim else FieldArray(base.char, base.sizes[count:])


def axes_of(base: Array, indexes: tuple[Kind, ...]) -> list[int | None] | None:
    """For each axis the position of the subscript that addresses it (None: taken whole); None for subscripts CPython must see to.

    >>> axes_of(Array("d", 3), (Static(...), Int()))
    [None, None, 1]
    """
    given: list[int | None] = [k for k, index in enumerate(indexes) if not _is_ellipsis(index)]
    dots = len(indexes) - len(given)
    if dots > 1 or len(given) > base.ndim or not all(is_index(i) or _is_slice(i) or _is_ellipsis(i) for i in indexes):
        return None
    at = next((k for k, index in enumerate(indexes) if _is_ellipsis(index)), len(given))
    return [*given[:at], *[None] * (base.ndim - len(given)), *given[at:]]


def _is_ellipsis(kind: Kind) -> bool:
    return isinstance(kind, Static) and kind.value is ...


def _is_slice(kind: Kind) -> bool:
    return isinstance(kind, Slice) and all(isinstance(p, NoneKind) or is_index(p) for p in (kind.start, kind.stop, kind.step))


def attribute_kind(base: Kind, name: str) -> Kind | None:
    """The kind of an attribute of an array."""
    if isinstance(base, Array):
        if name in ("shape", "strides"):
            return Tuple((Int(),) * base.ndim)
        if name in ("ndim", "size", "itemsize", "nbytes"):
            return Int()
        if name == "T":
            layout = base.layout if base.ndim < 2 else "A"
            return Array(base.char, base.ndim, layout, base.writeable, True, (), base.is_lent)
    if isinstance(base, (FieldArray, StructArray)) and name in ("shape", "ndim", "size"):
        return Tuple((Int(),) * base.ndim) if name == "shape" else Int()
    if isinstance(base, Range) and name in ("start", "stop", "step"):
        return Int()
    return None


def iterator_kind(kind: Kind) -> Kind | None:
    """The kind of the loop state of `for ... in` a value of this kind."""
    match kind:
        case Range():
            return RangeIterator()
        case Array() if kind.ndim:
            return ArrayIterator(kind)
        case StructArray(ndim=1):
            return ArrayIterator(kind)
        case Tuple():
            return TupleIterator(kind)
        case FieldArray():
            return TupleIterator(kind.rows)
        case EnumerateIterator() | ZipIterator() | RangeIterator():
            return kind
    return None


def next_kind(state: Kind) -> Kind | None:
    """The kind of the items a loop state gives."""
    match state:
        case RangeIterator():
            return Int()
        case ArrayIterator(array):
            return row_kind(array)
        case TupleIterator(items):
            return item_kind(items, (Int(),)) if items.items else None
        case EnumerateIterator(inner):
            item = next_kind(inner)
            return item and Tuple((Int(), item))
        case ZipIterator(inner):
            items_ = [next_kind(k) for k in inner]
            return None if None in items_ else Tuple(tuple(k for k in items_ if k is not None))
    return None
