"""`SIMD[dtype, width]`: several numbers of one dtype that are computed at once. This is its meaning, by NumPy; compiled code holds them in vector registers.

Operations neither warn nor raise for what they compute: overflow gives infinity, integers wrap, `0.0 / 0.0` is NaN, an integer divided by 0 gives 0.
"""

from __future__ import annotations

import math
from typing import TypeVar

from accel.errors import AnnotationError, Diagnostic
from accel.runtime.cpu import vector_bits
from accel.runtime.frames import find_user
from accel.types.declared import OpenType, has_parameters
from accel.types.kinds import DTYPES, Vector
from accel.types.lane_math import fold, fused, saturate
from accel.types.lane_operators import (
    E,
    Lanes,
    W,
    apply,
    as_lane,
    build,
    choose_lesser,
    coerce,
    load_numpy,
    refusal,
    require_family,
    require_same,
    shown,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Self

    from numpy import bool_, dtype, generic, ndarray

D = TypeVar("D", bound="generic")
T = TypeVar("T")

__all__ = ["SIMD", "build_vector", "is_vector_class", "lane_char", "make_vector_class", "mask_kind", "shape_of_class", "simd_width", "vector_kind"]

_MOST_LANES = 128
_FORM = "write `SIMD[Float64, 4]`: the type of the lanes, and how many there are"
_made: dict[tuple[str, int], Any] = {}


class SIMD(Lanes[E, W]):
    """Several numbers of one dtype that are computed at once: a value, as a number is one.

    `SIMD[Float32, 8]` is the class of those with 8 lanes of float32. In compiled code they are held in vector registers, as many as it takes.

    Parameters
    ----------
    *lanes : number
        One for each lane; or one for all of them; none for zeros. Python's numbers are converted, NumPy's scalars must be of the dtype.

    Attributes
    ----------
    dtype : type
        The class of NumPy's scalars of that dtype: a signed or unsigned integer, float32, float64, or bool for masks.
    width : int
        The number of lanes, from 1 to 128.

    Raises
    ------
    AnnotationError
        For `SIMD[...]` with a dtype or a width that there is not.
    ArgumentError
        When operands differ in dtype or width, or a number does not fit the dtype. It is a TypeError.
    IndexError
        When a lane that is loaded or stored lies outside of the array. Indexes do not count from the end.
    OverflowError
        When a Python int does not fit the dtype.

    Notes
    -----
    Operators work lane by lane with another one of the same class, or a number. Python's numbers take the dtype of the lanes. There are `+ - *` for all dtypes but bool, `/` for
    floats, `// % << >>` for integers, `& | ^ ~` for integers and masks. Comparisons give a mask, `SIMD[Bool, width]`, which is true when it holds for all lanes: `if x == y` asks
    whether all are equal, `(x != y).any()` whether one is not.

    Nothing warns: floats follow IEEE 754, integers wrap, shifts by more than the number of bits leave 0 or the sign, and division of an integer by 0 gives 0, as in NumPy.
    In CPython NumPy computes the same bits (only which NaN a NaN is, is not promised).

    Examples
    --------
    >>> import numpy, accel
    >>> from accel.types import SIMD, Float64
    >>> @accel.fn
    ... def total(a) -> float:
    ...     sums = SIMD[Float64, 4](0.0)
    ...     for i in range(0, len(a) - 3, 4):
    ...         sums += SIMD[Float64, 4].load(a, i)
    ...     return float(sums.reduce_add())
    >>> total(numpy.arange(8.0))
    28.0
    """

    __slots__ = ()

    def __class_getitem__(cls, given: Any) -> Any:
        """The class with lanes of a dtype and so many of them."""
        if cls._char:
            return cls
        if has_parameters(given):
            return OpenType(cls, given)
        element, width = given if type(given) is tuple and len(given) == 2 else (given, None)
        char, literal = lane_char(element), getattr(width, "__args__", ())
        if literal:  # `Literal[4]`, which type checkers want
            (width,) = literal
        if not char:
            do = (_FORM, "lanes are of Int8 to Int64, UInt8 to UInt64, Float32, Float64, or Bool, of `accel.types`")
            raise AnnotationError(Diagnostic(f"there are no lanes of {shown(element)}", "simd-type", *find_user(), do=do))
        if type(width) is not int or not 1 <= width <= _MOST_LANES:
            what = f"{shown(width)} is no number of lanes" if width is not None else "the number of lanes is missing"
            raise AnnotationError(Diagnostic(what, "simd-type", *find_user(), why=f"there are 1 to {_MOST_LANES} lanes", do=(_FORM,)))
        return make_vector_class(char, width)

    def __new__(cls, *lanes: Any) -> Self:
        if not cls._char:
            raise refusal("a call of `SIMD` without the type of the lanes", _FORM)
        if len(lanes) not in (0, 1, cls.width):
            raise refusal(f"`{cls.__name__}` takes {cls.width} lanes or one for all, got {len(lanes)}", f"write `{cls.__name__}(0)` for equal lanes")
        held = [as_lane(cls, lane) for lane in lanes] or [0]
        return build(cls, load_numpy().full(cls.width, held if len(held) > 1 else held[0], cls.dtype))

    # -- memory

    @classmethod
    def load(cls, array: ndarray[Any, dtype[E]], index: int, mask: SIMD[bool_, W] | None = None, *, stride: int = 1) -> Self:
        """The elements `array[index]`, `array[index + stride]` and so on.

        Parameters
        ----------
        array : ndarray
            With one axis, and the dtype of the lanes.
        index : int
            Of the first lane.
        mask : SIMD, optional
            Which lanes are loaded; the others are 0, and may lie outside of the array.
        stride : int
            From lane to lane.
        """
        return _take(cls, array, _places(cls, index, stride), mask)

    @classmethod
    def load_tail(cls, array: ndarray[Any, dtype[E]], index: int) -> Self:
        """The elements from `array[index]` on; lanes behind the end of the array are 0.

        Examples
        --------
        >>> import numpy
        >>> from accel.types import SIMD, Int64
        >>> SIMD[Int64, 4].load_tail(numpy.arange(6), 4)
        SIMD[int64, 4](4, 5, 0, 0)
        """
        places = _places(cls, index, 1)
        return _take(cls, array, places, places < len(_checked(cls, array)))

    @classmethod
    def gather(cls, array: ndarray[Any, dtype[E]], indices: SIMD[Any, W], mask: SIMD[bool_, W] | None = None) -> Self:
        """The elements `array[indices[k]]` for each lane k, with a `mask` as in `load`."""
        return _take(cls, array, _indexes(cls, indices), mask)

    @classmethod
    def prefetch(cls, array: ndarray[Any, dtype[E]], index: int) -> None:
        """Tell the processor that the line of the cache with `array[index]` will be needed soon. Nothing else happens, wherever that lies.

        Examples
        --------
        >>> import numpy
        >>> from accel.types import SIMD, Int64
        >>> SIMD[Int64, 4].prefetch(numpy.arange(6), 100)
        """
        _checked(cls, array)
        _numpy_index(index)

    @classmethod
    def iota(cls, start: Any = 0) -> Self:
        """The numbers `start`, `start + 1`, and so on.

        Examples
        --------
        >>> from accel.types import SIMD, Float32
        >>> SIMD[Float32, 4].iota(0.5)
        SIMD[float32, 4](0.5, 1.5, 2.5, 3.5)
        """
        if cls._char == "?":
            raise refusal("masks do not count", "write `SIMD[Int64, width].iota()`")
        return cls(start) + build(cls, load_numpy().arange(cls.width).astype(cls.dtype))

    def store(self, array: ndarray[Any, dtype[E]], index: int, mask: SIMD[bool_, W] | None = None, *, stride: int = 1) -> None:
        """Write the lanes to `array[index]`, `array[index + stride]` and so on, those of the `mask` only where there is one."""
        _put(self, array, _places(type(self), index, stride), mask)

    def store_tail(self, array: ndarray[Any, dtype[E]], index: int) -> None:
        """Write the lanes from `array[index]` on, and none behind the end of the array."""
        places = _places(type(self), index, 1)
        _put(self, array, places, places < len(_checked(type(self), array)))

    def scatter(self, array: ndarray[Any, dtype[E]], indices: SIMD[Any, W], mask: SIMD[bool_, W] | None = None) -> None:
        """Write the lanes to `array[indices[k]]`, in the order of the lanes."""
        _put(self, array, _indexes(type(self), indices), mask)

    # -- lanes

    def __len__(self) -> int:
        return self.width

    def __getitem__(self, lane: int) -> E:
        made: E = self._wide()[_numpy_index(lane)]
        return made

    def __iter__(self) -> Iterator[E]:
        return iter(self._wide())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if copy is False:
            raise ValueError("the lanes of a SIMD value can't be had without a copy")
        return self._wide().astype(dtype or self.dtype)

    def with_lane(self, lane: int, value: Any) -> Self:
        """The same but for one lane."""
        made = self._wide().copy()
        made[_numpy_index(lane)] = as_lane(type(self), value)
        return build(type(self), made)

    def shuffle(self, *lanes: int) -> SIMD[E, Any]:
        """These lanes of it, in this order: as many as there are numbers. In compiled code they are to be constants.

        Examples
        --------
        >>> from accel.types import SIMD, Int32
        >>> SIMD[Int32, 4](10, 20, 30, 40).shuffle(3, 3, 0)
        SIMD[int32, 3](40, 40, 10)
        """
        return build(make_vector_class(self._char, len(lanes)), self._wide()[[_numpy_index(lane) for lane in lanes]])

    def reverse(self) -> Self:
        """The lanes from the last to the first."""
        return build(type(self), self._wide()[::-1])

    def slice(self, width: int, offset: int = 0) -> SIMD[E, Any]:
        """`width` lanes from lane `offset` on. In compiled code both are to be constants."""
        return self.shuffle(*range(_numpy_index(offset), _numpy_index(offset) + _numpy_index(width)))

    def join(self, other: Self) -> SIMD[E, Any]:
        """Its lanes, then those of the other one."""
        require_same(self, other, "join")
        return build(make_vector_class(self._char, 2 * self.width), load_numpy().concatenate((self._wide(), other._wide())))

    def cast(self, dtype: type[D]) -> SIMD[D, W]:
        """The lanes as another dtype: integers wrap, floats lose their fraction, masks are 0 and 1.

        Floats beyond the range of an integer give its bound, NaN gives 0.

        Examples
        --------
        >>> from accel.types import SIMD, Float64, Int8
        >>> SIMD[Float64, 2](-2.9, 300.0).cast(Int8)
        SIMD[int8, 2](-2, 127)
        """
        char = _char_of(dtype)
        wide = self._wide()
        if DTYPES[self._char].family == "f" and DTYPES[char].family in "iu":
            wide = saturate(wide, char)
        with load_numpy().errstate(all="ignore"):
            return build(make_vector_class(char, self.width), wide.astype(char))

    def bitcast(self, dtype: type[D]) -> SIMD[D, W]:
        """The bits of the lanes as another dtype of the same size."""
        char = _char_of(dtype)
        if "?" in (char, self._char) or DTYPES[char].bits != DTYPES[self._char].bits:
            raise refusal(f"lanes of {DTYPES[self._char].name} have other bits than {DTYPES[char].name}", "write `x.cast(...)` to convert the numbers")
        return build(make_vector_class(char, self.width), self._wide().view(char))

    def sqrt(self) -> Self:
        """The square root of each lane, exactly rounded."""
        return apply(self, "sqrt", "f", "sqrt")

    def floor(self) -> Self:
        """Each lane rounded down."""
        return apply(self, "floor", "f", "floor")

    def ceil(self) -> Self:
        """Each lane rounded up."""
        return apply(self, "ceil", "f", "ceil")

    def trunc(self) -> Self:
        """Each lane rounded towards 0."""
        return apply(self, "trunc", "f", "trunc")

    def rint(self) -> Self:
        """Each lane rounded to the nearest integer, ties to the even one."""
        return apply(self, "rint", "f", "rint")

    def fma(self, factor: Any, summand: Any) -> Self:
        """`self * factor + summand`, rounded once.

        Examples
        --------
        >>> from accel.types import SIMD, Float64
        >>> SIMD[Float64, 1](1.0 + 2**-30).fma(1.0 - 2**-30, -1.0)
        SIMD[float64, 1](-8.673617379884035e-19)
        """
        require_family(self, "f", "fma")
        operands = [coerce(self, factor, "fma"), coerce(self, summand, "fma")]
        made = [fused(self._char, *map(float, lane)) for lane in zip(self._wide(), *operands, strict=True)]
        return build(type(self), load_numpy().array(made, self._char))

    def min(self, other: Any) -> Self:
        """`min(a, b)` for each lane, as in Python: `a`, unless `b < a`."""
        return choose_lesser(self, other, "min")

    def max(self, other: Any) -> Self:
        """`max(a, b)` for each lane, as in Python: `a`, unless `b > a`."""
        return choose_lesser(self, other, "max")

    # -- comparisons and masks

    def __bool__(self) -> bool:
        if self._char != "?":
            raise refusal(f"the truth of `{type(self).__name__}`, which has one for each lane", "write `(x != 0).any()` or `(x != 0).all()`")
        return self._wide().all().item()  # type: ignore[no-any-return]

    def select(self: SIMD[bool_, W], then: Any, otherwise: Any) -> Any:
        """The lanes of `then` where the mask holds, else those of `otherwise`; one of the two may be a number.

        Examples
        --------
        >>> from accel.types import SIMD, Int64
        >>> x = SIMD[Int64, 4].iota()
        >>> (x % 2 == 0).select(x, -1)
        SIMD[int64, 4](0, -1, 2, -1)
        """
        require_family(self, "b", "select")
        first = then if isinstance(then, SIMD) else otherwise
        if not isinstance(first, SIMD) or first.width != self.width:
            raise refusal(f"`select` takes lanes as many as the mask has, got {shown(type(then))} and {shown(type(otherwise))}", "write one of them as `SIMD[...](x)`")
        lanes = load_numpy().where(self._wide(), coerce(first, then, "select"), coerce(first, otherwise, "select"))
        return build(type(first), lanes.astype(first._char))

    def any(self) -> bool:
        """Whether the mask holds for some lane."""
        require_family(self, "b", "any")
        return bool(self._wide().any())

    def all(self) -> bool:
        """Whether the mask holds for all lanes."""
        require_family(self, "b", "all")
        return bool(self._wide().all())

    def count(self) -> int:
        """For how many lanes the mask holds."""
        require_family(self, "b", "count")
        return int(self._wide().sum())

    # -- reductions

    def reduce_add(self) -> E:
        """The sum of the lanes: the upper half is added to the lower one, lane by lane, until one is left.

        Examples
        --------
        >>> from accel.types import SIMD, Float64
        >>> SIMD[Float64, 4](1e16, 1.0, -1e16, 1.0).reduce_add()
        np.float64(2.0)
        """
        return _reduce(self, "+", "iuf")

    def reduce_mul(self) -> E:
        """The product of the lanes, in the order of `reduce_add`."""
        return _reduce(self, "*", "iuf")

    def reduce_min(self) -> E:
        """The least lane: `min` in the order of `reduce_add`."""
        return _reduce(self, "min", "iuf")

    def reduce_max(self) -> E:
        """The greatest lane: `max` in the order of `reduce_add`."""
        return _reduce(self, "max", "iuf")

    # -- objects

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self._wide().tolist()))})"

    def __reduce__(self) -> Any:
        return _restore, (self._char, self.width, self._lanes)


