"""Whether two iterations of a loop may touch the same element of an array, one of them writing."""

from __future__ import annotations

import ast

from accel.dependence.accesses import Access, Finder, Site
from accel.dependence.pairs import NOT_NEGATIVE, Pairs
from accel.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Access", "ArrayFacts", "Conflict", "examine_arrays"]


@dataclass(frozen=True, slots=True, eq=False)
class Conflict:
    """Two accesses that may meet in different iterations. `distance` is the iteration of the second minus that of the first, counted in
    iterations of the outer loop, if it is always the same."""

    array: str
    first: Access
    second: Access
    distance: int | None


@dataclass(frozen=True, slots=True, eq=False)
class ArrayFacts:
    """What is known of the accesses of a loop to elements of arrays.

    Parameters
    ----------
    accesses
        All of them, in the order of the text.
    conflicts
        Pairs that can't be excluded, a write with itself among them.
    dimensions
        Array -> number of subscripts.
    integers
        Names that have to be plain ints at the call for what is said about conflicts to hold.
    others
        Subscripted expressions that are no accesses to single elements of a name.
    measured
        Names without subscripts whose lengths were read (`len(y)`, `y.shape[0]`): they have to be arrays, too.
    naturals
        Those of the integers that must not be negative.
    """

    accesses: tuple[Access, ...]
    conflicts: tuple[Conflict, ...]
    dimensions: dict[str, int]
    integers: frozenset[str]
    others: tuple[ast.expr, ...]
    measured: frozenset[str] = frozenset()
    naturals: frozenset[str] = frozenset()


def examine_arrays(
    loop: ast.For, definitions: Mapping[str, ast.expr], *, are_natural: bool = False
) -> ArrayFacts:
    """Finds the accesses to arrays in a loop over `range`, and those that may conflict.

    Parameters
    ----------
    loop
        The loop whose iterations are to be independent.
    definitions
        What names stand for that the loop assigns by a plain `name = expression`. Where, and that it is done once, is looked at here.
    are_natural
        Take names that the loop does not assign not to be negative; those for which that matters are in `naturals`.

    Returns
    -------
    ArrayFacts
        No conflicts means that no two iterations touch the same element of an array, one of them writing.

    Notes
    -----
    That holds if names in `integers` are plain ints, each array and each name in `measured` is a `numpy.ndarray`, elements don't share memory
    with each other or with those of another array, arrays have as many dimensions as they have subscripts where `x.size` or `x.shape[-1]`
    is used, names of builtins (`range`, `len`, `min`, `sum` and the like) mean the builtins, and nobody assigns the names that the loop
    only reads. Nothing is said about arrays as a whole: what happens to a name without subscripts is not looked at. Arrays that the loop
    assigns conflict with themselves.

    Examples
    --------
    >>> loop = ast.parse("for i in range(1, n): x[i] = x[i - 1]").body[0]
    >>> [(c.first.is_write, c.second.is_write, c.distance) for c in examine_arrays(loop, {}).conflicts]
    [(True, False, 1)]
    """
    finder = Finder(loop, definitions)
    pairs = Pairs(finder.outer, finder.reader, are_natural=are_natural) if finder.outer is not None else None
    dimensions = finder.reader.dimensions
    conflicts: list[Conflict] = []
    for place, second in enumerate(finder.sites):
        for first in finder.sites[: place + 1]:
            array = first.access.array
            if second.access.array != array or not (first.access.is_write or second.access.is_write):
                continue
            found: tuple[int | None] | None = (None,)
            if pairs is not None and array not in finder.assigned and _have_equal_dimensions(first, second):
                found = pairs.find_conflict(first, second)
            if found is not None:
                conflicts.append(Conflict(array, first.access, second.access, found[0]))
    accesses = tuple([site.access for site in finder.sites])
    needs = pairs.needs if pairs is not None else set[str]()
    naturals = frozenset([n.removesuffix(NOT_NEGATIVE) for n in needs if n.endswith(NOT_NEGATIVE)])
    integers = frozenset([n for n in needs if not n.endswith(NOT_NEGATIVE)])
    measured = frozenset(finder.reader.measured)
    return ArrayFacts(accesses, tuple(conflicts), dict(dimensions), integers, tuple(finder.others), measured, naturals)


def _have_equal_dimensions(first: Site, second: Site) -> bool:
    return len(first.subscripts) == len(second.subscripts)
