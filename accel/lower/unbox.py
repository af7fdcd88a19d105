"""Python objects -> values, in machine code: exact type first, anything else goes to the miss."""

from __future__ import annotations

import struct
import sys

from accel.lower.field_arrays import load_array
from accel.lower.layout import VECTOR_LANES, Value, components, field_offsets
from accel.lower.text import Emitter
from accel.lower.vector_lanes import load_vector
from accel.types.kinds import (
    Array,
    Bool,
    Complex,
    Constant,
    FieldArray,
    Float,
    Int,
    Kind,
    NoneKind,
    Object,
    Range,
    Scalar,
    Struct,
    StructArray,
    Tuple,
    Vector,
    View,
)
from accel.types.records import alignment_of

__all__ = ["emit_unbox", "is_unboxable"]

_TYPES: dict[type[Kind], str] = {Int: "PyLong_Type", Float: "PyFloat_Type", Bool: "PyBool_Type", Complex: "PyComplex_Type"}
_VALUE = 16  # offset of the value in float, complex and NumPy scalars
_INT_TAG, _INT_DIGIT = 16, 24
_ARRAY = {"data": 16, "ndim": 24, "dims": 32, "strides": 40, "base": 48, "descr": 56, "flags": 64}
_ALIGNED, _WRITEABLE, _CONTIGUOUS = 0x100, 0x400, {"C": 1, "F": 2, "A": 0}
_DESCR_KIND = 24  # kind, type character, byte order, flags, type number


def is_unboxable(kind: Kind) -> bool:
    """Whether an object can be taken as a value of this kind."""
    if isinstance(kind, (Struct, Tuple)):
        return all(map(is_unboxable, kind.items))
    return isinstance(kind, (Int, Float, Bool, Complex, NoneKind, Scalar, Array, Object, FieldArray, StructArray, Vector, View, Constant))


def emit_unbox(e: Emitter, kind: Kind, operand: str, miss: str) -> Value:
    """The value of an object that must be of exactly this kind; jumps to `miss` when it is not."""
    match kind:
        case Object():
            return (operand,)
        case Constant():
            return _constant(e, kind, operand, miss)
        case NoneKind():
            _require(e, e.value(f"icmp eq ptr {operand}, {e.module.external('_Py_NoneStruct')}"), miss)
            return ()
        case Int():
            _require_type(e, operand, "PyLong_Type", miss)
            return (_integer(e, operand, miss),)
        case Float():
            _require_type(e, operand, "PyFloat_Type", miss)
            return (_load(e, operand, _VALUE, "double"),)
        case Bool():
            _require_type(e, operand, "PyBool_Type", miss)
            return (e.value(f"icmp eq ptr {operand}, {e.module.external('_Py_TrueStruct')}"),)
        case Complex():
            _require_type(e, operand, "PyComplex_Type", miss)
            return (_load(e, operand, _VALUE, "double"), _load(e, operand, _VALUE + 8, "double"))
        case Scalar():
            return _scalar(e, kind, operand, miss)
        case Array():
            return _array(e, kind, operand, miss)
        case FieldArray():
            return _field_array(e, kind, operand, miss)
        case Tuple():
            return _tuple(e, kind, operand, miss)
        case Struct():
            return _struct(e, kind, operand, miss)
        case Vector():
            return _vector(e, kind, operand, miss)
        case StructArray():
            return _struct_array(e, kind, operand, miss)
        case View():
            return _view(e, kind, operand, miss)
        case Range():
            pass
    raise AssertionError(f"no object is a {kind}")


def _load(e: Emitter, base: str, offset: int, type_: str) -> str:
    place = e.value(f"getelementptr i8, ptr {base}, i64 {offset}")
    return e.value(f"load {type_}, ptr {place}")


def _require(e: Emitter, condition: str, miss: str) -> None:
    after = e.label("is")
    e.branch_if(condition, after, miss, likely=True)
    e.place(after)


