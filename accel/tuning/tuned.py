"""This module is what a tuned function has as `f.tuning`: it answers calls that are not decided yet, and remembers what is decided."""

from __future__ import annotations

import threading
from math import inf

from accel.options import read_switch
from accel.tuning.content import describe_content
from accel.tuning.entry import Entry, find_candidate
from accel.tuning.exchange import find_shipped, rank_entries
from accel.tuning.home import home_of
from accel.tuning.keys import PARTS, Keyer, distance_between, read_key, write_key
from accel.tuning.machine import Machine
from accel.tuning.record import Record
from accel.tuning.texts import show_arguments, show_ratio
from accel.tuning.wrappers import Wrapper
from accel.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from accel.tuning.keys import Key
    from accel.tuning.online import OnlineSearch
    from accel.tuning.report import Report
    from accel.tuning.search import Outcome, Untunable
    from accel.tuning.settings import Budget, Settings
    from accel.tuning.space import Space

__all__ = ["FORCED", "Forced", "Tuning"]

_PATIENCE = 8  # calls of a function that is decided, in which it should have been compiled


class Tuning:
    """What belongs to a tuned function: the class of `f.tuning`.

    Attributes
    ----------
    space : Space
        The candidates.
    decisions : dict of key to dict
        The arguments that calls with a key are given, as far as it is known in this process.

    Examples
    --------
    >>> import accel
    >>> @accel.autotune(step=[1, 2], budget=0, key="dtype")
    ... def count(n, *, step=1):
    ...     return len(range(0, n, step)) * step
    >>> count(10)
    10
    >>> count.tuning.decisions
    {(('int',),): {'step': 1}}
    """

    def __init__(self, function: Callable[..., Any], settings: Settings) -> None:
        self.settings, self.space = settings, settings.space
        self.default = self.space.arguments(self.space.default)
        self.decisions: dict[Key, dict[str, Any]] = {}
        self._tuned = function
        self._machine, self._content = "", ""
        self._known: list[Entry] | None = None  # of the record
        self._calls_to_compile = 0  # how many times more to look whether the decisions can be compiled
        self._lock = threading.Lock()
        self._searched: set[Key] = set()  # at this moment
        self._online: dict[Key, OnlineSearch] = {}
        self._wrapper = Wrapper(function, self.space.names, self._decide, self._give)
        self._keyer = Keyer(self._find_parts(), self._wrapper.positions)
        self.function = self._wrapper.function
        self.function.__dict__["tuning"] = self

    def __repr__(self) -> str:
        return f"<tuning of {self._name}: {len(self.decisions)} decisions>"

    @property
    def _title(self) -> str:
        title: str = getattr(self._tuned, "__qualname__", type(self._tuned).__qualname__)
        return title

    @property
    def _name(self) -> str:
        return f"{home_of(self._tuned)}:{self._title}"

    def key_of(self, *args: Any, **kwargs: Any) -> Key:
        """The key of a call with these arguments: `decisions` has what was decided for it."""
        return self._keyer.find(args, kwargs)

    def choose(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The arguments a call with these others would be given now, without a search: what is decided, else what was decided for the nearest key, else the default."""
        key = self._keyer.find(args, kwargs)
        return dict(self.decisions.get(key) or self._recall(key) or self._find_nearest(key))

    def search(self, *args: Any, budget: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Search now, whatever is known, for calls with arguments like these, which are left as they are.

        Parameters
        ----------
        *args, **kwargs : object
            What the function is called with.
        budget : float or str, optional
            As that of `autotune`.

        Returns
        -------
        dict of str to object
            The arguments chosen; from now on calls are given them.

        Raises
        ------
        Exception
            What the function raises with the default candidate.
        """
        from accel.tuning.settings import read_budget

        key = self._keyer.find(args, kwargs)
        return dict(self._search(key, args, kwargs, self.settings.budget if budget is None else read_budget(budget)))

    def report(self) -> Report:
        """What was tried, and what came of it, for each key: a table, `.to_html()`, and a picture (`.plot()`)."""
        from accel.tuning.report import Report

        found = {entry.key: entry for entry in self._load()}
        found |= {entry.key: entry for entry in Record().entries() if (entry.function, entry.content, entry.machine) == (self._name, self._content, self._machine)}
        return Report(list(found.values()))

    def forget(self) -> None:
        """Forget all decisions, those in the record, too."""
        Record().forget(self._name)
        with self._lock:
            self._known = None
            self.decisions.clear()
            self._wrapper.reset()

    # -- answers to calls

    def _decide(self, *args: Any, **kwargs: Any) -> Any:
        """Answer a call none of whose tuned parameters is given."""
        key = self._keyer.find(args, kwargs)
        chosen = self.decisions.get(key)
        if chosen is None:
            settled = self._settle(key, args, kwargs)
            if not isinstance(settled, dict):
                return self._call_online(settled, key, args, kwargs)
            chosen = settled
        elif self._calls_to_compile:
            self._compile_later()
        return self._tuned(*args, **kwargs, **chosen)

    def _give(self, *args: Any, **kwargs: Any) -> Any:
        """Answer one where some are: the others are those of the default."""
        return self._tuned(*args, **{name: self.default.get(name) if value is ... and name in self.default else value for name, value in kwargs.items()})

    # -- how calls get their arguments

    def _settle(self, key: Key, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any] | OnlineSearch:
        """The arguments for calls with a key that is met for the first time, or is being searched for; or the search that this call is a part of."""
        from accel.dispatch.tracing import is_watched
        from accel.tuning.strategies import find_strategy

        budget = FORCED.budget or self.settings.budget
        is_forced = FORCED.budget is not None and (self._name, key) not in FORCED.done
        found = None if is_forced else self._recall(key)
        if found is None:
            if key in self._searched or is_watched(self._tuned) or read_switch("ACCEL") == "0":
                return self._find_nearest(key)
            if key in self._online:
                return self._online[key]
            if len(self.space) > 1 and budget.seconds > 0.0 and budget.trials != 0:
                if getattr(find_strategy(self.settings.strategy), "is_online", False):
                    from accel.tuning.online import OnlineSearch

                    with self._lock:
                        return self._online.setdefault(key, OnlineSearch(self._tuned, replace(self.settings, budget=budget)))
                return self._search(key, args, kwargs, budget)
            found = self._find_nearest(key)
        self._decide_on(key, found)
        return found

    def _decide_on(self, key: Key, chosen: dict[str, Any]) -> None:
        with self._lock:
            self.decisions[key] = chosen
            self._online.pop(key, None)
            self._calls_to_compile = _PATIENCE if self._keyer.parts else 0

    def _compile_later(self) -> None:
        """Have calls that are decided answered by machine code, as soon as the tuned function has some."""
        with self._lock:
            is_done = self._wrapper.compile(self.decisions, self._keyer.parts)
            self._calls_to_compile = 0 if is_done else max(0, self._calls_to_compile - 1)

    def _recall(self, key: Key) -> dict[str, Any] | None:
        """What was decided for this key on this machine, in this process or another one."""
        text = write_key(key)
        for entry in reversed(self._load()):
            if entry.key == text and entry.machine == self._machine and (candidate := find_candidate(self.space, entry.arguments)) is not None:
                return self.space.arguments(candidate)
        return None

    def _find_nearest(self, key: Key) -> dict[str, Any]:
        """What was decided for the nearest key, on this machine if possible, else on one with the same instructions; else the default."""
        best, nearest = (inf, inf), self.default
        for entry in self._load():
            far = distance_between(key, read_key(entry.key))
            rank = 0.0 if entry.machine == self._machine else 1.0
            if far is None:
                continue
            candidate = find_candidate(self.space, entry.arguments)
            if candidate is not None and (rank, far) <= best:
                best, nearest = (rank, far), self.space.arguments(candidate)
        return nearest

    def _load(self) -> list[Entry]:
        """The entries for this function as it is: those that ship with its package, then those of the record."""
        with self._lock:
            if self._known is None:
                self._machine, self._content = Machine().digest, describe_content(self._tuned)
                shipped = [entry for entry in find_shipped(home_of(self._tuned)) if (entry.function, entry.content) == (self._name, self._content)]
                self._known = [*(rank_entries(shipped)[::-1] if shipped else ()), *Record().load(self._name, self._content, self._machine)]
            return list(self._known)

    def _search(self, key: Key, args: tuple[Any, ...], kwargs: dict[str, Any], budget: Budget) -> dict[str, Any]:
        """Search for this key; what is found is kept in the record."""
        from accel.tuning.progress import Progress
        from accel.tuning.search import Search, Untunable

        self._load()
        with self._lock:
            self._searched.add(key)
        try:
            search = Search(self._tuned, replace(self.settings, budget=budget), args, kwargs)
            with Progress(self._title, budget.trials, budget.seconds if budget.seconds < inf else None) as progress:
                outcome = search.run(progress)
                chosen = self.space.arguments(outcome.chosen)
                progress.close(_describe(outcome, self.space))
        except Untunable as error:
            self._say_untuned(error)
            self._decide_on(key, self.default)
            return self.default
        finally:
            with self._lock:
                self._searched.discard(key)
        self._keep(key, outcome)
        if search.was_interrupted:
            raise KeyboardInterrupt
        return chosen

    def _call_online(self, search: OnlineSearch, key: Key, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Do a call that is a measurement."""
        from accel.tuning.search import Untunable

        try:
            result, outcome = search.call(args, kwargs)
        except Untunable as error:
            self._say_untuned(error)
            self._decide_on(key, self.default)
            return error.args[1]
        if outcome is not None:
            self._keep(key, outcome)
        return result

    def _keep(self, key: Key, outcome: Outcome) -> None:
        """Have what was found count from now on, in other processes too."""
        entry = self._write(key, outcome)
        with self._lock:
            self._known = [*(self._known or ()), entry]
        FORCED.done.add((self._name, key))
        self._decide_on(key, self.space.arguments(outcome.chosen))
        Record().save(entry)

    def _write(self, key: Key, outcome: Outcome) -> Entry:
        history = outcome.history
        tried = [[self.space.arguments(c), history.time_ns(c)] for c in history.times_ns] + [[self.space.arguments(c), why] for c, why in history.failures.items()]
        return Entry(
            self._name, self._content, write_key(key), self._machine, self.space.arguments(outcome.chosen), history.time_ns(outcome.chosen),
            history.time_ns(self.space.default), history.count, tried, _name_of(self.settings.strategy),
        )  # fmt: skip

    def _say_untuned(self, error: Untunable) -> None:
        from accel.explain.hints import say

        say(f"`{self._title}` is not tuned: {error.args[0]}")

    def _find_parts(self) -> tuple[str, ...] | Callable[..., Any]:
        """What the key is made of: threads matter for functions that have a part in using them, which those that are compiled as a whole have not."""
        if self.settings.key is not None:
            return self.settings.key
        from accel.dispatch.dispatcher import find_dispatcher

        return PARTS[:2] if find_dispatcher(self._tuned) is not None else PARTS


class Forced:
    """How `accel tune` has searches made: each key anew, with this budget. There is one, `FORCED`."""

    __slots__ = ("budget", "done")

    def __init__(self) -> None:
        self.budget: Budget | None = None
        self.done: set[tuple[str, Key]] = set()


FORCED = Forced()


def _describe(outcome: Outcome, space: Space) -> str:
    """How a search ended, in a line."""
    history, chosen = outcome.history, outcome.chosen
    told = show_arguments(space.arguments(chosen))
    ratio = show_ratio(history.time_ns(space.default), history.time_ns(chosen))
    noise = f"; times of one thing differ by {outcome.noise:.0%}: something else runs on this machine" if outcome.noise else ""
    return f"{told}, {ratio} as fast as the default{noise}" if chosen != space.default else f"{told}, the default{noise}"


def _name_of(strategy: Any) -> str:
    return strategy if isinstance(strategy, str) else getattr(strategy, "__name__", type(strategy).__name__)
