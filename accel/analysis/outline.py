"""Loops of a function -> functions of their own, and a driver: the function with calls in place of those loops.

All have the name and the file of the function, and its lines. Names such as `$from`, which no source can spell, are theirs. A driver calls
constants, which are put into its code after it was compiled. What a loop has raised, the driver raises at the place in the loop where it came
from, so that the traceback is that of the function: it has a statement for each such place.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

from accel.analysis.continuation import compile_instead, define, without_defaults
from accel.analysis.parse import note_derived
from accel.dependence.loops import Loops, ParallelLoop, SequentialLoop
from accel.dependence.scalars import Reduction
from accel.ir import Source

__all__ = ["BROKEN", "RETURNED", "THROUGH", "Place", "copy_attributes", "make_driver", "make_part", "make_summary", "outputs_of", "places_of", "steps_of"]

_FROM, _TO, _STEP, _RANGE, _ANSWER = "$from", "$to", "$step", "$range", "$answer"
_EXIT, _VALUE = "$exit", "$value"  # how a loop was left: THROUGH, BROKEN or RETURNED; and what is returned
THROUGH, BROKEN, RETURNED = 0, 1, 2
Place = tuple[int | None, int | None, int | None, int | None]  # lines and columns, as `co_positions` gives them


def steps_of(loop: ast.For) -> bool:
    """Whether the functions made of a loop take its step, which is no constant."""
    assert isinstance(loop.iter, ast.Call)
    return len(loop.iter.args) == 3 and not _is_constant(loop.iter.args[2])


def outputs_of(found: ParallelLoop | SequentialLoop) -> tuple[str, ...]:
    """What the function made of a loop returns, in order. Of one that may be left early, the last but one is how it was, the last what is returned."""
    if isinstance(found, SequentialLoop):
        return found.outputs
    reduced = (n for r in found.reductions for n in (r.name, *r.companions))
    if not found.leaves:
        return (*found.last, *reduced)
    assert isinstance(found.loop.target, ast.Name)
    target = (found.loop.target.id,) if found.target_is_read else ()
    return (*found.last, *reduced, *target, *found.leaving, _EXIT, _VALUE)


def make_summary(source: Source, found: ParallelLoop, scan: Reduction) -> FunctionType:
    """A function like that of `make_part`, which finds out only what iterations put together in a scan: it stores nothing."""
    return _make(source, found, list(scan.steps), _tuple_of((scan.name, *scan.companions)))


def make_part(source: Source, found: ParallelLoop | SequentialLoop) -> FunctionType:
    """A function that does some iterations of a loop: all of a sequential one.

    Of a parallel one its parameters are the first number and the one where it ends, the step when that is no constant, and then, as always, the
    inputs. It returns a tuple with the outputs, or None where there are none; None stands for those without a value.
    """
    outputs = outputs_of(found)
    if not (isinstance(found, ParallelLoop) and found.leaves):
        return _make(source, found, found.loop.body, _tuple_of(outputs) if outputs else None)

    def result(how: int, without: tuple[str, ...] = (), value: ast.expr | None = None) -> ast.Tuple:
        own: dict[str, ast.expr] = {n: ast.Constant(value=None) for n in (*without, _VALUE)}
        own[_EXIT] = ast.Constant(value=how)
        if value is not None:
            own[_VALUE] = value
        return ast.Tuple(elts=[own.get(n) or _load(n) for n in outputs], ctx=ast.Load())

    table: dict[int, list[ast.stmt]] = {}
    for leave in found.leaves:
        made = result(BROKEN) if isinstance(leave, ast.Break) else result(RETURNED, outputs, leave.value)
        table[id(leave)] = [_at(leave, ast.Return(value=made))]
    return _make(source, found, _replaced(found.loop, table).body, result(THROUGH, found.leaving))


def _make(source: Source, found: ParallelLoop | SequentialLoop, does: list[ast.stmt], result: ast.expr | None) -> FunctionType:
    loop, parameters = found.loop, list(found.inputs)
    body: list[ast.stmt] = [loop]
    if isinstance(found, ParallelLoop):
        assert isinstance(loop, ast.For) and isinstance(loop.iter, ast.Call)
        limits = [_FROM, _TO, *([_STEP] if steps_of(loop) else [])]
        arguments: list[ast.expr] = [_load(name) for name in limits]
        if len(loop.iter.args) == 3 and not steps_of(loop):
            arguments.append(loop.iter.args[2])
        counted = ast.Call(func=_load("range"), args=arguments, keywords=[])
        body = [_at(loop, ast.For(target=loop.target, iter=_at(loop.iter, counted), body=does, orelse=[]))]
        parameters = [*limits, *parameters]
    if result is not None:
        body.append(_at(loop, ast.Return(value=result)))
    tree = define("%inner", parameters, body)
    return _derive(source, tree, compile_instead(source, tree, ()))


def _derive(source: Source, tree: ast.FunctionDef, code: CodeType) -> FunctionType:
    """A function of code that was made of pieces of the source's, which accel compiles as it does any other."""
    function = source.function
    note_derived(code, tree, source.lines)
    made = FunctionType(code, function.__globals__, function.__name__)
    made.__qualname__, made.__module__ = function.__qualname__, function.__module__
    return made