def _require_type(e: Emitter, operand: str, symbol: str, miss: str) -> None:
    found = _load(e, operand, 8, "ptr")
    _require(e, e.value(f"icmp eq ptr {found}, {e.module.external(symbol)}"), miss)


def _integer(e: Emitter, operand: str, miss: str) -> str:
    """A compact int (one digit of 30 bits) inline, a wider one through the API, one beyond 64 bits to the miss."""
    tag = _load(e, operand, _INT_TAG, "i64")
    small, wide, done = e.label("small"), e.label("wide"), e.label("int")
    if sys.version_info >= (3, 12):  # digits << 3 | sign: 0 positive, 1 zero, 2 negative
        e.branch_if(e.value(f"icmp ult i64 {tag}, 16"), small, wide, likely=True)
        e.place(small)
        sign = e.value(f"sub i64 1, {e.value(f'and i64 {tag}, 3')}")
    else:  # signed number of digits
        e.branch_if(e.value(f"icmp ult i64 {e.value(f'add i64 {tag}, 1')}, 3"), small, wide, likely=True)
        e.place(small)
        sign = tag
    digit = e.value(f"zext i32 {_load(e, operand, _INT_DIGIT, 'i32')} to i64")
    near = e.value(f"mul i64 {sign}, {digit}")
    small = e.block
    e.branch(done)
    e.place(wide)
    spill = e.slot("i32")
    far = e.call("i64", "PyLong_AsLongLongAndOverflow", f"ptr {operand}", f"ptr {spill}")
    held = e.value(f"icmp eq i32 {e.value(f'load i32, ptr {spill}')}, 0")
    wide = e.block
    e.branch_if(held, done, miss, likely=True)
    e.place(done)
    return e.merge("i64", (near, small), (far, wide))


def _scalar(e: Emitter, kind: Scalar, operand: str, miss: str) -> Value:
    _require_type(e, operand, f"numpy.{kind.char}", miss)
    size = kind.dtype.size_bytes // len(components(kind))
    if kind.char == "?":
        return (e.value(f"icmp ne i8 {_load(e, operand, _VALUE, 'i8')}, 0"),)
    return tuple(_load(e, operand, _VALUE + k * size, t) for k, t in enumerate(components(kind)))


def descriptor_word(kind: Array) -> int:
    """What bytes 24 to 31 of the dtype object hold, without its flags. Identity of the dtype object says nothing: an array that was
    unpickled has one of its own."""
    order = "|" if kind.dtype.size_bytes == 1 else "="
    return ord(kind.dtype.family) | ord(kind.char) << 8 | ord(order) << 16 | kind.dtype.number << 32


def _array(e: Emitter, kind: Array, operand: str, miss: str) -> Value:
    _require_type(e, operand, "ndarray", miss)
    ndim = _load(e, operand, _ARRAY["ndim"], "i32")
    word = _load(e, _load(e, operand, _ARRAY["descr"], "ptr"), _DESCR_KIND, "i64")
    flags = _load(e, operand, _ARRAY["flags"], "i32")
    needed = _ALIGNED | _CONTIGUOUS[kind.layout] | (_WRITEABLE if kind.writeable else 0)
    looked = e.value(f"and i32 {flags}, {needed | (0 if kind.is_lent else _WRITEABLE)}")
    kept = e.value(f"and i64 {word}, {~0xFF000000 & 2**64 - 1}")
    tests = (
        f"icmp eq i32 {ndim}, {kind.ndim}",
        f"icmp eq i64 {kept}, {descriptor_word(kind)}",
        f"icmp eq i32 {looked}, {needed}",
    )
    first, second, third = map(e.value, tests)
    _require(e, e.value(f"and i1 {e.value(f'and i1 {first}, {second}')}, {third}"), miss)
    data = _load(e, operand, _ARRAY["data"], "ptr")
    dims, strides = _load(e, operand, _ARRAY["dims"], "ptr"), _load(e, operand, _ARRAY["strides"], "ptr")
    shape = [_load(e, dims, 8 * k, "i64") for k in range(kind.ndim)]
    for length, size in zip(shape, kind.sizes, strict=False):
        _require(e, e.value(f"icmp eq i64 {length}, {size}"), miss)
    shape = list(map(str, kind.sizes)) or shape
    for length in shape:  # LLVM may rely on it: no axis is longer than memory
        e.call("void", "llvm.assume", f"i1 {e.value(f'icmp sge i64 {length}, 0')}")
    return (operand, data, *shape, *(_load(e, strides, 8 * k, "i64") for k in range(kind.ndim)))


