"""Source -> Diagnostics: writes to what is borrowed, and uses of names whose value has been moved.

Goes over the statements as they may run, with what is known of names: which hold the memory of a parameter that its caller keeps whatever way was
taken, and which were moved on some way. Turns of a loop are gone over until nothing new is learnt, and only then are faults noted.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from types import CellType, FunctionType, ModuleType
from typing import Any

from accel.analysis.parse import parse_function
from accel.errors import AnnotationError, CompileError, Diagnostic, OwnershipError
from accel.ir import Source
from accel.runtime.frames import place_of
from accel.types.annotations import enforced_parameters
from accel.types.ownership import move
from accel.values import dataclass

__all__ = ["check_ownership", "find_ownership_faults"]

_MOST_FAULTS = 10
_WRITING = frozenset(("fill", "itemset", "partition", "put", "setfield", "setflags", "sort"))  # methods of arrays
_VIEWS = frozenset(("T", "flat", "mT", "real"))  # attributes of arrays over the same memory
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def check_ownership(function: FunctionType) -> None:
    """Raise for what can be seen in the source of a function; one without source is looked at when it runs.

    Raises
    ------
    AnnotationError
        When a default value is an array, which each call would get.
    OwnershipError
    """
    defaults = dict(zip(reversed(function.__code__.co_varnames[: function.__code__.co_argcount]), reversed(function.__defaults__ or ()), strict=False))
    for parameter in enforced_parameters(function):
        if parameter.role and hasattr((defaults | (function.__kwdefaults__ or {})).get(parameter.name), "ndim"):
            code, what = function.__code__, f"`{parameter.name}` of `{function.__qualname__}` is {parameter.role}, and has an array for its default"
            do = ("write `= None`, and make the array in the function",)
            raise AnnotationError(Diagnostic(what, "ownership-annotation", code.co_filename, code.co_firstlineno, do=do))
    try:
        faults = find_ownership_faults(parse_function(function))
    except (CompileError, RecursionError):  # no source; expressions too deep to go through
        return
    if faults:
        raise OwnershipError(faults)


def find_ownership_faults(source: Source) -> tuple[Diagnostic, ...]:
    """The faults of a function, in the order of its lines."""
    walk = _Walk(source)
    walk.function(source.tree)
    return tuple(sorted(walk.faults.values(), key=lambda d: (d.line, d.column)))[:_MOST_FAULTS]


@dataclass(slots=True)
class _State:
    """What is known at a place: `lent` names that hold the memory of a `Borrowed` or `Inout` parameter, with its name; `moved` names, with the call
    that moved them."""

    lent: dict[str, str]
    moved: dict[str, ast.Call]

    def copy(self) -> _State:
        """Another one, for another way."""
        return _State(dict(self.lent), dict(self.moved))


def _join(*states: _State | None) -> _State | None:
    """What is known where ways meet; None where none comes along."""
    reached = [state for state in states if state is not None]
    if not reached:
        return None
    first, *others = reached
    lent = {name: held for name, held in first.lent.items() if all(other.lent.get(name) == held for other in others)}
    moved: dict[str, ast.Call] = {}
    for state in reversed(reached):
        moved |= state.moved
    return _State(lent, moved)


class _Outside:
    """What names from outside of a function stand for at this moment."""

    def __init__(self, function: FunctionType) -> None:
        code = function.__code__
        self._function = function
        self.own = {*code.co_varnames, *code.co_cellvars}
        self._globals = function.__globals__
        self._cells: dict[str, CellType] = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))

    def find(self, node: ast.expr) -> Any:
        """The object an expression names, None where that is not known. No code of the user's is run for it."""
        if isinstance(node, ast.Attribute):
            found = self.find(node.value)
            return getattr(found, node.attr, None) if type(found) is ModuleType else None
        if not isinstance(node, ast.Name) or node.id in self.own:
            return None
        if node.id not in self._cells:
            itself = self._function.__qualname__ == node.id  # which its decorators see before the module does
            return self._function if itself else self._globals.get(node.id)
        try:
            return self._cells[node.id].cell_contents
        except ValueError:  # it is bound later
            return None


