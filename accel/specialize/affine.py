"""Names as affine forms of loop variables and of names that stay the same, and the bounds of such forms over a loop nest."""

from __future__ import annotations

from accel.ir import HIGHEST, LENGTH_SIGN, LOWEST, Affine, Instruction, TypedFunction
from accel.specialize.loops import Definitions, Graph, Loop, Place
from accel.types.kinds import Array, Int, Kind, RangeIterator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Forms", "find_outermost"]

_LARGE = 1 << 20  # coefficients stay below
_TERMS = 6


class Forms:
    """Forms as they are known at the entry of a loop: terms are the items of loops in it, names the loop does not change, and lengths
    of arrays it does not change (`a#1` is `a.shape[1]`)."""

    def __init__(self, typed: TypedFunction, graph: Graph, loop: Loop, definitions: Definitions) -> None:
        self.typed, self.graph, self.loop, self.definitions = typed, graph, loop, definitions
        self._items = {inner.item: inner for inner in graph.loops if loop.encloses(inner)}
        self._bounds: dict[str, tuple[Affine, Affine] | None] = {}

    def kind(self, name: str) -> Kind | None:
        """The kind of a name the loop does not change and that is always bound, None of others."""
        if any(place[0] in self.loop.blocks for place, _ in self.definitions.get(name, ())):
            return None
        kind, maybe = self.typed.entry_states[self.loop.head].get(name, (None, True))
        return None if maybe else kind

    def of(self, name: str, at: Place) -> Affine | None:
        """The value of a name at a place in the loop as an affine form, if it is one."""
        found = self._of(name, at)
        if found is None or any(at[0] not in loop.blocks or at[0] == loop.head for loop in self.items_of(found)):
            return None
        return found

    def items_of(self, form: Affine) -> list[Loop]:
        """The loops whose items are in a form, inner ones first."""
        loops = [self._items[name] for name, _ in form.terms if name in self._items]
        return sorted(loops, key=lambda loop: -loop.depth)

    def _of(self, name: str, at: Place) -> Affine | None:
        if not name.startswith("%") and isinstance(self.kind(name), Int):
            return Affine(0, ((name, 1),))
        found = self.reaching(name, at)
        if found is None:
            return None
        place, made = found
        constant = self.typed.constants.get(id(made))
        if type(constant) is int:
            return Affine(constant) if abs(constant) < _LARGE else None
        match made.op:
            case "next" if self._is_item(name, made, at):
                return Affine(0, ((name, 1),))
            case "copy":
                return self._of(made.arguments[0], place)
            case "binary" if self.typed.argument_kinds.get(id(made)) == (Int(), Int()):
                left, right = (self._of(n, place) for n in made.arguments)
                return _combine(made.detail, left, right)
            case "item":
                return self._length(made, place)
            case "call" if (call := self.typed.calls.get(id(made))) is not None and call.name == "builtins.len":
                return self._length_of(made.arguments[1], 0)
        return None

    def _is_item(self, name: str, made: Instruction, at: Place) -> bool:
        loop = self._items.get(name)
        return loop is not None and at[0] in loop.blocks and self.typed.argument_kinds.get(id(made)) == (RangeIterator(),)

    def reaching(self, name: str, at: Place) -> tuple[Place, Instruction] | None:
        """The definition a name has at a place in the loop whatever the path from the entry of the loop, if there is just one."""
        by_block: dict[str, list[tuple[Place, Instruction]]] = {}
        for definition in self.definitions.get(name, ()):
            by_block.setdefault(definition[0][0], []).append(definition)
        earlier = [d for d in by_block.get(at[0], ()) if d[0][1] < at[1]]
        if earlier:
            return earlier[-1]
        found, seen, todo = [], set[str](), [at[0]]
        while todo:
            for before in self.graph.before[todo.pop()]:
                if before not in self.loop.blocks:
                    return None
                if before in by_block:
                    found.append(by_block[before][-1])
                elif before not in seen:
                    todo.append(before)
                seen.add(before)
        return found[0] if found and all(d is found[0] for d in found) else None

    def _length(self, made: Instruction, place: Place) -> Affine | None:
        """`a.shape[k]`."""
        base, *subscripts = made.arguments
        found = self.definitions.get(base, ())
        at = self._of(subscripts[0], place)
        if len(found) != 1 or found[0][1].op != "attribute" or found[0][1].detail != "shape" or at is None or at.terms:
            return None
        return self._length_of(found[0][1].arguments[0], at.constant)

    def _length_of(self, array: str, axis: int) -> Affine | None:
        kind = self.kind(array)
        if not isinstance(kind, Array) or not -kind.ndim <= axis < kind.ndim:
            return None
        return Affine(0, ((f"{array}{LENGTH_SIGN}{axis % kind.ndim}", 1),))

    # -- bounds

    def bounds(self, form: Affine) -> tuple[Affine, Affine] | None:
        """The least and the greatest value of a form in all turns, without items of loops."""
        least, greatest = self._bound(form, 0), self._bound(form, 1)
        return None if least is None or greatest is None else (least, greatest)

    def _bound(self, form: Affine, side: int) -> Affine | None:
        """Put the bounds of loop variables for them, inner ones first: an inner bound may depend on an outer variable."""
        while loops := self.items_of(form):
            coefficient = dict(form.terms)[loops[0].item]
            limits = self._item_bounds(loops[0])
            if limits is None:
                return None
            limit = limits[side if coefficient > 0 else 1 - side]
            made = form + Affine(0, ((loops[0].item, -coefficient),)) + limit.scaled(coefficient)
            if not _is_moderate(made):
                return None
            form = made
        return form

    def _item_bounds(self, loop: Loop) -> tuple[Affine, Affine] | None:
        if loop is self.loop:
            return Affine(0, ((LOWEST, 1),)), Affine(0, ((HIGHEST, 1),))
        if loop.item not in self._bounds:
            self._bounds[loop.item] = self._range_bounds(loop)
        return self._bounds[loop.item]

    def _range_bounds(self, loop: Loop) -> tuple[Affine, Affine] | None:
        numbers = self._range_of(loop)
        if numbers is None or numbers[2].terms or not numbers[2].constant:
            return None
        start, stop, step = numbers
        return (start, stop + Affine(-1)) if step.constant > 0 else (stop + Affine(1), start)

    def constant_range(self, loop: Loop) -> range | None:
        """The range a loop in this one is over, if it is always the same."""
        numbers = self._range_of(loop)
        whole = all(i.op == "iterate" or place[0] in loop.blocks for place, i in self.definitions[loop.state])
        if numbers is None or not whole or any(n.terms for n in numbers) or not numbers[2].constant:
            return None
        return range(*(n.constant for n in numbers))

    def _range_of(self, loop: Loop) -> tuple[Affine, Affine, Affine] | None:
        """What `range(...)` at a loop in this one is called with."""
        started = [i for _, i in self.definitions[loop.state] if i.op == "iterate"]
        made = self.definitions.get(started[0].arguments[0], [])
        call = self.typed.calls.get(id(made[0][1])) if len(started) == len(made) == 1 else None
        if call is None or call.name != "builtins.range" or made[0][0][0] not in self.loop.blocks:
            return None
        place, instruction = made[0]
        numbers = [self.of(n, place) for n in instruction.arguments[1:]]
        if len(numbers) == 1:
            numbers.insert(0, Affine(0))
        start, stop, step = [*numbers, Affine(1)][:3]
        return None if start is None or stop is None or step is None else (start, stop, step)