def _field_array(e: Emitter, kind: FieldArray, operand: str, miss: str) -> Value:
    """The elements of the array of a field, whose memory is that of `bytes`: nothing changes it."""
    held = _array(e, Array(kind.char, kind.ndim, "C", writeable=False, sizes=kind.sizes), operand, miss)
    owner = _load(e, operand, _ARRAY["base"], "ptr")
    _require(e, e.value(f"icmp ne ptr {owner}, null"), miss)
    _require_type(e, owner, "PyBytes_Type", miss)
    return load_array(e, kind, Array(kind.char, kind.ndim, "C", writeable=False, sizes=kind.sizes), held)


def _tuple(e: Emitter, kind: Tuple, operand: str, miss: str) -> Value:
    class_ = e.module.external("PyTuple_Type") if kind.named is None else e.module.class_address(kind.named)
    _require(e, e.value(f"icmp eq ptr {_load(e, operand, 8, 'ptr')}, {class_}"), miss)
    _require(e, e.value(f"icmp eq i64 {_load(e, operand, 16, 'i64')}, {len(kind.items)}"), miss)
    value: Value = ()
    for k, item in enumerate(kind.items):
        value += emit_unbox(e, item, _load(e, operand, 24 + 8 * k, "ptr"), miss)
    return value


def _struct(e: Emitter, kind: Struct, operand: str, miss: str) -> Value:
    """Its fields, each a reference in the object; one that was made without its constructor may have empty ones."""
    found = _load(e, operand, 8, "ptr")
    _require(e, e.value(f"icmp eq ptr {found}, {e.module.class_address(kind.value)}"), miss)
    value: Value = ()
    for item, offset in zip(kind.items, field_offsets(kind), strict=True):
        part = _load(e, operand, offset, "ptr")
        _require(e, e.value(f"icmp ne ptr {part}, null"), miss)
        value += emit_unbox(e, item, part, miss)
    return value


_BYTES_SIZE, _BYTES = 16, 32


def _vector(e: Emitter, kind: Vector, operand: str, miss: str) -> Value:
    """A SIMD value: the bytes of its lanes. One that was made without its constructor may have none."""
    from accel.types.simd import make_vector_class

    found = _load(e, operand, 8, "ptr")
    _require(e, e.value(f"icmp eq ptr {found}, {e.module.class_address(make_vector_class(kind.char, kind.lanes))}"), miss)
    lanes = _load(e, operand, VECTOR_LANES, "ptr")
    _require(e, e.value(f"icmp ne ptr {lanes}, null"), miss)
    _require_type(e, lanes, "PyBytes_Type", miss)
    size = kind.dtype.size_bytes
    _require(e, e.value(f"icmp eq i64 {_load(e, lanes, _BYTES_SIZE, 'i64')}, {kind.lanes * size}"), miss)
    return load_vector(e, kind, e.value(f"getelementptr i8, ptr {lanes}, i64 {_BYTES}"), size)


