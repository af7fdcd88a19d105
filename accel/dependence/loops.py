"""The loops of a function whose iterations may run at once, with what that takes; and what keeps the others from it."""

from __future__ import annotations

import ast

from accel.dependence.arrays import Access, ArrayFacts, Conflict, examine_arrays
from accel.dependence.exposure import Exposure, names_read, names_stored
from accel.dependence.leaving import find_leaves
from accel.dependence.ranges import is_range_call
from accel.dependence.scalars import Associative, Reduction, ScalarFacts, examine_scalars
from accel.values import dataclass

__all__ = ["Loops", "ParallelLoop", "RefusedLoop", "SequentialLoop", "find_loops"]


@dataclass(frozen=True, slots=True, eq=False)
class ParallelLoop:
    """A loop whose iterations are independent, under conditions that are looked at before each run.

    Attributes
    ----------
    loop : ast.For
    inputs : tuple of str
        Local names whose values the iterations need, those of reductions included.
    last : tuple of str
        Private names whose value in the last iteration is needed behind the loop.
    leaving : tuple of str
        Names needed behind the loop which only an iteration binds that leaves it.
    leaves : tuple of ast.stmt
        Where iterations leave the loop, by `break` or `return`: nothing of those behind the first that does so must be seen.
    reductions : tuple of Reduction
    added : dict
        Array that is only added to -> what is added: each thread adds to one of its own.
    arrays : dict
        Name -> number of subscripts it has everywhere.
    written : frozenset of str
        The arrays the iterations store into.
    integers, naturals : frozenset of str
        Names that must be Python's ints; those among them that must not be negative.
    measured : frozenset of str
        Names that must be arrays, as their lengths are read.
    bare : frozenset of str
        Names used as a whole, which must not be arrays.
    owners : frozenset of tuple
        Names and attributes of theirs that are read.
    callees : tuple of ast.expr
        What is called.
    has_inner : bool
        Whether there are loops inside, so that an iteration may take long.
    target_is_read : bool
        Whether the loop's own name is read behind it.
    """

    loop: ast.For
    inputs: tuple[str, ...]
    last: tuple[str, ...]
    leaving: tuple[str, ...]
    leaves: tuple[ast.Break | ast.Return, ...]
    reductions: tuple[Reduction, ...]
    added: dict[str, tuple[ast.expr, ...]]
    arrays: dict[str, int]
    written: frozenset[str]
    integers: frozenset[str]
    naturals: frozenset[str]
    measured: frozenset[str]
    bare: frozenset[str]
    owners: frozenset[tuple[str, str]]
    callees: tuple[ast.expr, ...]
    has_inner: bool
    target_is_read: bool

    @property
    def histograms(self) -> tuple[str, ...]:
        """The arrays that are only added to."""
        return tuple(self.added)


@dataclass(frozen=True, slots=True, eq=False)
class RefusedLoop:
    """A loop that stays sequential: what keeps it, at which nodes (the one at fault first), and whether that is about elements of arrays, for
    which the user can vouch."""

    loop: ast.For | ast.While
    what: str
    nodes: tuple[ast.AST, ...]
    why: str = ""
    is_about_elements: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class SequentialLoop:
    """A loop without parallel ones inside that can be a function of its own: names it needs, and names it binds for what follows."""

    loop: ast.For | ast.While
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Loops:
    """The loops of a function, in order: of a nest, the outermost one that may run in parallel, and those around it, which may not."""

    parallel: tuple[ParallelLoop, ...]
    refused: tuple[RefusedLoop, ...]
    sequential: tuple[SequentialLoop, ...]


class _Refused(Exception):
    def __init__(self, what: str, *nodes: ast.AST, why: str = "", is_about_elements: bool = False) -> None:
        super().__init__(what)
        self.what, self.nodes, self.why, self.is_about_elements = what, nodes, why, is_about_elements


