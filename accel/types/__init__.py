"""What a value can be. Its public names: NumPy's scalar types under the names of the field, `Array` and `Tensor` for annotations, and whose they are, `SIMD` for values in
vector registers, and what is known while compiling, as in `accel` itself.

A scalar type *is* NumPy's: `Int8` in an annotation, and as a constructor, means `numpy.int8`, with its rules. NumPy is imported when one is first asked for.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Annotated, Any, Generic, TypeVar, TypeVarTuple

    from numpy import bool_ as Bool
    from numpy import complex64 as Complex64
    from numpy import complex128 as Complex128
    from numpy import dtype, generic, ndarray
    from numpy import float16 as Float16
    from numpy import float32 as Float32
    from numpy import float64 as Float64
    from numpy import int8 as Int8
    from numpy import int16 as Int16
    from numpy import int32 as Int32
    from numpy import int64 as Int64
    from numpy import uint8 as UInt8
    from numpy import uint16 as UInt16
    from numpy import uint32 as UInt32
    from numpy import uint64 as UInt64

    from accel.compile_time import Comptime, comptime, comptime_assert, tile, unroll
    from accel.types.ownership import move
    from accel.types.simd import SIMD, simd_width

    _T = TypeVar("_T")
    Borrowed = Annotated[_T, "read only"]
    Inout = Annotated[_T, "written"]
    Owned = Annotated[_T, "taken over"]
    _Element = TypeVar("_Element", bound=generic)
    _Axes = TypeVar("_Axes")
    _Sizes = TypeVarTuple("_Sizes")

    class Array(ndarray[Any, dtype[_Element]], Generic[_Element, _Axes]):
        """An array, to type checkers."""

    class Tensor(ndarray[Any, dtype[_Element]], Generic[_Element, *_Sizes]):
        """An array of known shape, to type checkers."""

__all__ = [
    "Array",
    "Bool",
    "Borrowed",
    "Complex128",
    "Complex64",
    "Comptime",
    "Float16",
    "Float32",
    "Float64",
    "Inout",
    "Int16",
    "Int32",
    "Int64",
    "Int8",
    "Owned",
    "SIMD",
    "Tensor",
    "UInt16",
    "UInt32",
    "UInt64",
    "UInt8",
    "comptime",
    "comptime_assert",
    "move",
    "simd_width",
    "tile",
    "unroll",
]
_HOMES = {
    **dict.fromkeys(("Array", "Tensor"), "accel.types.declared"),
    **dict.fromkeys(("Borrowed", "Inout", "Owned", "move"), "accel.types.ownership"),
    **dict.fromkeys(("SIMD", "simd_width"), "accel.types.simd"),
    **dict.fromkeys(("Comptime", "comptime", "comptime_assert", "tile", "unroll"), "accel.compile_time"),
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'accel.types' has no attribute {name!r}")
    home = __import__(_HOMES.get(name, "numpy"), fromlist=[name])
    value: object = getattr(home, name if name in _HOMES else "bool_" if name == "Bool" else name.lower())
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__} - {"TYPE_CHECKING", "annotations"})
