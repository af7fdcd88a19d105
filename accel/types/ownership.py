"""Who may write an array, and whose it is: `Borrowed`, `Inout`, `Owned`, `move`, and what is asked at calls."""

from __future__ import annotations

import sys
from types import FunctionType, ModuleType

from accel.errors import AnnotationError, Diagnostic, OwnershipError
from accel.runtime.frames import find_caller, find_user
from accel.runtime.moved import is_moved, mark_moved
from accel.types.declared import ROLES, ArrayType
from accel.types.structs import names_in
from accel.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, NoReturn, TypeVar

    from accel.runtime.frames import Place

    T = TypeVar("T")

__all__ = [
    "Borrowed", "Inout", "Owned", "find_exclusive_pairs", "is_ownership", "make_owned_type", "mentions_ownership", "move", "refuse_moved",
]  # fmt: skip


class _Form:
    """What the three have in common: they are written with brackets."""

    def __class_getitem__(cls, given: Any) -> ArrayType:
        return make_owned_type(cls, given, find_caller(__file__))

    def __new__(cls, *_: Any, **__: Any) -> _Form:
        _refuse(f"`{cls.__name__}` makes no arrays", find_caller(__file__))


class Borrowed(_Form):
    """The type of array parameters that a function only reads.

    `Borrowed[Array[Float64, 1]]` takes what `Array[Float64, 1, "readonly"]` takes. The function sees a view that can't be written.

    Notes
    -----
    An assignment to its elements that stands in the source, and passing it to a parameter that is `Inout` or `Owned`, raises OwnershipError when the function
    is decorated. A write that can't be seen there, in a function that is called, raises ValueError as NumPy does. To type checkers it is the array type itself.

    Examples
    --------
    >>> import accel, numpy
    >>> from accel.types import Array, Borrowed, Float64
    >>> @accel.fn
    ... def last(a: Borrowed[Array[Float64, 1]]) -> float:
    ...     return a[-1]
    >>> float(last(numpy.arange(3.0)))
    2.0
    """


class Inout(_Form):
    """The type of array parameters that a function may write, and nothing else reaches meanwhile.

    `Inout[Array[Float64, 1]]` takes what `Array[Float64, 1]` takes. It may share no memory with another `Inout` or a `Borrowed` parameter of the same call.

    Raises
    ------
    OwnershipError
        At a call with arrays that share memory, as `numpy.shares_memory` decides it; also when that can't be decided in a million steps.

    Examples
    --------
    >>> import accel, numpy
    >>> from accel.types import Array, Borrowed, Float64, Inout
    >>> @accel.fn
    ... def add(a: Inout[Array[Float64, 1]], b: Borrowed[Array[Float64, 1]]) -> None:
    ...     for i in range(len(b)):
    ...         a[i] += b[i]
    >>> x = numpy.arange(4.0)
    >>> add(x[:2], x[2:])
    >>> x.tolist()
    [2.0, 4.0, 2.0, 3.0]
    >>> add(x, x[1:])
    Traceback (most recent call last):
      ...
    accel.OwnershipError: `add` takes arrays for `a` and `b` that share no memory, and these do [overlapping-arguments]
      ...
    """


class Owned(_Form):
    """The type of array parameters that a function takes over: a decorated caller writes `move(x)`, or passes what has no name.

    `Owned[Array[Float64, 1]]` takes what `Array[Float64, 1]` takes. From functions that are not decorated arrays are taken without `move`, too.

    Examples
    --------
    >>> import accel, numpy
    >>> from accel.types import Array, Float64, Owned, move
    >>> @accel.fn
    ... def negate(a: Owned[Array[Float64, 1]]):
    ...     for i in range(len(a)):
    ...         a[i] = -a[i]
    ...     return a
    >>> x = numpy.ones(2)
    >>> y = negate(move(x))
    >>> y.tolist()
    [-1.0, -1.0]
    >>> negate(x)
    Traceback (most recent call last):
      ...
    accel.OwnershipError: `negate` takes an array for `a` that has been moved [use-after-move]
      ...
    """


