"""Decides whether two accesses may touch the same element in different iterations."""

from __future__ import annotations

from itertools import product

from accel.dependence.expressions import UNTOLD, Alternatives, Reader, join
from accel.dependence.forms import Form, Row, add, constant, rename, scale, variable, variables_of
from accel.dependence.systems import Prover

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from accel.dependence.accesses import Site
    from accel.dependence.ranges import Outer

__all__ = ["NOT_NEGATIVE", "Pairs"]

NOT_NEGATIVE = " >= 0"  # behind a name among what a proof needs

_MOST_ALTERNATIVES = 16
_MOST_CASES = 16

Rows = tuple[Row, ...]


class Pairs:
    """Tests pairs of accesses of one loop.

    `needs` collects the names that have to be plain ints for the proofs that were found, and with `are_natural`, where names that stay the
    same are taken not to be negative, also those for which that matters, as "name >= 0".
    """

    def __init__(self, outer: Outer, reader: Reader, *, are_natural: bool = False) -> None:
        self.outer, self.reader, self.are_natural = outer, reader, are_natural
        self.needs: set[str] = set()
        self._prover = Prover()
        self._kinds: dict[object, int] = {}  # sites with the same subscripts where the same is known are of one kind
        self._found: dict[tuple[int, int], tuple[int | None] | None] = {}
        self._wraps: dict[object, tuple[tuple[int, ...], set[str]]] = {}
        self._renamed: dict[int, tuple[Row, Row]] = {}  # the first one keeps its id alive

    def find_conflict(self, first: Site, second: Site) -> tuple[int | None] | None:
        """None if the two never touch the same element in different iterations, else their distance in a tuple of one."""
        one, other = self._kind(first), self._kind(second)
        if (one, other) not in self._found:
            self._found[one, other] = found = self._search(first, second, one == other)
            self._found[other, one] = None if found is None else (None if found[0] is None else -found[0],)
        return self._found[one, other]

    def _kind(self, site: Site) -> int:
        forms = tuple([one and (one.needs, frozenset(one.form.items())) for one in site.subscripts])
        key = site.access.array, forms, tuple(map(id, site.loops)), tuple(map(id, site.tests))
        return self._kinds.setdefault(key, len(self._kinds))

    def _search(self, first: Site, second: Site, is_same: bool) -> tuple[int | None] | None:
        distances: set[int | None] = set()
        rest = set[str]()  # what a distance rests on
        for order in [self.outer.later] if is_same else [self.outer.later, self.outer.earlier]:
            if first.tests or second.tests:
                needs = set[str]()
                if next(self._find_cases((first, second), order, False, needs), None) is None:
                    self.needs |= needs
                    continue
            needs = set()
            for rows in self._find_cases((first, second), order, True, needs):
                distances.add(None if is_same else self._find_distance(rows))
                if None in distances or len(distances) > 1:
                    return (None,)
                rest = rest.union(*[row.needs for row in rows])
            self.needs |= needs
        self.needs |= rest
        return (distances.pop(),) if distances else None

    def _find_distance(self, rows: Rows) -> int | None:
        counter = self.outer.counter
        return None if counter is None else self._prover.find_distance(rows, add(variable(counter + "'"), variable(counter), -1))

    def _find_cases(self, sites: tuple[Site, Site], order: Alternatives, use_tests: bool, needs: set[str]) -> Iterator[Rows]:
        """The systems that may have a solution; `needs` collects the names that have to be plain ints for the others to have none."""
        first, second = sites
        dimensions = [self._meet(first, second, place, use_tests, needs) for place in range(_count_known(first, second))]
        known = join(order, _known(first, use_tests), _MOST_ALTERNATIVES)
        known = join(known, self._rename(_known(second, use_tests)), _MOST_ALTERNATIVES)
        for rows in known:
            if len(dimensions) < 2:
                yield from self._filter([rows + case for cases in dimensions or [[()]] for case in cases], needs)
                continue
            open_cases: list[list[Rows]] = []
            for cases in dimensions:
                open_cases.append(list(self._filter([rows + case for case in cases], needs)))
                if not open_cases[-1]:
                    break
            else:  # all subscripts are equal at once
                together = [tuple(dict.fromkeys(row for rows in one for row in rows)) for one in product(*open_cases)]
                yield from together if len(together) > _MOST_CASES else self._filter(together, needs)

    def _filter(self, systems: Iterable[Rows], needs: set[str]) -> Iterator[Rows]:
        """The systems that aren't refuted."""
        for rows in systems:
            closed = self._close(rows)
            found = self._prover.refute(closed)
            if found is None:
                yield closed
            else:
                needs |= found

    def _close(self, rows: Rows) -> Rows:
        """The rows, and what is known of the quotients, minima and lengths in them."""
        found, todo, seen = list(rows), list(rows), set[str]()
        while todo:
            names = variables_of([row.form for row in todo]) - seen
            seen |= names
            todo = []
            for name in sorted(names):
                if self.are_natural and name.isidentifier():
                    found.append(Row(variable(name), False, frozenset((name, f"{name}{NOT_NEGATIVE}"))))
                plain = name.rstrip("'")
                todo += [row if plain == name else self._rename_row(row) for row in self.reader.rows.get(plain, ())]
            found += [row for row in todo if row not in found]
        return tuple(found)

    def _meet(self, first: Site, second: Site, place: int, use_tests: bool, needs: set[str]) -> list[Rows]:
        """For each way in which the subscripts may wrap around: the rows that say that they name the same place."""
        length = self.reader.length(first.access.array, place)
        one, other = first.subscripts[place], second.subscripts[place]
        if length is None or one is None or other is None:
            return [()]
        # None instead of an int would shift the subscripts behind it, so an equation rests on all subscripts up to its own.
        before = frozenset[str]().union(*[part.needs for site in (first, second) for part in site.subscripts[: place + 1] if part])
        found = []
        for left_wraps in self._find_wraps(first, place, use_tests, needs):
            for right_wraps in self._find_wraps(second, place, use_tests, needs):
                left = add(one.form, length.form, left_wraps)
                right = rename(add(other.form, length.form, right_wraps), "'")
                equal = Row(add(left, right, -1), True, before)
                found.append((equal, *_within(left, length.form, one.needs), *_within(right, length.form, other.needs)))
        return found

    def _find_wraps(self, site: Site, place: int, use_tests: bool, needs: set[str]) -> tuple[int, ...]:
        """0 if the subscript may be positive or 0, 1 if it may be negative."""
        key = self._kind(site), place, use_tests
        if key not in self._wraps:
            reading = site.subscripts[place]
            assert reading is not None
            known, own = _known(site, use_tests), set[str]()
            found: tuple[int, ...] = (0, 1)
            negative = Row(add(scale(reading.form, -1), constant(-1)), False, reading.needs)
            if next(self._filter([(*rows, negative) for rows in known], own), None) is None:
                found = (0,)
            elif next(self._filter([(*rows, Row(reading.form, False, reading.needs)) for rows in known], own), None) is None:
                found = (1,)
            self._wraps[key] = found, own
        needs |= self._wraps[key][1]
        return self._wraps[key][0]

    def _rename(self, alternatives: Alternatives) -> Alternatives:
        return tuple([tuple(map(self._rename_row, rows)) for rows in alternatives])

    def _rename_row(self, row: Row) -> Row:
        if id(row) not in self._renamed:
            self._renamed[id(row)] = row, Row(rename(row.form, "'"), row.is_zero, row.needs)
        return self._renamed[id(row)][1]


def _count_known(first: Site, second: Site) -> int:
    """How many subscripts are known. Those behind an unknown one don't count: None or an array there would shift them."""
    pairs = zip(first.subscripts, second.subscripts, strict=True)
    return next((place for place, (one, other) in enumerate(pairs) if one is None or other is None), len(first.subscripts))


def _known(site: Site, use_tests: bool) -> Alternatives:
    found = UNTOLD
    for part in (*site.loops, *(site.tests if use_tests else ())):
        found = join(found, part)
    return found


def _within(place: Form, length: Form, needs: frozenset[str]) -> Rows:
    """An element lies between 0 and the length."""
    return Row(place, False, needs), Row(add(add(length, constant(1), -1), place, -1), False, needs)
