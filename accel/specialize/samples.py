"""What a NumPy operation on arrays gives, found by trying it on small samples while compiling.

Only operations without effects beyond their arguments are tried. The prediction is checked when the code runs: a result of another
kind leaves, so a wrong guess costs time and nothing else.
"""

from __future__ import annotations

import itertools
import operator
import warnings
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, FunctionType
from typing import Any

from accel.types.kinds import DTYPES, Array, Bool, Complex, FieldArray, Float, Int, Kind, NoneKind, Scalar, Slice, Static, Tuple

__all__ = ["ARRAY_METHODS", "is_array_function", "is_builtin_on_arrays", "is_dtype_like", "kind_of_value", "predict_kind"]

ARRAY_METHODS = frozenset(
    "all any argmax argmin argsort astype clip conj conjugate copy cumprod cumsum diagonal dot fill flatten item max mean min prod ravel repeat "
    "reshape round searchsorted sort squeeze std sum swapaxes take trace transpose var".split()
)
_FUNCTIONS = frozenset(
    "all any arange argmax argmin argsort array asarray ascontiguousarray atleast_1d average bincount broadcast_to clip copy copyto "
    "count_nonzero cross cumprod cumsum diag diff dot empty empty_like eye fliplr flipud flip full full_like histogram hstack identity "
    "inner interp isclose allclose array_equal linspace max mean median min moveaxis nan_to_num nanmax nanmean nanmin nansum ones "
    "ones_like outer pad prod ravel repeat reshape roll rot90 round searchsorted sort squeeze stack std sum swapaxes take tensordot tile "
    "trace transpose trapezoid tril triu unique var vdot vstack concatenate where zeros zeros_like amax amin expand_dims".split()
)
_BUILTINS = (abs, min, max, sum, divmod, pow, round, int, float, complex, bool)
_PLAIN = (int, float, bool, complex)
_OPERATORS: dict[str, Callable[..., Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv, "%": operator.mod,
    "**": operator.pow, "<<": operator.lshift, ">>": operator.rshift, "&": operator.and_, "|": operator.or_, "^": operator.xor,
    "@": operator.matmul, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq,
    "!=": operator.ne, "in": lambda a, b: a in b, "not in": lambda a, b: a not in b, "~": operator.invert,
}  # fmt: skip


def is_array_function(value: Any) -> bool:
    """Whether a callable is a NumPy function (or ufunc, or scalar type) that may be tried on samples."""
    import numpy

    if type(value) is numpy.ufunc:
        return True
    name = value.__name__ if type(value) in (FunctionType, BuiltinFunctionType, type(numpy.sum)) else ""
    return name in _FUNCTIONS and getattr(numpy, name, None) is value


def is_builtin_on_arrays(value: Any) -> bool:
    """Whether a callable is a builtin that does nothing to an array but operators and iteration."""
    return any(value is known for known in _BUILTINS)


def is_dtype_like(value: Any) -> bool:
    """Whether a constant is a dtype or a scalar type of NumPy, or a Python number class: comparing those has no effect."""
    import numpy

    if type(value) is type:
        return issubclass(value, numpy.generic) or any(value is plain for plain in _PLAIN)
    return issubclass(type(value), numpy.dtype)


def kind_of_value(value: Any) -> Kind | None:
    """The kind of a Python value, None for what compiled code does not hold."""
    import numpy

    plain: dict[type, Kind] = {bool: Bool(), int: Int(), float: Float(), complex: Complex(), type(None): NoneKind()}
    if type(value) in plain:
        return plain[type(value)]
    if type(value) is tuple:
        items = [kind_of_value(v) for v in value]
        return None if None in items else Tuple(tuple(k for k in items if k is not None))
    if isinstance(value, numpy.generic) and value.dtype.char in DTYPES and type(value) is value.dtype.type:
        return Scalar(value.dtype.char)
    if type(value) is numpy.ndarray and value.dtype.char in DTYPES and value.dtype.isnative and value.flags.aligned:
        layout = "C" if value.flags.c_contiguous else "F" if value.flags.f_contiguous else "A"
        return Array(value.dtype.char, value.ndim, layout, bool(value.flags.writeable))
    return None


def predict_kind(
    operation: Callable[..., Any] | str, kinds: tuple[Kind, ...], constants: tuple[Any, ...], keywords: tuple[str, ...] = ()
) -> Kind | None:
    """The kind of `operation(*samples)`. `constants` holds the value of an argument where it is known, else Ellipsis."""
    function = _OPERATORS[operation] if isinstance(operation, str) else operation
    positional = len(kinds) - len(keywords)
    for arguments in itertools.islice(_arguments(kinds, constants), 6):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                given = dict(zip(keywords, arguments[positional:], strict=True))
                return kind_of_value(function(*arguments[:positional], **given))
            except Exception:
                continue
    return None


def _arguments(kinds: tuple[Kind, ...], constants: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Tuples of sample arguments: sizes 2, then 4, 1, 0 for the integers among them."""
    for number in (2, 4, 1, 0):
        made = [c if c is not ... else _sample(k, number) for k, c in zip(kinds, constants, strict=True)]
        yield tuple(made)


def _sample(kind: Kind, number: int) -> Any:
    import numpy

    match kind:
        case Static(value):
            return value
        case Int():
            return number
        case Float():
            return 1.0
        case Bool():
            return True
        case Complex():
            return 1j
        case Scalar():
            return numpy.dtype(kind.char).type(1)
        case Tuple(items):
            return tuple(_sample(k, number) for k in items)
        case Slice():
            return slice(*(None if isinstance(k, NoneKind) else 1 for k in (kind.start, kind.stop, kind.step)))
        case FieldArray(char):
            made = numpy.ones((2,) * kind.ndim, char)  # as long as the samples of other arrays
            made.flags.writeable = False
            return made
        case Array():
            order = "F" if kind.layout == "F" else "C"
            sample: Any = numpy.ones((2,) * kind.ndim, kind.char, order=order)  # type: ignore[call-overload]
            if kind.layout == "A" and kind.ndim:
                sample = numpy.ones((4,) * kind.ndim, kind.char)[(slice(None, None, 2),) * kind.ndim]
            sample.flags.writeable = kind.writeable
            return sample
    return None
