"""Source -> Flow: the syntax tree of a function body as a graph of blocks of simple instructions.

Before: `while k != 1: k = k // 2`
After::

    head2:
      bound k
      %9 = const[1]
      %5 = compare[!=] k, %9
      %t5 = truth %5
      branch %t5  -> body3, done4
    body3: ...

Evaluation order is Python's. Each instruction names the syntax node at which CPython goes on when compiled code has to leave
there. What is not compiled becomes a `leave` with a `Fault`: the specializer refuses the function when it can't be avoided.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from accel.analysis.expressions import Captured, ExpressionBuilder, has_plain_defaults
from accel.ir import Fault, Flow, Source
from accel.values import dataclass, field

__all__ = ["build_flow"]


@dataclass(slots=True)
class _Loop:
    """Where `break` and `continue` go, and how many `finally` bodies lie outside of it."""

    again: str
    done: str
    depth: int


@dataclass(slots=True)
class _Pending:
    """A `finally` body that leaving the `try` early has to run."""

    node: ast.Try
    body: list[ast.stmt] = field(default_factory=list)


def build_flow(
    source: Source, locals_: frozenset[str], cells: frozenset[str], captured: Captured, nested: dict[str, Captured]
) -> tuple[Flow, dict[int, Fault]]:
    """Build the flow of `source`; also the faults, by `id` of the `leave` instruction that stands for each.

    Parameters
    ----------
    source : Source
        The function.
    locals_, cells : frozenset of str
        Its local names, and the names it takes from enclosing functions; every other name is global.
    captured : Captured
        Variables of the enclosing compiled function, which come before the parameters.
    nested : dict
        Names of nested functions (`%12` for a lambda) with what each captures.
    """
    builder = _StatementBuilder(source, locals_, cells, nested)
    builder.written = tuple(map(builder.show, captured.writes))
    builder.function()
    parameters = (*map(builder.show, captured.needs), *(a.arg for a in _arguments(source.tree.args)))
    blocks = {name: block for name, block in builder.blocks.items() if name in builder.reachable()}
    return Flow(source.name, parameters, blocks), builder.faults


def _arguments(a: ast.arguments) -> list[ast.arg]:
    return [*a.posonlyargs, *a.args, *a.kwonlyargs, *(p for p in (a.vararg, a.kwarg) if p is not None)]


class _StatementBuilder(ExpressionBuilder):
    """Statements: control flow between the instructions that `ExpressionBuilder` makes of expressions."""

    def __init__(self, source: Source, locals_: frozenset[str], cells: frozenset[str], nested: dict[str, Captured]) -> None:
        super().__init__(source, locals_, cells, nested)
        self.written: tuple[str, ...] = ()  # captured names that are bound here
        self.loops: list[_Loop] = []
        self.finally_: list[_Pending] = []

    def function(self) -> None:
        """Build the whole body."""
        tree = self.source.tree
        self.start_block("entry")
        if tree.args.kwarg is not None:
            self.refuse(tree.args.kwarg, "a parameter with `**`", "double-star", at=tree, phase="start")
            self.start_block(self.new_block("body"))
        if isinstance(tree, ast.Lambda):
            self.give_back(self.expression(tree.body), tree.body)
            return
        body = tree.body
        if (
            body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
            and isinstance(body[0].value.value, str)
        ):
            body = body[1:]
        self.statements(body)
        if self.open:
            self.emit("const", ("%none",), detail=None, node=tree)
            self.give_back("%none", tree, "end")

    def give_back(self, value: str, node: ast.AST, phase: str = "") -> None:
        """Return a value, and with it those of the captured variables that are bound here."""
        if self.written:
            self.emit("tuple", ("%given",), (value, *self.written), node=node, phase=phase)
            value = "%given"
        self.emit("return", (), (value,), node=node, phase=phase)

    def statements(self, body: Sequence[ast.stmt]) -> None:
        """Build statements one after the other; what follows a jump is dead and dropped."""
        for statement in body:
            if not self.open and not self.has_refused():
                return
            if not self.open:  # never reached: built for the faults in it, so that a refusal names all of them
                self.start_block(self.new_block("after"))
            self.begin_statement(statement)
            method: Callable[[Any], None] | None = getattr(self, f"statement_{type(statement).__name__}", None)
            if method is None:
                self.refuse(statement, f"`{type(statement).__name__.lower()}` statements", "unsupported-statement", phase="start")
            else:
                method(statement)

    # -- simple statements

    def statement_Pass(self, statement: ast.Pass) -> None:
        pass

    def statement_Global(self, statement: ast.Global) -> None:
        pass

    def statement_Nonlocal(self, statement: ast.Nonlocal) -> None:
        pass

    def statement_Expr(self, statement: ast.Expr) -> None:
        if not isinstance(statement.value, ast.Constant):
            self.expression(statement.value)

    def statement_Assign(self, statement: ast.Assign) -> None:
        value = self.expression(statement.value)
        if len(statement.targets) > 1 or not isinstance(statement.targets[0], ast.Name):
            value = self.hold(value, statement.value)
        for k, target in enumerate(statement.targets):
            self.store(target, value, node=statement, phase=str(k))

    def statement_AnnAssign(self, statement: ast.AnnAssign) -> None:
        if statement.value is not None:
            value = self.expression(statement.value)
            self.store(statement.target, value, node=statement, phase="0")

    def statement_AugAssign(self, statement: ast.AugAssign) -> None:
        target, result = statement.target, self.temporary(statement)
        symbol = self.symbol(statement.op)
        if isinstance(target, ast.Name):
            old = self.load_name(target, statement)
            value = self.expression(statement.value)
            self.emit("inplace", (result,), (old, value), detail=symbol, node=statement, phase="op")
            self.store_name(target, result, statement)
        elif isinstance(target, ast.Subscript):
            place = self.place(target)
            old = self.temporary(target)
            self.emit("item", (old,), place, node=target)
            value = self.expression(statement.value)
            self.emit("inplace", (result,), (old, value), detail=symbol, node=statement, phase="op")
            self.emit("set_item", (), (*place, result), node=target, phase="store")
        elif isinstance(target, ast.Attribute):
            (base,) = self.place(target)
            old = self.temporary(target)
            self.emit("attribute", (old,), (base,), detail=target.attr, node=target)
            value = self.expression(statement.value)
            self.emit("inplace", (result,), (old, value), detail=symbol, node=statement, phase="op")
            self.emit("set_attribute", (), (base, result), detail=target.attr, node=target, phase="store")

    def statement_Delete(self, statement: ast.Delete) -> None:
        if len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name) and self.is_own(statement.targets[0].id):
            name = statement.targets[0].id
            self.emit("bound", (), (name,), node=statement)
            self.emit("delete", (), (name,), node=statement)
        else:
            self.refuse(statement, "`del` of anything but one local name", "unsupported-delete", phase="start")

    def is_own(self, name: str) -> bool:
        """Whether a name is local and of no function around."""
        return name in self.locals and name not in self.written

    def statement_Return(self, statement: ast.Return) -> None:
        if statement.value is None:
            value = self.temporary(statement)
            self.emit("const", (value,), detail=None, node=statement)
        else:
            value = self.expression(statement.value)
        if self.finally_ and self.written:
            self.refuse(
                statement, "a return through `finally` where a variable around is bound", "unsupported-statement", needs=(value,)
            )
            return
        if self.finally_:
            self.emit("result", (), (value,), node=statement)
            kept = f"%ret{self.number(self.finally_[-1].node)}"
            self.emit("copy", (kept,), (value,), node=statement)
            value = self.leave_finally(0, "@return", kept)
            if not self.open:
                return
        self.give_back(value, statement)

    def statement_Raise(self, statement: ast.Raise) -> None:
        self.emit("leave", node=statement, phase="start")

    def statement_Assert(self, statement: ast.Assert) -> None:
        failed, after = self.new_block("failed"), self.new_block("after")
        self.condition(statement.test, after, failed)
        self.start_block(failed)
        self.emit("leave", node=statement, phase="failed")
        self.start_block(after)

    def statement_FunctionDef(self, statement: ast.FunctionDef) -> None:
        if statement.decorator_list or not has_plain_defaults(statement.args):
            self.refuse(
                statement,
                "a nested function with decorators, or defaults that are no constants",
                "nested-function",
                phase="start",
            )
        else:
            self.emit("closure", (statement.name,), (), detail=self.number(statement), node=statement, phase="start")

    # -- branches and loops

    def statement_If(self, statement: ast.If) -> None:
        then, after = self.new_block("then"), self.new_block("after")
        otherwise = self.new_block("else") if statement.orelse else after
        self.condition(statement.test, then, otherwise)
        self.start_block(then)
        self.statements(statement.body)
        self.jump(after)
        if statement.orelse:
            self.start_block(otherwise)
            self.statements(statement.orelse)
            self.jump(after)
        self.start_block(after)

    def statement_While(self, statement: ast.While) -> None:
        head, body, done = self.new_block("head"), self.new_block("body"), self.new_block("done")
        otherwise = self.new_block("else") if statement.orelse else done
        self.jump(head)
        self.start_block(head)
        self.begin_statement(statement)
        self.condition(statement.test, body, otherwise)
        self.loop_body(statement, "test", (head, body, otherwise, done))

    def statement_For(self, statement: ast.For) -> None:
        head, body, done = self.new_block("head"), self.new_block("body"), self.new_block("done")
        otherwise = self.new_block("else") if statement.orelse else done
        state, item = f"%iter{self.number(statement)}", f"%item{self.number(statement)}"
        self.emit("iterate", (state,), (self.expression(statement.iter),), node=statement, phase="iterate")
        self.jump(head)
        self.start_block(head)
        self.emit("next", (item, state), (state,), node=statement, phase="next", successors=(body, otherwise))
        self.start_block(body)
        self.store(statement.target, item, node=statement, phase="target")
        self.jump(body := self.new_block("turn"))
        self.loop_body(statement, "next", (head, body, otherwise, done))

    def loop_body(self, statement: ast.For | ast.While, phase: str, names: tuple[str, str, str, str]) -> None:
        """The body of a loop and its `else`; goes on behind both. Signals are looked for between turns, where the loop goes back."""
        head, body, otherwise, done = names
        again = self.new_block("again")
        self.loops.append(_Loop(again, done, len(self.finally_)))
        self.start_block(body)
        self.statements(statement.body)
        self.jump(again)
        self.loops.pop()
        self.start_block(again)
        self.emit("poll", node=statement, phase=phase)
        self.jump(head)
        if statement.orelse:
            self.start_block(otherwise)
            self.statements(statement.orelse)
            self.jump(done)
        self.start_block(done)

    def statement_Break(self, statement: ast.Break) -> None:
        self.leave_finally(self.loops[-1].depth, "@break")
        self.jump(self.loops[-1].done)

    def statement_Continue(self, statement: ast.Continue) -> None:
        self.leave_finally(self.loops[-1].depth, "@continue")
        self.jump(self.loops[-1].again)

    # -- try: the body runs straight on; whatever raises in it leaves, and CPython runs the handlers

    def statement_Try(self, statement: ast.Try) -> None:
        if statement.finalbody:
            self.finally_.append(_Pending(statement, statement.finalbody))
        self.statements(statement.body)
        self.statements(statement.orelse)
        if statement.finalbody:
            self.finally_.pop()
            self.statements(statement.finalbody)

    def leave_finally(self, depth: int, suffix: str, value: str = "") -> str:
        """Run the `finally` bodies above `depth`, innermost first, on the way out; a value being returned is handed outwards."""
        pending, loops = self.finally_[:], self.loops
        while len(self.finally_) > depth and self.open:
            body = self.finally_.pop()
            outer, self.suffix = self.suffix, (suffix if value else f"{suffix}{self.number(body.node)}") + self.suffix
            self.loops = [loop for loop in loops if loop.depth <= len(self.finally_)]
            self.statements(body.body)
            self.suffix = outer
            if value and len(self.finally_) > depth and self.open:
                outer_value = f"%ret{self.number(self.finally_[-1].node)}"
                self.emit("copy", (outer_value,), (value,), node=body.node)
                value = outer_value
        self.finally_, self.loops = pending, loops
        return value
