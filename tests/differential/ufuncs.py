"""Compare a ufunc with the loop `out[i] = f(a[i], b[i])` in CPython: dtypes, bits, the first element that raises, what is stored before it."""

from __future__ import annotations

import inspect
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from accel import FallbackHint
from tests.differential.compare import Difference, Verdict, plain
from tests.differential.counters import find_refusals, has_compiled
from tests.differential.describe import describe
from tests.differential.program import Program, evaluate_arguments, load_program, write_program
from tests.differential.watchdog import TooLong, time_limit

__all__ = ["LoopUfunc", "compare_elements"]

_PLAIN_LIMIT_S = 5.0
_COMPILED_LIMIT_S = 60.0
_NUMBERS = (bool, int, float, complex)
_EXACT = {*_NUMBERS, *(kind.__name__ for kind in _NUMBERS)}  # annotations are text where the module asks for it
_RANKS = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}
_WEAK = {int: 0, float: 0.0, complex: 0j}


@dataclass(frozen=True, slots=True)
class Loop:
    """What the loop gives: results of elements in order, each a tuple, and what the function raised at the one after them.

    NumPy takes elements in the order of memory where there are two dimensions or all strides are negative. Then any exception will do:
    `results` are those of all elements that do not raise, and `others` the further exceptions.
    """

    shape: tuple[int, ...]
    elements: list[tuple[Any, ...]]
    results: list[tuple[Any, ...]]
    error: BaseException | None
    others: tuple[BaseException, ...] = ()
    in_order: bool = True
    warned: tuple[str, ...] = ()

    def column(self, number: int) -> list[Any]:
        """One result of all elements."""
        return [row[number] for row in self.results]


def run_loop(function: Callable[..., Any], operands: Sequence[Any]) -> Loop:
    """Call the function for each element: with NumPy's scalar, or Python's number where the parameter is annotated."""
    annotations = inspect.get_annotations(function)
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    exact = [annotations.get(name) in _EXACT for name in names]
    arrays = np.broadcast_arrays(*_convert(operands))
    columns = [[x.item() for x in a.ravel()] if e else list(a.ravel()) for a, e in zip(arrays, exact, strict=True)]
    in_order = _is_in_order(arrays)
    elements, results, errors = list(zip(*columns, strict=True)), [], []
    with _listening() as caught:
        for row in elements:
            try:
                result = function(*row)
            except (MemoryError, TooLong, KeyboardInterrupt):
                raise
            except BaseException as error:
                errors.append(error)
                if in_order:
                    break
                continue
            results.append(result if isinstance(result, tuple) else (result,))
    warned = _messages(caught, arrays)
    return Loop(arrays[0].shape, elements, results, errors[0] if errors else None, tuple(errors[1:]), in_order, warned)


@contextmanager
def _listening() -> Iterator[list[warnings.WarningMessage]]:
    with warnings.catch_warnings(record=True) as caught, np.errstate(all="warn", under="ignore"):
        warnings.simplefilter("always")
        yield caught


def _messages(caught: Sequence[warnings.WarningMessage], operands: Sequence[Any]) -> tuple[str, ...]:
    """Warnings, sorted. Integers of arrays overflow silently, as in NumPy's own ufuncs."""
    silent = any(np.asarray(operand).dtype.kind in "iub" for operand in operands)
    found = [str(w.message) for w in caught if w.category is not FallbackHint]
    return tuple(sorted(m for m in found if not (silent and "overflow" in m)))


def _is_in_order(arrays: Sequence[Any]) -> bool:
    return arrays[0].size < 2 or (arrays[0].ndim == 1 and any(a.strides[0] > 0 for a in arrays))


def _convert(operands: Sequence[Any]) -> list[Any]:
    """Operands as arrays; Python's numbers take the dtype that goes with the arrays (NEP 50)."""
    strong = [o.dtype for o in operands if isinstance(o, np.ndarray | np.generic)]
    found = []
    for operand in operands:
        weak = type(operand) in _WEAK and strong
        found.append(np.asarray(operand, np.result_type(*strong, _WEAK[type(operand)]) if weak else None))
    return found


