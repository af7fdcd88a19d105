"""This module compares what a candidate has made with what it should be: its result, and the arguments after the call."""

from __future__ import annotations

from array import array
from collections import deque
from math import copysign
from types import MethodType

from accel.tuning.parts import attributes_of, is_transparent, view_bytes
from accel.tuning.unwarned import Unwarned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from numpy import ndarray

    from accel.tuning.snapshot import Snapshot

__all__ = ["Reference", "find_difference"]

_SHOWN = 60


class Reference:
    """What a right call has made: a copy of its result, and of the arguments after it.

    Parameters
    ----------
    snapshot : Snapshot
        Of the arguments, taken before the call.
    result : object
        What the call gave; the arguments are as it has left them.
    rtol, atol : float, optional
        As in `find_difference`.

    Attributes
    ----------
    problem : str or None
        Why nothing can be compared with it.

    Examples
    --------
    >>> import numpy
    >>> from accel.tuning.snapshot import Snapshot
    >>> out = numpy.zeros(2)
    >>> snapshot = Snapshot((out,), {}, names=["out"])
    >>> out[:] = 1.0
    >>> reference = Reference(snapshot, None)
    >>> out[1] = 2.0
    >>> reference.find_difference(None)
    'argument `out`, element 1: 2.0 instead of 1.0'
    """

    def __init__(self, snapshot: Snapshot, result: object, *, rtol: float | None = None, atol: float | None = None) -> None:
        self._snapshot, self._rtol, self._atol = snapshot, rtol, atol
        self.problem: str | None = None
        try:
            self._expected = snapshot.duplicate((snapshot.named, result))
        except MemoryError:
            self.problem = "the result and the arguments are too large to be copied"
        except Exception as error:
            self.problem = f"the result or an argument can't be copied for comparison: {' '.join(str(error).split())}"
        if self.problem is None and (difference := self.find_difference(result)) is not None:
            self.problem = f"what is compared does not equal its own copy: {difference}"

    def find_difference(self, result: object) -> str | None:
        """The first thing in the arguments as they are now, or in a result, that differs; None when nothing does."""
        comparison = _Comparison(self._rtol, self._atol)
        named, expected = self._expected
        for (name, value), (_, other) in zip(self._snapshot.named, named, strict=True):
            difference = comparison.find(value, other)
            if difference is not None:
                return f"argument {name}{_behind(difference)}"
        return comparison.find(result, expected)


def find_difference(result: Any, reference: Any, rtol: float | None = None, atol: float | None = None) -> str | None:
    """The first difference of two values, in words; None when there is none.

    Parameters
    ----------
    result, reference : object
        What is compared.
    rtol, atol : float, optional
        Floating-point numbers may differ by `atol + rtol * abs(reference)`, as in `numpy.isclose`; one that is not given is 0. Without both they must be
        the same: -0.0 is not 0.0, and a NaN equals any NaN.

    Notes
    -----
    Types, dtypes, shapes, and the order of dicts must be the same, and what is one object twice must be so in both. Of masked elements only the mask is compared. Objects of
    classes with an `__eq__` of their own are equal when it says so; dataclasses, structs and other objects are, when their fields are.

    Examples
    --------
    >>> find_difference([1.0, {"a": 2.0}], [1.0, {"a": 2.5}])
    "item 1, item 'a': 2.0 instead of 2.5"
    >>> find_difference(0.3, 0.1 + 0.2), find_difference(0.3, 0.1 + 0.2, rtol=1e-9)
    ('0.3 instead of 0.30000000000000004', None)
    """
    return _Comparison(rtol, atol).find(result, reference)


