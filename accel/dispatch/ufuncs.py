"""A scalar function as a `numpy.ufunc`: NumPy asks for a loop when it meets operands of new dtypes, and gets compiled code or CPython.

NumPy calls a promoter (`Elementwise.promote`) with the classes of the dtypes. It infers what the function gives for such elements, adds
a loop for them, and says to which dtypes the operands are to be converted. The loop calls the function once for each element; what
compiled code leaves, and everything where there is none, is done by `Elementwise.run`.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time
from types import FunctionType

from accel.analysis.results import count_results
from accel.dispatch.carriers import install_ufuncs, stubs
from accel.dispatch.guards import GuardError, guard_words, holds
from accel.dispatch.handlers import is_from_a_handler
from accel.errors import CompileError, Diagnostic
from accel.ir import ElementForm, Lowered, Signature
from accel.runtime.image import Image, Loaded
from accel.runtime.interrupt import find_tripped, hold_signals
from accel.runtime.pool import thread_symbols
from accel.runtime.symbols import resolve
from accel.runtime.ufunc_api import ufunc_api
from accel.types.annotations import enforced_parameters
from accel.types.elements import element_kind, find_output_chars, is_python_number
from accel.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Hint = Callable[[FunctionType, tuple[Diagnostic, ...]], None]

__all__ = ["Elementwise", "find_elementwise"]

_lock = threading.RLock()
os.register_at_fork(after_in_child=lambda: _lock._at_fork_reinit())  # type: ignore[attr-defined]
_made: dict[int, Elementwise] = {}  # by address of the ufunc, which lives for good: NumPy has the addresses of its loops
_OBJECT = "O"
_SCALAR = 2  # in the word `accel.choice`: lanes are slower (`accel.lower.choice`)
_MOST_RENEWALS = 64  # times what is watched may change before CPython does the elements


@dataclass(slots=True, eq=False)
class _Loop:
    """A loop NumPy knows: dtypes of its operands, and the machine code that serves it now (none for CPython)."""

    chars: tuple[str, ...]
    uniform: frozenset[int]
    lowered: Lowered | None = None
    loaded: list[Loaded] | None = None  # newest last: older ones hand over to it
    words: list[dict[str, int]] | None = None  # what its guards compare with
    choice: Any = None  # a word: whether lanes pay, once a call has found out

    def describe(self) -> str:
        """How elements are done, in words."""
        if not self.loaded:
            return "CPython, element by element"
        shape = next((name for name in self.loaded[-1].image.exports if name.startswith("shape.")), "")
        if not shape:
            reason = next((name for name in self.loaded[-1].image.exports if name.startswith("scalar.")), "")
            return "compiled, one element at a time" + (f": {reason.removeprefix('scalar.')}" if reason else "")
        width, groups = shape.removeprefix("shape.").split("x")
        lanes = f"compiled, {int(width) * int(groups)} lanes at a time: {groups} vectors of {width}"
        return f"{lanes}; one element at a time was faster, and is used" if self.choice.value == _SCALAR else lanes

    def grades(self) -> str:
        """Elementary functions machine code calls, and how accurate each is."""
        told = next((name for name in self.loaded[-1].image.exports if name.startswith("grades.")), "") if self.loaded else ""
        calls = [call.split("=") for call in told.removeprefix("grades.").split()]
        return ", ".join(f"{name} {'to 1 ulp' if grade == '1ulp' else grade}" for name, grade in calls)


class Elementwise:
    """What accel knows of one ufunc: the class of `f.accel`.

    Attributes
    ----------
    function : function
        The scalar function.
    ufunc : numpy.ufunc
        What the user holds.
    diagnostics : tuple of Diagnostic
        Why a loop runs in CPython, the last time there was a reason.
    counters : dict
        How often a loop was "compiled", "loaded" from the cache, "refused", "failed" by a fault of the compiler, or "renewed" after
        something watched had changed; elements done by CPython ("plain").
    """

    def __init__(self, function: FunctionType, options: Any, *, compiles: bool = True, hint: Hint | None = None) -> None:
        code = function.__code__
        self.function, self.options, self._compiles = function, options, compiles
        self.diagnostics: tuple[Diagnostic, ...] = ()
        self.counters = dict.fromkeys(("compiled", "loaded", "refused", "failed", "renewed", "plain"), 0)
        self.compile_seconds = 0.0
        self._hint, self._warned = hint, False
        self._annotated: list[Any] = [None] * code.co_argcount
        for enforced in enforced_parameters(function):
            self._annotated[enforced.position] = enforced.expected
        self._loops: dict[tuple[str, ...], _Loop] = {}
        self._answers: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._kept: list[Any] = []
        self._start = stubs()["start_reduction"] if options.identity else 0
        install_ufuncs(_promote, _run, _start)
        api = ufunc_api()
        self.ufunc = api.make(function.__name__, function.__doc__ or "", code.co_argcount, count_results(code), options.identity)
        api.add_promoter(self.ufunc, stubs()["promote"])
        own = {"accel": self, "__wrapped__": function, "__module__": function.__module__, "__qualname__": function.__qualname__}
        if hasattr(self.ufunc, "__dict__"):  # older NumPy: nothing belongs to a ufunc
            self.ufunc.__dict__.update(own)
        _made[id(self.ufunc)] = self

    @property
    def compiled(self) -> bool:
        """Whether there is machine code for at least one combination of dtypes."""
        return any(loop.lowered is not None for loop in self._loops.values())

    @property
    def types(self) -> tuple[str, ...]:
        """The loops there are, as in `numpy.ufunc.types`."""
        nin = self.ufunc.nin
        return tuple(f"{''.join(c[:nin])}->{''.join(c[nin:])}" for c in self._loops)

    def explain(self) -> str:
        """What was compiled, and what was not and why, in words."""
        from accel.errors import render_diagnostic

        lines = [f"{self.ufunc.__name__}: {len(self._loops)} loops, {self.compile_seconds * 1e3:.0f} ms spent on them"]
        for kind, loop in zip(self.types, self._loops.values(), strict=True):
            lines.append(f"  {kind}  {loop.describe()}")
            grades = loop.grades()
            if grades:
                lines.append(f"    calls: {grades}")
        if self.counters["plain"]:
            lines.append(f"  CPython did {self.counters['plain']} elements")
        return "\n".join([*lines, *map(render_diagnostic, self.diagnostics)])

    # -- dtypes

    def promote(self, given: list[Any], wanted: list[Any]) -> tuple[str, ...]:
        """The dtypes the operands are to be converted to, by type character; there is a loop for them afterwards.

        Parameters
        ----------
        given
            Classes of the dtypes of the operands; None for results that are to be made.
        wanted
            Classes the caller has asked for with `dtype=` or `signature=`, or None.
        """
        nin = self.ufunc.nin
        classes = [w or g for g, w in zip(given[:nin], wanted[:nin], strict=True)]
        inputs = _concrete(classes)
        uniform = frozenset(k for k, class_ in enumerate(classes) if class_.__name__ in _WEAK)
        asked = [_char_of(w) if w else "" for w in wanted[nin:]]
        with _lock:
            chars = self._find(inputs, uniform)
            if any(a and a != c for a, c in zip(asked, chars[nin:], strict=True)):
                chars = self._find(tuple(asked[0] for _ in inputs), uniform)
                if any(a and a != c for a, c in zip(asked, chars[nin:], strict=True)):
                    raise TypeError(f"`{self.ufunc.__name__}` gives no {', '.join(asked)}")
        return chars

    def _find(self, inputs: tuple[str, ...], uniform: frozenset[int]) -> tuple[str, ...]:
        if inputs not in self._answers:
            self._answers[inputs] = self._make(inputs, uniform)
        return self._answers[inputs]

    def _make(self, inputs: tuple[str, ...], uniform: frozenset[int]) -> tuple[str, ...]:
        """A loop for these inputs, of which those in `uniform` are expected to be the same for all elements; the dtypes of all operands."""
        lowered = None if _OBJECT in inputs else self._compile(self._signature(inputs), inputs, uniform)
        outputs = self._declared_outputs(inputs) if lowered is None else _outputs_of(lowered)
        loop = _Loop((*inputs, *outputs), uniform)
        if lowered is not None and lowered.image:
            try:
                self._serve(loop, lowered)
            except (GuardError, OSError, KeyError):  # what is watched is not as it must be, or there is no executable memory
                self.counters["failed"] += 1
        if loop.lowered is None:
            self._register(loop, stubs()["plain_loop"])
        return loop.chars

    def _signature(self, inputs: tuple[str, ...]) -> Signature:
        """The kinds of the arguments that elements of these dtypes are."""
        kinds = []
        for char, annotated, name in zip(inputs, self._annotated, self.function.__code__.co_varnames, strict=False):
            kind = element_kind(char, annotated)
            if kind is None:
                wanted = next((e.text for e in enforced_parameters(self.function) if e.name == name), "numbers")
                raise TypeError(f"`{self.ufunc.__name__}` takes {wanted} for `{name}`, got elements of dtype {char!r}")
            kinds.append(kind)
        return Signature(tuple(kinds))

    def _declared_outputs(self, inputs: tuple[str, ...]) -> tuple[str, ...]:
        """The dtypes the annotation of the result tells of, for a function that is not compiled; else objects."""
        chars = {"float": "d", "int": "l", "bool": "?", "complex": "D"}
        annotation = self.function.__annotations__.get("return")
        char = _OBJECT if _OBJECT in inputs else chars.get(str(getattr(annotation, "__name__", annotation)), _OBJECT)
        return tuple([char] * self.ufunc.nout)

    # -- loops

    def _compile(self, signature: Signature, inputs: tuple[str, ...], uniform: frozenset[int]) -> Lowered | None:
        from accel.pipeline import specialize_elements

        start = time.perf_counter()
        try:
            form = ElementForm(inputs, self.ufunc.nout, uniform, self._compiles, self.options.threads or 0, self.options.accuracy)
            with hold_signals():
                lowered = specialize_elements(self.function, signature, form, cache=self.options.cache)
        except CompileError as error:
            self._refuse(error)
            return None
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            if os.environ.get("ACCEL_FAULTS") == "raise" or is_from_a_handler(error):
                raise
            self.counters["failed"] += 1
            self._refuse(CompileError(Diagnostic(f"the compiler failed on `{self.ufunc.__name__}`: {error!r}", "compiler-failure")))
            return None
        finally:
            self.compile_seconds += time.perf_counter() - start
        if lowered.image:
            self.counters["compiled" if lowered.text else "loaded"] += 1
        return lowered

    def _refuse(self, error: CompileError) -> None:
        self.counters["refused"] += 1
        self.diagnostics = error.diagnostics
        if self.options.strict:
            raise error
        if self._hint is not None and not self._warned:
            self._warned = True
            self._hint(self.function, error.diagnostics)

    def _serve(self, loop: _Loop, lowered: Lowered) -> int:
        """Have machine code serve a loop: a new one, or one whose guards hold no longer. Gives its address."""
        words = [guard_words(guard) for guard in lowered.guards]
        plain = {
            "accel.plain": stubs()["plain_loop"], "accel.stale": stubs()["stale_loop"], "replacement": 0,
            "accel.tripped": find_tripped(), "accel.stack_limit": stubs()["stack_limit"],
        }  # fmt: skip

        loop.choice = loop.choice or ctypes.c_int64(0)
        plain |= {"accel.choice": ctypes.addressof(loop.choice), **thread_symbols()}

        def address(name: str) -> int:
            if name in plain:
                return plain[name]
            if name.startswith("guard."):
                _, number, part = name.split(".")
                return words[int(number)][part]
            from accel.dispatch.tracing import tracing_symbols

            known = tracing_symbols()
            return known[name] if name in known else resolve(name)

        loaded = Loaded(Image.loads(lowered.image), address)
        if loop.loaded is None:
            self._register(loop, loaded["loop"])
        for older in loop.loaded or ():
            older.patch("replacement", loaded["loop"])
        loop.loaded = [*(loop.loaded or ()), loaded]
        loop.lowered, loop.words = lowered, words
        self._kept.append(lowered.guards)  # older machine code still compares with these: another object must not come to lie there
        return loaded["loop"]

    def _register(self, loop: _Loop, address: int) -> None:
        import numpy

        ufunc_api().add_loop(self.ufunc, [type(numpy.dtype(c)) for c in loop.chars], address, self._start)
        self._loops[loop.chars] = loop

    def _mend(self, loop: _Loop) -> int | None:
        """The address of machine code for a loop of which a guard does not hold; None when it is for CPython."""
        with _lock:
            if loop.lowered is None or self.counters["renewed"] > _MOST_RENEWALS:
                return None
            lowered: Lowered | None = loop.lowered
            try:
                if all(map(holds, loop.lowered.guards)):  # what is watched has moved
                    if [guard_words(guard) for guard in loop.lowered.guards] == loop.words:
                        return None
                else:
                    self.counters["renewed"] += 1
                    lowered = self._compile(loop.lowered.signature, loop.chars[: self.ufunc.nin], loop.uniform)
                if lowered is None or not lowered.image or _outputs_of(lowered) != loop.chars[self.ufunc.nin :]:
                    return None
                return self._serve(loop, lowered)
            except (GuardError, OSError, KeyError):
                return None

    # -- elements

    def run(self, chars: tuple[str, ...], places: int, count: int, strides: int, *, is_stale: bool) -> int | None:
        """Do elements in CPython, in order; or give the address of machine code that takes over, where a guard did not hold."""
        import numpy

        address = self._mend(self._loops[chars]) if is_stale else None
        if address is not None:
            return address
        total, nin = len(chars), self.ufunc.nin
        at = list((ctypes.c_ssize_t * total).from_address(places))
        steps = list((ctypes.c_ssize_t * total).from_address(strides))
        dtypes = [numpy.dtype(char) for char in chars]
        function, annotated = self.function, self._annotated
        for _ in range(count):
            self.counters["plain"] += 1
            elements = [_element(d, a) for d, a in zip(dtypes, at, strict=True)]
            arguments = [e.item() if is_python_number(a) else e[()] for e, a in zip(elements, annotated, strict=False)]
            result = function(*arguments)
            results = (result,) if self.ufunc.nout == 1 and not (type(result) is tuple and len(result) == 1) else result
            for element, value in zip(elements[nin:], results, strict=True):
                _store(element, value)
            at = [a + s for a, s in zip(at, steps, strict=True)]
        return None


def _outputs_of(lowered: Lowered) -> tuple[str, ...]:
    return find_output_chars(lowered.result) or ()


def _element(dtype: Any, address: int) -> Any:
    """The element at an address, as an array of no dimensions."""
    import numpy

    held: Any = (ctypes.c_char * dtype.itemsize).from_address(address)
    return numpy.ndarray((), dtype, held)


def _store(element: Any, value: Any) -> None:
    """Assign a result to an element, which must not cut it: an int for a float is fine, a float for an int is not."""
    import numpy

    if element.dtype.char != _OBJECT:
        found = numpy.asarray(value).dtype
        if _RANKS.get(found.kind, 9) > _RANKS[element.dtype.kind] and type(value) is not int:
            raise TypeError(f"a result of class {type(value).__name__} does not go into elements of dtype {element.dtype.name}")
        element[()] = value
    else:
        element.fill(value)  # as it is, a tuple too


_RANKS = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}


_WEAK = {"_PyLongDType": 0, "_PyFloatDType": 0.0, "_PyComplexDType": 0j}  # numbers of Python's, as NumPy calls their dtypes


def find_elementwise(ufunc: Any) -> Elementwise | None:
    """What accel knows of a ufunc; None if it is not one of accel's."""
    return _made.get(id(ufunc))


