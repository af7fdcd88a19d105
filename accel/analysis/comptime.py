"""A function with what is known while compiling put in: constants in place of `comptime(...)` and of `Comptime` parameters, loops over them written out.

What comes out is an ordinary function, with the parameters, the name, the file and the lines of the one it was made of, which does the same for these values.
"""

from __future__ import annotations

import ast
import copy
import itertools
import sys
import traceback
from types import BuiltinFunctionType, CellType, FunctionType, ModuleType
from typing import Any, NoReturn

from accel import compile_time
from accel.analysis.continuation import compile_instead, define, without_defaults
from accel.analysis.parse import note_derived
from accel.analysis.remainder import located
from accel.analysis.scopes import names_bound_by
from accel.errors import CompileError, Diagnostic
from accel.ir import Source
from accel.runtime.frames import place_of
from accel.types.structs import Template, layout_of

__all__ = ["MOST_TURNS", "derive", "with_body"]

MOST_TURNS = 256  # of a loop that is written out
_MOST_COPIED = 50_000  # nodes of loops that are written out, those of loops inside each time
_PLAIN = (type(None), bool, int, float, complex, str, bytes, type(...))
_LOOPS = (ast.For, ast.While, ast.AsyncFor)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def derive(source: Source, values: dict[str, Any], *, is_partial: bool = False) -> FunctionType:
    """The function for these values of its `Comptime` parameters. Its attribute `evaluated` has the names from outside that were looked up for it.
    One that is partial has constants in place of these names, and nothing evaluated yet.

    Raises
    ------
    CompileError
        When something that is to be known while compiling is not, or evaluating it raises.
    """
    tree = source.tree
    if not is_partial and not isinstance(tree, ast.FunctionDef):
        raise CompileError(Diagnostic("a lambda evaluates nothing while compiling", "comptime-value", source.filename, source.code.co_firstlineno))
    maker = _Maker(source, values, is_partial=is_partial)
    body: list[ast.stmt] = [located(ast.Return(value=tree.body), tree.body)] if isinstance(tree, ast.Lambda) else tree.body
    made = with_body(source, maker.statements(copy.deepcopy(body)), maker.baked)
    made.__annotations__ = {name: annotation for name, annotation in source.function.__annotations__.items() if name not in values}
    if not is_partial:
        made.__dict__["evaluated"] = tuple(sorted(maker.looked_up))
    return made


def with_body(source: Source, body: list[ast.stmt], baked: dict[str, Any]) -> FunctionType:
    """A function with the parameters, the name and the place of another one that does something else. `baked` are values of names it finds outside."""
    function, code = source.function, source.code
    parameters = code.co_argcount + code.co_kwonlyargcount
    own = [ast.Name(id=name, ctx=ast.Store()) for name in (*code.co_varnames[parameters:], *code.co_cellvars) if name.isidentifier()]
    if own:  # what was left out may be all that binds a name, which is the function's own all the same
        bound = ast.Assign(targets=list[ast.expr](own), value=ast.Constant(value=None))
        body = [*body, located(ast.If(test=ast.Constant(value=False), body=[bound], orelse=[]), source.tree)]
    inner = define("%inner", (), body or [ast.Pass()])
    inner.args = without_defaults(source.tree.args)
    cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True)) | {n: CellType(v) for n, v in baked.items()}
    made_code = compile_instead(source, inner, cells)
    note_derived(made_code, inner, source.lines)
    made = FunctionType(made_code, function.__globals__, function.__name__, function.__defaults__, tuple([cells[n] for n in made_code.co_freevars]))
    made.__kwdefaults__, made.__qualname__, made.__module__ = function.__kwdefaults__, function.__qualname__, function.__module__
    return made