def choose_dtype(values: Sequence[Any]) -> np.dtype[Any] | None:
    """The dtype results of these classes take at least; None when they are not numbers, or there are none."""
    strong = {v.dtype for v in values if isinstance(v, np.generic)}
    weak = {type(v) for v in values if not isinstance(v, np.generic)}
    if not values or not weak <= set(_NUMBERS):
        return None
    numbers = [np.bool_ if kind is bool else _WEAK[kind] for kind in weak]
    if not strong:
        return np.dtype(max((np.asarray(kind()).dtype for kind in weak), key=lambda d: _RANKS[d.kind]))
    return np.result_type(*strong, *numbers)


def store(values: Sequence[Any], dtype: np.dtype[Any]) -> tuple[Any, BaseException | None]:
    """The values assigned one by one to elements of a dtype, up to one that does not fit."""
    made = np.zeros(len(values), dtype)
    for index, value in enumerate(values):
        try:
            if dtype.char == "O":
                made[index : index + 1].reshape(()).fill(value)
            else:
                made[index] = value
        except (OverflowError, TypeError, ValueError) as error:
            return made[:index], error
    return made, None


class LoopUfunc:
    """The loop itself in the form of a ufunc: what the comparison must find nothing wrong with."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.nout = 1

    def __call__(self, *operands: Any) -> Any:
        """The results of all elements, as arrays."""
        loop = run_loop(self.function, operands)
        for message in loop.warned:
            warnings.warn(message, RuntimeWarning, stacklevel=2)
        self.nout = len(loop.results[0]) if loop.results else 1
        dtypes = [choose_dtype(loop.column(k)) or np.dtype(object if loop.results else float) for k in range(self.nout)]
        stored = [store(loop.column(k), dtype) for k, dtype in enumerate(dtypes)]
        error = next((error for _, error in stored if error), loop.error)
        if error is not None:
            raise error
        arrays = tuple(made.reshape(loop.shape) for made, _ in stored)
        return arrays if self.nout > 1 else arrays[0]


def compare_elements(program: Program, decorate: Callable[[Any], Any]) -> Verdict:
    """Run the loop and the ufunc on the operands of every call."""
    with tempfile.TemporaryDirectory(prefix="accel-fuzz-") as folder, warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        path = write_program(program, Path(folder))
        try:
            with time_limit(_PLAIN_LIMIT_S):
                loops = _run_loops(path, program)
        except TooLong:
            return Verdict(skipped="CPython takes too long")
        except MemoryError:
            return Verdict(skipped="CPython runs out of memory")
        space = load_program(path, decorate)
        if inspect.isfunction(space["main"]):
            return Verdict(skipped="main is not decorated")
        difference = None
        for index, (call, loop) in enumerate(zip(program.calls, loops, strict=True)):
            try:
                with time_limit(_COMPILED_LIMIT_S):
                    difference = _compare_call(index, loop, space, call)
            except TooLong:
                difference = Difference(index, "time", "an answer", f"none within {_COMPILED_LIMIT_S:g} s")
            if difference is not None:
                break
    made = getattr(space["main"], "accel", None)
    exits = Counter({"elements done by CPython": made.counters["plain"]}) if made is not None else Counter()
    raised = sum(loop.error is not None for loop in loops)
    in_lanes = made is not None and "lanes at a time" in made.explain()
    return Verdict(
        len(loops), raised, difference, "", has_compiled(space["main"]), exits, find_refusals([space["main"]]), in_lanes
    )


def _run_loops(path: Path, program: Program) -> list[Loop]:
    space = load_program(path, plain)
    found = []
    for call in program.calls:
        exec(call.setup, space)
        found.append(run_loop(space["main"], evaluate_arguments(call.arguments, space)[0]))
    return found


def _compare_call(index: int, loop: Loop, space: dict[str, Any], call: Any) -> Difference | None:
    exec(call.setup, space)
    ufunc, operands = space["main"], evaluate_arguments(call.arguments, space)[0]
    got = error = None
    with _listening() as caught:
        try:
            got = ufunc(*operands)
        except (MemoryError, TooLong, KeyboardInterrupt):
            raise
        except BaseException as raised:
            error = raised
    warned = _messages(caught, _convert(operands))
    if error is None and loop.error is None and warned != loop.warned:
        wanted = tuple(sorted((*loop.warned, *_stored_messages(loop, got, operands))))
        if warned != wanted:
            return Difference(index, "warnings", f"{len(wanted)}: {wanted[:4]}", f"{len(warned)}: {warned[:4]}")
    if loop.results and len(loop.results[0]) != ufunc.nout:
        return Difference(index, "number of results", len(loop.results[0]), ufunc.nout)
    if error is not None:
        return _compare_errors(index, loop, ufunc, operands, error)
    results = [x if isinstance(x, (np.ndarray, np.generic)) else np.array(x, object) for x in (got if ufunc.nout > 1 else (got,))]
    results = [np.asarray(x) for x in results]  # an object that is no array is one of an array of objects
    for number, result in enumerate(results):
        difference = _compare_results(index, loop, number, result)
        if difference is not None:
            return difference
    return _compare_forms(index, loop, ufunc, operands, results) if isinstance(ufunc, np.ufunc) else None


def _stored_messages(loop: Loop, got: Any, operands: Sequence[Any]) -> tuple[str, ...]:
    """Warnings of storing what the loop computed into arrays like those of the results."""
    with _listening() as caught:
        for number, result in enumerate(got if isinstance(got, tuple) else (got,)):
            if loop.results and number < len(loop.results[0]):
                store(loop.column(number), np.asarray(result).dtype)
    return _messages(caught, _convert(operands))


def _compare_results(index: int, loop: Loop, number: int, result: Any) -> Difference | None:
    """One array of results against what the loop stores in such an array."""
    if result.shape != loop.shape:
        return Difference(index, "shape", loop.shape, result.shape)
    values = loop.column(number)
    if not _may_hold(result.dtype, values):
        return Difference(index, "dtype", f"{choose_dtype(values)} of {sorted({type(v).__name__ for v in values})}", result.dtype)
    want, error = store(values, result.dtype)
    error = error or loop.error
    if error is not None:
        place = f"element {len(want)} of {loop.elements[len(want)]}" if loop.in_order else "some element"
        return Difference(index, "raised or not", f"{place} raises {error!r}", "no exception")
    got = np.array(result, result.dtype.newbyteorder("="), order="C").ravel()
    if describe(got) == describe(want):
        return None
    wrong = next(k for k in range(len(want)) if describe(got[k : k + 1]) != describe(want[k : k + 1]))
    what = "value" if describe(got)[1] == describe(want)[1] else "dtype"
    return Difference(
        index, what, f"element {wrong} of {loop.elements[wrong]}: {want[wrong]!r} from {values[wrong]!r}", repr(got[wrong])
    )


def _compare_forms(index: int, loop: Loop, ufunc: Any, operands: list[Any], results: list[Any]) -> Difference | None:
    """With `where=` the other elements stay as they are; a result stored over its own operand is the same."""
    if any(result.dtype.char == "O" for result in results):
        return None
    mask = np.asarray(np.random.default_rng(index).random(loop.shape) < 0.6)
    outs = [np.full(loop.shape, fill_of(result.dtype), result.dtype) for result in results]
    ufunc(*operands, out=tuple(outs), where=mask)
    for out, result in zip(outs, results, strict=True):
        want = np.where(mask, result, np.asarray(fill_of(out.dtype), out.dtype))
        if describe(out) != describe(want):
            return Difference(index, "where", want, out)
    for place, operand in enumerate(operands):
        if (
            len(results) > 1
            or not isinstance(operand, np.ndarray)
            or (operand.shape, operand.dtype) != (loop.shape, results[0].dtype)
        ):
            continue
        target = operand.copy()
        ufunc(*operands[:place], target, *operands[place + 1 :], out=target)
        if describe(np.ascontiguousarray(target, results[0].dtype)) != describe(np.ascontiguousarray(results[0])):
            return Difference(index, f"result over operand {place}", results[0], target)
    return None


def fill_of(dtype: np.dtype[Any]) -> Any:
    """What stands in arrays of results beforehand."""
    return True if dtype.char == "?" else 77


def _may_hold(dtype: np.dtype[Any], values: Sequence[Any]) -> bool:
    """Whether results of these classes may have made this dtype: other branches may widen it, Python's numbers take NumPy's width."""
    least = choose_dtype(values)
    if dtype.char == "O" or least is None:
        return dtype.char == "O" or not values
    if any(isinstance(value, np.generic) for value in values):
        return np.can_cast(least, dtype) or (_RANKS[dtype.kind] > _RANKS[least.kind])
    return _RANKS[dtype.kind] >= _RANKS[least.kind]


def _compare_errors(index: int, loop: Loop, ufunc: Any, operands: list[Any], error: BaseException) -> Difference | None:
    """The exception of the first element that raises, by the function or where its result does not fit; and the results before it."""
    dtypes = _result_dtypes(loop, ufunc, operands)
    stored = [store(loop.column(k), dtype) for k, dtype in enumerate(dtypes)] if loop.results else []
    if not loop.in_order:
        return _compare_any_error(index, loop, dtypes, error)
    count = min([len(loop.results), *(len(made) for made, _ in stored)])
    wanted = next((e for made, e in stored if e is not None and len(made) == count), loop.error)
    got = f"{type(error).__qualname__}: {error}"
    if wanted is None:
        return Difference(index, "raised or not", "no exception", got)
    want = f"{type(wanted).__qualname__}: {wanted}"
    if want != got:
        what = "exception: class" if type(wanted).__qualname__ != type(error).__qualname__ else "exception: message"
        return Difference(index, what, f"{want} at element {count} of {loop.elements[count]}", got)
    return _compare_stored(
        index, loop, ufunc, operands, [(made[:count], dtype) for (made, _), dtype in zip(stored, dtypes, strict=False)]
    )


def _compare_any_error(index: int, loop: Loop, dtypes: list[np.dtype[Any]], error: BaseException) -> Difference | None:
    """The exception of some element, which one depends on the order of memory."""
    found = {repr(e) for e in (loop.error, *loop.others) if e is not None}
    for number, dtype in enumerate(dtypes):
        found |= {repr(e) for e in (store([value], dtype)[1] for value in loop.column(number)) if e is not None}
    return None if repr(error) in found else Difference(index, "exception", sorted(found) or "no exception", repr(error))


def _result_dtypes(loop: Loop, ufunc: Any, operands: list[Any]) -> list[np.dtype[Any]]:
    """Dtypes of the results: those of the loop that was taken, where it can be asked."""
    made, chars = getattr(ufunc, "accel", None), "".join(a.dtype.char for a in _convert(operands))
    for name in made.types if made is not None else ():
        if name.startswith(f"{chars}->"):
            return [np.dtype(c) for c in name.partition("->")[2]]
    return [choose_dtype(loop.column(k)) or np.dtype(object) for k in range(len(loop.results[0]) if loop.results else 0)]


def _compare_stored(
    index: int, loop: Loop, ufunc: Any, operands: list[Any], wanted: list[tuple[Any, np.dtype[Any]]]
) -> Difference | None:
    """With `out=`, the results before the element that raises are there, and nothing is stored after it."""
    simple = len(loop.shape) == 1 and all(a.dtype.isnative and a.flags.aligned for a in _convert(operands))
    if not wanted or not simple or not isinstance(ufunc, np.ufunc):
        return None
    outs = [np.full(loop.shape, fill_of(dtype), dtype) for _, dtype in wanted]
    before = [out.copy() for out in outs]
    try:
        ufunc(*operands, out=tuple(outs))
    except (MemoryError, TooLong, KeyboardInterrupt):
        raise
    except BaseException:
        pass
    for (made, _), out, old in zip(wanted, outs, before, strict=True):
        want = np.concatenate([made, old[len(made) :]])
        if len(wanted) > 1:  # of the element that raises, the first results may fit
            want[len(made)] = out[len(made)]
        if describe(out) != describe(want):
            wrong = next(k for k in range(len(want)) if describe(out[k : k + 1]) != describe(want[k : k + 1]))
            what = f"element {wrong} is {want[wrong]!r} after element {len(made)} raised"
            return Difference(index, "results before an exception", what, repr(out[wrong]))
    return None
