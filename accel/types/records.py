"""Arrays of structs: NumPy's structured arrays, whose elements are records, views of the memory with the fields and methods of the struct.

Nothing here is made, and NumPy not imported, before someone asks for the array of a struct.
"""

from __future__ import annotations

from accel.errors import ArgumentError, Diagnostic
from accel.runtime.frames import find_caller
from accel.types.declared import name_of_class
from accel.types.elements import char_of
from accel.types.field_arrays import describe_fault
from accel.types.kinds import FieldArray, Kind, Scalar, Struct, StructArray, Tuple, Vector, View
from accel.types.lane_operators import Lanes
from accel.types.structs import MISFIT, STRUCT, as_struct, fit, layout_of, layout_of_kind, name_of_kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from accel.types.structs import Layout

__all__ = [
    "alignment_of",
    "array_class",
    "as_array",
    "as_array_of_generic",
    "dtype_of",
    "field_dtype",
    "find_array_kind",
    "find_view_kind",
    "make_array",
    "plain_dtype",
    "record_of",
    "view_of",
]

_made: list[Any] = []  # the class of arrays, once it is needed


def dtype_of(layout: Layout) -> Any:
    """The dtype of arrays of a struct: aligned fields, records as scalars."""
    if "dtype" not in layout.records:
        import numpy

        layout.records["dtype"] = numpy.dtype((record_of(layout), _with_records(layout.kind)))
    return layout.records["dtype"]


def field_dtype(kind: Kind) -> Any:
    """The dtype of a field."""
    if isinstance(kind, Struct):
        return dtype_of(layout_of_kind(kind))
    return _with_records(kind) if isinstance(kind, Tuple) else plain_dtype(kind)


def _with_records(kind: Struct | Tuple) -> Any:
    """A dtype with the fields where a plain one has them: NumPy takes a dtype with records in it for one that may lie anywhere."""
    import numpy

    plain = plain_dtype(kind)
    offsets = [plain.fields[name][1] for name in plain.names]
    made: Any = {"names": plain.names, "formats": [field_dtype(item) for item in kind.items], "offsets": offsets, "itemsize": plain.itemsize}
    return numpy.dtype(made)


def plain_dtype(kind: Kind) -> Any:
    """The dtype of a field, or a struct, without records: aligned as C aligns structs."""
    import numpy

    if isinstance(kind, (Struct, Tuple)):
        names = kind.names if isinstance(kind, Struct) else [f"f{k}" for k in range(len(kind.items))]
        return numpy.dtype([(name, plain_dtype(item)) for name, item in zip(names, kind.items, strict=True)], align=True)
    if isinstance(kind, (FieldArray, Vector)):
        return numpy.dtype((kind.char, kind.sizes if isinstance(kind, FieldArray) else (kind.lanes,)))
    return numpy.dtype(char_of(kind))


# -- records


def record_of(layout: Layout) -> type:
    """The class of the elements of arrays of a struct."""
    if "record" not in layout.records:
        import numpy

        struct = layout.kind.value
        members: dict[str, Any] = {name: struct.__dict__[name] for name in layout.members}
        for name, member in members.items():
            if isinstance(member, classmethod):
                members[name] = staticmethod(getattr(struct, name))
        for name, kind in zip(layout.kind.names, layout.kind.items, strict=True):
            members[name] = property(_getter(name, kind), _setter(struct, name, kind))
        members |= {STRUCT: struct, "__repr__": _show_record, "__str__": _show_record, "__module__": struct.__module__}
        if "__eq__" not in members:
            members["__eq__"] = lambda record, other: as_struct(struct, record) == as_struct(struct, other)
            members["__ne__"] = lambda record, other: as_struct(struct, record) != as_struct(struct, other)
        members |= {"__doc__": f"An element of an array of `{struct.__qualname__}`.", "__slots__": ()}
        members["__qualname__"] = f"{struct.__qualname__}.record"
        layout.records["record"] = type(f"{struct.__name__}.record", (numpy.void,), members)
    made: type = layout.records["record"]
    return made


def _show_record(record: Any) -> str:
    shown = [f"{name}={getattr(record, name)!r}" for name in record.dtype.names]
    return f"{type(record).__qualname__}({', '.join(shown)})"


def _getter(name: str, kind: Kind) -> Any:
    import numpy

    get = numpy.void.__getitem__
    return lambda record: _read(kind, get(record, name))


def _read(kind: Kind, held: Any) -> Any:
    """What an element of the memory stands for. A tuple is a value, and so are the structs and arrays in it."""
    if isinstance(kind, Tuple):
        return tuple([fit(item, _read(item, held[k])) for k, item in enumerate(kind.items)])
    if isinstance(kind, Vector):
        from accel.types.simd import build_vector

        return build_vector(kind.char, held)
    return held if isinstance(kind, (Scalar, FieldArray, Struct)) else held.item()


def _setter(struct: type, name: str, kind: Kind) -> Any:
    import numpy

    put = numpy.void.__setitem__

    def set_field(record: Any, value: Any) -> None:
        fitting = fit(kind, value)
        if fitting is MISFIT:
            what = f"`{struct.__qualname__}` takes {name_of_kind(kind)} for `{name}`, got {describe_fault(kind, value)}"
            raise ArgumentError(Diagnostic(what, "struct-argument", *find_caller(__file__), found=f"{value!r:.40}", do=(f"pass {name_of_kind(kind)}",)))
        put(record, name, _flatten(fitting))

    return set_field


