"""What any graph of blocks tells, given as names and the names before or after each: an order, dominators, natural loops."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = ["find_dominators", "find_natural_loop", "reverse_postorder"]


def reverse_postorder(first: str, after: Callable[[str], Iterable[str]]) -> list[str]:
    """The nodes that can be reached from the first, each behind all through which every way to it leads.

    >>> reverse_postorder("a", {"a": "bc", "b": "d", "c": "d", "d": ""}.get)
    ['a', 'c', 'b', 'd']
    """
    found: list[str] = []
    seen, path = {first}, [(first, iter(after(first)))]
    while path:
        name, following = path[-1]
        successor = next((s for s in following if s not in seen), None)
        if successor is None:
            found.append(name)
            path.pop()
        else:
            seen.add(successor)
            path.append((successor, iter(after(successor))))
    return found[::-1]


def find_dominators(names: Sequence[str], before: Mapping[str, Sequence[str]]) -> dict[str, set[str]]:
    """For each node those that every way to it takes, itself among them; the first of `names` is where ways start.

    >>> sorted(find_dominators("abcd", {"b": "a", "c": "a", "d": "bc"})["d"])
    ['a', 'd']
    """
    found = {name: set(names) for name in names}
    found[names[0]] = {names[0]}
    changed = True
    while changed:
        changed = False
        for name in names[1:]:
            made = set.intersection(*(found[p] for p in before[name])) | {name}
            if made != found[name]:
                found[name], changed = made, True
    return found


def find_natural_loop(head: str, latches: Iterable[str], before: Mapping[str, Sequence[str]]) -> set[str]:
    """The head and the nodes from which a latch is reached without it.

    >>> sorted(find_natural_loop("b", "c", {"b": "ac", "c": "b"}))
    ['b', 'c']
    """
    found, todo = {head}, list(latches)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += before[name]
    return found