class _Comparison:
    """One comparison; it notes which objects belong together."""

    def __init__(self, rtol: float | None, atol: float | None) -> None:
        self._is_exact = rtol is None and atol is None
        self._tolerances = rtol or 0.0, atol or 0.0
        self._pairs: set[tuple[int, int]] = set()  # that have been compared, or are being
        self._mine: set[int] = set()
        self._theirs: set[int] = set()
        self._kept: list[Any] = []  # so that no other object gets the number of one

    def find(self, one: Any, other: Any) -> str | None:
        try:
            return self._find(one, other)
        except RecursionError:
            return "it is nested too deeply to be compared"
        except MemoryError:
            raise
        except Exception as error:
            return f"it can't be compared: {type(error).__name__}: {' '.join(str(error).split())}"

    def _find(self, one: Any, other: Any) -> str | None:
        class_ = type(one)
        if class_ is not type(other):
            return f"{_name(class_)} instead of {_name(type(other))}"
        if class_ in _PLAIN:
            return None if one == other else _instead(one, other)
        if class_ in (float, complex):
            return None if self._is_near(one, other) else _instead(one, other)
        if one is other or (id(one), id(other)) in self._pairs:
            return None
        self._pairs.add((id(one), id(other)))
        self._kept += (one, other)
        return self._find_inside(one, other) or (self._find_in_identity(one, other) if class_.__hash__ in _UNHASHED else None)

    def _find_inside(self, one: Any, other: Any) -> str | None:
        class_ = type(one)
        for kind, compare in _KINDS:
            if isinstance(one, kind):
                found = compare(self, one, other)
                return found if found is not None or class_ is kind else self._find_in_fields(one, other)
        families = {(base.__module__, base.__name__) for base in class_.__mro__}
        if not families.isdisjoint(_ARRAYS):
            return self._find_in_arrays(one, other)
        if _LANES in families:
            return self._find_in_arrays(_lanes(one), _lanes(other))
        return self._find_in_object(one, other)

    def _find_in_identity(self, one: Any, other: Any) -> str | None:
        """What can be changed is the same object as elsewhere, or is not, in both."""
        if id(one) in self._mine:
            return "an object that occurs elsewhere, too, instead of one of its own"
        if id(other) in self._theirs:
            return "an object of its own instead of one that occurs elsewhere, too"
        self._mine.add(id(one))
        self._theirs.add(id(other))
        return None

    def _is_near(self, one: Any, other: Any) -> bool:
        if type(one) is complex:
            if not self._is_exact:
                return bool(_close(one, other, *self._tolerances))
            return self._is_near(one.real, other.real) and self._is_near(one.imag, other.imag)
        if one != one or other != other:
            return bool(one != one and other != other)
        if self._is_exact:
            return bool(one == other and copysign(1.0, one) == copysign(1.0, other))
        rtol, atol = self._tolerances
        return bool(one == other or abs(one - other) <= atol + rtol * abs(other) < float("inf"))

    # -- containers

    def _find_in_items(self, one: Any, other: Any) -> str | None:
        if len(one) != len(other):
            return _counts(one, other)
        if getattr(one, "maxlen", None) != getattr(other, "maxlen", None):
            return f"maxlen {one.maxlen} instead of {other.maxlen}"
        if _are_same_numbers(one, other):
            return None
        return self._first("item", ((at, *pair) for at, pair in enumerate(zip(one, other, strict=True))))

    def _find_in_dict(self, one: Any, other: Any) -> str | None:
        if len(one) != len(other):
            return _counts(one, other)
        different = self._first("key", ((at, *pair) for at, pair in enumerate(zip(one, other, strict=True))))
        if different is not None:
            return different
        return self._first("item", ((repr(key), value, partner) for (key, value), partner in zip(one.items(), other.values(), strict=True)))

    def _find_in_set(self, one: Any, other: Any) -> str | None:
        if len(one) != len(other):
            return _counts(one, other)
        mine = {element: element for element in one}
        for element in other:
            if element not in mine:
                return f"{_show(element)} is missing"
            if self._find(mine[element], element) is not None:
                return _instead(mine[element], element)
        return None

    def _find_in_fields(self, one: Any, other: Any) -> str | None:
        mine, theirs = attributes_of(one), attributes_of(other)
        if mine.keys() != theirs.keys():
            return f"attributes {', '.join(sorted(mine))} instead of {', '.join(sorted(theirs))}"
        return self._first("attribute", ((f"`{name}`", value, theirs[name]) for name, value in mine.items()))

    def _first(self, what: str, pairs: Iterable[tuple[object, Any, Any]]) -> str | None:
        for place, one, other in pairs:
            difference = self._find(one, other)
            if difference is not None:
                return f"{what} {place}{_behind(difference)}"
        return None

    def _find_in_method(self, one: Any, other: Any) -> str | None:
        return self._find_in_items([one.__func__, one.__self__], [other.__func__, other.__self__])

    # -- other objects

    def _find_in_object(self, one: Any, other: Any) -> str | None:
        class_ = type(one)
        fields = getattr(class_, "__dataclass_fields__", None)
        if fields is not None:
            names = [name for name, field in fields.items() if field.compare]
            return self._first("field", ((f"`{name}`", getattr(one, name, None), getattr(other, name, None)) for name in names))
        answer = _ask_equal(one, other)
        if answer:
            return None
        if is_transparent(class_):
            difference = self._find_in_fields(one, other)
            return _instead(one, other) if difference is not None and answer is False else difference
        try:
            mine, theirs = _take_apart(one), _take_apart(other)
        except Exception:
            return f"another object of {_name(class_)}, which can't be looked into"
        return None if self._find(mine, theirs) is None else _instead(one, other)

    # -- arrays

    def _find_in_arrays(self, one: Any, other: Any) -> str | None:
        import numpy

        mine, theirs = numpy.asarray(one), numpy.asarray(other)
        is_plain = not isinstance(one, numpy.ndarray) or isinstance(one, numpy.memmap)
        if mine.dtype != theirs.dtype:
            return f"dtype {mine.dtype} instead of {theirs.dtype}"
        if mine.shape != theirs.shape:
            return f"shape {mine.shape} instead of {theirs.shape}"
        hidden = None
        if isinstance(one, numpy.ma.MaskedArray):
            hidden = numpy.ma.getmaskarray(one)
            different = self._find_in_elements(hidden, numpy.ma.getmaskarray(other), None)
            if different is not None:
                return f"mask{_behind(different)}"
        different = self._find_in_elements(mine, theirs, hidden)
        return different if different is not None or hidden is not None or is_plain else self._find_in_fields(one, other)

    def _find_in_elements(self, one: ndarray[Any, Any], other: ndarray[Any, Any], hidden: ndarray[Any, Any] | None) -> str | None:
        import numpy

        if one.dtype.names is not None:
            for name in one.dtype.names:
                mask = hidden[name] if hidden is not None else None
                different = self._find_in_elements(one[name], other[name], mask)
                if different is not None:
                    return f"field `{name}`{_behind(different)}"
            return None
        if not one.size * one.itemsize:
            return None
        if one.dtype.kind == "V" and one.dtype.type is not numpy.void:  # of ml_dtypes
            one, other = one.astype(numpy.float64), other.astype(numpy.float64)
        if one.dtype.kind == "O":
            places = [at for at in numpy.ndindex(one.shape) if hidden is None or not hidden[at]]
            return self._first("element", ((_place(at), one[at], other[at]) for at in places))
        if one.dtype.kind != "T" and hidden is None and one.strides == other.strides and numpy.array_equal(view_bytes(one), view_bytes(other)):
            return None
        same = numpy.asarray(self._equal_elements(one, other))
        if hidden is not None:
            same = same | hidden
        if same.all():
            return None
        at = tuple([int(place) for place in numpy.unravel_index(int(numpy.argmin(same)), same.shape)])
        return f"element {_place(at)}: {_instead(one[at], other[at])}" if at else _instead(one[()], other[()])

    def _equal_elements(self, one: ndarray[Any, Any], other: ndarray[Any, Any]) -> Any:
        import numpy

        kind = one.dtype.kind
        if kind in "fc":
            if not self._is_exact:
                return _close(one, other, *self._tolerances)
            if kind == "c":
                return _same_floats(one.real, other.real) & _same_floats(one.imag, other.imag)
            return _same_floats(one, other)
        if kind in "mM":
            return one.view(numpy.int64) == other.view(numpy.int64)  # "not a time" equals itself
        if kind == "V":
            octets = [numpy.ascontiguousarray(whole).reshape(whole.shape + (1,)).view(numpy.uint8) for whole in (one, other)]
            return (octets[0] == octets[1]).all(axis=-1)
        return one == other