def make_driver(source: Source, loops: Loops, runners: dict[int, Any], begin: Callable[[], object] | None) -> FunctionType:
    """The function, where the loops (by `id`) call what stands for them: with the range, if it is a parallel one, and the inputs. It calls
    `begin` first, if there is one."""
    assert isinstance(source.tree, ast.FunctionDef)
    function, code = source.function, source.code
    every: tuple[ParallelLoop | SequentialLoop, ...] = (*loops.parallel, *loops.sequential)
    known = [f for f in every if id(f.loop) in runners]
    marks = {f"$runner {n}": runners[id(f.loop)] for n, f in enumerate(known)}
    table = {id(f.loop): _call(f, mark) for f, mark in zip(known, marks, strict=True)}
    tree = _replaced(source.tree, table)
    first = [] if begin is None else [_at(tree.body[0], ast.Expr(value=ast.Call(func=ast.Constant(value="$begin"), args=[], keywords=[])))]
    marks["$begin"] = begin
    has_text = ast.get_docstring(tree, clean=False) is not None
    inner = define("%inner", (), [*tree.body[:has_text], *first, *tree.body[has_text:]])
    inner.args = without_defaults(tree.args)
    if code.co_freevars:  # all of them stay, so that the code of the function itself fits the driver
        free: list[ast.expr] = [_load(n) for n in code.co_freevars]
        inner.body = [*inner.body, _at(tree, ast.If(test=ast.Constant(value=False), body=[ast.Expr(value=ast.Tuple(elts=free, ctx=ast.Load()))], orelse=[]))]
    made = compile_instead(source, inner, code.co_freevars)
    constants = tuple(marks.get(c, c) if isinstance(c, str) else c for c in made.co_consts)
    made = made.replace(co_consts=constants)
    cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
    driver = FunctionType(made, function.__globals__, function.__name__, function.__defaults__, tuple(cells[n] for n in made.co_freevars))
    return copy_attributes(driver, function)


def copy_attributes(made: FunctionType, function: FunctionType) -> FunctionType:
    """Give a function made of another one all that this one has besides its code; it is its `__wrapped__`."""
    for name in ("__kwdefaults__", "__qualname__", "__module__", "__doc__", "__annotations__"):
        setattr(made, name, getattr(function, name))
    made.__dict__.update(function.__dict__)
    made.__dict__.pop("accel", None)
    made.__dict__["__wrapped__"] = function
    return made


