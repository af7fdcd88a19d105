"""What is left of a function body at an exit: from the operation about to be done outwards, to the end of the function.

Before, leaving at `c[i]` with `a * b` done::

    for i in r:
        s += a * b + c[i]
    return s

After::

    s += %19 + c[i]             # %19, %iter2: names no source can spell
    for i in %iter2:
        s += a * b + c[i]
    return s
"""

from __future__ import annotations

import ast
import copy
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from accel.analysis.assertions import failed_assertion
from accel.ir import Source

__all__ = ["ContinuationError", "Remainder", "located"]

N = TypeVar("N", bound=ast.AST)
_REPEATABLE = (ast.Attribute, ast.Tuple, ast.Slice, ast.Starred)  # of values at hand; the flow keeps what must not be redone
_FOLDED = (ast.UnaryOp, ast.BinOp, ast.Constant, ast.operator, ast.unaryop)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


class ContinuationError(Exception):
    """There is no way to go on at this place with these values."""


def located(node: N, like: ast.AST) -> N:
    """`node`, at the place in the file that `like` has."""
    return ast.copy_location(node, like)


def _changed(node: Any, **fields: Any) -> Any:
    made = copy.copy(node)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def _assign(target: ast.expr, value: ast.expr) -> ast.stmt:
    made: ast.stmt = located(ast.Assign(targets=[target], value=value), target)
    return made