_ARRAYS = {("numpy", "ndarray"), ("numpy", "generic")}
_LANES = ("accel.types.simd", "SIMD")
_UNHASHED: tuple[Any, ...] = (None, object.__hash__)  # of what may be changed, so that it matters whether it is the same object
_PLAIN = {type(None), bool, int, str, bytes, range, type, type(Ellipsis), type(NotImplemented)}
_KINDS: tuple[tuple[type, Callable[[_Comparison, Any, Any], str | None]], ...] = (
    (list, _Comparison._find_in_items),
    (tuple, _Comparison._find_in_items),
    (dict, _Comparison._find_in_dict),
    (deque, _Comparison._find_in_items),
    (set, _Comparison._find_in_set),
    (frozenset, _Comparison._find_in_set),
    (MethodType, _Comparison._find_in_method),
)


def _are_same_numbers(one: Any, other: Any) -> bool:
    """Whether two sequences, of equal length, hold the same numbers or texts and nothing else; a quick look at what may be long."""
    kinds = set(map(type, one))
    if not kinds <= _PLAIN:
        return kinds == {float} == set(map(type, other)) and array("d", one).tobytes() == array("d", other).tobytes()
    return bool(one == other) and list(map(type, one)) == list(map(type, other))


def _same_floats(one: ndarray[Any, Any], other: ndarray[Any, Any]) -> Any:
    import numpy

    with numpy.errstate(all="ignore"):
        return ((one == other) & (numpy.signbit(one) == numpy.signbit(other))) | (numpy.isnan(one) & numpy.isnan(other))


