"""What a parallel loop takes for granted, looked at before each run: arrays that share no memory, ints that are ints, functions that only compute."""

from __future__ import annotations

import ast
import builtins
import dis
import sys
import weakref
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType

from accel.compile_time import comptime, comptime_assert, unroll
from accel.dispatch.replay import ABSENT
from accel.types.frozen import find_layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from accel.dependence.loops import ParallelLoop
    from accel.dispatch.replay import Row

__all__ = ["Conditions", "are_so"]

_BUILTINS = (abs, bool, complex, divmod, float, int, isinstance, len, max, min, pow, range, round)
_EARLY = (comptime, comptime_assert, unroll)  # which do nothing when a loop runs
_TRUSTED = {"range": range, "len": len, "min": min, "max": max}  # the proofs take them for what they are
_NUMBERS = (int, float, complex, bool, type(None))
_COMPUTING = ("math", "cmath")
_MOST_WORK = 1000  # for finding out whether arrays share memory
_LOOKED_AT = 4  # calls of calls of Python functions


class Conditions:
    """The conditions of one loop.

    Parameters
    ----------
    found : ParallelLoop
        The loop.
    space : dict
        The globals of its function.
    associative : mapping
        Text of each function it puts values together with -> that function.
    """

    def __init__(self, found: ParallelLoop, space: dict[str, Any], associative: Mapping[str, Any]) -> None:
        self._found, self._space, self._associative = found, space, associative
        self._harmless: dict[int, _Harmless] = {}
        self._outside = outside = {*found.arrays, *found.measured, *found.integers, *found.bare, *(name for name, _ in found.owners)} - set(found.inputs)
        self._modules = {name: space.get(name) for name in outside}
        self._is_local = all(isinstance(module, ModuleType) for module in self._modules.values())
        self._good: list[tuple[Any, ...]] = []  # how the inputs looked that were good the last time
        self._callees = [_split(callee) for callee in dict.fromkeys(map(ast.unparse, found.callees))]
        self._asks_inputs = any(owner in found.inputs for owner, _ in (*self._callees, *found.owners))  # for attributes

    def find_obstacle(self, values: tuple[Any, ...]) -> str:
        """Why the iterations may not run at once, for these inputs; "" if they may."""
        found, space = self._found, self._space
        known = dict(zip(found.inputs, values, strict=True))

        def value_of(name: str) -> Any:
            return known[name] if name in known else space[name] if name in space else getattr(builtins, name, None)

        if value_of("range") is not range:
            return "`range` is not the builtin one"
        for obstacle in self._of_calls(value_of):
            return obstacle
        if self._are_known(values):
            return ""
        for obstacles in (_of_numbers(found, known, value_of), _of_arrays(found, value_of)):
            for obstacle in obstacles:
                return obstacle
        are_plain = all(find_layout(type(value)) is None for value in values)  # classes may change
        self._good = [_look(value) for value in values] if self._is_local and are_plain else []
        return ""

    @property
    def may_hold_outside(self) -> bool:
        """Whether `hold_outside` can tell: the other names are those of modules, and no attribute of an input is read."""
        return self._is_local and not self._asks_inputs

    def hold_outside(self) -> bool:
        """Whether what does not depend on the inputs is as it was. Then there is no obstacle for inputs for which there was none."""
        space = self._space
        if space.get("range", range) is not range or any(space.get(name) is not module for name, module in self._modules.items()):
            return False
        return not any(self._of_calls(lambda name: _look_up(space, name)))

    def rows(self) -> list[Row] | None:
        """What names outside stand for, after a look that found no obstacle: as long as they do (`are_so`), there is none for the same inputs. None if that does not
        tell it all: only modules, numbers and functions in C are what they are for good."""
        named: dict[str, Any] = {name: _look_up(self._space, name) for name in self._outside}
        if self._asks_inputs or not all(isinstance(value, ModuleType) or _is_number(value) for value in named.values()):
            return None
        named["range"] = range
        rows: list[Row] = []
        for owner, attribute in self._callees:
            named[owner] = of = _look_up(self._space, owner)
            called = of.__dict__.get(attribute) if attribute and isinstance(of, ModuleType) else of
            if isinstance(called, FunctionType) or not _Harmless(called).is_harmless:
                return None  # what it calls would have to be looked at, too
            if attribute:
                rows.append((of.__dict__, attribute, called))
        for name, value in named.items():
            inside = name in self._space
            rows.append((self._space, name, value if inside else ABSENT))
            if not inside:
                rows.append((builtins.__dict__, name, value))
        return rows

    def _are_known(self, values: tuple[Any, ...]) -> bool:
        """Whether these are the very inputs that were good the last time, and look as they did."""
        for value, (reference, *look) in zip(values, self._good, strict=False):
            if not look:
                if value is not reference:
                    return False
            elif reference() is not value or value.shape != look[0] or value.strides != look[1] or value.dtype is not look[2]:
                return False
        return bool(self._good) and all(self._space.get(name) is module for name, module in self._modules.items())

    def _of_calls(self, value_of: Callable[[str], Any]) -> Iterator[str]:
        for k, (owner, attribute) in enumerate(self._callees):
            called = value_of(owner)
            if attribute:
                called = getattr(called, attribute, None) if isinstance(called, ModuleType) else None
            elif owner in _TRUSTED:
                if called is not _TRUSTED[owner]:
                    yield f"`{owner}` is not the builtin one"
                continue
            if any(called is early for early in _EARLY):
                continue
            if called is not self._associative.get(f"{owner}.{attribute}" if attribute else owner, called):
                yield f"`{owner}{'.' if attribute else ''}{attribute}` is another function than the one that was declared to be associative"
            known = self._harmless.get(k)
            if known is None or known.function is not called or not known.holds():
                known = self._harmless[k] = _Harmless(called)
            if not known.is_harmless:
                yield f"`{owner}{'.' if attribute else ''}{attribute}` is called, which may do more than compute numbers"


