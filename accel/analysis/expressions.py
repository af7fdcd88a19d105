"""Expressions -> instructions, in Python's order of evaluation; the lower half of the flow builder."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from accel.analysis.scopes import find_scope
from accel.ir import Block, Fault, Instruction, Source
from accel.values import dataclass

__all__ = ["Captured", "ExpressionBuilder", "has_plain_defaults"]


_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.LShift: "<<", ast.RShift: ">>", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.MatMult: "@",
}  # fmt: skip
_UNARY: dict[type[ast.unaryop], str] = {ast.USub: "-", ast.UAdd: "+", ast.Invert: "~", ast.Not: "not"}
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Captured:
    """Variables around a nested function that it needs, and those it binds, as they are named where it is defined."""

    needs: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()


class ExpressionBuilder:
    """Appends the instructions of expressions to the current block; keeps blocks, names and faults."""

    def __init__(self, source: Source, locals_: frozenset[str], cells: frozenset[str], nested: dict[str, Captured]) -> None:
        self.source, self.locals, self.cells, self.nested = source, locals_, cells, nested
        self.declared = _find_declared(source, locals_)
        self._shared = frozenset(self.show(name) for captured in nested.values() for name in captured.writes)
        self.blocks: dict[str, Block] = {}
        self.faults: dict[int, Fault] = {}
        self.open = False  # whether the current block still takes instructions
        self.suffix = ""  # of the phase, inside a `finally` body that is run on the way out
        self._numbers = {id(node): n for n, node in enumerate(source.nodes)}
        self._rebound: frozenset[str] = frozenset()  # names the current statement binds by a walrus
        self._block = Block("")

    # -- blocks and instructions

    def number(self, node: ast.AST) -> int:
        """The number of a node of the source."""
        return self._numbers[id(node)]

    def temporary(self, node: ast.AST) -> str:
        """The name that holds the value of a node."""
        return f"%{self.number(node)}"

    def new_block(self, hint: str) -> str:
        """Make an empty block; return its name."""
        name = f"{hint}{len(self.blocks)}"
        self.blocks[name] = Block(name)
        return name

    def start_block(self, name: str) -> None:
        """Go on in `name`."""
        self._block = self.blocks.setdefault(name, Block(name))
        self.open = True

    def emit(
        self, op: str, targets: tuple[str, ...] = (), arguments: tuple[str, ...] = (), detail: Any = None, *,
        node: ast.AST, phase: str = "", successors: tuple[str, ...] = (),
    ) -> Instruction:  # fmt: skip
        """Append an instruction; one with successors, a `return` or a `leave` ends the block."""
        made = Instruction(op, targets, arguments, detail, self.number(node), phase + self.suffix)
        if self.open:
            self._block.instructions.append(made)
            if successors or op in ("return", "leave"):
                self._block.successors, self.open = successors, False
        return made

    def jump(self, name: str) -> None:
        """End the block with a jump, if it has not ended."""
        if self.open:
            self.emit("jump", node=self.source.tree, successors=(name,))

    def reachable(self) -> set[str]:
        """Blocks that can be reached from the entry."""
        seen, todo = {"entry"}, ["entry"]
        while todo:
            for name in self.blocks[todo.pop()].successors:
                if name not in seen:
                    seen.add(name)
                    todo.append(name)
        return seen

    def refuse(
        self, node: ast.AST, what: str, slug: str, why: str = "", do: tuple[str, ...] = (), *, phase: str = "",
        needs: tuple[str, ...] = (), at: ast.AST | None = None,
    ) -> str:  # fmt: skip
        """Note that `node` can't be compiled: CPython goes on there, or at the node `at`, with the values `needs`."""
        left = self.emit("leave", (), needs, node=at or node, phase=phase)
        self.faults[id(left)] = Fault(self.number(node), what, slug, why, do)
        return self.temporary(node)

    def has_refused(self) -> bool:
        """Whether the last block ended because something can't be compiled."""
        return bool(self._block.instructions) and id(self._block.instructions[-1]) in self.faults

    def begin_statement(self, statement: ast.stmt) -> None:
        """Note which names the statement may rebind in mid-expression: values read before must be kept."""
        bodies = ("body", "orelse", "handlers", "finalbody")
        heads = [v for f, v in ast.iter_fields(statement) if f not in bodies]
        walked = (
            n
            for head in heads
            for part in (head if isinstance(head, list) else [head])
            if isinstance(part, ast.AST)
            for n in ast.walk(part)
        )
        inside = list(walked)
        self._rebound = frozenset(n.target.id for n in inside if isinstance(n, ast.NamedExpr))
        if any(isinstance(n, ast.Call) for n in inside):
            self._rebound |= self._shared

    # -- names

    def load_name(self, node: ast.Name, at: ast.AST | None = None) -> str:
        """The value of a name."""
        name, at = node.id, at or node
        if name in self.locals:
            self.emit("bound", (), (name,), node=at, phase="op" if at is not node else "")
            return self.hold(name, node) if name in self._rebound else name
        if name in self.declared:
            phase = "op" if at is not node else ""
            self.emit("load_outside", (self.temporary(node),), (), (self.declared[name], name), node=at, phase=phase)
            return self.temporary(node)
        op = "cell" if name in self.cells else "static"
        self.emit(op, (self.temporary(node),), detail=name, node=node)
        return self.temporary(node)

    def hold(self, value: str, node: ast.AST) -> str:
        """Keep the present value of a user's name as the value of `node`."""
        if not value.startswith("%"):
            self.emit("copy", (self.temporary(node),), (value,), node=node)
            value = self.temporary(node)
        return value

    def store_name(self, target: ast.Name, value: str, node: ast.AST) -> None:
        """Bind a name."""
        if target.id in self.locals:
            self.emit("copy", (target.id,), (value,), node=node, phase="0")
        else:
            self.emit("store_outside", (), (value,), (self.declared[target.id], target.id), node=node, phase="0")

    def show(self, name: str) -> str:
        """How a variable around the function is named in it: one that it hands on without mentioning it has no name of the user's."""
        return name if name in self.locals else f"%captured.{name}"

    def store(self, target: ast.expr, value: str, *, node: ast.AST, phase: str) -> None:
        """Assign to a target of any shape. `node` and `phase` say where CPython would go on before it."""
        if isinstance(target, ast.Name):
            self.store_name(target, value, node)
        elif isinstance(target, ast.Subscript):
            self.emit("set_item", (), (*self.place(target), value), node=target, phase="store")
        elif isinstance(target, ast.Attribute):
            self.emit("set_attribute", (), (self.place(target)[0], value), detail=target.attr, node=target, phase="store")
        elif isinstance(target, (ast.Tuple, ast.List)) and not any(isinstance(t, ast.Starred) for t in target.elts):
            parts = tuple(f"%part{self.number(target)}.{k}" for k in range(len(target.elts)))
            self.emit("unpack", parts, (value,), detail=len(parts), node=target, phase="store")
            for k, (part, element) in enumerate(zip(parts, target.elts, strict=True)):
                self.store(element, part, node=target, phase=f"part{k}")
        else:
            self.refuse(
                target, "assignment to a starred target", "attribute-assignment", phase="store", needs=(value,)
            )

    def place(self, target: ast.Attribute | ast.Subscript) -> tuple[str, ...]:
        """Base and indexes of a subscript, or the base of an attribute, evaluated once."""
        base = self.hold(self.expression(target.value), target.value) if self._rebound else self.expression(target.value)
        if isinstance(target, ast.Attribute):
            return (base,)
        parts = target.slice.elts if isinstance(target.slice, ast.Tuple) else [target.slice]
        return (base, *(self.expression(part) for part in parts))

    # -- expressions

    def expression(self, node: ast.expr) -> str:
        """Evaluate; the name that holds the value."""
        method: Callable[[Any], str] | None = getattr(self, f"expression_{type(node).__name__}", None)
        if method is None:
            return self.refuse(node, _DISPLAY.get(type(node), f"`{type(node).__name__}` expressions"), "unsupported-expression")
        return method(node)

    def symbol(self, op: ast.operator) -> str:
        """The symbol of a binary operator."""
        return _BINARY[type(op)]

    def expression_Constant(self, node: ast.Constant) -> str:
        self.emit("const", (self.temporary(node),), detail=node.value, node=node)
        return self.temporary(node)

    def expression_Name(self, node: ast.Name) -> str:
        return self.load_name(node)

    def expression_NamedExpr(self, node: ast.NamedExpr) -> str:
        value = self.hold(self.expression(node.value), node.value)
        self.store_name(node.target, value, node)
        return value

    def expression_Tuple(self, node: ast.Tuple) -> str:
        starred = tuple(isinstance(e, ast.Starred) for e in node.elts)
        parts = tuple(map(self.element, node.elts))
        self.emit("tuple", (self.temporary(node),), parts, starred if any(starred) else None, node=node)
        return self.temporary(node)

    def element(self, node: ast.expr) -> str:
        """The value of an element or argument; what stands behind a `*` must be a tuple, before later ones are evaluated."""
        if not isinstance(node, ast.Starred):
            return self.expression(node)
        value = self.expression(node.value)
        self.emit("spread", (), (value,), node=node)
        return value

    def expression_BinOp(self, node: ast.BinOp) -> str:
        left, right = self.expression(node.left), self.expression(node.right)
        self.emit("binary", (self.temporary(node),), (left, right), detail=self.symbol(node.op), node=node)
        return self.temporary(node)

    def expression_UnaryOp(self, node: ast.UnaryOp) -> str:
        constant = node.operand.value if isinstance(node.operand, ast.Constant) else None
        if isinstance(node.op, ast.USub) and type(constant) in (int, float) and constant:
            self.emit("const", (self.temporary(node),), detail=-constant, node=node)  # type: ignore[operator]
            return self.temporary(node)
        value = self.expression(node.operand)
        self.emit("unary", (self.temporary(node),), (value,), detail=_UNARY[type(node.op)], node=node)
        return self.temporary(node)

    def expression_Attribute(self, node: ast.Attribute) -> str:
        value = self.expression(node.value)
        self.emit("attribute", (self.temporary(node),), (value,), detail=node.attr, node=node)
        return self.temporary(node)

    def expression_Subscript(self, node: ast.Subscript) -> str:
        self.emit("item", (self.temporary(node),), self.place(node), node=node)
        return self.temporary(node)

    def expression_Slice(self, node: ast.Slice) -> str:
        parts = []
        for k, part in enumerate((node.lower, node.upper, node.step)):
            if part is None:
                absent = f"{self.temporary(node)}.{k}"
                self.emit("const", (absent,), detail=None, node=node)
                parts.append(absent)
            else:
                parts.append(self.expression(part))
        self.emit("slice", (self.temporary(node),), tuple(parts), node=node)
        return self.temporary(node)

    def expression_Call(self, node: ast.Call) -> str:
        if any(k.arg is None for k in node.keywords):
            return self.refuse(node, "calls with `**`", "double-star", phase="start")
        if isinstance(node.func, ast.Attribute):
            callee, method = self.expression(node.func.value), node.func.attr
        else:
            callee, method = self.expression(node.func), ""
        captured = self.nested.get(self.nested_name(node.func), Captured())
        held = tuple(map(self.show, captured.needs))
        for name in held:
            if not name.startswith("%"):  # else it is bound, being handed on
                self.emit("bound", (), (name,), node=node.func, phase="start")
        arguments = [self.element(a) for a in node.args] + [self.expression(k.value) for k in node.keywords]
        detail: tuple[Any, ...] = (method, tuple(str(k.arg) for k in node.keywords), captured.needs, captured.writes)
        target = self.temporary(node)
        made = f"{target}.all" if captured.writes else target
        starred = (False, *(False for _ in held), *(isinstance(a, ast.Starred) for a in node.args))
        op, detail = ("spread_call", (*detail, starred)) if any(starred) else ("call", detail)
        self.emit(op, (made,), (callee, *held, *arguments), detail=detail, node=node)
        if captured.writes:
            self.emit("unpack", (target, *map(self.show, captured.writes)), (made,), 1 + len(captured.writes), node=node)
        return target

    def nested_name(self, node: ast.expr) -> str:
        """Under which name it is known what the callee captures, if it is a nested function."""
        return f"%{self.number(node)}" if isinstance(node, ast.Lambda) else node.id if isinstance(node, ast.Name) else ""

    def expression_Lambda(self, node: ast.Lambda) -> str:
        if not has_plain_defaults(node.args):
            return self.refuse(node, "a lambda with defaults that are no constants", "nested-function")
        self.emit("closure", (self.temporary(node),), (), detail=self.number(node), node=node)
        return self.temporary(node)

    # -- expressions with control flow

    def condition(self, node: ast.expr, then: str, otherwise: str) -> None:
        """Jump by the truth of an expression; `and`, `or`, `not` become jumps themselves."""
        if isinstance(node, ast.BoolOp):
            for value in node.values[:-1]:
                following = self.new_block("and" if isinstance(node.op, ast.And) else "or")
                pair = (following, otherwise) if isinstance(node.op, ast.And) else (then, following)
                self.condition(value, *pair)
                self.start_block(following)
            self.condition(node.values[-1], then, otherwise)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            self.condition(node.operand, otherwise, then)
        elif isinstance(node, ast.Compare) and len(node.ops) > 1:
            self.chain(node, then, otherwise)
        else:
            self.branch(self.expression(node), node, then, otherwise)

    def branch(self, value: str, node: ast.expr, then: str, otherwise: str, *, phase: str = "truth", detail: Any = None) -> None:
        """Jump by the truth of a value."""
        truth = f"%truth{self.number(node)}"
        self.emit("truth", (truth,), (value,), detail, node=node, phase=phase)
        self.emit("branch", (), (truth,), node=node, phase=phase, successors=(then, otherwise))

    def chain(self, node: ast.Compare, then: str, otherwise: str) -> None:
        """A chained comparison as a condition: each middle operand is evaluated once."""
        left = self.expression(node.left)
        for k, (op, right_node) in enumerate(zip(node.ops, node.comparators, strict=True)):
            right = self.expression(right_node)
            result = f"{self.temporary(node)}.{k}"
            self.emit("compare", (result,), (left, right), detail=_COMPARE[type(op)], node=node, phase=str(k))
            following = then if k == len(node.ops) - 1 else self.new_block("chain")
            truth = f"%truth{self.number(node)}.{k}"
            self.emit("truth", (truth,), (result,), node=node, phase=f"truth{k}")
            self.emit("branch", (), (truth,), node=node, phase=f"truth{k}", successors=(following, otherwise))
            if following != then:
                self.start_block(following)
            left = right

    def expression_Compare(self, node: ast.Compare) -> str:
        target = self.temporary(node)
        left, done = self.expression(node.left), self.new_block("done") if len(node.ops) > 1 else ""
        for k, (op, right_node) in enumerate(zip(node.ops, node.comparators, strict=True)):
            right = self.expression(right_node)
            self.emit("compare", (target,), (left, right), detail=_COMPARE[type(op)], node=node, phase=str(k))
            if k < len(node.ops) - 1:
                following = self.new_block("chain")
                self.emit("truth", (f"%truth{self.number(node)}.{k}",), (target,), node=node, phase=f"truth{k}")
                self.emit(
                    "branch", (), (f"%truth{self.number(node)}.{k}",), node=node, phase=f"truth{k}", successors=(following, done)
                )
                self.start_block(following)
            left = right
        if done:
            self.jump(done)
            self.start_block(done)
        return target

    def expression_BoolOp(self, node: ast.BoolOp) -> str:
        """Its value is that of an operand. Where it stands in another one, or in a choice, CPython may jump by the truth of an operand all the way ("far")."""
        target, done = self.temporary(node), self.new_block("done")
        parent = self.source.parents[self.number(node)][0]
        far = "far" if isinstance(self.source.nodes[parent], (ast.BoolOp, ast.IfExp)) else None
        for k, value_node in enumerate(node.values):
            value = self.expression(value_node)
            self.emit("copy", (target,), (value,), node=value_node)
            if k < len(node.values) - 1:
                following = self.new_block("and" if isinstance(node.op, ast.And) else "or")
                pair = (following, done) if isinstance(node.op, ast.And) else (done, following)
                self.branch(value, value_node, *pair, phase="operand", detail=far)
                self.start_block(following)
        self.jump(done)
        self.start_block(done)
        return target

    def expression_IfExp(self, node: ast.IfExp) -> str:
        target = self.temporary(node)
        then, otherwise, done = self.new_block("then"), self.new_block("else"), self.new_block("done")
        self.condition(node.test, then, otherwise)
        for block, part in ((then, node.body), (otherwise, node.orelse)):
            self.start_block(block)
            value = self.expression(part)
            self.emit("copy", (target,), (value,), node=part)
            self.jump(done)
        self.start_block(done)
        return target


_DISPLAY: dict[type[ast.expr], str] = {
    ast.List: "lists", ast.Dict: "dicts", ast.Set: "sets", ast.ListComp: "list comprehensions", ast.SetComp: "set comprehensions",
    ast.DictComp: "dict comprehensions", ast.GeneratorExp: "generator expressions", ast.JoinedStr: "formatted strings",
    ast.Yield: "`yield`", ast.YieldFrom: "`yield from`", ast.Await: "`await`", ast.Starred: "starred elements",
}  # fmt: skip


def _find_declared(source: Source, locals_: frozenset[str]) -> dict[str, str]:
    """Names declared in the function itself that are neither its own nor captured: "global", or "nonlocal" for closure cells."""
    if isinstance(source.tree, ast.Lambda):
        return {}
    scope = find_scope(source.tree)
    return dict.fromkeys(scope.globals, "global") | dict.fromkeys(scope.nonlocals - locals_, "nonlocal")


def has_plain_defaults(a: ast.arguments) -> bool:
    """Whether the defaults of a nested function are constants: they are the same whenever it is defined."""
    return all(d is None or isinstance(d, ast.Constant) for d in (*a.defaults, *a.kw_defaults))
