"""This module is the contract of kernels on arrays, looked at from outside: answers, memory, threads, and results that go where the caller says."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NoReturn

import numpy as np

from accel.decorators import disabled
from accel.errors import FallbackHint
from accel.testing.layouts import lay_out, poisoned, repeat_along
from accel.threads import parallel
from accel.values import dataclass

__all__ = ["check_kernel"]

_SHIFTS = (0, 3)  # elements between the beginnings of memory that overlaps
_NEAREST = 0.5 + 2.0**-11  # units in the last place: what is right was rounded once already


def check_kernel(
    kernel: Callable[..., Any],
    reference: Callable[..., Any],
    *arguments: Any,
    rtol: float = 0.0,
    atol: float = 0.0,
    ulp: float = 0.0,
    bound: Callable[..., Any] | None = None,
    dtypes: Iterable[Any] = (),
    shapes: Iterable[Sequence[tuple[int, ...]]] = (),
    result_dtype: Any = None,
    out: bool | Literal["apart"] = True,
    threads: Iterable[int] = (1, 2, 3),
    special: bool = True,
    empty: bool = True,
    warns: bool = False,
    interpreted: bool = False,
    options: Mapping[str, Any] | None = None,
) -> None:
    """Raise unless a function of arrays keeps to what a numeric library promises: right answers, and the same bits wherever they come from and go to.

    Parameters
    ----------
    kernel : callable
        Called with the arguments, the options, and `out=` where it takes that. It returns an array, a number, or a tuple of these.
    reference : callable
        Gives the right answer for the same arguments and options. Its floating-point arrays come as `numpy.longdouble`, or the complex numbers of that precision.
    *arguments : object
        What both are called with. Arrays among them are tried in other layouts; anything else is passed on as it is.
    rtol, atol, ulp : float, default 0
        How far a result may be off: relatively to the right one, absolutely, in units in the last place of the right one. The three are added up. What the right answer is
        rounded to is always right, and with all three 0 nothing else is.
    bound : callable, optional
        `bound(want, *arguments, **options)`, called with the answer and the arguments of the reference, gives what each element may be off in addition: an array, or a
        tuple of them.
    dtypes : iterable of dtypes, optional
        Everything is done for each: with all floating-point arrays among the arguments cast to it.
    shapes : iterable of sequences of tuples, optional
        Other shapes of the arrays, one for each of them: the answers for random numbers are looked at.
    result_dtype : dtype, optional
        Of floating-point results, where that is not the one the floating-point arguments are promoted to.
    out : bool or "apart", default True
        Whether the kernel takes `out=`; "apart" promises nothing for one that shares memory with arguments.
    threads : iterable of int, default (1, 2, 3)
        Numbers of threads on which the bits are to be the same. Arguments should be large enough for several threads to be used.
    special : bool, default True
        Whether NaN, infinities, -0.0 and the least subnormal number are put into arguments: the reference says what is right then.
    empty : bool, default True
        Whether axes without elements are tried, where the reference has an answer for them. All axes that are equally long become empty together.
    warns : bool, default False
        Whether it may warn.
    interpreted : bool, default False
        Whether CPython, with accel off, is to give the same bits: for small arguments, as that is slow.
    options : mapping, optional
        Keyword arguments for the kernel, the reference and the bound.

    Raises
    ------
    AssertionError
        With the arguments, how they or the result lie in memory, and the element that is wrong.

    Notes
    -----
    The bits of the first call count: they are to be the same in a second one, on each number of threads, and for each layout of each array by itself and of all of them: Fortran
    order, larger steps, negative steps, a part of a larger array, misaligned, swapped bytes, read-only. Steps of zero bytes are compared with a copy. Any NaN is as good as
    another; zeros have signs. Arguments and the memory around them stay as they are, and the result shares none with them, nor with later results.

    With `out=`, in each layout, and at the place of each argument (itself, turned round, transposed, overlapping), the result is that array and has the same bits; memory around
    it is left alone; an `out` that is read-only or of another shape is a ValueError or a TypeError, and not written to.

    Without `ulp`, results among the subnormal numbers need an `atol`. Where `numpy.longdouble` is no wider than float64, the roundings of the reference count against the kernel.

    Examples
    --------
    >>> import numpy
    >>> from accel.testing import check_kernel
    >>> def halve(x, out=None):
    ...     return numpy.multiply(x, 0.5, out=out)
    >>> numbers = numpy.arange(12.0).reshape(3, 4)
    >>> check_kernel(halve, lambda x: x / 2, numbers, dtypes=["f4", "f8"])
    >>> def flat(x, out=None):
    ...     return numpy.multiply(x.ravel(order="K"), 0.5).reshape(x.shape)
    >>> check_kernel(flat, lambda x: x / 2, numbers, out=False)
    Traceback (most recent call last):
      ...
    AssertionError: `flat` breaks the contract of kernels: of float64 (3, 4), argument 0 in Fortran order: element (0, 1) is 2.0, but 0.5 in C order
    """
    name = getattr(getattr(kernel, "func", kernel), "__name__", repr(kernel))
    promise = _Promise(kernel, reference, name, options or {}, (rtol, atol, ulp), bound, result_dtype, warns)
    given = tuple(np.array(each, order="C") if isinstance(each, np.ndarray) else each for each in arguments)
    others = tuple(shapes)
    for dtype in tuple(dtypes) or (None,):
        contract = _Contract(promise, tuple(_cast(each, dtype) for each in given))
        contract.check_calls(tuple(threads))
        contract.check_layouts()
        if out:
            contract.check_outs()
            contract.check_bad_outs()
        if out is True:
            contract.check_aliases()
        if special:
            contract.check_special()
        if empty:
            contract.check_empty()
        contract.check_shapes(others)
        if interpreted:
            with disabled():
                contract.same(contract.call(contract.given, "with accel off"), "with accel off")
        contract.check_kept()


@dataclass(frozen=True, slots=True)
class _Promise:
    """What a kernel is held to."""

    kernel: Callable[..., Any]
    reference: Callable[..., Any]
    name: str
    options: Mapping[str, Any]
    tolerance: tuple[float, float, float]
    bound: Callable[..., Any] | None
    result_dtype: Any
    warns: bool


class _Contract:
    """The parts of the contract, for some arguments."""

    def __init__(self, promise: _Promise, given: tuple[Any, ...]) -> None:
        self.promise, self.given = promise, given
        self.arrays = [k for k, each in enumerate(given) if isinstance(each, np.ndarray)]
        self.made = self.call(given, "")
        self.check_answer(self.made, given, "")
        self.kept = tuple(np.array(part) for part in self.made)

    def fail(self, where: str, what: str, given: tuple[Any, ...] | None = None) -> NoReturn:
        arguments = " and ".join(f"{each.dtype.name} {each.shape}" for each in (self.given if given is None else given) if isinstance(each, np.ndarray))
        raise AssertionError(f"`{self.promise.name}` breaks the contract of kernels: {', '.join(filter(None, ('of ' + arguments, where)))}: {what}")

    def call(self, given: tuple[Any, ...], where: str, *, out: Any = None, lost: int = -1) -> tuple[Any, ...]:
        """The parts of what the kernel gives. All but the argument `lost`, whose place `out` takes, has to stay as it is."""
        before = [each.tobytes() if isinstance(each, np.ndarray) else b"" for each in given]
        how = dict(self.promise.options) | ({} if out is None else {"out": out})
        with warnings.catch_warnings(), np.errstate(divide="warn", over="warn", invalid="warn", under="ignore"):
            warnings.simplefilter("ignore" if self.promise.warns else "error")
            warnings.simplefilter("ignore", FallbackHint)
            try:
                result = self.promise.kernel(*given, **how)
            except Warning as warning:
                self.fail(where, f"it warns, `{type(warning).__name__}: {warning}`", given)
            except Exception as error:
                if not where:
                    raise
                self.fail(where, f"it raises {type(error).__name__}: {error}", given)
        for number, (each, bits) in enumerate(zip(given, before, strict=True)):
            if bits and number != lost and each.tobytes() != bits:
                self.fail(where, f"it changes argument {number}", given)
            if out is None and bits and any(isinstance(part, np.ndarray) and np.may_share_memory(part, each) for part in _parts(result)):
                self.fail(where, f"its result shares memory with argument {number}", given)
        if out is not None and result is not out:
            self.fail(where, f"it returns {'another array' if isinstance(result, np.ndarray) else type(result).__name__} instead of `out`", given)
        return _parts(result)

    def answer(self, given: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """The parts of the right answer, and what each may be off."""
        promise, wide = self.promise, tuple(_widen(each) for each in given)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            want = promise.reference(*wide, **promise.options)
            more = () if promise.bound is None else _parts(promise.bound(want, *wide, **promise.options))
        return tuple(np.asarray(part) for part in _parts(want)), more or (0.0,) * len(_parts(want))

    def check_answer(self, found: tuple[Any, ...], given: tuple[Any, ...], where: str) -> None:
        """What the kernel gives has the right dtype and shape, and is as near to the right answer as is promised."""
        wants, bounds = self.answer(given)
        if len(found) != len(wants):
            self.fail(where, f"it gives {len(found)} results, the reference {len(wants)}", given)
        for number, (got, want, bound) in enumerate(zip(found, wants, bounds, strict=True)):
            dtype, got, part = self.find_dtype(want, given), np.asarray(got), f"result {number} " if len(wants) > 1 else ""
            if got.dtype != dtype or not got.dtype.isnative:
                self.fail(where, f"{part or 'its result '}is of {got.dtype}, not {dtype}", given)
            if got.shape != want.shape:
                self.fail(where, f"{part or 'its result '}has shape {got.shape}, that of the reference {want.shape}", given)
            wrong, off, allowed = _find_wrong(got, want, self.promise.tolerance, bound)
            if wrong.any():
                at = _worst(wrong, off, allowed)
                self.fail(where, f"{part}element {at} is {got[at]}, but should be {want[at]}{_describe_error(off, allowed, at)}", given)

    def find_dtype(self, want: Any, given: tuple[Any, ...]) -> Any:
        """The dtype a result should have: the one that the arguments are promoted to, unless it is of another kind."""
        floats = [each.dtype for each in given if isinstance(each, np.ndarray) and each.dtype.kind in "fc"]
        if want.dtype.kind not in "fc" or (not floats and self.promise.result_dtype is None):
            return want.dtype
        dtype = np.result_type(*floats) if self.promise.result_dtype is None else np.dtype(self.promise.result_dtype)
        if want.dtype.kind == "c":
            return np.result_type(dtype, np.complex64)
        return np.empty(0, dtype).real.dtype

    def same(self, found: tuple[Any, ...], where: str, *, as_in: tuple[Any, ...] | None = None, told: str = "") -> None:
        """What the kernel gives has the bits of the first call, or of another one."""
        wants = self.kept if as_in is None else as_in
        for number, (got, want) in enumerate(zip(found, wants, strict=True)):
            got, want, part = np.asarray(got), np.asarray(want), f"result {number}, " if len(wants) > 1 else ""
            if got.dtype.newbyteorder("=") != want.dtype or got.shape != want.shape:
                self.fail(where, f"{part or 'its result '}is {got.dtype} {got.shape}, but {want.dtype} {want.shape} {told or 'in the first call'}")
            other = _find_other(got, want)
            if other.any():
                at = _worst(other)
                self.fail(where, f"{part}element {at} is {got[at]}, but {want[at]} {told or 'in the first call'}")

    def check_calls(self, threads: tuple[int, ...]) -> None:
        """Once more, and on other numbers of threads."""
        self.same(self.call(self.given, "called again"), "called again")
        for count in threads:
            where = f"on {count} thread{'s' * (count > 1)}"
            with parallel(count):
                self.same(self.call(self.given, where), where)

    def check_layouts(self) -> None:
        """Each array in each layout, and all of them."""
        found = {k: {name: (view, memory) for name, view, memory in lay_out(self.given[k])} for k in self.arrays}
        for name in dict.fromkeys(name for of in found.values() for name in of):
            having = [k for k in self.arrays if name in found[k]]
            for group in [[k] for k in having] + [having] * (len(having) > 1):
                views = tuple(found[k][name][0] if k in group else each for k, each in enumerate(self.given))
                memories = [found[k][name][1] for k in group]
                before = [memory.tobytes() for memory in memories]
                where = f"argument{'s' * (len(group) > 1)} {' and '.join(map(str, group))} {name}"
                self.same(self.call(views, where), where, told="in C order")
                if before != [memory.tobytes() for memory in memories]:
                    self.fail(where, "it writes to memory around an argument")
        for k in self.arrays:
            if self.given[k].size:
                for name, view in repeat_along(self.given[k]):
                    where = f"argument {k} with {name}"
                    want = self.call(self.put(k, view.copy()), where)
                    self.same(self.call(self.put(k, view), where), where, as_in=want, told="of a copy")

    def put(self, number: int, array: Any) -> tuple[Any, ...]:
        """The arguments with another array in one place."""
        return (*self.given[:number], array, *self.given[number + 1 :])

    def check_outs(self) -> None:
        """Results in each layout; what lies around them stays."""
        if len(self.kept) != 1:
            raise ValueError(f"check_kernel: `{self.promise.name}` gives {len(self.kept)} results; `out=` is for one: say out=False")
        empty = poisoned(self.kept[0].shape, self.kept[0].dtype)
        for name, view, memory in [("", empty, empty), *lay_out(empty)]:
            if not view.flags.writeable:
                continue
            before, where = memory.tobytes(), f"with `out` {name}".strip()
            self.same(self.call(self.given, where, out=view), where, told="without `out`")
            view[...] = empty if view is not empty else poisoned(empty.shape, empty.dtype)
            if memory.tobytes() != before:
                self.fail(where, "it writes to memory around `out`")

    def check_bad_outs(self) -> None:
        """Results that can't go there are refused before anything is written."""
        shape, dtype = self.kept[0].shape, self.kept[0].dtype
        frozen = poisoned(shape, dtype)
        frozen.setflags(write=False)
        bad = {"with `out` read-only": frozen} if frozen.size else {}
        if shape and shape[-1] > 1:
            bad["with `out` of another shape"] = poisoned((*shape[:-1], shape[-1] + 1), dtype)
        for where, made in bad.items():
            before = made.tobytes()
            try:
                self.promise.kernel(*self.given, **self.promise.options, out=made)
            except (TypeError, ValueError):
                if made.tobytes() != before:
                    self.fail(where, "it raises, but has written to it")
            else:
                self.fail(where, "it raises neither a ValueError nor a TypeError")

    def check_aliases(self) -> None:
        """Results at the place of an argument."""
        for k in self.arrays:
            if self.given[k].dtype == self.kept[0].dtype and self.given[k].size and self.kept[0].size:
                for name, argument, made in _overlap(self.given[k], self.kept[0].shape):
                    where = f"with `out` {name} argument {k}"
                    self.same(self.call(self.put(k, argument), where, out=made, lost=k), where, told="without `out`")

    def check_special(self) -> None:
        """Numbers that arithmetic treats in another way, each at another place."""
        for k in self.arrays:
            array = self.given[k]
            if array.dtype.kind == "f" and array.size:
                values = {"NaN": np.nan, "infinity": np.inf, "-infinity": -np.inf, "-0.0": -0.0, "a subnormal number": np.finfo(array.dtype).smallest_subnormal}
                for turn, (name, value) in enumerate(values.items()):
                    planted = array.copy()
                    planted.flat[turn * (array.size - 1) // (len(values) - 1)] = value
                    given, where = self.put(k, planted), f"{name} in argument {k}"
                    self.check_answer(self.call(given, where), given, where)

    def check_empty(self) -> None:
        """Axes without elements."""
        for length in sorted({side for k in self.arrays for side in self.given[k].shape} - {0}):
            given = tuple(_cut(each, length) if k in self.arrays else each for k, each in enumerate(self.given))
            try:
                self.answer(given)
            except Exception:
                continue  # there is no right answer
            where = f"axes of length {length} cut to 0"
            self.check_answer(self.call(given, where), given, where)

    def check_shapes(self, shapes: tuple[Sequence[tuple[int, ...]], ...]) -> None:
        """Random numbers of other shapes."""
        rng = np.random.default_rng(0)
        for chosen in shapes:
            drawn = dict(zip(self.arrays, chosen, strict=True))
            given = tuple(_draw(rng, each, drawn[k]) if k in drawn else each for k, each in enumerate(self.given))
            self.check_answer(self.call(given, ""), given, "")

    def check_kept(self) -> None:
        """What the first call gave is what it was."""
        self.same(self.made, "after other calls", told="when it was made")


def _parts(result: Any) -> tuple[Any, ...]:
    return result if isinstance(result, tuple) else (result,)


def _cast(value: Any, dtype: Any) -> Any:
    """An array of floats as one of another dtype."""
    return value.astype(dtype) if dtype is not None and isinstance(value, np.ndarray) and value.dtype.kind == "f" else value


def _widen(value: Any) -> Any:
    return value.astype(np.result_type(value.dtype, np.longdouble)) if isinstance(value, np.ndarray) and value.dtype.kind in "fc" else value


def _cut(array: Any, length: int) -> Any:
    return np.ascontiguousarray(array[tuple(slice(0 if side == length else None) for side in array.shape)])


def _draw(rng: Any, like: Any, shape: tuple[int, ...]) -> Any:
    """Random numbers: floats of some orders of magnitude, others from among those of an array."""
    if like.dtype.kind in "fc":
        return np.asarray(rng.standard_normal(shape) * 10.0 ** rng.integers(-2, 3, shape), like.dtype)
    return np.asarray(rng.choice(like.ravel(), shape), like.dtype)


def _overlap(array: Any, shape: tuple[int, ...]) -> Iterator[tuple[str, Any, Any]]:
    """An argument, and places for a result that share memory with it."""
    if array.shape == shape:
        mine = array.copy()
        yield "at the place of", mine, mine
        mine = array.copy()
        if array.ndim:
            yield "turned round at the place of", mine, mine[(slice(None, None, -1),) * array.ndim]
    if array.ndim > 1 and array.shape[::-1] == shape:
        mine = array.copy()
        yield "transposed at the place of", mine, mine.T
    size = int(np.prod(shape))
    for ahead, behind in (_SHIFTS, _SHIFTS[::-1]):
        memory = poisoned((max(array.size, size) + max(_SHIFTS),), array.dtype)
        mine = memory[ahead : ahead + array.size].reshape(array.shape)
        mine[...] = array
        yield f"{max(_SHIFTS)} elements {'before' if ahead else 'behind'} the beginning of", mine, memory[behind : behind + size].reshape(shape)


def _find_other(got: Any, want: Any) -> Any:
    """Where bits differ: any NaN is as good as another."""
    if got.dtype.kind == "c":
        return _find_other(got.real, want.real) | _find_other(got.imag, want.imag)
    if got.dtype.kind != "f":
        return np.asarray(got != want)
    return np.asarray(((got != want) | (np.signbit(got) != np.signbit(want))) & ~(np.isnan(got) & np.isnan(want)))


def _find_wrong(got: Any, want: Any, tolerance: tuple[float, float, float], bound: Any) -> tuple[Any, Any, Any]:
    """Where a result is not right, how far elements are off, and how far they may be."""
    nothing = np.zeros(got.shape)
    if got.dtype.kind not in "biufc" or want.dtype.kind not in "biufc":
        return np.asarray(got != want), nothing, nothing
    rtol, atol, ulp = tolerance
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        rounded, wide = want.astype(got.dtype), np.result_type(got.dtype, np.longdouble)
        off = abs(got.astype(wide) - want.astype(wide))
        allowed = rtol * abs(want.astype(wide)) + atol + bound
        if got.dtype.kind in "fc":
            step = np.minimum(np.spacing(abs(rounded)), np.spacing(abs(got))).astype(np.longdouble)
            allowed = np.maximum(allowed + ulp * step, _NEAREST * step)
        allowed = np.broadcast_to(np.where(np.isfinite(allowed), allowed, 0), got.shape)
        right = (got == rounded) | (np.isfinite(want) & (off <= allowed)) | (np.isnan(got) & np.isnan(rounded))
    return np.asarray(~right), off, allowed


def _worst(wrong: Any, off: Any = None, allowed: Any = None) -> tuple[int, ...]:
    """The place of the wrong element that is furthest off; where that can't be told, of the first one."""
    if off is None:
        return tuple(int(k) for k in np.unravel_index(np.argmax(wrong), wrong.shape))
    beyond = np.where(wrong, np.nan_to_num(np.asarray(off - allowed, np.float64), nan=np.inf), -np.inf)
    return tuple(int(k) for k in np.unravel_index(np.argmax(beyond), wrong.shape))


def _describe_error(off: Any, allowed: Any, at: tuple[int, ...]) -> str:
    return f", and is off by {float(off[at]):.3g} instead of {float(allowed[at]):.3g} at most" if np.isfinite(off[at]) else ""
