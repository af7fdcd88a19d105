"""Exit -> Continuation: a function that does what is left of another one, under its name, in its file, at its lines.

It takes the values at hand out of an iterator, so that nothing but its own variables keeps them alive; values that are not
variables of the user have names no source can spell, such as `%12`.
"""

from __future__ import annotations

import ast
import copy
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import repeat
from types import CellType, CodeType, FunctionType
from typing import Any

from accel.analysis.parse import FUTURE_FLAGS, compile_quietly
from accel.analysis.remainder import ContinuationError, Remainder, located
from accel.analysis.scopes import Scope, find_scope
from accel.ir import Source
from accel.values import dataclass

__all__ = ["Continuation", "ContinuationError", "build_continuation", "compile_instead", "define", "without_defaults"]

_VALUES = "%values"
_NESTED = 0x10  # CO_NESTED
_GENERATORS = 0x2A0  # CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR


@dataclass(frozen=True, slots=True, eq=False)
class Continuation:
    """Code that does the rest of a function, and which values it wants in which order.

    `cells` are names of an enclosing function whose values are at hand: they get cells of their own.
    """

    code: CodeType
    names: tuple[str, ...]
    cells: tuple[str, ...]
    parameters: int

    def bind(self, function: FunctionType, values: dict[str, Any], cells: Mapping[str, CellType] | None = None) -> partial[Any]:
        """A call of the rest of `function`, to be made once. `values` is emptied: only the call keeps them alive. Names in `cells`
        have their values there.

        The callable is C code: between the continuation and whoever calls it there is no frame.
        """
        own = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        own |= {name: (cells or {}).get(name) or CellType(values[name]) for name in self.cells}
        closure = tuple(own[name] for name in self.code.co_freevars)
        made = FunctionType(self.code, function.__globals__, function.__name__, None, closure)
        handed = [values[name] for name in self.names]
        values.clear()
        return partial(made, *repeat(None, self.parameters), handed)


def build_continuation(
    source: Source,
    node: int,
    phase: str,
    bound: frozenset[str],
    closures: Mapping[str, int] | None = None,
    *,
    shared: tuple[str, ...] = (),
) -> Continuation:
    """Build what is left of a function at an exit.

    Parameters
    ----------
    source : Source
        The function.
    node, phase : int, str
        The operation about to be done: number of the syntax node, and stage of it.
    bound : frozenset of str
        Names whose values will be handed over: variables, `%12`, `%iter7`, `%item7`, `%part9.0`, `%ret3`, `%result`.
        In phase "raise" `%raise` is a callable that raises the exception.
    closures : mapping of str to int, optional
        Names that stand for nested functions, with the numbers of their `def` or `lambda`: they are made anew.
    shared : tuple of str
        Names of the function around that this one binds: the cells to use for them are given to `Continuation.bind`.

    Returns
    -------
    Continuation

    Raises
    ------
    ContinuationError
        When nothing can be continued there, or a value is missing.
    """
    closures = closures or {}
    scope, code = find_scope(source.tree), source.code
    if code.co_flags & _GENERATORS:
        raise ContinuationError(f"can't go on in a generator or coroutine: {source.name}")
    remainder = Remainder(source, bound | frozenset(closures))
    rest = remainder.statements(node, phase)
    if scope.statements:
        rest = [_without_declarations(statement) for statement in rest]
    remade = {name: number for name, number in closures.items() if not name.startswith("%") or name in remainder.used}
    variables = sorted(n for n in bound if n in scope.bound and n not in remade)
    names = (*variables, *sorted(n for n in remainder.used if n not in remade))
    cells = tuple(sorted(n for n in bound if n in code.co_freevars and n not in scope.bound))
    _check_cells(source, cells, shared)
    head = _head(source, scope, names, remade)
    made = _compile(source, scope, [*head, *rest])
    return Continuation(made, names, cells, len(scope.parameters))


def _check_cells(source: Source, cells: tuple[str, ...], shared: tuple[str, ...]) -> None:
    """A name of an enclosing function is known by its value only: it can't be bound anew for that function to see."""
    rebound = {n for node in source.nodes if isinstance(node, ast.Nonlocal) for n in node.names}
    if rebound.intersection(cells).difference(shared):
        raise ContinuationError(f"can't go on in {source.name}: it binds names of the function around it")


# -- the head: declarations, nested functions, values


def _head(source: Source, scope: Scope, names: tuple[str, ...], closures: Mapping[str, int]) -> list[ast.stmt]:
    head: list[ast.stmt] = []
    if scope.globals:
        head.append(ast.Global(names=sorted(scope.globals)))
    if scope.nonlocals:
        head.append(ast.Nonlocal(names=sorted(scope.nonlocals)))
    unwanted = {_VALUES, *scope.parameters} - set(names)
    for number in sorted(set(closures.values())):
        head += _remade_function(source, number, sorted(n for n, k in closures.items() if k == number))
        unwanted |= {_name_of_definition(source, number)} - {""}
    if names:
        target = ast.Tuple(elts=[ast.Name(id=n, ctx=ast.Store()) for n in names], ctx=ast.Store())
        head.append(ast.Assign(targets=[target], value=ast.Name(id=_VALUES, ctx=ast.Load())))
        every = ast.Subscript(value=ast.Name(id=_VALUES, ctx=ast.Load()), slice=ast.Slice(), ctx=ast.Del())
        head.append(ast.Delete(targets=[every]))  # without a call, which at the limit of recursion would be one too many
    unwanted -= {*names, *closures}
    head.append(ast.Delete(targets=[ast.Name(id=n, ctx=ast.Del()) for n in sorted(unwanted)]))
    # What the function binds is local to it also where the rest no longer binds it.
    local = [ast.Name(id=n, ctx=ast.Store()) for n in sorted(scope.bound)]
    if local:
        assignment = ast.Assign(targets=list[ast.expr](local), value=ast.Constant(value=None))
        head.append(ast.If(test=ast.Constant(value=False), body=[assignment], orelse=[]))
    for statement in head:
        if not hasattr(statement, "lineno"):
            statement.lineno = statement.end_lineno = source.tree.lineno
            statement.col_offset = statement.end_col_offset = source.tree.col_offset
    return head