def make_vector_class(char: str, width: int) -> Any:
    """The class of values of so many lanes, by the type character of their dtype.

    Examples
    --------
    >>> make_vector_class("f", 4).__name__
    'SIMD[float32, 4]'
    """
    if (char, width) not in _made:
        if not 1 <= width <= _MOST_LANES:
            raise refusal(f"{width} lanes", f"there are 1 to {_MOST_LANES} lanes")
        name = f"SIMD[{DTYPES[char].name}, {width}]"
        _made[char, width] = type(name, (SIMD,), {"__slots__": (), "__module__": "accel.types", "_char": char, "dtype": load_numpy().dtype(char).type, "width": width})
    return _made[char, width]


SIMD._of = staticmethod(make_vector_class)


def build_vector(char: str, lanes: Any) -> Any:
    """A value with the lanes of an array."""
    return build(make_vector_class(char, len(lanes)), lanes)


def vector_kind(char: str, lanes: int) -> Vector:
    """The kind of values of so many lanes of a dtype. Those that are no multiple of a vector register take smaller vectors.

    Examples
    --------
    >>> str(vector_kind("d", 6))
    'SIMD[float64, 6]'
    """
    size = 8 * DTYPES[char].size_bytes
    group = math.gcd(lanes, max(1, vector_bits() // size))
    return Vector(char, lanes, group) if char != "?" else mask_kind(Vector("B", lanes, group))


def mask_kind(like: Vector) -> Vector:
    """The kind of what comparisons of such values give: as wide as their lanes, where there are no registers for masks."""
    return Vector("?", like.lanes, like.group, like.bits or (1 if vector_bits() == 512 else like.dtype.bits))


def shape_of_class(class_: Any) -> tuple[str, int] | None:
    """Type character and number of the lanes of a class `SIMD[...]`; None for anything else. Runs no code of the user's."""
    if not issubclass(type(class_), type):
        return None
    inside = type.__dict__["__dict__"].__get__(class_)
    char, width = inside.get("_char"), inside.get("width")
    return (char, width) if (type(char), type(width)) == (str, int) and _made.get((char, width)) is class_ else None


def is_vector_class(class_: Any) -> bool:
    """Whether this is `SIMD` or one of the classes it makes.

    Examples
    --------
    >>> is_vector_class(float)
    False
    """
    return class_ is SIMD or shape_of_class(class_) is not None


def lane_char(element: Any) -> str:
    """Type character of the dtype of lanes of a class of NumPy's scalars, "" when there are none of it.

    Examples
    --------
    >>> import numpy
    >>> lane_char(numpy.float32), lane_char(float)
    ('f', '')
    """
    numpy = load_numpy()
    if not isinstance(element, type) or not issubclass(element, numpy.generic):
        return ""
    char = str(numpy.dtype(element).char)
    return char if char in DTYPES and numpy.dtype(char).type is element and (char in "?fd" or DTYPES[char].family in "iu") else ""


def simd_width(dtype: type[D]) -> int:
    """How many lanes of a dtype a vector register of this machine has; 1 where a number is as large as a register.

    Parameters
    ----------
    dtype : type
        One of the scalar types of `accel.types` that `SIMD` takes.

    Notes
    -----
    The registers have 512, 256 or 128 bits. `ACCEL_CPU` narrows them.

    Examples
    --------
    >>> from accel.types import Float32, Float64, simd_width
    >>> simd_width(Float32) == 2 * simd_width(Float64)
    True
    """
    return vector_bits() // max(8, DTYPES[_char_of(dtype)].bits)


# -- how it is done

def _restore(char: str, width: int, lanes: bytes) -> Any:
    if char not in DTYPES or len(lanes) != width * DTYPES[char].size_bytes:
        raise TypeError("this is no pickled SIMD value")
    return build(make_vector_class(char, width), load_numpy().frombuffer(lanes, char))


def _char_of(dtype: Any) -> str:
    char = lane_char(dtype)
    if not char:
        raise refusal(f"there are no lanes of {shown(dtype)}", "pass one of Int8 to Int64, UInt8 to UInt64, Float32, Float64 or Bool, of `accel.types`")
    return char


def _reduce(value: Lanes[E, Any], how: str, families: str) -> E:
    require_family(value, families, "reduce")
    numpy = load_numpy()
    join: dict[str, Callable[[Any, Any], Any]] = {
        "+": numpy.add, "*": numpy.multiply, "min": lambda a, b: b if b < a else a, "max": lambda a, b: b if b > a else a,
    }  # fmt: skip
    with numpy.errstate(all="ignore"):
        made: E = fold(list(value._wide()), join[how])
        return made


def _numpy_index(lane: Any) -> int:
    import operator

    return operator.index(lane)


# -- memory


def _checked(class_: type[Any], array: Any) -> Any:
    numpy = load_numpy()
    if type(array) is not numpy.ndarray or array.ndim != 1 or array.dtype.char != class_._char or not array.dtype.isnative:
        given = shown(type(array)) + (f" of {array.dtype} with {array.ndim} axes" if isinstance(array, numpy.ndarray) else "")
        raise refusal(f"`{class_.__name__}` is loaded from and stored to arrays with one axis and lanes of its dtype, got {given}")
    return array


def _places(class_: type[Any], index: Any, stride: Any) -> Any:
    """The index of each lane; as Python's ints where they are large."""
    first, step = _numpy_index(index), _numpy_index(stride)
    places = [first + k * step for k in range(class_.width)]
    return load_numpy().array(places, "l" if all(-(2**63) <= place < 2**63 for place in places) else object)


def _indexes(class_: type[Any], indices: Any) -> Any:
    if not isinstance(indices, SIMD) or DTYPES[indices._char].family not in "iu" or indices.width != class_.width:
        raise refusal(f"the indices of `{class_.__name__}` are integers in as many lanes, got {shown(type(indices))}")
    return indices._wide()


def _find_active(class_: type[Any], array: Any, places: Any, mask: Any) -> Any:
    """Which lanes are meant, all of them inside of the array."""
    if isinstance(mask, SIMD):
        if (mask._char, mask.width) != ("?", class_.width):
            raise refusal(f"the mask of `{class_.__name__}` is `SIMD[bool, {class_.width}]`, got {shown(type(mask))}")
        mask = mask._wide()
    elif mask is None:
        mask = load_numpy().ones(class_.width, bool)
    elif type(mask) is not load_numpy().ndarray:
        raise refusal(f"the mask of `{class_.__name__}` is `SIMD[bool, {class_.width}]`, got {shown(type(mask))}")
    outside = mask & ((places < 0) | (places >= len(array)))
    if outside.any():
        raise IndexError(f"lane {int(outside.argmax())} lies at {places[outside.argmax()]} of an array of {len(array)} elements")
    return mask.astype(bool)


def _take(class_: type[T], array: Any, places: Any, mask: Any) -> T:
    active = _find_active(class_, _checked(class_, array), places, mask)
    lanes = load_numpy().zeros(len(places), array.dtype)
    lanes[active] = array[places[active].astype("l")]
    return build(class_, lanes)


def _put(value: Any, array: Any, places: Any, mask: Any) -> None:
    active = _find_active(type(value), _checked(type(value), array), places, mask)
    if not array.flags.writeable:
        raise ValueError("assignment destination is read-only")
    for place, lane, is_active in zip(places, value._wide(), active, strict=True):
        if is_active:
            array[int(place)] = lane