def _flatten(value: Any) -> Any:
    """A struct as tuples of its fields, a SIMD value as an array, as NumPy takes them; anything else as it is."""
    layout = layout_of(type(value))
    if layout is not None:
        return tuple([_flatten(getattr(value, name)) for name in layout.kind.names])
    if isinstance(value, Lanes):
        return value._wide()
    return [_flatten(item) for item in value] if type(value) is list else tuple(map(_flatten, value)) if type(value) is tuple else value


# -- arrays


def array_class() -> Any:
    """The class of arrays of structs. Their elements can be assigned structs, which plain structured arrays do not take."""
    if not _made:
        import numpy

        class StructArray(numpy.ndarray):
            """An array of structs: a structured array that takes structs."""

            __slots__ = ()

            def __setitem__(self, index: Any, value: Any) -> None:
                numpy.ndarray.__setitem__(self, index, _flatten(value))

            def __getitem__(self, index: Any) -> Any:
                found = numpy.ndarray.__getitem__(self, index)
                return found.view(numpy.ndarray) if isinstance(found, StructArray) and not hasattr(found.dtype.type, STRUCT) else found

            def __reduce__(self) -> Any:
                struct = getattr(self.dtype.type, STRUCT, None)
                if struct is None:
                    return numpy.ndarray.__reduce__(self)
                layout: Any = layout_of(struct)
                fields = self.view(numpy.ndarray).view(plain_dtype(layout.kind))
                return (as_array, (struct, fields)) if layout.origin is None else (as_array_of_generic, (*layout.origin, fields))

        StructArray.__module__, StructArray.__qualname__ = "accel.types", "StructArray"
        _made.append(StructArray)
    return _made[0]


def make_array(struct: Any, shape: Any) -> Any:
    """An array of structs whose fields are all zero.

    Parameters
    ----------
    shape : int or tuple of int
        The lengths of its axes.

    Returns
    -------
    numpy.ndarray
        A structured array, of the dtype `struct.dtype`, whose elements are records and can be assigned structs.
    """
    import numpy

    return numpy.zeros(shape, dtype_of(struct.__accel_layout__)).view(array_class())


def as_array(struct: Any, array: Any) -> Any:
    """A structured array with the fields of a struct as an array of structs: the same memory.

    Parameters
    ----------
    array : numpy.ndarray
        Its fields have the names, dtypes and places of those of `struct.dtype`.

    Returns
    -------
    numpy.ndarray
        A view whose elements are records, and can be assigned structs.

    Raises
    ------
    ArgumentError
        For anything else: `array.astype(struct.dtype)` makes a copy that fits.
    """
    import numpy

    wanted = dtype_of(struct.__accel_layout__)
    if not isinstance(array, numpy.ndarray) or not _is_alike(array.dtype, wanted):
        got = f"an array of {array.dtype}" if isinstance(array, numpy.ndarray) else name_of_class(type(array))
        do = (f"pass `a.astype({struct.__name__}.dtype)`",)
        what = f"`{struct.__qualname__}.from_array` takes a structured array with its fields, got {got}"
        raise ArgumentError(Diagnostic(what, "struct-argument", *find_caller(__file__), do=do))
    return array.view(wanted).view(array_class())


def as_array_of_generic(template: Any, arguments: tuple[Any, ...], array: Any) -> Any:
    """`as_array` for a struct of a generic one, from what was pickled: that, and its arguments."""
    return as_array(template[arguments], array)


def _is_alike(found: Any, wanted: Any) -> bool:
    """Whether two dtypes have the same fields in the same places."""
    if found.names is None or wanted.names is None:
        return bool(found == wanted and found.isnative)
    if found.names != wanted.names or found.itemsize != wanted.itemsize:
        return False
    pairs = [(found.fields[name], wanted.fields[name]) for name in wanted.names]
    return all(one[1] == other[1] and _is_alike(one[0], other[0]) for one, other in pairs)


# -- kinds


def find_array_kind(value: Any) -> StructArray | None:
    """The kind of an array, if it is one of structs that compiled code takes."""
    layout = layout_of(getattr(value.dtype.type, STRUCT, None))
    if layout is None or value.dtype is not dtype_of(layout) or not value.flags.aligned or not 1 <= value.ndim <= 8:
        return None
    if not _is_aligned(layout, value):
        return None
    return StructArray(record_of(layout), layout.kind, value.ndim, "C" if value.flags.c_contiguous else "A", bool(value.flags.writeable))


def find_view_kind(value: Any) -> View | None:
    """The kind of a record, of an array of structs that compiled code takes."""
    layout = layout_of(getattr(type(value), STRUCT, None))
    if layout is None or value.dtype is not dtype_of(layout) or not value.flags.aligned:
        return None
    return View(type(value), layout.kind, bool(value.flags.writeable)) if _is_aligned(layout, value) else None


def alignment_of(kind: Struct) -> int:
    """What the addresses of structs in arrays must be multiples of in compiled code, which takes arrays in them for arrays like others."""
    has = any(isinstance(item, FieldArray) or (isinstance(item, Struct) and alignment_of(item) > 1) for item in kind.items)
    return int(plain_dtype(kind).alignment) if has else 1


def _is_aligned(layout: Layout, value: Any) -> bool:
    """Whether the elements of an array of structs, or a record, lie where compiled code takes them. NumPy has it that they may lie anywhere."""
    alignment = alignment_of(layout.kind)
    places = value.__array_interface__["data"][:1] + (value.__array_interface__["strides"] or ())
    return all(place % alignment == 0 for place in places)


def view_of(kind: Struct, writeable: bool) -> View:
    """The kind of a view of a struct in memory."""
    return View(record_of(layout_of_kind(kind)), kind, writeable)