class Remainder:
    """Climbs from one node to the root of the tree and gathers what is left to do on the way.

    `bound` are the names whose values are at hand. `used` collects those values (`%12`) that the rest needs.
    """

    def __init__(self, source: Source, bound: frozenset[str]) -> None:
        self.nodes, self.parents, self.bound = source.nodes, source.parents, bound
        self.numbers = {id(node): n for n, node in enumerate(source.nodes)}
        self.used: set[str] = set()
        self.number, self.phase = 0, ""
        self._leaving: list[tuple[str, str]] = []  # (return, break or continue; number of the `try` or "")

    def statements(self, number: int, phase: str) -> list[ast.stmt]:
        """What is left at a node and phase, up to the end of the function.

        Raises
        ------
        ContinuationError
            When a value is missing, or nothing can be continued there (handlers, other functions).
        """
        self.number, self.phase = number, phase
        stage, *leaving = phase.split("@")
        self._leaving = [(kind := part.rstrip("0123456789"), part[len(kind) :]) for part in leaving]
        node = self.nodes[number]
        if number == 0:
            return self._whole(node, stage)
        if stage == "raise" and (isinstance(node, ast.stmt) or isinstance(getattr(node, "ctx", None), ast.Store)):
            return self._raise_at(number, node)
        if isinstance(node, ast.stmt):
            return self._above(number, self._statement(number, node, stage))
        if not isinstance(node, ast.expr):
            raise self.failure(f"`{type(node).__name__}` is no operation")
        if isinstance(getattr(node, "ctx", None), ast.Store) and stage in ("", "store"):
            return self._store_at(number, node, stage)
        if stage == "raise":
            return self._raised(number, node)
        if stage == "operand" and _ASKED in self.bound:
            return self._chosen(number, node)
        return self._complete(number, self._operation(number, node, stage))

    def _raised(self, number: int, node: ast.expr) -> list[ast.stmt]:
        """An exception at an expression: nothing else of its statement is done."""
        call = ast.Call(func=self.value("%raise", node), args=[], keywords=[])
        placed = self._place_of_call(call, node) if isinstance(node, ast.Call) else located(call, node)
        while not isinstance(self.nodes[number], ast.stmt):
            if number == 0:
                return [located(ast.Expr(value=placed), node)]
            number = self.parents[number][0]
        return self._above(number, [located(ast.Expr(value=placed), node)])

    def failure(self, why: str) -> ContinuationError:
        """The error to raise."""
        node = self.nodes[self.number]
        where = f"line {getattr(node, 'lineno', '?')}, {type(node).__name__} (node {self.number}, phase {self.phase!r})"
        return ContinuationError(f"can't go on at {where}: {why}")

    def _raise_at(self, number: int, node: ast.AST) -> list[ast.stmt]:
        """An exception handed over, raised in place of the rest of a statement that stores."""
        call = located(ast.Call(func=self.value("%raise", node), args=[], keywords=[]), node)
        while not isinstance(self.nodes[number], ast.stmt):
            number = self.parents[number][0]
        return self._above(number, [located(ast.Expr(value=call), node)])

    def _chosen(self, number: int, node: ast.expr) -> list[ast.stmt]:
        """An operand of `and` or `or` whose value is at hand, and its truth: either is the value, or what follows."""
        parent, _, index = self.parents[number]
        above: Any = self.nodes[parent]
        later = above.values[(index or 0) + 1 :]
        rest = _changed(above, values=later) if len(later) > 1 else later[0]
        here = self.evaluated(node)
        body, orelse = (rest, here) if isinstance(above.op, ast.And) else (here, rest)
        return self._complete(parent, located(ast.IfExp(test=self.value(_ASKED, above), body=body, orelse=orelse), above))

    # -- values at hand

    def value(self, name: str, like: ast.AST) -> ast.expr:
        """A value at hand, by name, read at the place of `like`."""
        if name not in self.bound:
            raise self.failure(f"the value {name} is missing")
        self.used.add(name)
        made: ast.expr = located(ast.Name(id=name, ctx=ast.Load()), like)
        return made

    def evaluated(self, node: ast.expr) -> ast.expr:
        """An expression that has been evaluated: its value, or itself where doing it again changes nothing."""
        name = f"%{self.numbers[id(node)]}"
        if name in self.bound:
            return self.value(name, node)
        if isinstance(node, (ast.Constant, ast.Name)) or self._is_constant(node):
            return node
        if isinstance(node, ast.NamedExpr) and f"%{self.numbers[id(node.value)]}" in self.bound:
            return self.evaluated(node.value)
        if isinstance(node, _REPEATABLE):
            again: ast.expr = self._rebuilt(node, self.evaluated)
            return again
        raise self.failure(f"the value {name} of `{ast.unparse(node)}` is missing")

    def _asked(self, node: ast.expr) -> ast.expr:
        """The operand that an operation asks for something: what answers in its place, else the operand."""
        return self.value(_ASKED, node) if _ASKED in self.bound else self.evaluated(node)

    def _is_constant(self, node: ast.expr) -> bool:
        return all(isinstance(n, _FOLDED) for n in ast.walk(node))

    def _is_begun(self, node: ast.AST) -> bool:
        """Whether the value of anything inside is at hand."""
        return any(f"%{self.numbers[id(n)]}" in self.bound for n in ast.walk(node) if n is not node)

    def _operands(self, node: ast.AST) -> list[ast.expr]:
        """The operands of an expression or simple statement in the order they are evaluated."""
        if isinstance(node, ast.Dict):
            return [e for pair in zip(node.keys, node.values, strict=True) for e in pair if e is not None]
        operands: list[ast.expr] = []
        for _, value in ast.iter_fields(node):
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, ast.keyword):
                    item = item.value
                if isinstance(item, ast.expr):
                    operands.append(item)
        return operands

    def _rebuilt(self, node: Any, change: Callable[[ast.expr], ast.expr]) -> Any:
        """A copy with each operand changed."""

        def changed(item: Any) -> Any:
            if isinstance(item, ast.keyword):
                return _changed(item, value=change(item.value))
            return change(item) if isinstance(item, ast.expr) else item

        fields = {f: [changed(i) for i in v] if isinstance(v, list) else changed(v) for f, v in ast.iter_fields(node)}
        return _changed(node, **fields)

    def _with_operand(self, node: Any, child: ast.expr, new: ast.expr) -> Any:
        """A copy in which `child` is `new` and what comes before it has been evaluated."""
        operands = self._operands(node)
        at = next(k for k, operand in enumerate(operands) if operand is child)
        before = {id(operand) for operand in operands[:at]}
        made = self._rebuilt(node, lambda e: new if e is child else self.evaluated(e) if id(e) in before else e)
        return self._placed(made, node)

    def _redone(self, node: Any) -> Any:
        """The operation itself, on its evaluated operands; the whole expression where none of them has been evaluated."""
        try:
            return self._placed(self._rebuilt(node, self.evaluated), node)
        except ContinuationError:
            if self._is_begun(node):
                raise
            return node

    def _placed(self, made: Any, node: ast.expr) -> Any:
        """A call of a method is at the line of the method's name, also when the method is at hand as a value."""
        if isinstance(node, ast.Call) and not isinstance(made.func, ast.Attribute):
            return self._place_of_call(made, node)
        return made

    def _place_of_call(self, made: Any, node: ast.Call) -> Any:
        func = node.func
        plain = not any(isinstance(a, ast.Starred) for a in node.args) and all(k.arg for k in node.keywords)
        if not isinstance(func, ast.Attribute) or not plain or node.lineno == func.end_lineno:
            return located(made, node)
        made.lineno, made.col_offset = func.end_lineno, (func.end_col_offset or 0) - len(func.attr)
        made.end_lineno, made.end_col_offset = node.end_lineno, node.end_col_offset
        return made

    # -- the operation itself

    def _operation(self, number: int, node: ast.expr, stage: str) -> ast.expr:
        """The expression at `node` from the operation on."""
        if isinstance(node, ast.Compare) and stage.lstrip(_LETTERS).isdigit():
            return self._comparison(number, node, stage)
        if number != 0 and isinstance(self.nodes[self.parents[number][0]], ast.Lambda) and f"%{number}" in self.bound:
            return self.evaluated(node)  # about to be returned
        match stage:
            case "start":
                return node
            case "truth" | "operand":
                return self._asked(node)
            case "value":
                return self.value("%result", node)
            case "" | "0":
                operands = self._operands(node)
                asks = _ASKED in self.bound
                done: ast.expr = self._with_operand(node, operands[-1], self._asked(operands[-1])) if asks else self._redone(node)
                return done
        raise self.failure("there is no such phase")

    def _tested(self, node: ast.AST) -> ast.AST:
        """Where the jump by a truth stands. Before Python 3.12 that is the comparison, but the statement for other values."""
        here = self.nodes[self.number]
        comparing = isinstance(here, ast.Compare) and self.phase.startswith("truth")
        return here if comparing and sys.version_info < (3, 12) else node

    def _comparison(self, number: int, node: ast.Compare, stage: str) -> ast.expr:
        """A comparison at its k-th operator; with "value" or "not", where that has given `%result`, of which "not" makes the opposite and "bool" the truth; with
        "truth", at the truth of what it gave."""
        k, what = int(stage.lstrip(_LETTERS)), stage.rstrip("0123456789")
        operands = [node.left, *node.comparators]
        if not what:
            rest = [self.evaluated(operands[k + 1]), *operands[k + 2 :]]
            made: ast.expr = _changed(node, left=self.evaluated(operands[k]), ops=node.ops[k:], comparators=rest)
            return made
        kept = f"%{number}.{k}" if f"%{number}.{k}" in self.bound else f"%{number}"
        given = self.value(kept if what == "truth" else "%result", node)
        for _ in range({"not": 1, "bool": 2}.get(what, 0)):
            given = located(ast.UnaryOp(op=ast.Not(), operand=given), node)
        if k == len(node.ops) - 1:
            return given
        later = _changed(node, left=self.evaluated(operands[k + 1]), ops=node.ops[k + 1 :], comparators=operands[k + 2 :])
        both: ast.expr = located(ast.BoolOp(op=ast.And(), values=[given, later]), node)
        return both

    def _complete(self, number: int, new: ast.expr) -> list[ast.stmt]:
        """The rest from the statement around an expression on, with the expression replaced by `new`."""
        while True:
            node = self.nodes[number]
            parent, field, index = self.parents[number]
            above = self.nodes[parent]
            if isinstance(node, (ast.Subscript, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
                return self._place_known(number, new)
            if isinstance(above, ast.keyword):
                parent, above = self.parents[parent][0], self.nodes[self.parents[parent][0]]
            elif isinstance(above, ast.comprehension):
                parent, above, new = self._in_comprehension(parent, field, new)
                number = parent
                continue
            if parent == 0 or not isinstance(above, ast.expr):
                return self._in_statement(parent, field, index, number, new)
            new = self._in_expression(above, field, index, node, new)
            number = parent

    def _in_expression(self, above: ast.expr, field: str, index: int | None, child: ast.AST, new: ast.expr) -> ast.expr:
        made: ast.expr
        match above:
            case ast.BoolOp(values=values):
                later = values[(index or 0) + 1 :]
                return _changed(above, values=[new, *later]) if later else new
            case ast.IfExp():
                if field != "test":
                    return new
                made = located(_changed(above, test=new), self._tested(above))
                return made
            case ast.Compare(left=left, ops=ops, comparators=comparators) if field == "comparators":
                k = index or 0
                before = self.evaluated(comparators[k - 1] if k else left)
                made = _changed(above, left=before, ops=ops[k:], comparators=[new, *comparators[k + 1 :]])
                return made
            case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                raise self.failure(f"it is inside a {type(above).__name__}")
        made = self._with_operand(above, child, new)  # type: ignore[arg-type]
        return made

    def _in_comprehension(self, number: int, field: str, new: ast.expr) -> tuple[int, ast.AST, ast.expr]:
        """Only what the first `for` of a comprehension goes over belongs to the function itself."""
        parent, _, index = self.parents[number]
        above: Any = self.nodes[parent]
        if field != "iter" or index != 0:
            raise self.failure(f"it is inside a {type(above).__name__}")
        first = _changed(above.generators[0], iter=new)
        return parent, above, _changed(above, generators=[first, *above.generators[1:]])

    # -- targets

    def _store_at(self, number: int, node: Any, stage: str) -> list[ast.stmt]:
        owner, _, _ = self.parents[number]
        statement = self.nodes[owner]
        target = self._rebuilt(node, self.evaluated) if isinstance(node, (ast.Subscript, ast.Attribute)) else node
        if isinstance(statement, ast.AugAssign) and stage == "":
            return self._above(owner, [_changed(statement, target=target)])
        return self._stored(number, target)

    def _place_known(self, number: int, target: ast.expr) -> list[ast.stmt]:
        """The rest from a subscript or attribute that is stored to (or deleted), its place being evaluated in `target`."""
        parent, _, index = self.parents[number]
        above = self.nodes[parent]
        if isinstance(above, ast.AugAssign) and isinstance(target, ast.Name):  # the value that was read there
            kept = located(ast.Name(id=f"%{number}", ctx=ast.Store()), target)
            return self._above(parent, [_assign(kept, target), *self._applied(above, above.value)])
        if isinstance(above, ast.AugAssign):
            return self._above(parent, [_changed(above, target=target)])
        if isinstance(above, ast.Delete):
            return self._above(parent, [_changed(above, targets=[target, *above.targets[(index or 0) + 1 :]])])
        if isinstance(above, ast.AnnAssign) and above.value is None:
            return self._above(parent, [_changed(above, target=target)])
        return self._stored(number, target)

    def _stored(self, number: int, target: ast.expr) -> list[ast.stmt]:
        """The rest from storing to `target` on, which stands for the target node `number`."""
        made = [_assign(target, self._stored_value(number))]
        while True:
            parent, field, index = self.parents[number]
            above = self.nodes[parent]
            if isinstance(above, (ast.Tuple, ast.List)):
                for later in above.elts[(index or 0) + 1 :]:
                    place = later.value if isinstance(later, ast.Starred) else later
                    made.append(_assign(place, self._stored_value(self.numbers[id(later)])))
            elif not isinstance(above, ast.Starred):
                return self._after_store(parent, field, index, made)
            number = parent

    def _stored_value(self, number: int) -> ast.expr:
        """The value about to be stored to a target."""
        node = self.nodes[number]
        parent, field, index = self.parents[number]
        match self.nodes[parent]:
            case ast.Tuple() | ast.List():
                return self.value(f"%part{parent}.{index}", node)
            case ast.Starred():
                return self._stored_value(parent)
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                return self.evaluated(value)
            case ast.AugAssign():
                return self.value(f"%{parent}", node)
            case ast.For() if field == "target":
                return self.value(f"%item{parent}", node)
        raise self.failure("nothing can be stored there")

    def _after_store(self, owner: int, field: str, index: int | None, made: list[ast.stmt]) -> list[ast.stmt]:
        statement = self.nodes[owner]
        if isinstance(statement, ast.For):
            return self._above(owner, self._turn(owner, [*made, *statement.body]))
        if isinstance(statement, ast.Assign) and (later := statement.targets[(index or 0) + 1 :]):
            made = [*made, _changed(statement, targets=later, value=self.evaluated(statement.value))]
        return self._above(owner, made)

    # -- statements

    def _whole(self, tree: Any, stage: str) -> list[ast.stmt]:
        if stage == "end":
            return []
        if stage != "start":
            raise self.failure("there is no such phase")
        if isinstance(tree, ast.Lambda):
            return [located(ast.Return(value=tree.body), tree.body)]
        return list(tree.body)

    def _statement(self, number: int, node: Any, stage: str) -> list[ast.stmt]:
        """The statement `node` from `stage` on."""
        match node:
            case _ if stage == "start":
                return [node]
            case ast.For() | ast.While() if stage in ("next", "test", "iterate", "target"):
                return self._loop(number, node, stage)
            case ast.Assert() if stage == "failed":
                return [failed_assertion(node)]
            case ast.Assign() if stage.isdigit():
                return [_changed(node, targets=node.targets[int(stage) :], value=self.evaluated(node.value))]
            case ast.AnnAssign() if stage.isdigit() and node.value is not None:
                return [_changed(node, value=self.evaluated(node.value))]
            case ast.AugAssign() if stage == "op":
                return self._augmented(node, self._begun(node.value))
            case ast.AugAssign(target=target) if stage == "value":
                place = target if isinstance(target, ast.Name) else self._rebuilt(target, self.evaluated)
                return [_assign(place, self.value("%result", node))]
            case ast.AugAssign() if stage.isdigit():
                return [_assign(node.target, self.value(f"%{number}", node))]
            case ast.Delete() if stage.isdigit():
                return [_changed(node, targets=node.targets[int(stage) :])]
            case _ if stage == "":
                return [self._rebuilt(node, self._given)] if not _has_blocks(node) else [node]
        raise self.failure("there is no such phase")

    def _given(self, node: ast.expr) -> ast.expr:
        """The value of an expression if it is at hand, else the expression: it is still to be evaluated."""
        if isinstance(node, ast.NamedExpr) and f"%{self.numbers[id(node.value)]}" in self.bound:  # it has been stored
            return self.evaluated(node.value)
        name = f"%{self.numbers[id(node)]}"
        return self.value(name, node) if name in self.bound else node

    def _begun(self, node: ast.expr) -> ast.expr:
        """The value of an expression if it has been evaluated, else the expression."""
        try:
            return self.evaluated(node)
        except ContinuationError:
            if self._is_begun(node):
                raise
            return node

    def _loop(self, number: int, node: Any, stage: str) -> list[ast.stmt]:
        if isinstance(node, ast.While):
            return [node]
        if stage == "iterate":
            return [_changed(node, iter=self.evaluated(node.iter))]
        if stage == "next":
            return [self._rest_of_loop(number)]
        return self._turn(number, [_assign(node.target, self.value(f"%item{number}", node.target)), *node.body])

    def _rest_of_loop(self, number: int) -> ast.stmt:
        """The loop for the turns that have not begun."""
        node: Any = self.nodes[number]
        made: ast.stmt = node if isinstance(node, ast.While) else _changed(node, iter=self.value(f"%iter{number}", node.iter))
        return made

    def _turn(self, number: int, rest: list[ast.stmt]) -> list[ast.stmt]:
        """The rest of a turn, then the rest of the loop. A `break` or `continue` in the rest of the turn finds a loop of one
        turn around it, whose `else` is the rest of the loop."""
        loop = self._rest_of_loop(number)
        if not _has_jump(rest):
            return [*rest, loop]
        target, one = located(ast.Name(id="%once", ctx=ast.Store()), loop), located(ast.Constant(value="1"), loop)
        return [located(ast.For(target=target, iter=one, body=rest, orelse=[loop]), loop)]

    def _augmented(self, node: ast.AugAssign, value: ast.expr) -> list[ast.stmt]:
        """`target op= value` with the target read and `value` standing for the operand."""
        target, read = node.target, f"%{self.numbers[id(node.target)]}"
        if isinstance(target, ast.Name) and read not in self.bound:
            return [_changed(node, value=value)]
        self.value(read, target)  # fails where that is missing
        return self._applied(node, value)

    def _applied(self, node: ast.AugAssign, value: ast.expr) -> list[ast.stmt]:
        """The same where the target has been read into a name of its own."""
        target, read = node.target, f"%{self.numbers[id(node.target)]}"
        kept, result = (located(ast.Name(id=read, ctx=ctx()), target) for ctx in (ast.Store, ast.Load))
        place = target if isinstance(target, ast.Name) else self._rebuilt(target, self.evaluated)
        return [_changed(node, target=kept, value=value), _assign(place, result)]

    def _in_statement(self, number: int, field: str, index: int | None, child: int, new: ast.expr) -> list[ast.stmt]:
        """The rest from a statement on whose direct part `child` is to be evaluated as `new`."""
        node: Any = self.nodes[number]
        part: Any = self.nodes[child]
        match node:
            case ast.Lambda() if field == "body" and number == 0:
                return [located(ast.Return(value=new), new)]
            case ast.While():
                then = self._turn(number, node.body)
                return self._above(number, [located(ast.If(test=new, body=then, orelse=node.orelse), self._tested(node))])
            case ast.If():
                return self._above(number, [located(_changed(node, test=new), self._tested(node))])
            case ast.Assert() if field == "test":  # the error is raised at the place of the whole test
                passed = located(ast.Pass(), node)
                return self._above(number, [located(ast.If(test=new, body=[passed], orelse=[failed_assertion(node)]), self._tested(node))])
            case ast.Assert():
                return self._above(number, [failed_assertion(_changed(node, msg=new))])
            case ast.AugAssign() if field == "value":
                return self._above(number, self._augmented(node, new))
            case ast.Delete():
                return self._above(number, [_changed(node, targets=[new, *node.targets[(index or 0) + 1 :]])])
            case ast.For() | ast.Match() | ast.AnnAssign() | ast.Assign() if field in _FIRST_FIELDS:
                return self._above(number, [_changed(node, **{field: new})])
            case ast.Expr() | ast.Return() | ast.Raise():
                return self._above(number, [self._with_operand(node, part, new)])
            case ast.withitem() if field == "context_expr" and self.parents[number][2] == 0:
                owner: Any = self.nodes[self.parents[number][0]]
                items = [_changed(node, context_expr=new), *owner.items[1:]]
                return self._above(self.parents[number][0], [_changed(owner, items=items)])
        raise self.failure(f"it is part of a {type(node).__name__}")

    # -- blocks

    def _above(self, number: int, rest: Sequence[ast.stmt]) -> list[ast.stmt]:
        """What is left from statement `number` on, of which `rest` is left, to the end of the function."""
        block = list(rest)
        while True:
            parent, field, index = self.parents[number]
            above: Any = self.nodes[parent]
            block += getattr(above, field)[(index or 0) + 1 :]
            if parent == 0:
                return block
            match above:
                case ast.If():
                    pass
                case ast.For() | ast.While():
                    block = self._turn(parent, block) if field == "body" else block
                case ast.Try() | ast.TryStar():
                    block = self._in_try(parent, above, field, block)
                case ast.match_case():
                    parent = self.parents[parent][0]
                case _:
                    raise self.failure(f"it is inside a {type(above).__name__}")
            number = parent

    def _in_try(self, number: int, node: ast.Try | ast.TryStar, field: str, block: list[ast.stmt]) -> list[ast.stmt]:
        if field == "body":
            return [_changed(node, body=block or [located(ast.Pass(), node)])]
        if field == "orelse":
            if not node.finalbody:
                return block
            body = block or [located(ast.Pass(), node)]
            return [located(ast.Try(body=body, handlers=[], orelse=[], finalbody=node.finalbody), node)]
        if field == "finalbody":
            return [*block, *self._way_out(number, node)]
        raise self.failure("it is inside an `except`")

    def _way_out(self, number: int, node: ast.AST) -> list[ast.stmt]:
        """What comes after a `finally` body that was reached by a return, break or continue."""
        if f"%ret{number}" in self.bound:
            self._leaving = [way for way in self._leaving if way[0] != "return"]
            return [located(ast.Return(value=self.value(f"%ret{number}", node)), node)]
        jumps = [way for way in self._leaving if way[0] != "return"]
        numbered = [way for way in jumps if way[1] == str(number)]
        plain = [way for way in jumps if not way[1]]
        if plain and (len(plain) > 1 or self._count_finally() > 1):
            raise self.failure("which `finally` body the jump goes through is not known")
        for kind, _ in numbered or plain:
            self._leaving = [way for way in self._leaving if way not in (numbered or plain)]
            return [located(ast.Break() if kind == "break" else ast.Continue(), node)]
        return []

    def _count_finally(self) -> int:
        number, count = self.number, 0
        while number:
            number, field, _ = self.parents[number]
            count += field == "finalbody"
        return count


_ASKED = "%asked"  # an object that answers what an operation asks its operand for
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_FIRST_FIELDS = ("iter", "subject", "value")


def _has_blocks(node: ast.AST) -> bool:
    return any(hasattr(node, f) for f in ("body", "cases"))


def _has_jump(block: Sequence[ast.AST]) -> bool:
    """Whether a `break` or `continue` in these statements belongs to the loop around them."""
    for node in block:
        if isinstance(node, (ast.Break, ast.Continue)):
            return True
        if isinstance(node, (*_DEFINITIONS, ast.expr)):
            continue
        is_loop = isinstance(node, (ast.For, ast.While, ast.AsyncFor))
        if _has_jump(node.orelse if is_loop else list(ast.iter_child_nodes(node))):  # type: ignore[attr-defined]
            return True
    return False
