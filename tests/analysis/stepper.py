"""Runs a function from its tree, one operation after the other, and stops before any of them, as compiled code does."""

from __future__ import annotations

import ast
import operator
from types import CellType, CodeType, FunctionType
from typing import Any

from accel.ir import Source

BINARY = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow,
    ast.LShift: operator.lshift, ast.RShift: operator.rshift, ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_, ast.BitXor: operator.xor, ast.MatMult: operator.matmul,
}  # fmt: skip
INPLACE = {
    ast.Add: operator.iadd, ast.Sub: operator.isub, ast.Mult: operator.imul, ast.Div: operator.itruediv,
    ast.FloorDiv: operator.ifloordiv, ast.Mod: operator.imod, ast.Pow: operator.ipow, ast.BitOr: operator.ior, ast.LShift: operator.ilshift,
}  # fmt: skip
UNARY = {ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.invert, ast.Not: operator.not_}
COMPARE = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Is: operator.is_, ast.IsNot: operator.is_not, ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
}  # fmt: skip


class Stopped(Exception):
    """The operation to stop at: `node`, `phase`, `values` at hand, `closures` by node."""

    def __init__(self, node: int, phase: str, values: dict[str, Any]) -> None:
        super().__init__(node, phase)
        self.node, self.phase = node, phase
        self.values = {n: v for n, v in values.items() if not isinstance(v, Closure)}
        self.closures = {n: v.number for n, v in values.items() if isinstance(v, Closure)}


class NotStepped(Exception):
    """From here on only CPython runs the function."""


class _Jump(Exception):
    def __init__(self, kind: str, value: Any = None) -> None:
        super().__init__(kind)
        self.kind, self.value = kind, value


class Closure:
    """A nested function, which is no object: it is made when it is called."""

    def __init__(self, stepper: Stepper, number: int) -> None:
        self.stepper, self.number = stepper, number

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        stepper, node = self.stepper, self.stepper.source.nodes[self.number]
        name = getattr(node, "name", "<lambda>")
        consts = [c for c in stepper.source.code.co_consts if isinstance(c, CodeType)]
        code = next(c for c in consts if (c.co_name, c.co_firstlineno) == (name, node.lineno))
        cells = dict(zip(stepper.source.code.co_freevars, stepper.source.function.__closure__ or (), strict=True))
        cells |= {n: CellType(v) for n, v in stepper.variables.items()}
        closure = tuple(cells.get(n) or CellType() for n in code.co_freevars)
        made = FunctionType(code, stepper.source.function.__globals__, name, None, closure)
        return made(*args, **kwargs)