def _struct_array(e: Emitter, kind: StructArray, operand: str, miss: str) -> Value:
    """Its dtype is the very object: another one may have the fields elsewhere."""
    _require_type(e, operand, "structs", miss)
    flags = _load(e, operand, _ARRAY["flags"], "i32")
    needed = _ALIGNED | _CONTIGUOUS[kind.layout] | (_WRITEABLE if kind.writeable else 0)
    tests = (
        f"icmp eq i32 {_load(e, operand, _ARRAY['ndim'], 'i32')}, {kind.ndim}",
        f"icmp eq ptr {_load(e, operand, _ARRAY['descr'], 'ptr')}, {e.module.class_address(kind.struct.value, 'structs')}",
        f"icmp eq i32 {e.value(f'and i32 {flags}, {needed | _WRITEABLE}')}, {needed}",
    )
    first, second, third = map(e.value, tests)
    _require(e, e.value(f"and i1 {e.value(f'and i1 {first}, {second}')}, {third}"), miss)
    dims, strides = _load(e, operand, _ARRAY["dims"], "ptr"), _load(e, operand, _ARRAY["strides"], "ptr")
    sizes = [_load(e, place, 8 * k, "i64") for place in (dims, strides) for k in range(kind.ndim)]
    for length in sizes[: kind.ndim]:
        e.call("void", "llvm.assume", f"i1 {e.value(f'icmp sge i64 {length}, 0')}")
    data = _load(e, operand, _ARRAY["data"], "ptr")
    _require_aligned(e, kind.struct, [data, *(sizes[kind.ndim :] if kind.layout == "A" else ())], miss)
    return (operand, data, *sizes)


def _require_aligned(e: Emitter, struct: Struct, places: list[str], miss: str) -> None:
    """Addresses and strides of structs with arrays in them."""
    mask = alignment_of(struct) - 1
    for k, place in enumerate(places if mask else []):
        number = place if k else e.value(f"ptrtoint ptr {place} to i64")
        _require(e, e.value(f"icmp eq i64 {e.value(f'and i64 {number}, {mask}')}, 0"), miss)


_RECORD = {"address": 24, "descr": 32, "flags": 40}


def _view(e: Emitter, kind: View, operand: str, miss: str) -> Value:
    """A record: NumPy's object for an element of a structured array."""
    found = _load(e, operand, 8, "ptr")
    _require(e, e.value(f"icmp eq ptr {found}, {e.module.class_address(kind.struct.value, 'record')}"), miss)
    descr, flags = _load(e, operand, _RECORD["descr"], "ptr"), _load(e, operand, _RECORD["flags"], "i32")
    right = e.value(f"icmp eq ptr {descr}, {e.module.class_address(kind.struct.value, 'structs')}")
    needed = _ALIGNED | (_WRITEABLE if kind.writeable else 0)
    fits = e.value(f"icmp eq i32 {e.value(f'and i32 {flags}, {_ALIGNED | _WRITEABLE}')}, {needed}")
    _require(e, e.value(f"and i1 {right}, {fits}"), miss)
    address = _load(e, operand, _RECORD["address"], "ptr")
    _require_aligned(e, kind.struct, [address], miss)
    return (operand, address)


def _constant(e: Emitter, kind: Constant, operand: str, miss: str) -> Value:
    """An argument that must be this very value: numbers and texts are compared, any other is to be the same object."""
    match kind.value:
        case bool() | None:
            name = "_Py_NoneStruct" if kind.value is None else "_Py_TrueStruct" if kind.value else "_Py_FalseStruct"
            same = e.value(f"icmp eq ptr {operand}, {e.module.external(name)}")
        case int() if -(2**63) <= kind.value < 2**63 and type(kind.value) is int:
            _require_type(e, operand, "PyLong_Type", miss)
            same = e.value(f"icmp eq i64 {_integer(e, operand, miss)}, {kind.value}")
        case float() if type(kind.value) is float:
            _require_type(e, operand, "PyFloat_Type", miss)
            bits = int.from_bytes(struct.pack("<d", kind.value), "little", signed=True)
            same = e.value(f"icmp eq i64 {_load(e, operand, _VALUE, 'i64')}, {bits}")
        case str() if type(kind.value) is str:
            _require_type(e, operand, "PyUnicode_Type", miss)
            same = e.value(f"icmp eq i32 {e.call('i32', 'PyUnicode_Compare', f'ptr {operand}', f'ptr {e.module.class_address(kind.value)}')}, 0")
        case _:
            same = e.value(f"icmp eq ptr {operand}, {e.module.class_address(kind.value)}")
    _require(e, same, miss)
    return ()
