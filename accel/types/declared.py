"""`Array[Float64, 2]`: what a parameter that is an array takes, and what else is said of one that does not fit."""

from __future__ import annotations

import sys

from accel.errors import AnnotationError, Diagnostic
from accel.runtime.frames import find_caller, find_user
from accel.types import kinds
from accel.values import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from accel.runtime.frames import Place

__all__ = ["Array", "ArrayType", "OpenType", "ROLES", "Tensor", "has_parameters", "is_scalar_class", "make_array_type", "name_of_class", "share_memory"]

ROLES = ("Borrowed", "Inout", "Owned")
_MOST_AXES = 8
_OPTIONS = ("C", "F", "readonly")
_FORM = "write `Array[Float64, 2]`: the type of the elements, and the number of axes"
_SHAPE = "write `Tensor[Float64, 3, 4]`: the type of the elements, and the length of each axis"


def is_scalar_class(found: Any) -> bool:
    """Whether this is the class of NumPy's scalars of a dtype that compiled code knows. Does not import NumPy."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(found, type) or not issubclass(found, numpy.generic) or found.__module__ != "numpy":
        return False
    return any(numpy.dtype(char).type is found for char in kinds.DTYPES)


def name_of_class(found: type) -> str:
    """What a class of numbers is called: "float", "numpy.float32"."""
    name = found.__name__.removesuffix("_")
    return f"numpy.{name}" if found.__module__ == "numpy" else name


@dataclass(frozen=True, slots=True)
class ArrayType:
    """What `Array[...]` and `Tensor[...]` give, and `Borrowed[...]`, `Inout[...]` and `Owned[...]` of those.

    `element` is a class of NumPy's scalars, `ndim` the number of axes, `order` "C", "F" or "" for any; arrays that are read-only fit when it
    `takes_readonly`; `sizes` are the lengths of the axes, () where they are left open; `role` is one of `ROLES`, or "".
    """

    element: Any
    ndim: int
    order: str = ""
    takes_readonly: bool = False
    sizes: tuple[int, ...] = ()
    role: str = ""

    def __repr__(self) -> str:
        if self.role:
            return f"{self.role}[{replace(self, role='')!r}]"
        options = "".join(f", {name!r}" for name in (self.order, "readonly" if self.takes_readonly else "") if name)
        extent = ", ".join(map(str, self.sizes)) or self.ndim
        return f"{'Tensor' if self.sizes else 'Array'}[{name_of_class(self.element)}, {extent}{options}]"

    def find_fault(self, value: Any) -> tuple[str, str] | None:
        """What a value is instead of such an array, and what to do about it; None if it is one, or has the memory of one."""
        value = share_memory(value)
        if not isinstance(value, sys.modules["numpy"].ndarray):
            return name_of_class(type(value)), f"pass `numpy.asarray(a, {name_of_class(self.element)})`"
        dtype, flags = value.dtype, value.flags
        if dtype.type is not self.element:
            return f"an array of {dtype.name}", f"pass `a.astype({name_of_class(self.element)})`"
        if value.ndim != self.ndim:
            return f"an array with {value.ndim} axes", f"pass an array with {self.ndim} axes"
        if self.sizes not in ((), value.shape):
            return f"an array of shape {value.shape}", f"pass an array of shape {self.sizes}"
        if not dtype.isnative:
            return "an array in foreign byte order", "pass `a.astype(a.dtype.newbyteorder('='))`"
        if not flags.aligned:
            return "an array that is not aligned", "pass a copy"
        if self.order and not flags[f"{self.order}_CONTIGUOUS"]:
            return f"an array that is not {self.order}-contiguous", f"pass `numpy.{'asfortranarray' if self.order == 'F' else 'ascontiguousarray'}(a)`"
        if not (flags.writeable or self.takes_readonly or self.role == "Borrowed"):
            return "a read-only array", "pass a copy" if self.role else "add `'readonly'` to the annotation if the function does not write it, or pass a copy"
        return None

    def takes_kind(self, kind: kinds.Array) -> bool:
        """Whether all arrays of a kind fit."""
        numpy = sys.modules["numpy"]
        fits = (numpy.dtype(kind.char).type, kind.ndim) == (self.element, self.ndim) and self.order in ("", kind.layout)
        return fits and (kind.writeable or self.takes_readonly or self.role == "Borrowed") and self.sizes in ((), kind.sizes)

    def refine(self, kind: kinds.Array) -> kinds.Array:
        """The kind of an array that fits, with all that is known of it."""
        if self.role == "Borrowed":
            return kinds.Array(kind.char, kind.ndim, kind.layout, False, True, self.sizes or kind.sizes, True)
        return kinds.Array(kind.char, kind.ndim, kind.layout, kind.writeable, kind.is_view, self.sizes, kind.is_lent)

    def is_decided(self, layout: str) -> bool:
        """Whether all arrays of a kind with this layout fit if one does."""
        return self.order != "F" or layout == "F"


@dataclass(frozen=True, slots=True)
class OpenType:
    """What `Tensor[T, N]` and the like give in a generic struct, where `T` and `N` are type parameters: `form[items]` once these are known."""

    form: Any
    items: tuple[Any, ...]

    def __repr__(self) -> str:
        return f"{self.form.__name__}[{', '.join(map(str, self.items))}]"


def has_parameters(items: Any) -> bool:
    """Whether there are type parameters among the items of a subscript."""
    return any(type(item).__name__ == "TypeVar" and type(item).__module__ == "typing" for item in (items if type(items) is tuple else (items,)))


def share_memory(value: Any) -> Any:
    """The array that shares memory with an object that offers it by DLPack or the buffer protocol; arrays, and what offers nothing, as they are."""
    numpy = sys.modules["numpy"]
    if isinstance(value, (numpy.ndarray, numpy.generic)):
        return value
    try:
        return numpy.from_dlpack(value) if hasattr(type(value), "__dlpack__") else numpy.asarray(memoryview(value))
    except (TypeError, ValueError, BufferError, RuntimeError):  # of whoever owns the memory
        return value


class Array:
    """The type of arrays with elements of a scalar type and a number of axes, to annotate parameters with.

    `Array[Float64, 2]` takes a `numpy.ndarray` of float64 with two axes, aligned, in the byte order of the machine, and writeable. Options follow, in any
    order: `"C"` or `"F"` for arrays that are contiguous that way, `"readonly"` for those that can't be written, too. Type checkers want
    `Array[Float64, Literal[2]]`, which means the same.

    Notes
    -----
    Whatever offers its memory by DLPack or the buffer protocol (tensors of other libraries, `array.array`, `memoryview`) is taken without a copy: the function
    gets the array that shares it. Nothing else is converted: another argument raises TypeError, whether the call is compiled or not. For
    arrays the check costs nothing in compiled code, which looks at their class, dtype and flags in any case.

    Examples
    --------
    >>> import accel, numpy
    >>> from accel.types import Array, Float64
    >>> @accel.fn
    ... def trace(a: Array[Float64, 2]) -> float:
    ...     total = 0.0
    ...     for i in range(min(a.shape)):
    ...         total += a[i, i]
    ...     return total
    >>> float(trace(numpy.eye(3)))
    3.0
    >>> trace(numpy.eye(3, dtype="f"))
    Traceback (most recent call last):
      ...
    TypeError: `trace` takes Array[numpy.float64, 2] for `a`, got an array of float32 [argument-type]
      ...
    """

    def __class_getitem__(cls, items: Any) -> ArrayType | OpenType:
        if has_parameters(items):
            return OpenType(cls, items if type(items) is tuple else (items,))
        return make_array_type(cls, items, find_user())

    def __new__(cls, *_: Any, **__: Any) -> Array:
        _refuse(f"`{cls.__name__}` makes no arrays", "use NumPy: `numpy.empty((2, 3))`", find_caller(__file__))


class Tensor(Array):
    """The type of arrays of one shape, to annotate parameters with. Compiled code knows the shape: its loops have constant bounds.

    `Tensor[Float32, 3, 4]` is `Array[Float32, 2]` with axes of 3 and 4 elements, at least one axis. The options are those of `Array`. Type checkers want
    `Tensor[Float32, Literal[3], Literal[4]]`.

    Examples
    --------
    >>> import accel, numpy
    >>> from accel.types import Float64, Tensor
    >>> @accel.fn
    ... def cross(a: Tensor[Float64, 3], b: Tensor[Float64, 3], out: Tensor[Float64, 3]) -> None:
    ...     for i in range(3):
    ...         out[i] = a[i - 2] * b[i - 1] - a[i - 1] * b[i - 2]
    >>> out = numpy.empty(3)
    >>> cross(numpy.array([1.0, 0.0, 0.0]), numpy.array([0.0, 1.0, 0.0]), out)
    >>> out.tolist()
    [0.0, 0.0, 1.0]
    >>> cross(numpy.ones(2), numpy.ones(3), out)
    Traceback (most recent call last):
      ...
    TypeError: `cross` takes Tensor[numpy.float64, 3] for `a`, got an array of shape (2,) [argument-type]
      ...
    """


def make_array_type(form: type[Array], items: Any, place: Place) -> ArrayType:
    """What `Array[items]` or `Tensor[items]` stands for, written at that place.

    Raises
    ------
    AnnotationError
    """
    element, *rest = items if isinstance(items, tuple) and items else (items,)
    rest = [item.__args__[0] if type(item).__module__ == "typing" else item for item in rest]  # Literal[2]
    count = sum(type(item) is not str for item in rest) if form is Tensor else 1
    axes, options = rest[:count], rest[count:]
    if any(element is class_ for class_ in (int, float, complex, bool)):
        import numpy

        name = numpy.dtype(element).name
        _refuse(f"an array has no elements of class {element.__name__}", f"write `{name.title().removesuffix('_')}`, which is what NumPy stores for them", place)
    if not is_scalar_class(element):
        _refuse(f"an array has no elements of type {element!r:.60}", _FORM, place)
    if form is Tensor and not 1 <= len(axes) <= _MOST_AXES:
        _refuse(f"an array of known shape has 1 to {_MOST_AXES} axes, not {len(axes)}", _SHAPE, place)
    if form is Tensor and (wrong := [size for size in axes if type(size) is not int or not 0 <= size < 2**47]):
        _refuse(f"an axis does not have {wrong[0]!r:.60} elements", _SHAPE, place)
    if form is Array and not (axes and type(axes[0]) is int and 0 <= axes[0] <= _MOST_AXES):
        _refuse(f"an array has 0 to {_MOST_AXES} axes, not {axes[0] if axes else None!r:.60}", _FORM, place)
    wrong = [option for option in options if option not in _OPTIONS]
    if wrong or len({*options}) < len(options) or {"C", "F"} <= {*options}:
        _refuse(f"no such option of an array: {(wrong or options)[0]!r:.60}", f"write one of {', '.join(map(repr, _OPTIONS))} behind the number of axes", place)
    order, takes_readonly = next((o for o in options if o != "readonly"), ""), "readonly" in options
    return ArrayType(element, len(axes), order, takes_readonly, tuple(axes)) if form is Tensor else ArrayType(element, axes[0], order, takes_readonly)


def _refuse(what: str, do: str, place: Place) -> NoReturn:
    raise AnnotationError(Diagnostic(what, "array-annotation", *place, do=(do,)))