class _Maker(ast.NodeTransformer):
    """Rewrites statements under what is known: `known` holds values of names."""

    def __init__(self, source: Source, values: dict[str, Any], *, is_partial: bool = False) -> None:
        self.source, self.known, self.is_partial = source, dict(values), is_partial
        self._parameters = values
        self.baked: dict[str, Any] = {}
        self.looked_up: set[str] = set()
        self._locals = {*source.code.co_varnames, *source.code.co_cellvars}
        self._copied = 0
        cells = zip(source.code.co_freevars, source.function.__closure__ or (), strict=True)
        self._cells = {name: cell.cell_contents for name, cell in cells if _is_full(cell)}
        for node in source.nodes:
            for name in names_bound_by(node) if node is not source.tree else ():
                if name in values:
                    self.refuse(node, f"the parameter `{name}` is known while compiling, and is assigned", ("use another name",))

    def refuse(self, node: ast.AST, what: str, do: tuple[str, ...], why: str = "") -> NoReturn:
        """Raise a CompileError about a node."""
        place = place_of(node, self.source.filename, self.source.lines, self.source.code.co_firstlineno)
        raise CompileError(Diagnostic(what, "comptime-value", *place, why=why, do=do))

    # -- values

    def callee(self, node: ast.AST) -> str:
        """Which of ours a call is of: "comptime", "unroll"; "" if none."""
        if not isinstance(node, ast.Call) or self.is_partial:
            return ""
        found: Any = None
        if isinstance(node.func, ast.Name) and node.func.id not in self._locals:
            found = self._outside(node.func.id)
        elif isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) and node.func.value.id not in self._locals:
            module = self._outside(node.func.value.id)
            found = getattr(module, node.func.attr, None) if isinstance(module, ModuleType) and module.__name__ == "accel" else None
        return next((name for name in compile_time.__all__ if found is getattr(compile_time, name)), "")

    def _outside(self, name: str) -> Any:
        function: Any = self.source.function
        for space in (self._cells, function.__globals__, function.__builtins__):
            if name in space:
                return space[name]
        return None

    def evaluate(self, node: ast.expr) -> Any:
        """The value of an expression."""
        if any(isinstance(n, ast.NamedExpr) for n in ast.walk(node)):
            self.refuse(node, "what is evaluated while compiling binds a name", ("bind it in a statement of its own",))
        bound = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        bound |= {a.arg for n in ast.walk(node) if isinstance(n, ast.Lambda) for a in ast.walk(n.args) if isinstance(a, ast.arg)}
        for name in ast.walk(node):
            if isinstance(name, ast.Name) and name.id in self._locals and name.id not in self.known and name.id not in bound:
                self.refuse(name, f"`{name.id}` is not known while compiling", ("make it a parameter annotated `Comptime[...]`", "or drop `comptime`"))
            if isinstance(name, ast.Name) and name.id not in self._locals:
                self.looked_up.add(name.id)
        space = {**self.source.function.__globals__, **self._cells, **self.known}
        code = compile(ast.fix_missing_locations(ast.Expression(node)), self.source.filename, "eval")
        try:
            return eval(code, space)
        except Exception as error:
            way = [f"{f.name} in {f.filename}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)[1:]]
            shown = f"evaluating `{ast.unparse(node):.60}` raises {type(error).__name__}: {error}"
            self.refuse(node, shown, ("mend what it evaluates",), why=" <- ".join(reversed(way[-8:])) or "it raises here")

    def constant(self, value: Any, node: ast.AST) -> ast.expr:
        """An expression that gives a value: a constant, or a variable that the function finds outside. What can be changed would be the same object in each
        call, and is no constant; arrays are read-only."""
        if type(value) in _PLAIN:
            return located(ast.Constant(value=value), node)
        if type(value) is tuple and all(type(v) in _PLAIN for v in value):
            return located(ast.Constant(value=value), node)  # type: ignore[arg-type]  # the compiler takes it
        if not _is_constant(value):
            self.refuse(node, f"what is evaluated while compiling gives an object of class {type(value).__name__}, which may change", ("evaluate a tuple or an array",))
        name = f"$known {len(self.baked)}"
        self.baked[name] = _frozen(value)
        return located(ast.Name(id=name, ctx=ast.Load()), node)

    # -- expressions

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if isinstance(node.ctx, ast.Load) and node.id in self.known:
            return self.constant(self.known[node.id], node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        name = self.callee(node)
        if name == "comptime" and len(node.args) == 1 and not node.keywords:
            return self.constant(self.evaluate(node.args[0]), node)
        if (items := self._tuple_of(node)) is not None:
            return items
        node.keywords = [self._keyword(k) for k in node.keywords]
        node.func, node.args = self.visit(node.func), [self.visit(a) for a in node.args]
        return node

    def _tuple_of(self, node: ast.Call) -> ast.AST | None:
        """`tuple(f(k) for k in comptime(items))`: the items, one by one."""
        is_tuple = isinstance(node.func, ast.Name) and node.func.id not in self._locals and self._outside(node.func.id) is tuple
        made: Any = node.args[0] if is_tuple and len(node.args) == 1 and not node.keywords else None
        if not isinstance(made, (ast.GeneratorExp, ast.ListComp)) or len(made.generators) != 1 or self.callee(made.generators[0].iter) != "comptime":
            return None
        loop = made.generators[0]
        names = {name for n in ast.walk(loop.target) for name in names_bound_by(n)}
        if loop.ifs or loop.is_async or names & {name for n in ast.walk(made.elt) for name in names_bound_by(n)}:
            return None
        turns = [_match(loop.target, item) for item in self._items(loop.iter)]
        if any(known.keys() != names for known in turns):
            return None
        before, elements = dict(self.known), list[ast.expr]()
        for known in turns:
            self.known = before | known
            elements.append(self.visit(copy.deepcopy(made.elt)))
        self.known = before
        return located(ast.Tuple(elts=elements, ctx=ast.Load()), node)

    def _items(self, node: Any) -> list[Any]:
        """What `comptime(items)` goes over."""
        value = self.evaluate(node.args[0])
        try:
            items = list(itertools.islice(iter(value), MOST_TURNS + 1))
        except Exception as error:
            self.refuse(node, f"going over `{ast.unparse(node):.60}` raises {type(error).__name__}: {error}", ("mend what it evaluates",))
        if len(items) > MOST_TURNS:
            do = ("write an ordinary loop: `for i in range(n)`", "or `for i in unroll(range(n), 4)`")
            self.refuse(node, f"a loop of more than {MOST_TURNS} turns is written out", do)
        return items

    def _keyword(self, given: ast.keyword) -> ast.keyword:
        """An argument by keyword: evaluated where all it mentions is known, as another function may want to know it."""
        names = [n.id for n in ast.walk(given.value) if isinstance(n, ast.Name)]
        if names and not self.is_partial and all(n in self.known for n in names) and not any(isinstance(n, ast.Call) for n in ast.walk(given.value)):
            value = self.evaluate(given.value)
            if type(value) in _PLAIN or type(value) is tuple:
                given.value = self.constant(value, given.value)
                return given
        given.value = self.visit(given.value)
        return given

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        if self.callee(node.test) == "comptime":
            kept: ast.AST = self.visit(node.body if self.evaluate(node.test.args[0]) else node.orelse)  # type: ignore[attr-defined]
            return kept
        return self.generic_visit(node)

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return self._inner(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._inner(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.AST:
        return self._inner(node)

    def _inner(self, node: ast.AST) -> ast.AST:
        """What runs later: it sees the variables of loops as they are then, and parameters of its own are others."""
        bound = {a.arg for a in ast.walk(node) if isinstance(a, ast.arg)} & self._parameters.keys()
        if bound:
            self.refuse(node, f"a function inside has a parameter of the name of one that is known: {', '.join(sorted(bound))}", ("rename it",))
        before, self.known = self.known, dict(self._parameters)
        made = self.generic_visit(node)
        self.known = before
        return made

    # -- statements

    def statements(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """Statements in place of these."""
        made: list[ast.stmt] = []
        for statement in body:
            found = self.visit(statement)
            made += found if isinstance(found, list) else [found]
            if made and isinstance(made[-1], (ast.Return, ast.Raise, ast.Break, ast.Continue)):
                break
        return made

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for field, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                setattr(node, field, self.statements(value) or [located(ast.Pass(), node)])
            elif isinstance(value, list):
                setattr(node, field, [self.visit(v) if isinstance(v, ast.AST) else v for v in value])
            elif isinstance(value, ast.AST):
                setattr(node, field, self.visit(value))
        return node

    def visit_Expr(self, node: ast.Expr) -> Any:
        if self.callee(node.value) != "comptime_assert":
            return self.generic_visit(node)
        call: Any = node.value
        if not self.evaluate(call.args[0]):
            said = self.evaluate(call.args[1]) if len(call.args) > 1 else ""
            self.refuse(node, f"`{ast.unparse(call):.60}` fails: {said}", ("call it with other values",), why="the call raises AssertionError when it comes to it")
        return located(ast.Pass(), node)

    def visit_If(self, node: ast.If) -> Any:
        if self.callee(node.test) != "comptime":
            return self.generic_visit(node)
        return self.statements(node.body if self.evaluate(node.test.args[0]) else node.orelse) or located(ast.Pass(), node)  # type: ignore[attr-defined]

    def visit_For(self, node: ast.For) -> Any:
        name = self.callee(node.iter)
        if name == "comptime":
            return self._written_out(node)
        if name == "tile" and (made := self._tiled(node)) is not None:
            return made
        if name == "unroll" and (turns := self._unrolled(node)) is not None:
            return turns
        return self.generic_visit(node)

    def _written_out(self, node: ast.For) -> list[ast.stmt]:
        """A copy of the body for each item, in which the names of the target are known."""
        items = self._items(node.iter)
        stored = {name for s in node.body for n in ast.walk(s) for name in names_bound_by(n)}
        names = {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}
        if ast.Break in {type(n) for n in _own_leaves(node.body)}:
            self.refuse(node, "a loop that is written out has a `break`", ("use a condition", "or an ordinary loop"))
        before, made = dict(self.known), list[ast.stmt]()
        for item in items:
            self.known = before | ({} if names & stored else _match(node.target, item))
            made += self._turn(node, self.constant(item, node.iter))
        self.known = before
        return [*made, *self.statements(node.orelse)] or [located(ast.Pass(), node)]

    def _turn(self, node: ast.For, item: ast.expr) -> list[ast.stmt]:
        """One turn of a loop: the target bound to the item, and a copy of the body; one with a `continue` is a loop of one turn."""
        self._copied += sum(1 for s in node.body for _ in ast.walk(s))
        if self._copied > _MOST_COPIED:
            self.refuse(node, f"loops written out make a function of more than {_MOST_COPIED:,} parts", ("write out fewer turns",))
        bound = located(ast.Assign(targets=[copy.deepcopy(node.target)], value=item), node)
        body = self.statements(copy.deepcopy(node.body))
        if ast.Continue in {type(n) for n in _own_leaves(node.body)}:
            once = self.call("range", ast.Constant(value=1))
            body = [located(ast.For(target=ast.Name(id="$turn", ctx=ast.Store()), iter=once, body=body, orelse=[]), node)]
        return [bound, *body]

    def call(self, name: str, *arguments: ast.expr) -> ast.expr:
        """A call of a builtin, whatever the name stands for in the function."""
        self.baked[f"${name}"] = {"range": range, "min": min, "max": max}[name]
        return ast.Call(func=ast.Name(id=f"${name}", ctx=ast.Load()), args=[copy.deepcopy(a) for a in arguments], keywords=[])

    def _unrolled(self, node: ast.For) -> list[ast.stmt] | None:
        """`for i in unroll(range(start, stop), count)`: so many turns at a time, then the rest one by one."""
        call: Any = node.iter
        if len(call.args) != 2:
            return None
        ranged, count = call.args[0], self.visit(call.args[1])
        is_range = isinstance(ranged, ast.Call) and isinstance(ranged.func, ast.Name) and ranged.func.id not in self._locals and self._outside(ranged.func.id) is range
        if not is_range or not 1 <= len(ranged.args) <= 2 or ranged.keywords or node.orelse or not isinstance(node.target, ast.Name):
            return None
        if not isinstance(count, ast.Constant) or type(count.value) is not int or not 2 <= count.value <= 64 or ast.Break in {type(n) for n in _own_leaves(node.body)}:
            return None
        limits = [self.visit(a) for a in ranged.args]
        start, stop, end, base = (f"$unrolled {part} {node.lineno}.{node.col_offset}" for part in ("start", "stop", "end", "base"))

        def load(name: str) -> ast.Name:
            return ast.Name(id=name, ctx=ast.Load())

        def assign(name: str, value: ast.expr) -> ast.stmt:
            return located(ast.Assign(targets=[ast.Name(id=name, ctx=ast.Store())], value=value), node)

        length = ast.BinOp(left=load(stop), op=ast.Sub(), right=load(start))
        rest = ast.BinOp(left=length, op=ast.Mod(), right=ast.Constant(value=count.value))
        whole = self.call("range", load(start), load(end), ast.Constant(value=count.value))
        turns = [s for k in range(count.value) for s in self._turn(node, ast.BinOp(left=load(base), op=ast.Add(), right=ast.Constant(value=k)))]
        ends = self.call("range", self.call("max", load(start), load(end)), load(stop))
        return [
            assign(start, limits[0] if len(limits) == 2 else ast.Constant(value=0)), assign(stop, limits[-1]),
            assign(end, ast.BinOp(left=load(stop), op=ast.Sub(), right=rest)),
            located(ast.For(target=ast.Name(id=base, ctx=ast.Store()), iter=whole, body=turns, orelse=[]), node),
            located(ast.For(target=node.target, iter=ends, body=self.statements(node.body), orelse=[]), node),
        ]

    def _tiled(self, node: ast.For) -> list[ast.stmt] | None:
        """Loops over the first indices of tiles, one in the other, when axes and sizes are written as tuples."""
        call: Any = node.iter
        parts = [a.elts for a in call.args if isinstance(a, ast.Tuple)]
        targets = node.target.elts if isinstance(node.target, ast.Tuple) else []
        if len(parts) != 2 or not len(parts[0]) == len(parts[1]) == len(targets) > 0 or node.orelse or ast.Break in {type(n) for n in _own_leaves(node.body)}:
            return None
        sizes = [self.visit(s) for s in parts[1]]
        if not all(isinstance(s, ast.Constant) and type(s.value) is int and s.value >= 1 for s in sizes):
            return None
        place = f"{node.lineno}.{node.col_offset}"
        names = [f"$length {k} {place}" for k in range(len(targets))]
        before = [located(ast.Assign(targets=[ast.Name(id=n, ctx=ast.Store())], value=self.visit(e)), node) for n, e in zip(names, parts[0], strict=True)]
        lengths = [ast.Name(id=n, ctx=ast.Load()) for n in names]
        starts = [f"$start {k} {place}" for k in range(len(targets))]
        inside: list[ast.stmt] = []
        for target, start, length, size in zip(targets, starts, lengths, sizes, strict=True):
            first = ast.Name(id=start, ctx=ast.Load())
            end = self.call("min", ast.BinOp(left=first, op=ast.Add(), right=size), length)
            inside.append(ast.Assign(targets=[target], value=self.call("range", first, end)))
        inside += self.statements(node.body)
        for start, length, size in reversed(list(zip(starts, lengths, sizes, strict=True))):
            zero = ast.Constant(value=0)
            inside = [ast.For(target=ast.Name(id=start, ctx=ast.Store()), iter=self.call("range", zero, length, size), body=inside, orelse=[])]
        return [*before, located(inside[0], node)]


def _is_full(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018  raises when it is empty
    except ValueError:
        return False
    return True


def _is_constant(value: Any) -> bool:
    """Whether an object stays what it is: numbers, texts, tuples of those, functions, classes, dtypes, structs; and arrays, which are made read-only."""
    class_ = type(value)
    if class_ in (tuple, frozenset):
        return all(map(_is_constant, value))
    if class_ in _PLAIN or class_ is range or layout_of(class_) is not None:
        return True
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None and (class_ is numpy.ndarray or isinstance(value, (numpy.generic, numpy.dtype, numpy.ufunc))):
        return True
    return isinstance(value, (type, FunctionType, BuiltinFunctionType, ModuleType, Template))


def _frozen(value: Any) -> Any:
    """Arrays as read-only copies."""
    numpy = sys.modules.get("numpy")
    if numpy is None or type(value) is not numpy.ndarray:
        return value
    made = value.copy()
    made.flags.writeable = False
    return made


def _own_leaves(body: list[ast.stmt]) -> list[ast.stmt]:
    """The `break` and `continue` statements that leave a loop with this body."""
    found: list[ast.stmt] = []
    for statement in body:
        if isinstance(statement, (ast.Break, ast.Continue)):
            found.append(statement)
        elif isinstance(statement, _LOOPS):
            found += _own_leaves(statement.orelse)
        elif not isinstance(statement, _SCOPES):
            for field in ("body", "orelse", "finalbody"):
                found += _own_leaves(getattr(statement, field, []))
            for part in (*getattr(statement, "handlers", []), *getattr(statement, "cases", [])):
                found += _own_leaves(part.body)
    return found


def _match(target: ast.expr, item: Any) -> dict[str, Any]:
    """What the names of a loop's target are in a turn; nothing where that is not plain."""
    if isinstance(target, ast.Name):
        return {target.id: item}
    if isinstance(target, ast.Tuple) and type(item) is tuple and len(item) == len(target.elts):
        found: dict[str, Any] = {}
        for part, value in zip(target.elts, item, strict=True):
            found |= _match(part, value)
        return found
    return {}