def find_outermost(forms: Iterable[Affine], side: int) -> list[Affine]:
    """Some of the forms between which all others lie, whatever the names stand for: if these are at least 0 (`side` -1), or less than a length (1), all are.

    Of forms that differ in the constant only, that is one; of those that differ in one coefficient only, two.
    """
    constants: dict[tuple[tuple[str, int], ...], int] = {}
    for form in forms:
        constants[form.terms] = max(constants.get(form.terms, form.constant), form.constant, key=lambda c: c * side)
    found = [Affine(constant, terms) for terms, constant in constants.items()]
    for name in sorted({name for form in found for name, _ in form.terms}):
        families: dict[Affine, list[int]] = {}
        for form in found:
            families.setdefault(form.put(name, 0), []).append(dict(form.terms).get(name, 0))
        found = [rest + Affine(0, ((name, c),) if c else ()) for rest, numbers in families.items() for c in sorted({min(numbers), max(numbers)})]
    return found


def _combine(symbol: str, left: Affine | None, right: Affine | None) -> Affine | None:
    """`left symbol right`, if it is an affine form with small coefficients."""
    if left is None or right is None:
        return None
    made = None
    if symbol in ("+", "-"):
        made = left + (right if symbol == "+" else right.scaled(-1))
    elif symbol == "*" and not right.terms:
        made = left.scaled(right.constant)
    elif symbol == "*" and not left.terms:
        made = right.scaled(left.constant)
    return made if made is not None and _is_moderate(made) else None


def _is_moderate(form: Affine) -> bool:
    return len(form.terms) <= _TERMS and abs(form.constant) < _LARGE and all(abs(c) < _LARGE for _, c in form.terms)