def _name_of_definition(source: Source, number: int) -> str:
    node = source.nodes[number]
    return node.name if isinstance(node, ast.FunctionDef) else ""


def _remade_function(source: Source, number: int, names: list[str]) -> Iterator[ast.stmt]:
    """Statements that define a nested function once more and bind it to each of its names."""
    node: Any = source.nodes[number]
    if not isinstance(node, (ast.FunctionDef, ast.Lambda)):
        raise ContinuationError(f"node {number} of {source.name} is no nested function")
    defaults = [d for d in (*node.args.defaults, *node.args.kw_defaults) if d is not None]
    if getattr(node, "decorator_list", []) or not all(isinstance(d, ast.Constant) for d in defaults):
        raise ContinuationError(f"can't define a nested function of {source.name} once more: it has decorators or defaults")
    value: ast.expr
    if isinstance(node, ast.FunctionDef):
        yield node
        value = ast.Name(id=node.name, ctx=ast.Load())
        names = [n for n in names if n != node.name]
    else:
        value = node
    if names:
        yield ast.Assign(targets=[ast.Name(id=n, ctx=ast.Store()) for n in names], value=value)


def _without_declarations(statement: ast.stmt) -> ast.stmt:
    made: ast.stmt = _DropDeclarations().visit(copy.deepcopy(statement))
    return made


class _DropDeclarations(ast.NodeTransformer):
    """`global` and `nonlocal` stand at the head: here a name may have been used before them."""

    def visit_Global(self, node: ast.Global) -> ast.Pass:
        made: ast.Pass = located(ast.Pass(), node)
        return made

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.Pass:
        made: ast.Pass = located(ast.Pass(), node)
        return made

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AsyncFunctionDef:
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        return node


# -- compiling


def _compile(source: Source, scope: Scope, body: list[ast.stmt]) -> CodeType:
    """Code of a function with the name and place of the source's. It is compiled inside another function, which binds the
    names that are free in it; under another name, as its own may be a global it calls."""
    free = {*source.code.co_freevars, *scope.nonlocals} - scope.bound
    return compile_instead(source, define("%inner", [*scope.parameters, _VALUES], body), free)


def compile_instead(source: Source, inner: ast.FunctionDef, free: Iterable[str]) -> CodeType:
    """Code of a function named `%inner` under the name, and at the place, of the source's. `free` are names of the functions around."""
    code, tree = source.code, source.tree
    ast.copy_location(inner, tree)
    if code.co_firstlineno != tree.lineno:  # of the first decorator
        mark = located(ast.Constant(value=None), tree)
        mark.lineno = mark.end_lineno = code.co_firstlineno
        mark.end_col_offset = mark.col_offset
        inner.decorator_list = [mark]
    outer_body: list[ast.stmt] = [inner]
    if names := [ast.Name(id=n, ctx=ast.Store()) for n in sorted(free)]:
        outer_body.insert(0, ast.Assign(targets=list[ast.expr](names), value=ast.Constant(value=None)))
    module = ast.Module(body=[define("%outer", [], outer_body)], type_ignores=[])
    ast.fix_missing_locations(module)
    compiled = compile_quietly(module, source.filename, code.co_flags & FUTURE_FLAGS)
    outer = next(c for c in compiled.co_consts if isinstance(c, CodeType))
    made = next(c for c in outer.co_consts if isinstance(c, CodeType))
    flags = (made.co_flags & ~_NESTED) | (code.co_flags & _NESTED)
    return _renamed(made, made.co_qualname, code.co_qualname).replace(co_flags=flags, co_name=code.co_name)


def define(name: str, parameters: Iterable[str], body: list[ast.stmt]) -> ast.FunctionDef:
    """The definition of a function with positional parameters."""
    plain = [ast.arg(arg=p) for p in parameters]
    arguments = ast.arguments(posonlyargs=[], args=plain, vararg=None, kwonlyargs=[], kw_defaults=[], kwarg=None, defaults=[])
    made = ast.FunctionDef(name=name, args=arguments, body=body, decorator_list=[])
    if sys.version_info >= (3, 12):
        made.type_params = []
    return made


def _renamed(code: CodeType, compiled: str, wanted: str) -> CodeType:
    """`code` and all code inside with qualified names as in the user's file."""
    name = code.co_qualname
    if name != compiled and not name.startswith(f"{compiled}."):
        return code
    constants = tuple(_renamed(c, compiled, wanted) if isinstance(c, CodeType) else c for c in code.co_consts)
    return code.replace(co_qualname=wanted + name[len(compiled) :], co_consts=constants)


def without_defaults(given: ast.arguments) -> ast.arguments:
    """Parameters as names only: defaults and annotations are the function's."""

    def plain(parameters: list[ast.arg]) -> list[ast.arg]:
        return [ast.arg(arg=p.arg) for p in parameters]

    vararg, kwarg = (None if p is None else ast.arg(arg=p.arg) for p in (given.vararg, given.kwarg))
    return ast.arguments(
        posonlyargs=plain(given.posonlyargs), args=plain(given.args), vararg=vararg, kwonlyargs=plain(given.kwonlyargs),
        kw_defaults=[None] * len(given.kwonlyargs), kwarg=kwarg, defaults=[],
    )  # fmt: skip