def find_loops(tree: ast.FunctionDef, shared: frozenset[str] = frozenset(), *, assume: bool = False, is_associative: Associative = lambda _: False) -> Loops:
    """What the loops of a function are.

    Parameters
    ----------
    tree : ast.FunctionDef
        The function.
    shared : frozenset of str
        Its names that other functions see: global, nonlocal, captured.
    assume : bool, default False
        Take for granted that no iteration touches what another one writes.
    is_associative : callable
        Whether what an expression names is a function that is declared to be associative.
    """
    walker = _Walker(tree, shared, assume, is_associative)
    walker.statements(tree.body, frozenset(walker.parameters), [])
    return Loops(tuple(walker.parallel), tuple(walker.refused), tuple(walker.sequential))


class _Walker:
    def __init__(self, tree: ast.FunctionDef, shared: frozenset[str], assume: bool, is_associative: Associative) -> None:
        a = tree.args
        extra = [p for p in (a.vararg, a.kwarg) if p is not None]
        self.parameters = [p.arg for p in (*a.posonlyargs, *a.args, *a.kwonlyargs, *extra)]
        self.locals = frozenset(names_stored(tree.body)) | frozenset(self.parameters)
        self.shared, self.assume, self.is_associative = shared, assume, is_associative
        self.parallel: list[ParallelLoop] = []
        self.refused: list[RefusedLoop] = []
        self.sequential: list[SequentialLoop] = []

    def statements(self, body: list[ast.stmt], bound: frozenset[str], later: list[list[ast.stmt]]) -> None:
        """Look at the loops in `body`. `later` are the statements that follow it, piece by piece."""
        for k, statement in enumerate(body):
            following = [body[k + 1 :], *later]
            match statement:
                case ast.For() | ast.While():
                    self._loop(statement, bound, following)
                case ast.If():
                    for branch in (statement.body, statement.orelse):
                        self.statements(branch, bound, following)
            after = Exposure([statement], bound).bound
            bound = bound if after is None else after

    def _loop(self, loop: ast.For | ast.While, bound: frozenset[str], following: list[list[ast.stmt]]) -> None:
        after = _read_later(following)
        try:
            self.parallel.append(self._judge(loop, bound, after))
            return
        except _Refused as refused:
            self.refused.append(RefusedLoop(loop, refused.what, refused.nodes, refused.why, refused.is_about_elements))
        number, sequential = len(self.parallel), len(self.sequential)
        inside = bound | frozenset(names_stored([loop.target]) if isinstance(loop, ast.For) else ())
        self.statements(loop.body, inside, [[loop], *following])
        self.statements(loop.orelse, bound, following)
        if len(self.parallel) == number and (whole := self._outline(loop, bound, after)) is not None:
            self.sequential[sequential:] = [whole]

    def _outline(self, loop: ast.For | ast.While, bound: frozenset[str], after: frozenset[str]) -> SequentialLoop | None:
        """The loop as a function of its own; None where it can't be one."""
        if any(isinstance(n, (ast.Return, *_SCOPES, *_DEFINITIONS)) for n in ast.walk(loop)):
            return None
        stored = names_stored([loop])
        outputs = stored & after
        inputs = (Exposure([loop]).first_reads.keys() & (self.locals | self.shared)) | outputs
        if stored & self.shared or not (inputs - self.shared) <= bound:
            return None
        return SequentialLoop(loop, tuple(sorted(inputs)), tuple(sorted(outputs)))

    def _judge(self, loop: ast.For | ast.While, bound: frozenset[str], after: frozenset[str]) -> ParallelLoop:
        if isinstance(loop, ast.While):
            raise _Refused("each iteration of `while` waits for the one before", loop)
        if not is_range_call(loop.iter):
            raise _Refused("its iterations are not counted by `range`", loop.iter)
        _refuse_statements(loop)
        assert isinstance(loop.target, ast.Name)
        stored = names_stored(loop.body) | {loop.target.id}
        if stored & self.shared:
            name = min(stored & self.shared)
            raise _Refused(f"it binds `{name}`, which other functions see", loop)
        scalars = examine_scalars(loop, bound, after, self.is_associative)
        _refuse_scalars(scalars)
        facts = _examine(loop, scalars)
        added = self._judge_arrays(loop, facts, stored)
        exposure = Exposure(loop.body, [loop.target.id])
        starting = {n for r in scalars.reductions for n in (r.name, *r.companions)}
        inputs = sorted(exposure.first_reads.keys() & (self.locals | self.shared) | starting)
        unbound = [n for n in inputs if n not in bound and n not in self.shared]
        if unbound:
            raise _Refused(f"`{unbound[0]}` may not be bound before it", loop)
        reductions = scalars.reductions
        scans = [r for r in reductions if r.steps]
        if scans and (added or len(scans) > 1 or any(r.is_nearly for r in reductions)):
            raise _Refused(f"`{scans[0].name}` brings a value from one iteration to the next", loop, why="it is read while it is put together, beside other sums")
        if any(r.how in ("and", "or") for r in reductions) and any(a.is_write for a in facts.accesses):
            raise _Refused("it stops looking at a condition, and stores into arrays", loop)
        leaves = tuple(find_leaves(loop.body))
        if leaves and scans:
            raise _Refused(f"`{scans[0].name}` brings a value from one iteration to the next", leaves[0], why="it is read while it is put together, and the loop may be left here")
        stores = [a.node for a in facts.accesses if a.is_write]
        if leaves and stores:
            raise _Refused("it may be left early, and stores into arrays", leaves[0], stores[0], why="iterations behind the one that leaves it must not store")
        bare, owners, callees = _find_uses(loop)
        return ParallelLoop(
            loop, tuple(inputs), scalars.last, scalars.leaving, leaves, reductions, added, dict(facts.dimensions),
            frozenset(a.array for a in facts.accesses if a.is_write), facts.integers, facts.naturals, facts.measured,
            bare - stored, owners, callees,
            any(isinstance(n, (ast.For, ast.While)) for s in loop.body for n in ast.walk(s)), loop.target.id in after,
        )  # fmt: skip

    def _judge_arrays(self, loop: ast.For, facts: ArrayFacts, stored: set[str]) -> dict[str, tuple[ast.expr, ...]]:
        """Arrays each thread needs one of its own of, with what is added to them."""
        if facts.others:
            raise _Refused("what is subscripted here can't be told from other arrays", facts.others[0])
        for access in facts.accesses:
            if access.array in stored:
                raise _Refused(f"`{access.array}` is bound in it, and may be a view of another array", access.node)
        if self.assume:
            return {}
        added: dict[str, tuple[ast.expr, ...]] = {}
        for conflict in facts.conflicts:
            addends = [_addend(a, loop) for a in facts.accesses if a.array == conflict.array]
            added[conflict.array] = tuple(a for a in addends if a is not None)
            if len(added[conflict.array]) < len(addends):
                raise _describe(conflict)
        return added


