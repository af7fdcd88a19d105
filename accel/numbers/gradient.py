"""`grad(f)`: the derivative of a Python function, by calling a copy of it with dual numbers."""

from __future__ import annotations

import ast
import sys
from types import FunctionType, ModuleType

from accel.analysis.comptime import derive, with_body
from accel.analysis.parse import parse_function
from accel.analysis.remainder import located
from accel.decorators import fn
from accel.errors import ArgumentError, CompileError, Diagnostic
from accel.numbers.activity import LIFTS, with_lifts
from accel.numbers.dual import Dual
from accel.numbers.rules import find_rule, meaning_of
from accel.numbers.slopes import BESIDE
from accel.runtime.frames import find_caller

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from accel.ir import Source

__all__ = ["grad", "value_and_grad"]


def grad(function: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """The derivative of a function of numbers.

    Parameters
    ----------
    function : function
        A Python function that gives one number, decorated or not.
    argnums : int or tuple of int, default 0
        The parameters to differentiate in, by position.

    Returns
    -------
    function
        A function of the same parameters, compiled, that gives the derivative as a float; for several parameters their tuple, found in one pass.

    Raises
    ------
    ArgumentError
        For anything that is no such function, or positions it has not. The derivative raises it where the function calls what has no derivative rule.
    CompileError
        When the function has no source.

    Notes
    -----
    A copy of the function is called with dual numbers (`Dual`), as are copies of the Python functions it calls. Functions of `math`, NumPy and the builtins of one or two numbers
    have their derivatives there, whichever way they are named. Branches and loops go the way they go without: the derivative is that of the operations that are done. At a point
    where two branches meet, that is the branch which is taken; `abs` has the derivative 0 at 0, of equal numbers `max` and `min` take the first, what changes in steps (`floor`,
    `round`, `//`, `int`) has the derivative 0. The functions it calls are those that were there when `grad` was called; numbers outside are read as they are now.

    Accuracy is that of the chain rule in floats, some ULP where nothing cancels. The derivative is the same with accel off, bit for bit. It has no derivative of its own:
    `grad(grad(f))` raises TypeError when it is called.

    Examples
    --------
    >>> import math
    >>> from accel.types import grad
    >>> def curve(x):
    ...     return math.sin(x) * math.exp(-x * x) + x**3
    >>> grad(curve)(0.0)
    1.0
    >>> grad(lambda x, y: x * y * y, argnums=(0, 1))(2.0, 3.0)
    (9.0, 12.0)
    """
    made: Callable[..., Any] = _differentiated(function, argnums, with_value=False)
    return made


def value_and_grad(function: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """A function that gives what another one gives, and its derivative, in one pass: a pair.

    Parameters
    ----------
    function : function
        A Python function that gives one number.
    argnums : int or tuple of int, default 0
        The parameters to differentiate in, by position.

    Returns
    -------
    function
        A function of the same parameters. See `grad`, which says what can be differentiated, and what is raised.

    Examples
    --------
    >>> from accel.types import value_and_grad
    >>> value_and_grad(lambda x: x**3)(2.0)
    (8.0, 12.0)
    """
    made: Callable[..., Any] = _differentiated(function, argnums, with_value=True)
    return made


def _refuse(what: str, do: str) -> NoReturn:
    raise ArgumentError(Diagnostic(what, "no-derivative", *find_caller(__file__), do=(do,)))


def _differentiated(function: Any, argnums: Any, *, with_value: bool) -> Any:
    if not isinstance(function, FunctionType):
        _refuse(f"`{getattr(function, '__qualname__', None) or repr(function)[:60]}` is no Python function, and has no derivative", "write a function that calls it")
    positions = argnums if type(argnums) is tuple else (argnums,)
    count = function.__code__.co_argcount
    if not positions or len({*positions}) < len(positions) or not all(type(p) is int and 0 <= p < count for p in positions):
        _refuse(f"`{function.__qualname__}` has no such parameters to differentiate in: {argnums!r:.40}", f"give positions from 0 to {count - 1}, each once")
    source = parse_function(function)
    copies = _Copies()
    baked: dict[str, Any] = {"$inner": copies.copy_of(source), "$finish": _make_finish(function.__qualname__, len(positions), type(argnums) is int, with_value)}
    copies.close()
    seeds = {p: f"$seed {k}" for k, p in enumerate(positions)}
    baked |= {name: _make_seed(len(positions), k) for k, name in enumerate(seeds.values())}
    made = with_body(source, [_call_of(source, seeds)], baked)
    made.__qualname__, made.__doc__ = f"grad({function.__qualname__})", f"The derivative of `{function.__qualname__}`."
    return fn(made)


def _call_of(source: Source, seeds: dict[int, str]) -> ast.stmt:
    """`return finish(inner(seed(x), y))`."""

    def load(name: str) -> ast.expr:
        return ast.Name(id=name, ctx=ast.Load())

    def call(name: str, *given: ast.expr, keywords: list[ast.keyword] | None = None) -> ast.expr:
        return ast.Call(func=load(name), args=list(given), keywords=keywords or [])

    parameters = source.tree.args
    names = [p.arg for p in (*parameters.posonlyargs, *parameters.args)]
    given = [call(seeds[k], load(name)) if k in seeds else load(name) for k, name in enumerate(names)]
    given += [ast.Starred(value=load(parameters.vararg.arg), ctx=ast.Load())] if parameters.vararg else []
    keywords = [ast.keyword(arg=p.arg, value=load(p.arg)) for p in parameters.kwonlyargs]
    keywords += [ast.keyword(arg=None, value=load(parameters.kwarg.arg))] if parameters.kwarg else []
    return located(ast.Return(value=call("$finish", call("$inner", *given, keywords=keywords))), source.tree)


def _make_seed(count: int, direction: int) -> Callable[[Any], Any]:
    number: Any = Dual[float, count]  # type: ignore[valid-type]
    unit = tuple([float(k == direction) for k in range(count)])

    def seed(x: Any) -> Any:
        return number(float(x), unit) if isinstance(x, BESIDE) else number(x, unit)

    return seed


def _make_finish(name: str, count: int, is_single: bool, with_value: bool) -> Callable[[Any], Any]:
    number: Any = Dual[float, count]  # type: ignore[valid-type]
    zeros: Any = (0.0,) * count

    def refuse(result: Any) -> Any:
        what = f"`{name}` gives an object of class {type(result).__name__}, and derivatives are of one number"
        raise ArgumentError(Diagnostic(what, "no-derivative", *find_caller(__file__), do=("return one number",)))

    def finish(result: Any) -> Any:
        if isinstance(result, number):
            value, partials = result.value, result.partials
        elif isinstance(result, BESIDE):
            value, partials = result, zeros
        else:
            return refuse(result)
        slopes = partials[0] if is_single else partials
        return (value, slopes) if with_value else slopes

    return finish


# -- copies of functions


class _Copies:
    """Copies of functions in which what may get dual numbers is replaced by what takes them; each once, as functions may call themselves and each other."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[FunctionType, FunctionType, list[FunctionType]]] = {}  # by id: the function, what stands for it until its copy is there, and that

    def copy_of(self, source: Source) -> FunctionType:
        """The copy of a function."""
        function = source.function
        made: list[FunctionType] = []
        self._made[id(function)] = function, FunctionType(function.__code__, {}, closure=function.__closure__), made
        values = {name: found for name, paths in _names_outside(source).items() if (found := self._stand_in(_look_up(source, name), paths)) is not None}
        made.append(derive(with_lifts(source, lambda node: _meaning(source, node)), values | LIFTS, is_partial=True))
        made[0].__annotations__ = {name: said for name, said in function.__annotations__.items() if "Comptime" in str(said)}  # others are about plain numbers
        if "accel" in function.__dict__:
            made[0] = fn(made[0])
        return made[0]

    def close(self) -> None:
        """Put the copies where functions call those that were not there yet."""
        waiting = {id(stand_in): made for _, stand_in, made in self._made.values()}
        for _, _, made in self._made.values():
            for cell in made[0].__closure__ or () if made else ():
                try:
                    found = waiting.get(id(cell.cell_contents))
                except ValueError:  # an empty cell
                    continue
                if found:
                    cell.cell_contents = found[0]

    def _stand_in(self, value: Any, paths: set[tuple[str, ...]]) -> Any:
        """What stands for an object from outside, of which these attributes are asked for; None where it may stay."""
        if type(value) is ModuleType:
            return self._stand_in_of_module(value, paths)
        if isinstance(value, FunctionType):
            return self._copy_of_callee(value)
        return find_rule(value)

    def _stand_in_of_module(self, module: ModuleType, paths: set[tuple[str, ...]]) -> ModuleType:
        made = ModuleType(module.__name__)
        for first in {path[0] for path in paths if path}:
            if hasattr(module, first):
                value = getattr(module, first)
                found = self._stand_in(value, {path[1:] for path in paths if path[:1] == (first,)})
                setattr(made, first, value if found is None else found)
        return made

    def _copy_of_callee(self, function: FunctionType) -> Any:
        if id(function) in self._made:
            _, stand_in, made = self._made[id(function)]
            return made[0] if made else stand_in
        home = (function.__module__ or "").partition(".")[0]
        if home in ("accel", "numpy") or home in sys.stdlib_module_names:
            return None
        try:
            return self.copy_of(parse_function(function))
        except CompileError:  # no source: dual numbers go through its operators
            self._made.pop(id(function), None)
            return None


def _names_outside(source: Source) -> dict[str, set[tuple[str, ...]]]:
    """The names that a function looks up outside, with the attributes it asks what they stand for."""
    own = {*source.code.co_varnames, *source.code.co_cellvars}
    found: dict[str, set[tuple[str, ...]]] = {}
    for node in source.nodes:
        path: tuple[str, ...] = ()
        while isinstance(node, ast.Attribute):
            path, node = (node.attr, *path), node.value
        if isinstance(node, ast.Name) and node.id not in own:
            found.setdefault(node.id, set()).add(path)
    return found


def _look_up(source: Source, name: str) -> Any:
    function: Any = source.function
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    if name in cells:
        try:
            return cells[name].cell_contents
        except ValueError:
            return None
    return function.__globals__.get(name, function.__builtins__.get(name))


def _meaning(source: Source, node: ast.expr) -> str:
    """What a function gives that an expression names: "arithmetic", "flat", or ""."""
    path: list[str] = []
    while isinstance(node, ast.Attribute):
        path.insert(0, node.attr)
        node = node.value
    own = {*source.code.co_varnames, *source.code.co_cellvars}
    if not isinstance(node, ast.Name) or node.id in own:
        return ""
    value = _look_up(source, node.id)
    for name in path:
        value = vars(value).get(name) if type(value) is ModuleType else None
    return meaning_of(value)