class _Walk:
    """Goes over one function; `state` is None where nothing comes along."""

    def __init__(self, source: Source) -> None:
        self.source, self.outside = source, _Outside(source.function)
        self.roles = {p.name: p.role for p in enforced_parameters(source.function) if p.role in ("Borrowed", "Inout")}
        self.faults: dict[tuple[ast.AST, str], Diagnostic] = {}
        self.state: _State | None = None
        self._muted = 0
        self._loops: list[tuple[list[_State], list[_State]]] = []  # states at `break` and at `continue`
        self._trials: list[list[_State]] = []  # states at the statements of the bodies of `try` around

    def function(self, tree: ast.FunctionDef | ast.Lambda) -> None:
        """Go over a function, and over those defined in it, each of which may be called at any time."""
        lent = {name: name for name in self.roles}
        self.body(tree, lent)
        inside = [node for node in ast.walk(tree) if isinstance(node, _SCOPES) and node is not tree]
        shadowed = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
        shadowed |= {node.arg for inner in inside for node in ast.walk(inner.args) if isinstance(node, ast.arg)}
        self.outside.own |= shadowed
        for inner in inside:
            self.body(inner, {name: name for name in lent if name not in shadowed})

    def body(self, tree: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, lent: dict[str, str]) -> None:
        """Go over what one function runs."""
        self.state = _State(lent, {})
        if isinstance(tree, ast.Lambda):
            self.expression(tree.body)
        else:
            self.statements(tree.body)

    def refuse(self, node: ast.AST, slug: str, what: str, found: str = "", **more: Any) -> None:
        """Note a fault."""
        if not self._muted:
            place = place_of(node, self.source.filename, self.source.lines)
            self.faults.setdefault((node, slug), Diagnostic(f"`{self.source.name}` {what}", slug, *place, found=found, **more))

    # -- names

    def use(self, node: ast.Name) -> None:
        """A name is read."""
        assert self.state is not None
        moved = self.state.moved.pop(node.id, None)  # told once
        if moved is not None:
            self.refuse(node, "use-after-move", f"uses `{node.id}` after it has been moved", f"it is moved in line {moved.lineno}")

    def bind(self, name: str, value: ast.expr | None = None) -> None:
        """A name gets a value, that of an expression if it is known."""
        assert self.state is not None
        held = self.lent_by(value)
        self.state.moved.pop(name, None)
        self.state.lent.pop(name, None)
        if held:
            self.state.lent[name] = held

    def lent_by(self, node: ast.expr | None) -> str:
        """The parameter whose memory, which its caller keeps, an expression certainly gives; "" if there is none."""
        assert self.state is not None
        match node:
            case ast.Name(id=name):
                return self.state.lent.get(name, "")
            case ast.NamedExpr(value=value):
                return self.lent_by(value)
            case ast.Attribute(value=value, attr=name) if name in _VIEWS:
                return self.lent_by(value)
            case ast.Subscript(value=value, slice=index):
                parts = index.elts if isinstance(index, ast.Tuple) else [index]
                plain = all(isinstance(p, ast.Slice) or (isinstance(p, ast.Constant) and type(p.value) in (int, type(...), type(None))) for p in parts)
                cut = any(isinstance(p, ast.Slice) or (isinstance(p, ast.Constant) and p.value is ...) for p in parts)
                return self.lent_by(value) if plain and cut else ""
        return ""

    def target(self, node: ast.expr, value: ast.expr | None = None) -> None:
        """Something is assigned to."""
        match node:
            case ast.Name(id=name):
                self.bind(name, value)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                values: Sequence[ast.expr | None] = value.elts if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(parts) else [None] * len(parts)
                for part, given in zip(parts, values, strict=True):
                    self.target(part, given)
            case ast.Starred(value=inner):
                self.target(inner)
            case ast.Subscript(value=base):
                self.expression(base)
                self.expression(node.slice)
                self.write(node, base)
            case ast.Attribute(value=base):
                self.expression(base)
                if node.attr == "writeable" and isinstance(base, ast.Attribute):
                    self.write(node, base.value)

    def write(self, node: ast.AST, base: ast.expr) -> None:
        """What `base` gives is written."""
        held = self.lent_by(base)
        if self.roles.get(held) == "Borrowed":
            self.refuse(node, "borrowed-write", f"writes to `{held}`, which is borrowed", _alias_text(base, held))

    # -- expressions

    def expression(self, node: ast.AST | None) -> None:
        """Go over an expression in the order in which it is evaluated."""
        match node:
            case None | ast.Lambda():
                pass
            case ast.Name():
                self.use(node)
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                self.expression(value)
                self.bind(name, value)
            case ast.Call():
                self.call(node)
            case ast.IfExp(test=test, body=then, orelse=otherwise):
                self.expression(test)
                self.either(lambda: self.expression(then), lambda: self.expression(otherwise))
            case ast.BoolOp(values=[first, *rest]):
                self.expression(first)
                for other in rest:
                    self.either(lambda other=other: self.expression(other), lambda: None)  # type: ignore[misc]
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self.comprehension(node)
            case _:
                for child in ast.iter_child_nodes(node):
                    self.expression(child)

    def either(self, *ways: Callable[[], None]) -> None:
        """One of several ways is taken."""
        start, ends = self.state, []
        for way in ways:
            self.state = start and start.copy()
            if self.state is not None:
                way()
            ends.append(self.state)
        self.state = _join(*ends)

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        """A loop with names of its own."""
        assert self.state is not None
        self.expression(node.generators[0].iter)
        own = {n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
        hidden = self.state.copy()

        def turn() -> None:
            for name in own:
                self.bind(name)
            for k, generator in enumerate(node.generators):
                for part in (generator.iter if k else None, *generator.ifs):
                    self.expression(part)
            for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
                self.expression(part)

        self.repeat(turn)
        assert self.state is not None
        for name in own:
            self.bind(name)
            if name in hidden.lent:
                self.state.lent[name] = hidden.lent[name]
            if name in hidden.moved:
                self.state.moved[name] = hidden.moved[name]

    def call(self, node: ast.Call) -> None:
        """A call: of `move`, of a function that says whose its arguments are, or of a method that writes."""
        callee = self.outside.find(node.func)
        if callee is move and len(node.args) == 1 and isinstance(node.args[0], ast.Name):
            self.move(node, node.args[0])
            return
        for child in (node.func, *node.args, *(keyword.value for keyword in node.keywords)):
            self.expression(child)
        if isinstance(node.func, ast.Attribute) and node.func.attr in _WRITING:
            self.write(node, node.func.value)
        if not isinstance(callee, FunctionType):
            return
        code, roles = callee.__code__, {p.name: p for p in enforced_parameters(callee) if p.role in ("Inout", "Owned")}
        starred = next((k for k, value in enumerate(node.args) if isinstance(value, ast.Starred)), len(node.args))
        given = list(zip(code.co_varnames[: code.co_argcount], node.args[:starred], strict=False)) + [(k.arg or "", k.value) for k in node.keywords]
        for name, value in given:
            if name in roles:
                self.pass_on(callee.__name__, roles[name].role, value)

    def pass_on(self, callee: str, role: str, value: ast.expr) -> None:
        """An argument goes to a parameter that is `Inout` or `Owned`."""
        held = self.lent_by(value)
        if held and role == "Owned":
            self.give_away(value, f"gives `{held}` to `{callee}`, which takes it over", "")
        elif self.roles.get(held) == "Borrowed":
            self.refuse(value, "borrowed-write", f"passes `{held}`, which is borrowed, to `{callee}`, which may write it")
        elif role == "Owned" and isinstance(value, ast.Name):
            self.refuse(value, "missing-move", f"passes `{value.id}` without `move` to `{callee}`, which takes it over",
                        do=(f"write `move({value.id})`", f"or pass a copy: `{value.id}.copy()`"))  # fmt: skip

    def give_away(self, node: ast.expr, what: str, found: str) -> None:
        """What the caller keeps is moved."""
        why = "what is `Borrowed` or `Inout` is the caller's, who goes on using it"
        self.refuse(node, "borrowed-write", what, found, why=why, do=("annotate it `Owned[...]`", "or give a copy away: `a.copy()`"))

    def move(self, node: ast.Call, name: ast.Name) -> None:
        """`move(name)`."""
        assert self.state is not None
        if self.state.moved.get(name.id) is node:
            self.state.moved.pop(name.id)
            self.refuse(node, "move-in-loop", f"moves `{name.id}` in each turn of a loop")
        self.use(name)
        if held := self.lent_by(name):
            self.give_away(node, f"moves `{held}`, which its caller keeps", _alias_text(name, held))
        self.state.moved[name.id] = node

    # -- statements

    def statements(self, body: Sequence[ast.stmt]) -> None:
        """Go over statements; those that are never reached are left out."""
        for statement in body:
            if self.state is None:
                return
            for seen in self._trials:
                seen.append(self.state.copy())
            _STATEMENTS.get(type(statement), _Walk.expression)(self, statement)
            for seen in self._trials:
                if self.state is not None:
                    seen.append(self.state.copy())

    def assign(self, statement: ast.Assign) -> None:
        self.expression(statement.value)
        for target in statement.targets:
            self.target(target, statement.value)

    def assign_annotated(self, statement: ast.AnnAssign) -> None:
        if statement.value is not None:
            self.expression(statement.value)
            self.target(statement.target, statement.value)

    def assign_in_place(self, statement: ast.AugAssign) -> None:
        self.expression(statement.value)
        if isinstance(statement.target, ast.Name):
            self.use(statement.target)
            self.write(statement, statement.target)
        else:
            self.target(statement.target)

    def delete(self, statement: ast.Delete) -> None:
        for target in statement.targets:
            self.target(target)

    def leave(self, statement: ast.Return | ast.Raise) -> None:
        for child in ast.iter_child_nodes(statement):
            self.expression(child)
        self.state = None

    def jump(self, statement: ast.Break | ast.Continue) -> None:
        assert self.state is not None
        self._loops[-1][isinstance(statement, ast.Continue)].append(self.state)
        self.state = None

    def define(self, statement: Any) -> None:
        arguments = getattr(statement, "args", None)
        for node in (*statement.decorator_list, *(arguments.defaults if arguments else ()), *(arguments.kw_defaults if arguments else ())):
            self.expression(node)
        self.bind(statement.name)

    def import_(self, statement: ast.Import | ast.ImportFrom) -> None:
        for alias in statement.names:
            self.bind(alias.asname or alias.name.partition(".")[0])

    def if_(self, statement: ast.If) -> None:
        self.expression(statement.test)
        self.either(lambda: self.statements(statement.body), lambda: self.statements(statement.orelse))

    def while_(self, statement: ast.While) -> None:
        endless = isinstance(statement.test, ast.Constant) and bool(statement.test.value)
        self._loop(statement, lambda: self.expression(statement.test), endless=endless)

    def for_(self, statement: ast.For | ast.AsyncFor) -> None:
        self.expression(statement.iter)
        self._loop(statement, lambda: None)

    def _loop(self, statement: ast.For | ast.AsyncFor | ast.While, head: Callable[[], None], *, endless: bool = False) -> None:
        """A loop and its `else`: `head` is gone over before each turn, and before the end."""
        exits: list[_State | None] = []
        breaks: list[_State] = []

        def turn() -> None:
            exits.clear()
            breaks.clear()
            head()
            exits.append(self.state and self.state.copy())
            if not isinstance(statement, ast.While):
                self.target(statement.target)
            self._loops.append((breaks, again := []))  # type: ignore[var-annotated]
            self.statements(statement.body)
            self._loops.pop()
            self.state = _join(self.state, *again)

        self.repeat(turn)
        self.state = None if endless else _join(*exits)
        self.statements(statement.orelse)
        self.state = _join(self.state, *breaks)

    def repeat(self, turn: Callable[[], None]) -> None:
        """Go over a turn of a loop until nothing new is known in front of it, then once more for its faults. Goes on with what is known in front."""
        before = None
        self._muted += 1
        while before != self.state and self.state is not None:
            before = self.state.copy()
            turn()
            self.state = _join(before, self.state)
        self._muted -= 1
        front = self.state and self.state.copy()
        if self.state is not None and not self._muted:
            turn()
        self.state = front

    def try_(self, statement: Any) -> None:
        seen: list[_State] = [self.state.copy()] if self.state else []
        self._trials.append(seen)
        self.statements(statement.body)
        self._trials.pop()
        self.statements(statement.orelse)
        ends, raised = [self.state], _join(*seen)
        for handler in statement.handlers:
            self.state = raised and raised.copy()
            self.expression(handler.type)
            if handler.name:
                self.bind(handler.name)
            self.statements(handler.body)
            ends.append(self.state)
        normal = _join(*ends)
        if statement.finalbody:
            self.state = _join(raised, normal)
            self.statements(statement.finalbody)
        self.state = normal
        self.statements(statement.finalbody)

    def with_(self, statement: ast.With | ast.AsyncWith) -> None:
        for item in statement.items:
            self.expression(item.context_expr)
            if item.optional_vars is not None:
                self.target(item.optional_vars)
        self.statements(statement.body)

    def match_(self, statement: ast.Match) -> None:
        self.expression(statement.subject)

        def case(found: ast.match_case) -> Callable[[], None]:
            def way() -> None:
                for node in ast.walk(found.pattern):
                    name = getattr(node, "rest", None) if isinstance(node, ast.MatchMapping) else getattr(node, "name", None)
                    if isinstance(name, str):
                        self.bind(name)
                self.expression(found.guard)
                self.statements(found.body)

            return way

        self.either(*map(case, statement.cases), lambda: None)


def _alias_text(node: ast.expr, held: str) -> str:
    """What to say of an expression that gives the memory of a parameter, if it is not its name."""
    return "" if isinstance(node, ast.Name) and node.id == held else f"`{ast.unparse(node)}` is memory of `{held}`"


_STATEMENTS: dict[type, Callable[[_Walk, Any], None]] = {
    ast.AnnAssign: _Walk.assign_annotated, ast.Assign: _Walk.assign, ast.AsyncFor: _Walk.for_, ast.AsyncFunctionDef: _Walk.define, ast.AsyncWith: _Walk.with_,
    ast.AugAssign: _Walk.assign_in_place, ast.Break: _Walk.jump, ast.ClassDef: _Walk.define, ast.Continue: _Walk.jump, ast.Delete: _Walk.delete,
    ast.For: _Walk.for_, ast.FunctionDef: _Walk.define, ast.If: _Walk.if_, ast.Import: _Walk.import_, ast.ImportFrom: _Walk.import_, ast.Match: _Walk.match_,
    ast.Raise: _Walk.leave, ast.Return: _Walk.leave, ast.Try: _Walk.try_, ast.TryStar: _Walk.try_, ast.While: _Walk.while_, ast.With: _Walk.with_,
}  # fmt: skip