def _examine(loop: ast.For, scalars: ScalarFacts) -> ArrayFacts:
    """The accesses of a loop to arrays; where it helps, names that it does not bind are taken not to be negative."""
    assignments = [n for n in ast.walk(loop) if isinstance(n, ast.Assign)]
    definitions = {t.id: n.value for n in assignments for t in n.targets[:1] if isinstance(t, ast.Name) and t.id in scalars.private}
    facts = examine_arrays(loop, definitions)
    if not facts.conflicts:
        return facts
    hopeful = examine_arrays(loop, definitions, are_natural=True)
    return hopeful if len({c.array for c in hopeful.conflicts}) < len({c.array for c in facts.conflicts}) else facts


def _read_later(pieces: list[list[ast.stmt]]) -> frozenset[str]:
    """Names that may be read in statements that follow, before those bind them."""
    found: set[str] = set()
    bound: frozenset[str] = frozenset()
    for piece in pieces:
        exposure = Exposure(piece, bound)
        found |= exposure.first_reads.keys()
        if not any(isinstance(n, (ast.Break, ast.Continue)) for s in piece for n in ast.walk(s)):
            bound = bound if exposure.bound is None else exposure.bound
    return frozenset(found)


_SIMPLE = (
    ast.Assign, ast.AugAssign, ast.AnnAssign, ast.If, ast.For, ast.While, ast.Expr, ast.Pass, ast.Continue, ast.Break, ast.Return, ast.Raise, ast.Assert,
)  # fmt: skip
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Global, ast.Nonlocal, ast.Import, ast.ImportFrom, ast.Delete)
_SCOPES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)


