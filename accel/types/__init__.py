"""What a value can be. Its public names: NumPy's scalar types under the names of the field, `Array` and `Tensor` for annotations, and whose they are, `SIMD` for values in
vector registers, numeric types of the library, derivatives, and what is known while compiling, as in `accel` itself.

A scalar type *is* NumPy's: `Int8` in an annotation, and as a constructor, means `numpy.int8`, with its rules. NumPy is imported when one is first asked for.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Annotated, Any, ClassVar, Generic, TypeVar, TypeVarTuple

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
    _Part = TypeVar("_Part")
    _Axes = TypeVar("_Axes")
    _Class = TypeVar("_Class")
    _Sizes = TypeVarTuple("_Sizes")

    class Array(ndarray[Any, dtype[_Element]], Generic[_Element, _Axes]):
        """An array, to type checkers."""

    class Tensor(ndarray[Any, dtype[_Element]], Generic[_Element, *_Sizes]):
        """An array of known shape, to type checkers."""

    class _Number:
        """A numeric type, to type checkers: its operators take what its promotion row says."""

        __promotes__: ClassVar[tuple[type, ...]]
        dtype: ClassVar[dtype[Any]]
        array: ClassVar[Any]
        from_array: ClassVar[Any]
        of: ClassVar[Any]
        __add__: Any
        __sub__: Any
        __mul__: Any
        __truediv__: Any
        __floordiv__: Any
        __mod__: Any
        __pow__: Any
        __radd__: Any
        __rsub__: Any
        __rmul__: Any
        __rtruediv__: Any
        __rfloordiv__: Any
        __rmod__: Any
        __rpow__: Any
        __lt__: Any
        __le__: Any
        __gt__: Any
        __ge__: Any
        __neg__: Any
        __abs__: Any

    class BFloat16(_Number):
        """A float of 16 bits, to type checkers."""

        bits: UInt16
        to_ml_dtypes: ClassVar[Any]

        def __init__(self, *, bits: int | UInt16) -> None: ...
        def __int__(self) -> int: ...
        def __float__(self) -> float: ...

    class Fixed(_Number, Generic[_Axes, _Part]):
        """A fixed-point number, to type checkers."""

        raw: Any
        saturated: ClassVar[Any]
        add: Any
        subtract: Any
        multiply: Any
        divide: Any

        def __init__(self, *, raw: Any) -> None: ...
        def __int__(self) -> int: ...
        def __float__(self) -> float: ...

    class Mod(_Number, Generic[_Axes]):
        """An integer modulo a number, to type checkers."""

        value: int

        def __init__(self, value: int) -> None: ...
        def inverse(self) -> Mod[_Axes]: ...
        def __int__(self) -> int: ...

    class Dual(_Number, Generic[_Part, _Axes]):
        """A number with its derivatives, to type checkers."""

        value: _Part
        partials: tuple[_Part, ...]

        def __init__(self, value: float | _Part, partials: tuple[float | _Part, ...]) -> None: ...
        def __int__(self) -> int: ...

    class Saturating(_Number, Generic[_Element]):
        """An integer that stops at its ends, to type checkers."""

        value: _Element

        def __init__(self, value: int | _Element) -> None: ...
        def __int__(self) -> int: ...
        def __float__(self) -> float: ...

    def grad(function: Callable[..., Any], argnums: int | tuple[int, ...] = ...) -> Callable[..., Any]: ...
    def value_and_grad(function: Callable[..., Any], argnums: int | tuple[int, ...] = ...) -> Callable[..., Any]: ...
    def numeric(number: type[_Class]) -> type[_Class]: ...
    def arithmetic(operation: Callable[[Any, Any], Any]) -> tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]: ...
    def comparison(operation: Callable[[Any, Any], bool], *, beside: bool = ...) -> Callable[[Any, Any], Any]: ...

__all__ = [
    "Array",
    "BFloat16",
    "Bool",
    "Borrowed",
    "Complex128",
    "Complex64",
    "Comptime",
    "Dual",
    "Fixed",
    "Float16",
    "Float32",
    "Float64",
    "Inout",
    "Int16",
    "Int32",
    "Int64",
    "Int8",
    "Mod",
    "Owned",
    "SIMD",
    "Saturating",
    "Tensor",
    "UInt16",
    "UInt32",
    "UInt64",
    "UInt8",
    "arithmetic",
    "comparison",
    "comptime",
    "comptime_assert",
    "grad",
    "move",
    "numeric",
    "simd_width",
    "tile",
    "unroll",
    "value_and_grad",
]
_HOMES = {
    **dict.fromkeys(("Array", "Tensor"), "accel.types.declared"),
    **dict.fromkeys(("Borrowed", "Inout", "Owned", "move"), "accel.types.ownership"),
    **dict.fromkeys(("SIMD", "simd_width"), "accel.types.simd"),
    **{name: f"accel.numbers.{name.lower()}" for name in ("BFloat16", "Dual", "Fixed", "Mod", "Saturating")},
    **dict.fromkeys(("grad", "value_and_grad"), "accel.numbers.gradient"),
    **dict.fromkeys(("arithmetic", "comparison", "numeric"), "accel.numbers.protocol"),
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