def _close(one: Any, other: Any, rtol: float, atol: float) -> Any:
    import numpy

    with numpy.errstate(all="ignore"):
        return numpy.isclose(one, other, rtol, atol, equal_nan=True)


def _ask_equal(one: Any, other: Any) -> bool | None:
    """What `==` says; None when that is no truth value, or just whether it is the same object."""
    if getattr(type(one), "__eq__") is object.__eq__:  # noqa: B009  mypy takes it for a comparison of unlike methods
        return None
    try:
        with Unwarned(__name__):
            answer = one == other
    except Exception:
        return None
    return bool(answer) if type(answer).__name__ in ("bool", "bool_") else None


def _take_apart(value: Any) -> list[Any]:
    """What an object is made of, as `pickle` sees it."""
    made = value.__reduce_ex__(4)
    if not isinstance(made, tuple):
        return [made]
    whole = [*made, None, None, None]
    return [whole[0], whole[1], whole[2] or None, list(whole[3] or ()), list(whole[4] or ())]


def _behind(difference: str) -> str:
    """A difference behind a place: "element 1: 2 instead of 3" is another place."""
    return f", {difference}" if difference.startswith(_PLACES) else f": {difference}"


_PLACES = ("item ", "element ", "field ", "attribute ", "key ", "mask")


def _place(at: tuple[int, ...]) -> str:
    return str(at[0] if len(at) == 1 else at)


def _counts(one: Any, other: Any) -> str:
    return f"{len(one)} item{'' if len(one) == 1 else 's'} instead of {len(other)}"


def _lanes(value: Any) -> Any:
    import numpy

    return numpy.frombuffer(value._lanes, value.dtype)


def _instead(one: Any, other: Any) -> str:
    return f"{_show(one)} instead of {_show(other)}"


def _show(value: Any) -> str:
    try:
        text = str(value) if hasattr(value, "dtype") else repr(value)
    except Exception:
        return _name(type(value))
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _name(class_: type) -> str:
    return f"class {class_.__name__}"
