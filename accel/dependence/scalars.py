"""What the scalars of a loop do: private to each iteration, put together from all (a reduction), or carried from one to the next."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable

from accel.dependence.exposure import Exposure, names_read, names_stored
from accel.dependence.leaving import names_stored_staying
from accel.values import dataclass

__all__ = ["Associative", "Carried", "Reduction", "ScalarFacts", "examine_scalars"]

_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "+", ast.Mult: "*", ast.BitOr: "|", ast.BitAnd: "&", ast.BitXor: "^",
}  # fmt: skip
_SCANS = ("min", "max", "+", "|", "&", "^")  # what has been put together so far is exactly that, however it is cut
_COMMUTE = (ast.Add, ast.Mult, ast.BitOr, ast.BitAnd, ast.BitXor)


@dataclass(frozen=True, slots=True, eq=False)
class Reduction:
    """A name whose values in all iterations are put together.

    `how` is `+ * | & ^`, `min`, `max` (the first of the equal ones), `and`, `or`, `const` (set to the one constant by some iterations), or `call`:
    `function` is then the text of an associative function. `companions` are names that are set together with a new least or greatest value.
    `steps` are the statements of the body that lead to the value, where the loop also reads what has been put together so far (a scan); else
    there are none.
    """

    name: str
    how: str
    companions: tuple[str, ...] = ()
    steps: tuple[ast.stmt, ...] = ()
    function: str = ""

    @property
    def is_nearly(self) -> bool:
        """Whether it may depend on where it is cut: how parts are put together is fixed by the number of iterations alone."""
        return not self.steps and self.how in ("+", "*", "call")


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """A name that brings a value from one iteration to the next: where it is read first, and where it is bound."""

    name: str
    read: ast.AST
    bound: ast.AST


@dataclass(frozen=True, slots=True, eq=False)
class ScalarFacts:
    """What the names bound in a loop are.

    Attributes
    ----------
    private : frozenset of str
        Bound in each iteration before they are read.
    last : tuple of str
        Those among them whose value in the last iteration is read behind the loop.
    leaving : tuple of str
        Read behind the loop, and bound only by an iteration that leaves it.
    reductions : tuple of Reduction
    carried : tuple of Carried
        What keeps the iterations from being independent; empty when nothing does.
    maybe : tuple of str
        Read behind the loop, and bound in some iterations only, or maybe not before the loop: not to be told from outside either.
    """

    private: frozenset[str]
    last: tuple[str, ...]
    leaving: tuple[str, ...]
    reductions: tuple[Reduction, ...]
    carried: tuple[Carried, ...]
    maybe: tuple[str, ...]


Associative = Callable[[ast.expr], bool]


def examine_scalars(loop: ast.For, before: frozenset[str], after: frozenset[str], is_associative: Associative = lambda _: False) -> ScalarFacts:
    """What the names bound in `loop` are.

    Parameters
    ----------
    loop : ast.For
        A loop over one name.
    before : frozenset of str
        Names bound whenever the loop is reached.
    after : frozenset of str
        Names that may be read behind it.
    is_associative : callable
        Whether what an expression names is a function that is declared to be associative.
    """
    assert isinstance(loop.target, ast.Name)
    exposure = Exposure(loop.body, [loop.target.id])
    stored = names_stored(loop.body) - {loop.target.id}
    exposed = stored & exposure.first_reads.keys()
    parents = {id(child): node for node in ast.walk(loop) for child in ast.iter_child_nodes(node)}
    reductions: list[Reduction] = []
    carried: list[Carried] = []
    for name in sorted(exposed):
        found = _find_reduction(loop, name, parents, is_associative) if name in before else None
        if found is not None and before.issuperset(found.companions):
            reductions.append(found)
        else:
            carried.append(Carried(name, exposure.first_reads[name], _find_store(loop, name)))
    companions = {c for r in reductions for c in r.companions}
    ends = stored if exposure.bound is None else exposure.bound
    breaks = stored.intersection(*(bound for bound in exposure.breaks if bound is not None))
    staying = names_stored_staying(loop.body)
    last: list[str] = []
    leaving: list[str] = []
    maybe: list[str] = []
    for name in sorted((stored & after) - exposed - companions):
        if name in ends and name in breaks:
            last.append(name)
        elif name not in staying and name in breaks:
            leaving.append(name)
        elif name in before and _is_constant(loop, name):
            reductions.append(Reduction(name, "const"))
        else:
            maybe.append(name)
    private = stored - exposed - companions - {r.name for r in reductions}
    return ScalarFacts(frozenset(private), tuple(last), tuple(leaving), tuple(reductions), tuple(carried), tuple(maybe))


def _find_store(loop: ast.For, name: str) -> ast.AST:
    return next(n for n in ast.walk(loop) if isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load))


def _is_constant(loop: ast.For, name: str) -> bool:
    """Whether a name is bound to the same constant wherever it is bound, and read nowhere."""
    values = [n.value for n in ast.walk(loop) if isinstance(n, ast.Assign) and name in names_stored(n.targets)]
    constants = {(type(v.value), repr(v.value)) for v in values if isinstance(v, ast.Constant)}
    stores = sum(isinstance(n, ast.Name) and n.id == name for n in ast.walk(loop))
    return len(constants) == 1 and stores == len(values) == sum(isinstance(v, ast.Constant) for v in values)


def _find_reduction(loop: ast.For, name: str, parents: dict[int, ast.AST], is_associative: Associative) -> Reduction | None:
    """What puts the values of a name together, when all that is done with it is that."""
    uses = [n for n in ast.walk(loop) if isinstance(n, ast.Name) and n.id == name]
    found: set[tuple[str, tuple[str, ...], str]] = set()
    explained: set[int] = set()
    for use in uses:
        if isinstance(use.ctx, ast.Load):
            continue
        statement = parents[id(use)]
        step = _read_step(statement, name) or _read_guarded(parents.get(id(statement)), name)
        function = ""
        if step is None and (call := _read_call(statement, name, is_associative)) is not None:
            step, function = call
        if step is None or (step[0] in ("and", "or") and not (parents[id(statement)] is loop and _goes_through(loop))):
            return None
        how, companions, known = step
        found.add((how, companions, function))
        explained |= known
    if len(found) != 1:
        return None
    how, companions, function = found.pop()
    if companions and not _are_companions(loop, companions):
        return None
    if explained == {id(use) for use in uses}:
        return Reduction(name, how, companions, function=function)
    steps = _slice(loop, {name, *companions}, explained) if how in _SCANS else ()
    return Reduction(name, how, companions, steps) if steps else None


def _goes_through(loop: ast.For) -> bool:
    """Whether every iteration does all statements of the body: `s and e` is the value of one that did."""
    return not any(isinstance(n, (ast.Continue, ast.Break, ast.Return)) for s in loop.body for n in ast.walk(s))


def _slice(loop: ast.For, wanted: set[str], explained: set[int]) -> tuple[ast.stmt, ...]:
    """The statements of the body that lead to the first of these names; none where they skip what follows, read arrays that are stored
    into, or read the name in ways that are not among those `explained`."""
    names, before = set(wanted), set[str]()
    while names != before:
        before = set(names)
        kept = _keep(loop.body, names)
        names |= names_read(kept)
    nodes = [node for statement in kept for node in ast.walk(statement)]
    stores = {_base(n) for n in ast.walk(loop) if isinstance(n, ast.Subscript) and not isinstance(n.ctx, ast.Load)}
    if stores & names or any(isinstance(n, ast.Continue) for s in loop.body for n in ast.walk(s)):
        return ()
    if any(isinstance(n, ast.Name) and n.id in wanted and id(n) not in explained and isinstance(n.ctx, ast.Load) for n in nodes):
        return ()
    return tuple(kept)


def _keep(body: list[ast.stmt], names: set[str]) -> list[ast.stmt]:
    """The statements that bind one of these names, in the branches and loops they are in."""
    kept: list[ast.stmt] = []
    for statement in body:
        if not names_stored([statement]) & names:
            continue
        if isinstance(statement, (ast.If, ast.For, ast.While)):
            inner = copy.copy(statement)
            inner.body = _keep(statement.body, names) or [ast.copy_location(ast.Pass(), statement)]
            inner.orelse = _keep(statement.orelse, names)
            statement = inner
        kept.append(statement)
    return kept


def _base(node: ast.expr) -> str:
    while isinstance(node, ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _read_step(node: ast.AST, name: str) -> tuple[str, tuple[str, ...], set[int]] | None:
    """A statement such as `s += e`, `s = s * e`, `s = min(s, e)`, `s = s and e`: how, and the nodes of the name it explains."""
    match node:
        case ast.AugAssign(target=ast.Name() as target, op=op, value=value) if type(op) in _OPERATORS and name not in names_read([value]):
            return _OPERATORS[type(op)], (), {id(target)}
        case ast.Assign(targets=[ast.Name() as target], value=value):
            pass
        case _:
            return None
    match value:
        case ast.BinOp(left=ast.Name(id=left) as use, op=op, right=other) if left == name and type(op) in _OPERATORS:
            how = _OPERATORS[type(op)]
        case ast.BinOp(left=other, op=op, right=ast.Name(id=right) as use) if right == name and isinstance(op, _COMMUTE):
            how = _OPERATORS[type(op)]
        case ast.Call(func=ast.Name(id="min" | "max" as how), args=[ast.Name(id=first) as use, other], keywords=[]) if first == name:
            pass
        case ast.BoolOp(op=joint, values=[ast.Name(id=first) as use, *rest]) if first == name:
            how, other = "and" if isinstance(joint, ast.And) else "or", ast.Tuple(elts=rest, ctx=ast.Load())
        case _:
            return None
    return None if name in names_read([other]) else (how, (), {id(target), id(use)})


def _read_call(node: ast.AST, name: str, is_associative: Associative) -> tuple[tuple[str, tuple[str, ...], set[int]], str] | None:
    """`s = f(s, e)`, where f is associative: as `_read_step`, and the text of f."""
    match node:
        case ast.Assign(targets=[ast.Name() as target], value=ast.Call(func=func, args=[ast.Name(id=first) as use, other], keywords=[])) if first == name:
            if is_associative(func) and name not in names_read([other, func]):
                return ("call", (), {id(target), id(use)}), ast.unparse(func)
    return None


def _read_guarded(node: ast.AST | None, name: str) -> tuple[str, tuple[str, ...], set[int]] | None:
    """`if e < s: s = e; k = i`, where the branch binds names and does nothing else."""
    match node:
        case ast.If(test=ast.Compare(left=left, ops=[ast.Lt() | ast.Gt() as op], comparators=[right]), orelse=[]):
            pass
        case _:
            return None
    if isinstance(right, ast.Name) and right.id == name:
        use, value, how = right, left, "min" if isinstance(op, ast.Lt) else "max"
    elif isinstance(left, ast.Name) and left.id == name:
        use, value, how = left, right, "max" if isinstance(op, ast.Lt) else "min"
    else:
        return None
    companions: list[str] = []
    store: ast.Name | None = None
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name() as target], value=given) if name not in names_read([given]):
                pass
            case _:
                return None
        if target.id != name:
            companions.append(target.id)
        elif store is None and ast.dump(given) == ast.dump(value):
            store = target
        else:
            return None
    if store is None or name in names_read([value]) or not names_stored(node.body).isdisjoint(names_read([value])):
        return None
    if any(isinstance(n, ast.Call) for n in ast.walk(value)):  # evaluated twice: it might give another value
        return None
    return how, tuple(companions), {id(use), id(store)}


def _are_companions(loop: ast.For, names: tuple[str, ...]) -> bool:
    """Whether names are bound once and read nowhere in the loop."""
    uses = [n.id for n in ast.walk(loop) if isinstance(n, ast.Name)]
    return all(uses.count(name) == 1 for name in names)