def _refuse_statements(loop: ast.For) -> None:
    """Raise for statements whose effect goes beyond an iteration, and for what is not understood here."""
    if not isinstance(loop.target, ast.Name):
        raise _Refused("it does not bind one name", loop.target)
    for node in (n for s in loop.body for n in ast.walk(s)):
        if isinstance(node, ast.stmt) and not isinstance(node, _SIMPLE):
            raise _Refused("there is a statement in it that only CPython does", node)
        if isinstance(node, _SCOPES):
            raise _Refused("there is an expression in it with variables of its own", node)
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            raise _Refused(f"it assigns to the attribute `{node.attr}`", node)
        if isinstance(node, ast.Name) and node.id == loop.target.id and not isinstance(node.ctx, ast.Load):
            raise _Refused(f"it binds `{node.id}`, the name it counts with", node)


def _refuse_scalars(facts: ScalarFacts) -> None:
    for carried in facts.carried:
        what = f"`{carried.name}` brings a value from one iteration to the next"
        raise _Refused(what, carried.read, carried.bound, why="it is read here before the iteration has bound it")
    if facts.maybe:
        raise _Refused(f"`{facts.maybe[0]}` is read behind the loop, and only some iterations bind it")


def _addend(access: Access, loop: ast.For) -> ast.expr | None:
    """What is added to an element, or subtracted, where that is all that is done with it, and does not read the array; else None."""
    for node in ast.walk(loop) if access.is_update else ():
        if isinstance(node, ast.AugAssign) and node.target is access.node:
            adds = isinstance(node.op, (ast.Add, ast.Sub)) and access.array not in names_read([node.value])
            return node.value if adds else None
    return None


def _describe(conflict: Conflict) -> _Refused:
    """The sentence about two accesses that can't be told apart."""
    first, second = conflict.first, conflict.second
    shown = [f"`{ast.unparse(a.node)}`" for a in (first, second)]
    if first is second:
        what = f"two iterations may store into the same element: {shown[0]}"
    else:
        verbs = ["stores into" if a.is_write else "reads" for a in (first, second)]
        what = f"one iteration {verbs[0]} {shown[0]}, and another {verbs[1]} {shown[1]}, which may be the same element"
    why = ""
    if conflict.distance is not None:
        why = f"they are the same {abs(conflict.distance)} iteration{'s' if abs(conflict.distance) != 1 else ''} apart"
    return _Refused(what, first.node, *([] if first is second else [second.node]), why=why, is_about_elements=True)


_SAFE_OF_ARRAYS = frozenset({"shape", "ndim", "size", "itemsize", "dtype"})


def _find_uses(loop: ast.For) -> tuple[frozenset[str], frozenset[tuple[str, str]], tuple[ast.expr, ...]]:
    """Names used as a whole; names with the attributes read of them; what is called."""
    bare: set[str] = set()
    owners: set[tuple[str, str]] = set()
    callees: list[ast.expr] = []

    def visit(node: ast.AST) -> None:
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                bare.add(name)
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                if attribute not in _SAFE_OF_ARRAYS:
                    owners.add((name, attribute))
            case ast.Subscript(value=ast.Name(), slice=index):
                visit(index)
            case ast.Call(func=func, args=args, keywords=keywords):
                callees.append(func)
                if not isinstance(func, ast.Name):
                    visit(func)
                if not (isinstance(func, ast.Name) and func.id == "len" and len(args) == 1 and isinstance(args[0], ast.Name)):
                    for given in (*args, *keywords):
                        visit(given)
            case _:
                for child in ast.iter_child_nodes(node):
                    visit(child)

    for statement in loop.body:
        visit(statement)
    return frozenset(bare), frozenset(owners), tuple(callees)