def _call(found: ParallelLoop | SequentialLoop, mark: str) -> list[ast.stmt]:
    """The statements that stand for a loop."""
    loop = found.loop
    given: list[ast.expr] = [_load(n) for n in found.inputs]
    statements: list[ast.stmt] = []
    if isinstance(found, ParallelLoop):
        assert isinstance(loop, ast.For)
        statements.append(ast.Assign(targets=[_store(_RANGE)], value=loop.iter))
        given.insert(0, _load(_RANGE))
    call = ast.Call(func=ast.Constant(value=mark), args=given, keywords=[])
    raises = [_raise_at(place, number) for number, place in enumerate(places_of(loop), 1)]
    does: list[ast.stmt] = [
        ast.Assign(targets=[_store(_ANSWER)], value=call),
        ast.If(test=_answer(0), body=list[ast.stmt](raises), orelse=[]),
    ]
    leaving = found.leaving if isinstance(found, ParallelLoop) else ()
    if outputs := [_store(f"$left {n}" if n in leaving else n) for n in outputs_of(found)]:
        does.append(ast.Assign(targets=[ast.Tuple(elts=outputs, ctx=ast.Store())], value=_answer(1)))
    if isinstance(found, ParallelLoop):
        if found.target_is_read and not found.leaves:
            last = ast.Subscript(value=_load(_RANGE), slice=ast.Constant(value=-1), ctx=ast.Load())
            does.append(ast.Assign(targets=[found.loop.target], value=last))
        does = [ast.If(test=_load(_RANGE), body=does, orelse=[])]
        does = _left(found, does) if found.leaves else [*does, *loop.orelse]
    for statement in (*statements, *does):
        _at(loop.iter if isinstance(loop, ast.For) else loop.test, statement)
    return [*statements, *does]


def _left(found: ParallelLoop, does: list[ast.stmt]) -> list[ast.stmt]:
    """What stands for a loop that may be left early, and what follows from how it was."""

    def if_so(how: int, body: list[ast.stmt]) -> list[ast.stmt]:
        test = ast.Compare(left=_load(_EXIT), ops=[ast.Eq()], comparators=[ast.Constant(value=how)])
        return [ast.If(test=test, body=body, orelse=[])] if body else []

    may_return = any(isinstance(leave, ast.Return) for leave in found.leaves)
    bound: list[ast.stmt] = [ast.Assign(targets=[_store(n)], value=_load(f"$left {n}")) for n in found.leaving]
    return [
        ast.Assign(targets=[_store(_EXIT)], value=ast.Constant(value=THROUGH)), *does,
        *if_so(RETURNED, [ast.Return(value=_load(_VALUE))] if may_return else []), *if_so(BROKEN, bound), *if_so(THROUGH, found.loop.orelse),
    ]  # fmt: skip


def places_of(loop: ast.For | ast.While) -> list[Place]:
    """Where in a loop something may raise."""
    nodes: list[Any] = [n for n in ast.walk(loop) if isinstance(n, (ast.expr, ast.stmt)) and not isinstance(n, ast.Constant)]
    return list(dict.fromkeys((n.lineno, n.end_lineno, n.col_offset, n.end_col_offset) for n in nodes))


def _answer(position: int) -> ast.expr:
    return ast.Subscript(value=_load(_ANSWER), slice=ast.Constant(value=position), ctx=ast.Load())


def _raise_at(place: Place, number: int) -> ast.If:
    """If this is the place, have the exception raised from there."""
    call: Any = ast.Call(func=_answer(1), args=[], keywords=[])
    statement: Any = ast.Expr(value=call)
    for node in (call, statement):
        node.lineno, node.end_lineno, node.col_offset, node.end_col_offset = place
    test = ast.Compare(left=_answer(0), ops=[ast.Eq()], comparators=[ast.Constant(value=number)])
    return ast.If(test=test, body=[statement], orelse=[])


def _replaced(node: Any, table: dict[int, list[ast.stmt]]) -> Any:
    """A copy of a tree with other statements for some; what is not touched is shared."""
    made = copy.copy(node)
    for field, value in ast.iter_fields(node):
        if isinstance(value, list) and value and isinstance(value[0], (ast.stmt, ast.ExceptHandler, ast.match_case)):
            setattr(made, field, [s for old in value for s in table.get(id(old)) or [_replaced(old, table)]])
    return made


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) or (isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant))


def _load(name: str) -> ast.Name:
    return ast.Name(id=name, ctx=ast.Load())


def _store(name: str) -> ast.expr:
    return ast.Name(id=name, ctx=ast.Store())


def _tuple_of(names: tuple[str, ...]) -> ast.Tuple:
    return ast.Tuple(elts=[_load(n) for n in names], ctx=ast.Load())


def _at(place: ast.AST, made: Any) -> Any:
    """A new node, and those in it that have no place yet, where another one stands."""
    for node in ast.walk(made):
        if "lineno" in node._attributes and not hasattr(node, "lineno"):
            ast.copy_location(node, place)
    return made