def are_so(rows: Iterable[Row]) -> bool:
    """Whether names stand for what they are said to."""
    return all(space.get(name, ABSENT) is value for space, name, value in rows)


def _of_numbers(found: ParallelLoop, known: Mapping[str, Any], value_of: Any) -> Iterator[str]:
    for name in found.integers:
        value = value_of(name)
        if not (type(value) is int or _dtype(value) == "int64"):  # True is no subscript
            yield f"`{name}` is {_kind(value)}, whose arithmetic is not that of the integers"
        elif name in found.naturals and value < 0:
            yield f"`{name}` is negative"
    for name in found.measured:
        if not _is_plain_array(value_of(name)):
            yield f"`{name}` is {_kind(value_of(name))}, not an array"
    for name in found.bare - {r.name for r in found.reductions}:
        value = value_of(name)
        if name in known and not _is_number(value):
            yield f"`{name}` is {_kind(value)}, used as a whole"
        if name not in known and _is_array(value):
            yield f"`{name}` is an array, used as a whole"
    for name, attribute in found.owners:
        value = value_of(name)
        if not (isinstance(value, ModuleType) or (name in known and (_is_number(value) or _is_field(value, attribute)))):
            yield f"`{name}.{attribute}` is read, of {_kind(value)}"
    for reduction in found.reductions:
        value = known[reduction.name]
        numeric = type(value) in (int, float) or (_is_number(value) and _dtype(value)[:1] in ("i", "u", "f") and _dtype(value) != "float16")
        fits = numeric or (type(value) is complex and reduction.how == "+")
        if reduction.how in ("+", "*", "^") and not fits:
            yield f"`{reduction.name}` starts as {_kind(value)}"
        if reduction.how == "call" and not all(map(_is_number, value if type(value) is tuple else (value,))):
            yield f"`{reduction.name}` starts as {_kind(value)}"
        if reduction.how in ("min", "max", "|", "&") and not (numeric or type(value) is bool):
            yield f"`{reduction.name}` starts as {_kind(value)}"


def _is_field(struct: Any, name: str) -> bool:
    """Whether a struct has a number as a field of this name, which nothing but its slot gives."""
    layout = find_layout(type(struct))
    if layout is None or name not in layout.kind.names:
        return False
    number, body = layout.kind.names.index(name), type(struct).__dict__
    setter: Any = layout.setters[number]
    return body.get(name) is setter.__self__ and "__getattribute__" not in body and _is_number(layout.read(struct)[number])


def _of_arrays(found: ParallelLoop, value_of: Any) -> Iterator[str]:
    arrays: dict[str, Any] = {}
    for name, count in found.arrays.items():
        value: Any = value_of(name)
        if type(value) is tuple and name not in found.written and all(map(_is_number, value)):
            continue
        if not _is_plain_array(value):
            yield f"`{name}` is {_kind(value)}, not an array"
        elif value.ndim != count:
            yield f"`{name}` has {value.ndim} dimensions, and {count} subscripts"
        elif value.dtype.kind not in "biufc":
            yield f"`{name}` has elements of dtype {value.dtype}"
        else:
            arrays[name] = value
    for name in found.written:
        if name in arrays:
            yield from _of_written(found, name, arrays)


def _of_written(found: ParallelLoop, name: str, arrays: dict[str, Any]) -> Iterator[str]:
    array = arrays[name]
    if not _is_solid(array):
        yield f"elements of `{name}` share memory with each other"
    if name in found.histograms:
        if array.dtype.kind == "b" or array.dtype.char == "e":
            yield f"`{name}` has elements of dtype {array.dtype}"
        if array.dtype.kind in "iu" and not all(_is_integer(v, arrays) for v in found.added[name]):
            yield f"what is added to `{name}` may not be an integer"
    for other, value in arrays.items():
        if other != name and (value is array or _overlap(array, value)):
            yield f"`{name}` and `{other}` share memory"


def _look(value: Any) -> tuple[Any, ...]:
    """A number, or an array (weakly) with what can be changed in place and matters."""
    return (weakref.ref(value), value.shape, value.strides, value.dtype) if _is_array(value) else (value,)