def _char_of(class_: Any) -> str:
    """The type character of the class of a dtype: "O" for objects, "" for what has none of the kinds known here."""
    import numpy

    number = getattr(class_, "type", None)
    try:
        return numpy.dtype(number).char if class_ is type(numpy.dtype(number)) else numpy.dtype(class_).char
    except TypeError:
        return ""


def _concrete(classes: list[Any]) -> tuple[str, ...]:
    """Type characters of dtypes; numbers of Python's take the dtype that goes with the others, as in NumPy's promotion (NEP 50)."""
    import numpy

    chars = ["" if c.__name__ in _WEAK else _char_of(c) for c in classes]
    strong = [numpy.dtype(c) for c in chars if c]
    made = []
    for class_, char in zip(classes, chars, strict=True):
        if class_.__name__ in _WEAK:
            value: Any = _WEAK[class_.__name__]
            char = str(numpy.result_type(*strong, value).char) if strong else numpy.asarray(value).dtype.char
        made.append(char)
    if _OBJECT in made:
        return tuple(_OBJECT for _ in made)
    if any(element_kind(char) is None for char in made):
        raise TypeError(f"there is no loop for operands of dtypes {', '.join(str(c.__name__) for c in classes)}")
    return tuple(made)


def _promote(ufunc: Any, given: int, wanted: int, answer: int) -> None:
    import numpy

    elementwise = _made[id(ufunc)]
    classes: list[list[Any]] = []
    for address in (given, wanted):
        words = (ctypes.c_void_p * ufunc.nargs).from_address(address)
        classes.append([ctypes.cast(w, ctypes.py_object).value if w else None for w in words])
    chars = elementwise.promote(*classes)
    places = (ctypes.c_void_p * ufunc.nargs).from_address(answer)
    for k, char in enumerate(chars):
        class_ = type(numpy.dtype(char))
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(class_))
        places[k] = id(class_)


def _start(ufunc: Any, dtypes: int, place: int) -> None:
    """Set the first element of a reduction to the identity."""
    dtype = ctypes.cast(ctypes.c_void_p.from_address(dtypes).value or 0, ctypes.py_object).value
    _element(dtype, place)[()] = _made[id(ufunc)].options.identity[0]


def _run(ufunc: Any, dtypes: int, *addresses: int) -> int | None:
    places, count, strides, is_stale = addresses
    words = (ctypes.c_void_p * ufunc.nargs).from_address(dtypes)
    chars = tuple(ctypes.cast(w, ctypes.py_object).value.char for w in words)
    number = ctypes.c_ssize_t.from_address(count).value
    return _made[id(ufunc)].run(chars, places, number, strides, is_stale=bool(is_stale))
