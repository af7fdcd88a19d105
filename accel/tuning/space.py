"""This module says which candidates there are: the values of each parameter, and the conditions on them."""

from __future__ import annotations

from itertools import product
from math import prod

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from random import Random
    from typing import Any, NoReturn

__all__ = ["Candidate", "Choice", "Int", "Space"]

Candidate = tuple[int, ...]  # the place of each parameter's value in its domain

_LISTED = 100_000  # a space of more candidates is not listed in memory
_MISSING = object()
_TRIES = 64  # samples drawn for each one that is wanted, before the space is taken to hold no more
_LEAST_TRIES = 10_000  # drawn in any case: conditions may leave one combination in thousands


class Choice:
    """Values without an order: names, functions, booleans.

    Parameters
    ----------
    *values : object
        What the parameter may be, at least one. Functions are known by their names in the record.

    Examples
    --------
    >>> from accel.tuning import Choice
    >>> Choice("heap", "sort")
    Choice('heap', 'sort')
    """

    __slots__ = ("values",)
    is_ordered = False

    def __init__(self, *values: Any) -> None:
        self.values: tuple[Any, ...] = values

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.values))})"


class Int:
    """Whole numbers from `lo` to `hi`, both included.

    Parameters
    ----------
    lo, hi : int
        The ends.
    step : int, default 1
        The distance of neighbours; with `log` their ratio, 2 if it is not given.
    log : bool, default False
        Whether neighbours differ by a factor.

    Raises
    ------
    OptionError
        For ends and steps that are no whole numbers, a step below 1, and with `log` a start or a ratio from which nothing grows.

    Examples
    --------
    >>> from accel.tuning import Int
    >>> Int(8, 128, log=True).values
    (8, 16, 32, 64, 128)
    >>> Int(1, 10, step=3).values
    (1, 4, 7, 10)
    """

    __slots__ = ("hi", "lo", "log", "step", "values")
    is_ordered = True

    def __init__(self, lo: int, hi: int, *, step: int | None = None, log: bool = False) -> None:
        self.lo, self.hi, self.log = lo, hi, log
        self.step = step = step if step is not None else 2 if log else 1
        if not all(hasattr(number, "__index__") for number in (lo, hi, step)) or step < 1 + log or (log and lo < 1):
            _refuse(repr(self), log=log)
        self.values: tuple[int, ...] = _powers(lo, hi, step) if log else tuple(range(lo, hi + 1, step))

    def __repr__(self) -> str:
        step = f", step={self.step}" if self.step != (2 if self.log else 1) else ""
        return f"Int({self.lo}, {self.hi}{step}{', log=True' if self.log else ''})"