class Stepper:
    """Runs until operation `stop_at`. `sparse`: what can be read again is not kept."""

    def __init__(self, source: Source, arguments: dict[str, Any], stop_at: int, *, sparse: bool) -> None:
        self.source, self.stop_at, self.sparse = source, stop_at, sparse
        self.variables, self.kept, self.steps, self.suffix = dict(arguments), dict[str, Any](), 0, ""
        self.numbers = {id(n): k for k, n in enumerate(source.nodes)}
        self.cells = dict(zip(source.code.co_freevars, source.function.__closure__ or (), strict=True))
        self.locals = {*source.code.co_varnames, *source.code.co_cellvars}
        self.rebinds = any(isinstance(n, ast.NamedExpr) for n in source.nodes)

    def run(self) -> Any:
        tree = self.source.tree
        if isinstance(tree, ast.Lambda):
            return self.expression(tree.body)
        try:
            self.block(tree.body)
        except _Jump as jump:
            return jump.value
        return None

    def reach(self, node: ast.AST, phase: str = "") -> None:
        """An operation is about to be done."""
        self.steps += 1
        if self.steps == self.stop_at:
            raise Stopped(self.number(node), phase + self.suffix, {**self.variables, **self.kept})

    def number(self, node: ast.AST) -> int:
        return self.numbers[id(node)]

    def keep(self, node: ast.AST, value: Any) -> Any:
        self.kept[f"%{self.number(node)}"] = value
        return value

    def drop(self, *nodes: ast.AST | None) -> None:
        for node in nodes:
            if node is not None:
                self.kept.pop(f"%{self.number(node)}", None)

    # -- expressions

    def expression(self, node: Any) -> Any:
        value = getattr(self, f"on_{type(node).__name__}", self.unknown)(node)
        again = isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and not self.rebinds)
        if not (self.sparse and again):
            self.keep(node, value)
        return value

    def unknown(self, node: ast.expr) -> Any:
        self.reach(node)
        code = compile(ast.Expression(node), "step", "eval")
        return eval(code, {**self.source.function.__globals__, **self.variables})

    def on_Constant(self, node: ast.Constant) -> Any:
        return node.value

    def on_Name(self, node: ast.Name) -> Any:
        self.reach(node)
        if node.id in self.locals:
            if node.id not in self.variables:
                raise UnboundLocalError
            return self.variables[node.id]
        if node.id in self.cells:
            return self.cells[node.id].cell_contents
        return eval(node.id, self.source.function.__globals__)

    def on_BinOp(self, node: ast.BinOp) -> Any:
        left, right = self.expression(node.left), self.expression(node.right)
        self.reach(node)
        self.drop(node.left, node.right)
        return BINARY[type(node.op)](left, right)

    def on_UnaryOp(self, node: ast.UnaryOp) -> Any:
        value = self.expression(node.operand)
        self.reach(node)
        self.drop(node.operand)
        return UNARY[type(node.op)](value)

    def on_BoolOp(self, node: ast.BoolOp) -> Any:
        for part in node.values[:-1]:
            value = self.expression(part)
            self.reach(part, "truth")
            self.drop(part)
            if bool(value) == isinstance(node.op, ast.Or):
                return value
        value = self.expression(node.values[-1])
        self.drop(node.values[-1])
        return value

    def on_Compare(self, node: ast.Compare) -> Any:
        operands = [node.left, *node.comparators]
        left = self.expression(node.left)
        for k, op in enumerate(node.ops):
            right = self.expression(operands[k + 1])
            self.reach(node, str(k))
            self.drop(operands[k])
            result = COMPARE[type(op)](left, right)
            if k < len(node.ops) - 1:
                name = f"%{self.number(node)}.{k}" if self.sparse else f"%{self.number(node)}"
                self.kept[name] = result
                self.reach(node, f"truth{k}")
                del self.kept[name]
                if not result:
                    break
            left = right
        self.drop(*operands)
        return result

    def on_IfExp(self, node: ast.IfExp) -> Any:
        chosen = node.body if self.condition(node.test) else node.orelse
        value = self.expression(chosen)
        self.drop(chosen)
        return value

    def condition(self, node: ast.expr) -> bool:
        """As CPython does it: the truth of each part is taken once."""
        if isinstance(node, ast.BoolOp):
            wanted = isinstance(node.op, ast.And)
            return all(map(self.condition, node.values)) if wanted else any(map(self.condition, node.values))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return not self.condition(node.operand)
        if isinstance(node, ast.Compare) and len(node.ops) > 1:
            return self.chain(node)
        value = self.expression(node)
        self.reach(node, "truth")
        self.drop(node)
        return bool(value)

    def chain(self, node: ast.Compare) -> bool:
        operands = [node.left, *node.comparators]
        left = self.expression(node.left)
        for k, op in enumerate(node.ops):
            right = self.expression(operands[k + 1])
            self.reach(node, str(k))
            self.drop(operands[k])
            self.kept[name := f"%{self.number(node)}.{k}"] = result = COMPARE[type(op)](left, right)
            self.reach(node, f"truth{k}")
            del self.kept[name]
            truth = bool(result)
            if not truth:
                break
            left = right
        self.drop(*operands)
        return truth

    def on_Call(self, node: ast.Call) -> Any:
        parts = [node.func, *map(_unstarred, node.args), *(k.value for k in node.keywords)]
        if any(k.arg is None for k in node.keywords):
            self.reach(node, "start")
            raise NotStepped
        func = self.expression(node.func)
        given, values = [self.element(a) for a in node.args], [self.expression(k.value) for k in node.keywords]
        self.reach(node)
        self.drop(*parts)
        inner = ast.walk(self.source.nodes[func.number]) if isinstance(func, Closure) else ()
        if func is super or any(isinstance(n, ast.Nonlocal) for n in inner):
            raise NotStepped
        result, phase = None, "value"
        try:
            result = func(*_spread(node.args, given), **{str(k.arg): v for k, v in zip(node.keywords, values, strict=True)})
        except BaseException as error:
            error.__traceback__ = error.__traceback__.tb_next  # type: ignore[union-attr]  # without this frame
            if isinstance(func, Closure):
                error.__traceback__ = error.__traceback__.tb_next  # type: ignore[union-attr]
            result, phase = error, "raise"
        self.kept["%result"] = result
        self.reach(node, phase)
        del self.kept["%result"]
        if phase == "raise":
            raise result  # type: ignore[misc]
        return result

    def element(self, node: ast.expr) -> Any:
        """An element or argument; behind a `*`, of a tuple."""
        if not isinstance(node, ast.Starred):
            return self.expression(node)
        value = self.expression(node.value)
        self.reach(node)
        if type(value) is not tuple:
            raise NotStepped
        return value

    def on_Attribute(self, node: ast.Attribute) -> Any:
        value = self.expression(node.value)
        self.reach(node)
        self.drop(node.value)
        return getattr(value, node.attr)

    def on_Subscript(self, node: ast.Subscript) -> Any:
        value, index = self.expression(node.value), self.expression(node.slice)
        self.reach(node)
        self.drop(node.value, node.slice)
        return value[index]

    def on_Slice(self, node: ast.Slice) -> Any:
        parts = [node.lower, node.upper, node.step]
        values = [None if p is None else self.expression(p) for p in parts]
        self.drop(*parts)
        return slice(*values)

    def on_Tuple(self, node: ast.Tuple) -> Any:
        values = [self.element(e) for e in node.elts]
        self.reach(node)
        self.drop(*map(_unstarred, node.elts))
        return tuple(_spread(node.elts, values))

    def on_List(self, node: ast.List) -> Any:
        values = [self.expression(e) for e in node.elts]
        self.reach(node)
        self.drop(*node.elts)
        return values

    def on_Set(self, node: ast.Set) -> Any:
        return set(self.on_List(node))  # type: ignore[arg-type]

    def on_Dict(self, node: ast.Dict) -> Any:
        made = [(self.expression(k), self.expression(v)) for k, v in zip(node.keys, node.values, strict=True)]
        self.reach(node)
        self.drop(*node.keys, *node.values)
        return dict(made)

    def on_JoinedStr(self, node: ast.JoinedStr) -> Any:
        parts = [self.expression(v) for v in node.values]
        self.reach(node)
        self.drop(*node.values)
        return "".join(parts)

    def on_FormattedValue(self, node: ast.FormattedValue) -> Any:
        value = self.expression(node.value)
        spec = "" if node.format_spec is None else self.expression(node.format_spec)
        self.reach(node)
        self.drop(node.value, node.format_spec)
        return format({-1: lambda v: v, 114: repr, 115: str, 97: ascii}[node.conversion](value), spec)

    def on_NamedExpr(self, node: ast.NamedExpr) -> Any:
        value = self.variables[node.target.id] = self.expression(node.value)
        self.drop(node.value)
        return value

    def on_Lambda(self, node: ast.Lambda) -> Any:
        self.reach(node)
        return Closure(self, self.number(node))

    # -- statements

    def block(self, body: list[ast.stmt]) -> None:
        for statement in body:
            self.reach(statement, "start")
            method = getattr(self, f"do_{type(statement).__name__}", None)
            if method is None:
                raise NotStepped
            method(statement)

    def do_Pass(self, node: ast.Pass) -> None:
        self.reach(node)

    do_Global = do_Nonlocal = do_Pass

    def do_Expr(self, node: ast.Expr) -> None:
        self.expression(node.value)
        self.reach(node)
        self.drop(node.value)

    def do_Assign(self, node: ast.Assign) -> None:
        value = self.keep(node.value, self.expression(node.value))
        for k, target in enumerate(node.targets):
            self.reach(node, str(k))
            self.store(target, value)
        self.drop(node.value)

    def do_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            value = self.keep(node.value, self.expression(node.value))
            self.reach(node, "0")
            self.store(node.target, value)
            self.drop(node.value)

    def store(self, target: Any, value: Any) -> None:
        """Store a value, which is kept already under the name that goes with the target."""
        match target:
            case ast.Name(id=name):
                if name not in self.locals:
                    raise NotStepped
                self.variables[name] = value
            case ast.Subscript():
                base, index = self.expression(target.value), self.expression(target.slice)
                self.reach(target, "store")
                base[index] = value
                self.drop(target.value, target.slice)
            case ast.Attribute():
                base = self.expression(target.value)
                self.reach(target, "store")
                setattr(base, target.attr, value)
                self.drop(target.value)
            case ast.Tuple() | ast.List():
                if any(isinstance(e, ast.Starred) for e in target.elts):
                    self.reach(target, "store")
                    raise NotStepped
                self.reach(target, "store")
                parts = list(value)
                if len(parts) != len(target.elts):
                    raise ValueError
                names = [f"%part{self.number(target)}.{k}" for k in range(len(parts))]
                self.kept.update(zip(names, parts, strict=True))
                for name, element, part in zip(names, target.elts, parts, strict=True):
                    self.store(element, part)
                    del self.kept[name]

    def do_AugAssign(self, node: ast.AugAssign) -> None:
        target: Any = node.target
        place = [] if isinstance(target, ast.Name) else [target.value]
        place += [target.slice] if isinstance(target, ast.Subscript) else []
        parts = [self.expression(p) for p in place]
        if isinstance(target, ast.Name):
            old = self.variables[target.id]
            if self.rebinds:
                self.keep(target, old)
        else:
            self.reach(target)
            old = parts[0][parts[1]] if len(parts) == 2 else getattr(parts[0], target.attr)
            self.keep(target, old)
        value = self.expression(node.value)
        self.reach(node, "op")
        self.drop(target, node.value)
        result = self.keep(node, INPLACE[type(node.op)](old, value))
        if isinstance(target, ast.Name):
            self.reach(node, "0")
            self.variables[target.id] = result
        else:
            self.reach(target, "store")
            if len(parts) == 2:
                parts[0][parts[1]] = result
            else:
                setattr(parts[0], target.attr, result)
        self.drop(node, *place)

    def do_Delete(self, node: ast.Delete) -> None:
        self.reach(node)
        for k, target in enumerate(node.targets):
            self.reach(node, str(k))
            if isinstance(target, ast.Name):
                del self.variables[target.id]
            elif isinstance(target, ast.Subscript):
                base, index = self.expression(target.value), self.expression(target.slice)
                self.reach(target)
                del base[index]
                self.drop(target.value, target.slice)
            else:
                raise NotStepped

    def do_Return(self, node: ast.Return) -> None:
        value = None if node.value is None else self.expression(node.value)
        self.reach(node)
        self.drop(node.value)
        raise _Jump("return", value)

    def do_Raise(self, node: ast.Raise) -> None:
        if node.exc is not None:
            self.expression(node.exc)
        if node.cause is not None:
            self.expression(node.cause)
        self.reach(node)
        raise NotStepped

    def do_Assert(self, node: ast.Assert) -> None:
        if not self.condition(node.test):
            self.reach(node, "failed")
            if node.msg is not None:
                self.expression(node.msg)
            raise NotStepped

    def do_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.decorator_list or node.args.defaults or any(node.args.kw_defaults):
            raise NotStepped
        self.variables[node.name] = Closure(self, self.number(node))

    def do_If(self, node: ast.If) -> None:
        self.block(node.body if self.condition(node.test) else node.orelse)

    def do_While(self, node: ast.While) -> None:
        while True:
            self.reach(node, "test")
            if not self.condition(node.test):
                self.block(node.orelse)
                return
            if self.turn(node.body):
                return

    def do_For(self, node: ast.For) -> None:
        value = self.keep(node.iter, self.expression(node.iter))
        self.reach(node, "iterate")
        self.drop(node.iter)
        state, item = f"%iter{self.number(node)}", f"%item{self.number(node)}"
        self.kept[state] = iter(value)
        while True:
            self.reach(node, "next")
            try:
                self.kept[item] = next(self.kept[state])
            except StopIteration:
                break
            self.reach(node, "target")
            self.store(node.target, self.kept[item])
            del self.kept[item]
            if self.turn(node.body):
                del self.kept[state]
                return
        del self.kept[state]
        self.block(node.orelse)

    def turn(self, body: list[ast.stmt]) -> bool:
        """Whether the turn ended with `break`."""
        before = dict(self.kept)
        try:
            self.block(body)
        except _Jump as jump:
            if jump.kind == "return":
                raise
            self.kept = before
            return jump.kind == "break"
        return False

    def do_Break(self, node: ast.Break) -> None:
        self.reach(node)
        raise _Jump("break")

    def do_Continue(self, node: ast.Continue) -> None:
        self.reach(node)
        raise _Jump("continue")

    def do_Try(self, node: ast.Try) -> None:
        number = self.number(node)
        try:
            self.block(node.body)
            self.block(node.orelse)
        except _Jump as jump:
            outer = self.suffix
            self.suffix = f"@{jump.kind}{number if jump.kind != 'return' else ''}{outer}"
            if jump.kind == "return":
                self.kept[f"%ret{number}"] = jump.value
            self.block(node.finalbody)
            self.kept.pop(f"%ret{number}", None)
            self.suffix = outer
            raise
        self.block(node.finalbody)


def _unstarred(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Starred) else node


def _spread(nodes: list[ast.expr], values: list[Any]) -> list[Any]:
    """The values, with the items of those of `*` nodes in their place."""
    return [v for node, one in zip(nodes, values, strict=True) for v in (one if isinstance(node, ast.Starred) else [one])]
