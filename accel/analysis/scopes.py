"""Names a function binds in its own scope, and what it declares `global` or `nonlocal`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from accel.values import dataclass

__all__ = ["Scope", "find_scope", "names_bound_by"]

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Scope:
    """The names of one function, parameters first; what is declared is not among the bound ones."""

    parameters: tuple[str, ...]
    bound: frozenset[str]
    globals: frozenset[str]
    nonlocals: frozenset[str]
    statements: tuple[ast.Global | ast.Nonlocal, ...]


def find_scope(tree: ast.FunctionDef | ast.Lambda) -> Scope:
    """What `tree` binds. The variables of comprehensions are theirs alone, but for what `:=` binds.

    >>> import ast
    >>> sorted(find_scope(ast.parse("def f(a): b = [c := i for i in a]").body[0]).bound)
    ['a', 'b', 'c']
    """
    a = tree.args
    parameters = [p.arg for p in (*a.posonlyargs, *a.args, *a.kwonlyargs)]
    parameters += [p.arg for p in (a.vararg, a.kwarg) if p is not None]
    bound, declared = set(parameters), list[ast.Global | ast.Nonlocal]()
    for node, in_comprehension in _walk_scope(tree):
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            declared.append(node)
        elif isinstance(node, ast.NamedExpr):
            bound.update(n.id for n in [node.target])
        elif not in_comprehension:
            bound.update(names_bound_by(node))
    globals_ = frozenset(n for d in declared if isinstance(d, ast.Global) for n in d.names)
    nonlocals = frozenset(n for d in declared if isinstance(d, ast.Nonlocal) for n in d.names)
    return Scope(tuple(parameters), frozenset(bound) - globals_ - nonlocals, globals_, nonlocals, tuple(declared))


def names_bound_by(node: ast.AST) -> list[str]:
    """The names a node binds itself, without the nodes below it."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return [name]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return [name]
        case ast.MatchMapping(rest=str(name)):
            return [name]
        case ast.Import(names=names):
            return [n.asname or n.name.split(".")[0] for n in names]
        case ast.ImportFrom(names=names):
            return [n.asname or n.name for n in names]
    return []


def _walk_scope(tree: ast.FunctionDef | ast.Lambda) -> Iterator[tuple[ast.AST, bool]]:
    """The nodes of a function's own scope; True for those inside a comprehension."""
    body: list[ast.AST] = [tree.body] if isinstance(tree, ast.Lambda) else list(tree.body)
    todo = [(node, False) for node in body]
    while todo:
        node, inside = todo.pop()
        yield node, inside
        if isinstance(node, (*_DEFINITIONS, ast.Lambda)):
            outside: list[ast.AST] = [] if isinstance(node, ast.Lambda) else list(node.decorator_list)
            if isinstance(node, ast.ClassDef):
                outside += [*node.bases, *node.keywords]
            else:
                outside += [d for d in (*node.args.defaults, *node.args.kw_defaults) if d is not None]
            todo += [(child, inside) for child in outside]
        elif isinstance(node, _COMPREHENSIONS):
            first, *others = node.generators
            todo.append((first.iter, inside))
            parts: list[ast.AST] = [first.target, *first.ifs, *others]
            parts += [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
            todo += [(part, True) for part in parts]
        else:
            todo += [(child, inside) for child in ast.iter_child_nodes(node)]