class Space:
    """All candidates: a value for each parameter, as far as the conditions allow.

    A candidate is a tuple with the place of each parameter's value in its domain: `(2, 0)` is the third value of the first parameter and
    the first of the second. `arguments` gives the values by name.

    Parameters
    ----------
    domains : mapping of str to Int, Choice or sequence
        What each parameter may be. Lists of numbers are in order, other lists have none.
    where : callable, optional
        A condition; its parameters are some of those of the space, by name. Candidates for which it is false are left out.
    default : mapping, optional
        The candidate every other one is measured against; by default the first value of each parameter, or the first candidate allowed, in a
        space of more than 100,000 any one that is.

    Examples
    --------
    >>> from accel.tuning import Int, Space
    >>> space = Space({"tile": [16, 32], "unroll": Int(1, 4)}, where=lambda tile, unroll: tile * unroll <= 64)
    >>> len(space), space.arguments((1, 0))
    (6, {'tile': 32, 'unroll': 1})
    """

    def __init__(
        self,
        domains: Mapping[str, Int | Choice | Sequence[Any] | _Values],
        where: Callable[..., Any] | None = None,
        default: Mapping[str, Any] | None = None,
    ) -> None:
        self.domains = {name: _make_domain(domain) for name, domain in domains.items()}
        self.names = tuple(self.domains)
        self.where = where
        self._asked = _parameters_of(where) if where is not None else ()
        self._listed: tuple[Candidate, ...] | None = None
        self.default: Candidate = self._find_default(default or {})

    def __repr__(self) -> str:
        return f"Space({', '.join(f'{name}={domain!r}' for name, domain in self.domains.items())})"

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many values each parameter has."""
        return tuple([len(domain.values) for domain in self.domains.values()])

    def __len__(self) -> int:
        """How many candidates there are; of a space of more than 100,000 combinations, how many there would be without the conditions."""
        return len(self._list()) if self._is_small() else prod(self.sizes)

    def __iter__(self) -> Iterator[Candidate]:
        return iter(self._list()) if self._is_small() else self._walk()

    def __contains__(self, candidate: object) -> bool:
        return (
            isinstance(candidate, tuple)
            and len(candidate) == len(self.names)
            and all(isinstance(place, int) and 0 <= place < size for place, size in zip(candidate, self.sizes, strict=True))
            and self._is_allowed(candidate)
        )

    def arguments(self, candidate: Candidate) -> dict[str, Any]:
        """The values of a candidate by name, as keyword arguments."""
        return {name: domain.values[place] for (name, domain), place in zip(self.domains.items(), candidate, strict=True)}

    def with_default(self, default: Mapping[str, Any]) -> Space:
        """The same space with these values, as far as they are candidates, for its default."""
        return Space(self.domains, self.where, default)

    def find(self, arguments: Mapping[str, Any]) -> Candidate | None:
        """The candidate with these values; None when there is none, or the conditions don't allow it."""
        places = []
        for name, domain in self.domains.items():
            given = arguments.get(name, _MISSING)
            place = next((i for i, value in enumerate(domain.values) if type(value) is type(given) and value == given), None)
            if place is None:
                return None
            places.append(place)
        found = tuple(places)
        return found if self._is_allowed(found) else None

    def sample(self, random: Random, count: int) -> list[Candidate]:
        """Up to `count` different candidates at random, each as likely as any other."""
        if self._is_small():
            return random.sample(self._list(), max(0, min(count, len(self))))
        found: dict[Candidate, None] = {}
        for _ in range(max(_TRIES * count, _LEAST_TRIES) if count > 0 else 0):
            drawn = tuple([random.randrange(size) for size in self.sizes])
            if self._is_allowed(drawn):
                found[drawn] = None
            if len(found) == count:
                break
        return list(found)

    def neighbours(self, candidate: Candidate, distance: int = 1) -> list[Candidate]:
        """The candidates that differ in one parameter: by one place, or `distance`, where values are in order, else by any other value."""
        found = []
        for at, (place, domain) in enumerate(zip(candidate, self.domains.values(), strict=True)):
            others: Iterable[int] = (place - distance, place + distance) if domain.is_ordered else range(len(domain.values))
            for other in others:
                changed = (*candidate[:at], other, *candidate[at + 1 :])
                if other != place and 0 <= other < len(domain.values) and self._is_allowed(changed):
                    found.append(changed)
        return found

    def _is_small(self) -> bool:
        return prod(self.sizes) <= _LISTED

    def _list(self) -> tuple[Candidate, ...]:
        if self._listed is None:
            self._listed = tuple(self._walk())
        return self._listed

    def _walk(self) -> Iterator[Candidate]:
        return filter(self._is_allowed, product(*map(range, self.sizes)))

    def _is_allowed(self, candidate: Candidate) -> bool:
        if self.where is None:
            return True
        values = self.arguments(candidate)
        return bool(self.where(**{name: values[name] for name in self._asked}))

    def _find_default(self, wanted: Mapping[str, Any]) -> Candidate:
        first = {name: domain.values[0] for name, domain in self.domains.items() if domain.values}
        found = self.find(first | dict(wanted)) if len(first) == len(self.domains) else None
        if found is None and len(first) == len(self.domains) and not self._is_small():
            from random import Random

            found = next(iter(self.sample(Random(0), 1)), None)  # the first that is allowed may be far away
        return found if found is not None else next(iter(self), ())


class _Values:
    """A list of values that a user wrote; numbers that rise or fall are in order."""

    __slots__ = ("is_ordered", "values")

    def __init__(self, values: Sequence[Any]) -> None:
        self.values = tuple(values)
        numbers = all(type(value) in (int, float) for value in self.values)
        self.is_ordered = numbers and (sorted(self.values) in (list(self.values), list(self.values[::-1])))

    def __repr__(self) -> str:
        return repr(list(self.values))


def _refuse(written: str, *, log: bool) -> NoReturn:
    from accel.errors import Diagnostic, OptionError

    why = "with `log` it starts at 1 or above, and the ratio is at least 2" if log else "its ends and its step are whole numbers, and the step is at least 1"
    raise OptionError(Diagnostic(f"`{written:.60}` is no range of whole numbers", "option-value", why=why, do=("write a list of the values",)))


def _make_domain(domain: Int | Choice | _Values | Sequence[Any]) -> Int | Choice | _Values:
    return domain if isinstance(domain, (Int, Choice, _Values)) else _Values(domain)


def _parameters_of(where: Callable[..., Any]) -> tuple[str, ...]:
    from inspect import signature

    return tuple(signature(where).parameters)


def _powers(lo: int, hi: int, ratio: int) -> tuple[int, ...]:
    found = []
    while lo <= hi:
        found.append(lo)
        lo *= ratio
    return tuple(found)