class _Harmless:
    """Whether a call depends on nothing but its arguments, which are numbers, and changes nothing; and what that was concluded from."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self._codes: list[tuple[FunctionType, CodeType]] = []
        self._read: list[tuple[Mapping[str, Any], str, Any]] = []
        self.is_harmless = self._only_computes(function, _LOOKED_AT)

    def holds(self) -> bool:
        """Whether all is as it was then."""
        return all(f.__code__ is c for f, c in self._codes) and all(_look_up(space, n) is value for space, n, value in self._read)

    def _only_computes(self, called: Any, depth: int) -> bool:
        if any(called is b for b in _BUILTINS):
            return True
        if isinstance(called, BuiltinFunctionType):
            return called.__module__ in _COMPUTING
        if isinstance(called, type):
            return called.__module__ == "numpy" or issubclass(called, Exception)
        if isinstance(called, FunctionType):
            return depth > 0 and self._is_harmless(called, depth - 1)
        return type(called).__name__ == "ufunc" and type(called).__module__ == "numpy"

    def _is_harmless(self, function: FunctionType, depth: int) -> bool:
        code = function.__code__
        self._codes.append((function, code))
        if code.co_cellvars or code.co_freevars or code.co_flags & _SUSPENDED:
            return False
        space = function.__globals__
        for instruction in dis.get_instructions(code):
            name = instruction.opname
            if not any(name == c or name.startswith(f"{c}_") for c in _HARMLESS):
                return False
            if name == "LOAD_GLOBAL":
                value = _look_up(space, instruction.argval)
                self._read.append((space, instruction.argval, value))
                if not (_is_number(value) or isinstance(value, ModuleType) or self._only_computes(value, depth)):
                    return False
            elif name in ("LOAD_ATTR", "LOAD_METHOD") and not self._is_of_module(function, instruction.argval, depth):
                return False
        return True

    def _is_of_module(self, function: FunctionType, attribute: str, depth: int) -> bool:
        """Whether a module the function names has a number or a harmless function of that name."""
        modules = [m for n in function.__code__.co_names if isinstance(m := function.__globals__.get(n), ModuleType)]
        found = [value for m in modules if (value := getattr(m, attribute, None)) is not None]
        return bool(found) and all(_is_number(v) or self._only_computes(v, depth) for v in found)


_SUSPENDED = 0x2A0  # generators and coroutines
_HARMLESS = (
    "LOAD", "STORE_FAST", "BINARY_OP", "COMPARE_OP", "UNARY", "RETURN", "POP", "COPY", "SWAP", "CALL", "JUMP", "PRECALL", "PUSH_NULL", "RESUME", "NOP",
    "CACHE", "IS_OP", "FOR_ITER", "GET_ITER", "END_FOR", "UNPACK_SEQUENCE", "BUILD_TUPLE", "KW_NAMES", "TO_BOOL", "EXTENDED_ARG", "RAISE_VARARGS",
)  # fmt: skip


def _look_up(space: Mapping[str, Any], name: str) -> Any:
    return space[name] if name in space else getattr(builtins, name, None)


def _split(callee: str) -> tuple[str, str]:
    """`math.sqrt` as ("math", "sqrt"); the attribute is empty where there is none."""
    owner, _, attribute = callee.rpartition(".")
    return (owner, attribute) if owner else (attribute, "")


def _is_integer(node: ast.expr, arrays: Mapping[str, Any]) -> bool:
    match node:
        case ast.Constant(value=value):
            return type(value) in (int, bool)
        case ast.UnaryOp(operand=operand):
            return _is_integer(operand, arrays)
        case ast.Subscript(value=ast.Name(id=name)):
            return name in arrays and arrays[name].dtype.kind in "iu"
    return False


def _overlap(first: Any, second: Any) -> bool:
    numpy: Any = sys.modules["numpy"]
    if not numpy.may_share_memory(first, second):
        return False
    try:
        return bool(numpy.shares_memory(first, second, max_work=_MOST_WORK))
    except numpy.exceptions.TooHardError:
        return True


def _is_solid(array: Any) -> bool:
    """Whether each element has a place of its own."""
    if array.flags.c_contiguous or array.flags.f_contiguous:
        return True
    reach = array.itemsize
    for stride, length in sorted((abs(s), n) for s, n in zip(array.strides, array.shape, strict=True) if n > 1):
        if stride < reach:
            return False
        reach = stride * (length - 1) + reach
    return True


def _is_plain_array(value: Any) -> bool:
    return type(value).__name__ == "ndarray" and _is_array(value)


def _is_array(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)


def _is_number(value: Any) -> bool:
    return type(value) in _NUMBERS or _dtype(value)[:1] in tuple("biufc")


def _dtype(value: Any) -> str:
    """The name of the dtype of a NumPy scalar, "" for anything else."""
    numpy = sys.modules.get("numpy")
    return str(value.dtype.name) if numpy is not None and isinstance(value, numpy.generic) else ""


def _kind(value: Any) -> str:
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeio' or name == 'ndarray' else 'a'} {name}"
