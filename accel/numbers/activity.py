"""Names that hold a plain number on one path and a dual number on another: before and after, `s = 0.0` and `s = lift(0.0, x)` where `s += x` follows.

Dual numbers alone would do in CPython. In compiled code a name has one kind: so what is bound to a name that depends on a parameter is a dual number wherever that parameter is
one. Which parameters a name may depend on is found without regard to the order of statements.
"""

from __future__ import annotations

import ast
import copy

from accel.analysis.parse import number_nodes
from accel.analysis.remainder import located
from accel.ir import Source
from accel.numbers.dual import Dual
from accel.numbers.slopes import BESIDE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    Flow = tuple[frozenset[str], bool]  # the parameters an expression depends on, and whether it surely is arithmetic with them

__all__ = ["LIFTS", "with_lifts"]

_NOTHING: Flow = (frozenset(), True)
_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def lift(x: Any, witness: Any) -> Any:
    """A number as a dual number where the witness is one."""
    if isinstance(witness, Dual):
        if isinstance(x, BESIDE):
            return witness.of(x)
    return x


def lift_float(x: Any, witness: Any) -> Any:
    """The same for floats only: an int may be an index, or a count."""
    if isinstance(witness, Dual):
        if isinstance(x, float):
            return witness.of(x)
    return x


def as_float(x: Any = 0.0) -> Any:
    """What `float(x)` is: a class that is asked for by `isinstance` has to stay what it is."""
    return x if isinstance(x, Dual) else float(x)


LIFTS = {"$float": as_float, "$lift": lift, "$lift float": lift_float}


def with_lifts(source: Source, meaning: Callable[[ast.expr], str]) -> Source:
    """A function with calls of `LIFTS` put in. `meaning` of what is called is "arithmetic", "float", "flat", or "" where nobody knows what it gives."""
    tree: Any = copy.deepcopy(source.tree)
    parameters = tree.args
    names = [p.arg for p in (*parameters.posonlyargs, *parameters.args, *parameters.kwonlyargs)]
    if isinstance(tree, ast.Lambda):
        tree.body = _Lifting(_Flows(names, [], meaning)).visit(tree.body)
    else:
        flows = _Flows(names, tree.body, meaning)
        lifting = _Lifting(flows)
        body = [lifting.visit(statement) for statement in tree.body]
        first = [lifting.bound(name, ast.Name(id=name, ctx=ast.Load()), tree) for name in names if flows.is_mixed(name)]
        tree.body = [*first, *body]
    ast.fix_missing_locations(tree)
    return Source(source.function, tree, source.filename, source.lines, *number_nodes(tree))


def _own_nodes(statements: list[ast.stmt]) -> Iterator[ast.AST]:
    """Nodes that are not inside functions that stand in these statements."""
    todo: list[ast.AST] = list(statements)
    while todo:
        node = todo.pop()
        yield node
        todo += [child for child in ast.iter_child_nodes(node) if not isinstance(child, _INNER)]


class _Flows:
    """What names depend on."""

    def __init__(self, parameters: list[str], body: list[ast.stmt], meaning: Callable[[ast.expr], str]) -> None:
        self.meaning = meaning
        self.names: dict[str, Flow] = {name: (frozenset((name,)), True) for name in parameters}
        self.counts = dict.fromkeys(parameters, 1)
        nodes = list(_own_nodes(body))
        bindings = [binding for node in nodes for binding in _bindings(node)]
        self.deleted = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Del)}
        for name, _ in bindings:
            self.counts[name] = self.counts.get(name, 0) + 1
        before = None
        while before != self.names:
            before = dict(self.names)
            for name, value in bindings:
                self.names[name] = _joined(self.names.get(name, _NOTHING), self.of(value))
        self.returns = [n.value for n in nodes if isinstance(n, ast.Return) and n.value is not None]
        self.result = _joined(*map(self.of, self.returns)) if len(self.returns) > 1 else _NOTHING

    def is_mixed(self, name: str) -> bool:
        """Whether a name is bound more than once, and depends on another parameter than itself."""
        return self.counts.get(name, 0) > 1 and bool(self.names[name][0] - {name})

    def of(self, node: ast.expr | None) -> Flow:
        match node:
            case ast.Name():
                return self.names.get(node.id, _NOTHING)
            case ast.BinOp():
                return _joined(self.of(node.left), self.of(node.right))
            case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
                return self.of(node.operand)
            case ast.IfExp():
                return _joined(self.of(node.body), self.of(node.orelse))
            case ast.Call():
                meaning = self.meaning(node.func)
                if meaning == "flat":
                    return _NOTHING
                found = _joined(*map(self.of, (*node.args, *[k.value for k in node.keywords])))
                return found[0], found[1] and (meaning in ("arithmetic", "float") or not found[0])
            case ast.NamedExpr() | ast.Starred():
                return self.of(node.value)
        return _NOTHING


def _joined(*flows: Flow) -> Flow:
    return frozenset().union(*[names for names, _ in flows]), all(is_sure for _, is_sure in flows)


def _bindings(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The names that a statement binds, each with the expression it gets; those that get items of something are not numbers we know of."""
    match node:
        case ast.Assign():
            for target in node.targets:
                yield from _pairs(target, node.value)
        case ast.AugAssign(target=ast.Name(id=name)):
            yield name, ast.BinOp(left=ast.Name(id=name, ctx=ast.Load()), op=node.op, right=node.value)
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.NamedExpr(target=ast.Name(id=name)) if node.value is not None:
            yield name, node.value


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for part, item in zip(target.elts, value.elts, strict=True):
            yield from _pairs(part, item)


class _Lifting(ast.NodeTransformer):
    """Puts the calls in."""

    def __init__(self, flows: _Flows) -> None:
        self.flows = flows

    def visit(self, node: ast.AST) -> Any:
        return node if isinstance(node, _INNER) else super().visit(node)

    def lifted(self, value: ast.expr, flow: Flow, without: str = "") -> ast.expr:
        """An expression, lifted by each parameter that it may depend on."""
        for witness in sorted(flow[0] - self.flows.deleted - {without}):
            called = ast.Name(id="$lift" if flow[1] else "$lift float", ctx=ast.Load())
            value = located(ast.Call(func=called, args=[value, ast.Name(id=witness, ctx=ast.Load())], keywords=[]), value)
        return value

    def bound(self, name: str, value: ast.expr, like: ast.AST) -> ast.stmt:
        """A parameter that is bound anew later on."""
        flow = self.flows.names[name][0], False
        return located(ast.Assign(targets=[ast.Name(id=name, ctx=ast.Store())], value=self.lifted(located(value, like), flow, name)), like)

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        self.generic_visit(node)
        if len(node.targets) == 1:
            node.value = self._paired(node.targets[0], node.value)
        return node

    def _paired(self, target: ast.expr, value: ast.expr) -> ast.expr:
        if isinstance(target, ast.Name) and self.flows.is_mixed(target.id):
            return self.lifted(value, self.flows.names[target.id], target.id)
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            value.elts = [self._paired(part, item) for part, item in zip(target.elts, value.elts, strict=True)]
        return value

    def visit_Return(self, node: ast.Return) -> ast.AST:
        self.generic_visit(node)
        if node.value is not None:
            node.value = self.lifted(node.value, self.flows.result)
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        flow = self.flows.of(node)
        self.generic_visit(node)
        node.body, node.orelse = self.lifted(node.body, flow), self.lifted(node.orelse, flow)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if self.flows.meaning(node.func) == "float":
            node.func = located(ast.Name(id="$float", ctx=ast.Load()), node.func)
        return self.generic_visit(node)
