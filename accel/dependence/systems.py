"""Proves that rows contradict each other: products of variables are variables of their own, tied together by the signs of symbols."""

from __future__ import annotations

from accel.dependence.forms import Form, Row, add, constant, multiply, scale, variable, varies
from accel.dependence.integers import Line, find_range, refute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Prover"]

_MOST_SYMBOLS = 3
_MOST_ROWS = 100
_MOST_PRODUCTS = 40
_MOST_SYSTEMS = 40  # for one question
_MOST_IN_ALL = 2000

Signs = frozenset[tuple[str, int]]
Lines = tuple[list[Line], list[Line], dict[tuple[str, ...], int], list[str]]


class Prover:
    """Refutes systems, and remembers which."""

    def __init__(self) -> None:
        self._known: dict[object, frozenset[str] | None] = {}
        self._left = self._rounds = 0
        self._in_all = _MOST_IN_ALL

    def refute(self, rows: Sequence[Row]) -> frozenset[str] | None:
        """The names that have to be plain ints for no integers to fulfil all rows; None if that is not proven."""
        found = self._ask(rows, 1)
        if found is None and _choose_symbol(rows, frozenset()) is not None:
            found = self._ask(rows, 2)
        return found

    def _ask(self, rows: Sequence[Row], rounds: int) -> frozenset[str] | None:
        """More rounds of multiplication prove more, and cost more."""
        self._rounds = rounds
        before = self._left = min(_MOST_SYSTEMS // rounds, self._in_all)
        found = self._refute(rows, frozenset())
        self._in_all -= before - self._left
        return found

    def find_distance(self, rows: Sequence[Row], target: Form) -> int | None:
        """The one value a linear form has in all solutions, as far as that is known."""
        zero, positive, places, _ = _make_lines(rows, target)
        vector = [0] * (len(places) + 1)
        for product, factor in target.items():
            vector[places[product] if product else -1] = factor
        low, high = find_range(zero, positive, vector)
        return low if low == high else None

    def _refute(self, rows: Sequence[Row], signs: Signs) -> frozenset[str] | None:
        key = self._rounds, signs, frozenset([(row.is_zero, row.needs, frozenset(row.form.items())) for row in rows])
        if key not in self._known:
            if not self._left:
                return None
            self._left -= 1
            self._known[key] = self._search(rows, signs)
        return self._known[key]

    def _search(self, rows: Sequence[Row], signs: Signs) -> frozenset[str] | None:
        found = _refute_lines(rows)
        if found is not None:
            return found
        symbol = _choose_symbol(rows, signs)
        if symbol is not None:
            signed = [(_with_sign(rows, symbol, sign, self._rounds), signs | {(symbol, sign)}) for sign in (1, -1)]
            return self._refute_all([*signed, (_without(rows, symbol), signs)], _plain(symbol))
        for symbol, sign in sorted(signs):
            for cases in _split_equations(rows, symbol, sign):
                found = self._refute_all([(case, signs) for case in cases], _plain(symbol))
                if found is not None:
                    return found
        return None

    def _refute_all(self, cases: Sequence[tuple[Sequence[Row], Signs]], needs: frozenset[str]) -> frozenset[str] | None:
        for rows, signs in cases:
            found = self._refute(rows, signs)
            if found is None:
                return None
            needs |= found
        return needs


def _plain(symbol: str) -> frozenset[str]:
    return frozenset((symbol,)) if symbol.isidentifier() else frozenset()


def _make_lines(rows: Iterable[Row], *more: Form) -> Lines:
    """Equations, inequalities, the columns of products and the names that bits stand for."""
    places: dict[tuple[str, ...], int] = {}
    names: list[str] = []
    for form in (*[row.form for row in rows], *more):
        for product in form:
            if product:
                places.setdefault(product, len(places))
    zero: list[Line] = []
    positive: list[Line] = []
    for row in rows:
        vector = [0] * (len(places) + 1)
        for product, factor in row.form.items():
            vector[places[product] if product else -1] = factor
        bits = 0
        for name in row.needs:
            if name not in names:
                names.append(name)
            bits |= 1 << names.index(name)
        (zero if row.is_zero else positive).append((tuple(vector), bits))
    return zero, positive, places, names


def _refute_lines(rows: Sequence[Row]) -> frozenset[str] | None:
    zero, positive, _, names = _make_lines(rows)
    bits = refute(zero, positive)
    return None if bits is None else frozenset([name for place, name in enumerate(names) if bits >> place & 1])


def _choose_symbol(rows: Sequence[Row], signs: Signs) -> str | None:
    """A symbol in a product with something else whose sign isn't settled."""
    if len(signs) >= _MOST_SYMBOLS or len(rows) > _MOST_ROWS:
        return None
    settled = {symbol for symbol, _ in signs}
    found = {name for row in rows for product in row.form if len(product) > 1 for name in product if not varies(name)}
    return min(found - settled, default=None)


def _without(rows: Sequence[Row], symbol: str) -> list[Row]:
    """The rows if the symbol is 0."""
    found = []
    for row in rows:
        form = {product: factor for product, factor in row.form.items() if symbol not in product}
        is_used = any(symbol in product for product in row.form if len(product) > 1)
        found.append(Row(form, row.is_zero, row.needs | _plain(symbol) if is_used else row.needs))
    return found


def _with_sign(rows: Sequence[Row], symbol: str, sign: int, rounds: int) -> list[Row]:
    """The rows if the symbol has a sign, and their products with it where those are spoken of."""
    times: Form = {(symbol,): sign}
    square = (symbol, symbol)
    spoken = _find_products(rows, symbol)
    todo, products = [row for row in rows if not row.is_zero], list[Row]()
    for _ in range(rounds):  # products may speak of others
        used = [row for row in todo if any(_is_part((*one, symbol), whole) for one in row.form if one for whole in spoken)]
        if not used or len(products) + len(used) > _MOST_PRODUCTS:
            break
        todo = [row for row in todo if row not in used]
        fresh = [Row(multiply(row.form, times), False, row.needs | _plain(symbol)) for row in used]
        products += fresh
        spoken = _find_products(fresh, symbol) - spoken
    if any(square in row.form for row in (*rows, *products)):
        products.append(Row({square: 1, (symbol,): -sign}, False, _plain(symbol)))
    return [Row(add({(symbol,): sign}, constant(1), -1), False, _plain(symbol)), *rows, *products]


def _find_products(rows: Iterable[Row], symbol: str) -> set[tuple[str, ...]]:
    return {product for row in rows for product in row.form if len(product) > 1 and symbol in product}


def _is_part(product: tuple[str, ...], whole: tuple[str, ...]) -> bool:
    return len(product) <= len(whole) and all(product.count(name) <= whole.count(name) for name in product)


def _split_equations(rows: Sequence[Row], symbol: str, sign: int) -> Iterator[tuple[list[Row], list[Row], list[Row]]]:
    """If m a + b = 0, then both a and b are 0, or a is at least 1 and b as far from 0 as m is, or a is at most -1."""
    for place, row in enumerate(rows):
        quotient: Form = {}
        rest: Form = {}
        for product, factor in row.form.items():
            if symbol in product:
                at = product.index(symbol)
                quotient[product[:at] + product[at + 1 :]] = factor
            else:
                rest[product] = factor
        if not row.is_zero or not any(quotient):
            continue
        needs = row.needs | _plain(symbol)
        others = [*rows[:place], *rows[place + 1 :]]
        above = Row(add(quotient, constant(1), -1), False, needs), Row(scale(add(rest, variable(symbol)), -sign), False, needs)
        below = Row(scale(add(quotient, constant(1)), -1), False, needs), Row(scale(add(rest, variable(symbol), -1), sign), False, needs)
        still = Row(row.form, False, row.needs), Row(scale(row.form, -1), False, row.needs)
        yield [*others, *above, *still], [*others, *below, *still], [*others, Row(quotient, True, needs), Row(rest, True, needs)]