def move(value: T, /) -> T:
    """Give up a name: its value goes on, and the name is not used again before it is bound anew.

    Parameters
    ----------
    value : object
        A name, mostly.

    Returns
    -------
    object
        Of an array another object over the same memory; anything else as it is.

    Raises
    ------
    OwnershipError
        For an array that has been moved.

    Notes
    -----
    In decorated functions a later use of the name raises when the function is decorated. At run time the old array can't be written any more, and parameters that are
    `Borrowed`, `Inout` or `Owned` do not take it, until its `flags.writeable` is set. Other objects can't be marked: of them only names are looked at.

    Examples
    --------
    >>> import numpy
    >>> from accel.types import move
    >>> x = numpy.zeros(2)
    >>> y = move(x)
    >>> y[0] = 1.0
    >>> x.flags.writeable
    False
    """
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, numpy.ndarray):
        return value
    if is_moved(value):
        refuse_moved("`move` takes an array")
    view: Any = value.view()
    mark_moved(value)
    return view  # type: ignore[no-any-return]


def make_owned_type(form: type, given: Any, place: Place) -> ArrayType:
    """What `Borrowed[given]` and the like stand for, written at that place.

    Raises
    ------
    AnnotationError
    """
    if not isinstance(given, ArrayType):
        name = getattr(given, "__name__", None) or repr(given)
        _refuse(f"`{form.__name__}` takes the type of an array, not {name:.60}", place)
    if given.role:
        _refuse(f"`{form.__name__}` of what is `{given.role}` already", place)
    if given.takes_readonly and form is not Borrowed:
        _refuse(f"an array that is `{form.__name__}` may be written, and 'readonly' takes arrays that can't be", place)
    return replace(given, role=form.__name__)


def _refuse(what: str, place: Place) -> NoReturn:
    do = "write `Borrowed[Array[Float64, 1]]`: an `Array` or a `Tensor`, in one of `Borrowed`, `Inout`, `Owned`"
    raise AnnotationError(Diagnostic(what, "ownership-annotation", *place, do=(do,)))


def is_ownership(expected: object) -> bool:
    """Whether an annotation says whose an array is."""
    return isinstance(expected, ArrayType) and bool(expected.role)


def mentions_ownership(function: FunctionType) -> bool:
    """Whether a function has such annotations, or names `move` or a function that has."""
    if any(map(_tells_owner, function.__annotations__.values())):
        return True
    names = names_in(function.__code__)
    held = [function.__globals__[name] for name in names if name in function.__globals__]
    for cell in function.__closure__ or ():
        try:
            held.append(cell.cell_contents)
        except ValueError:  # it is bound later
            continue
    held += [vars(module)[name] for module in held if type(module) is ModuleType for name in names if name in vars(module)]
    return any(value is move or (isinstance(value, FunctionType) and any(map(_tells_owner, value.__annotations__.values()))) for value in held)


def _tells_owner(annotation: object) -> bool:
    return any(name in annotation for name in ROLES) if isinstance(annotation, str) else is_ownership(annotation)


def find_exclusive_pairs(enforced: Sequence[Any]) -> tuple[tuple[Any, Any], ...]:
    """The pairs of parameters whose arrays may share no memory: two that are `Inout`, or one and a `Borrowed` one."""
    held = [p for p in enforced if is_ownership(p.expected) and p.expected.role != "Owned"]
    return tuple([(a, b) for k, a in enumerate(held) for b in held[k + 1 :] if "Inout" in (a.expected.role, b.expected.role)])


def refuse_moved(what: str) -> NoReturn:
    """Raise for an array that has been moved."""
    raise OwnershipError(Diagnostic(f"{what} that has been moved", "use-after-move", *find_user(), why="its value is another object's now"))


for _public in (Borrowed, Inout, Owned, move):  # where users find them
    _public.__module__ = "accel.types"
del _public
