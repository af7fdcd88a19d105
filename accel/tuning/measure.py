"""This module times candidates in turns, and says which of two is faster beyond the noise of the machine."""

from __future__ import annotations

import gc
from itertools import repeat
from math import erfc, exp, inf, log, sqrt
from random import Random
from statistics import median, quantiles
from time import monotonic, perf_counter_ns

from accel.tuning.child import describe_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from accel.tuning.history import History
    from accel.tuning.space import Candidate

__all__ = ["LEVEL", "Stopwatch", "find_gain", "find_noise", "is_apart", "is_faster", "is_noisy"]

LEVEL = 0.01  # how often a candidate that is no faster may be taken for one

_SAMPLE_NS = 200_000  # the clock and its own cost are far below it
_LONGEST_NS = 20_000_000  # a sample with everything that is put back between its calls
_MOST_CALLS = 1_000_000
_FAR = 3.0  # a candidate so much slower than the best is called no more than it must be
_LOOKS = (10, 20, 40, 80)  # pairs of samples after which a comparison may end
_EXACT = 20  # pairs up to which every sign is counted
_FEWEST = 3
_NOISY = 0.1
_SETTLING_NS = 20_000_000  # calls that take longer don't feel what a fork leaves behind


class Stopwatch:
    """Times candidates in this process.

    Parameters
    ----------
    run : callable
        Gives, for a candidate, a callable without parameters that does one call with it.
    restore : callable, optional
        Puts the arguments back, before each call; not timed. Without it, calls are taken to change nothing that matters.
    seed : int, default 0
        Of the order in which candidates are timed.

    Notes
    -----
    A sample is the mean of as many calls as take 200 us together, at least one; calls whose arguments are put back are timed one by one. The first sample of
    a candidate comes after a call that is not timed, which loads its machine code. The garbage collector rests meanwhile.

    What a candidate raises puts it out. KeyboardInterrupt and SystemExit end the measurement, with the arguments put back.

    Examples
    --------
    >>> from accel.tuning import History
    >>> history = History()
    >>> watch = Stopwatch(lambda candidate: lambda: sum(range(1000 * candidate[0])))
    >>> watch.measure([(1,), (50,)], history)
    >>> history.best()
    (1,)
    """

    def __init__(self, run: Callable[[Candidate], Callable[[], object]], *, restore: Callable[[], object] | None = None, seed: int = 0) -> None:
        self._run, self._restore, self._random = run, restore, Random(seed)
        self._known: dict[Candidate, tuple[Callable[[], object], int]] = {}  # what to call, how often

    def measure(self, batch: Sequence[Candidate], history: History, until_s: float = inf) -> None:
        """Add one sample of each candidate to the history, in random order. At the time `until_s` of `time.monotonic` the rest is left out."""
        try:
            self._settle(batch, history)
            for candidate in self._random.sample(batch, len(batch)):
                if monotonic() >= until_s:
                    return
                if candidate not in history.failures:
                    self._add(candidate, history)
        finally:
            if self._restore is not None:
                self._restore()

    def beats(self, candidate: Candidate, rival: Candidate, history: History, *, level: float = LEVEL, until_s: float = inf) -> bool:
        """Whether a candidate is faster than a rival beyond the noise: both are timed in pairs until that is decided.

        Parameters
        ----------
        candidate, rival : Candidate
            Who is compared; the rival is kept when in doubt.
        history : History
            The samples are added to it. What was measured before does not count: the best of many is too good to be true.
        level : float, default 0.01
            The probability, at most, of True for a candidate that is no faster, all looks at the samples together.
        until_s : float, optional
            A time of `time.monotonic` at which it has to be decided.

        Notes
        -----
        They are looked at after 10, 20, 40 and 80 pairs, each time with a quarter of the level. When the time is over before that, and there are three pairs at least, it is enough
        that they are far apart (`is_apart`): calls that take seconds leave no time for ten.
        """
        times: list[float] = []
        others: list[float] = []
        try:
            self._settle((rival, candidate), history)
            for pairs in _LOOKS:
                while len(times) < pairs and monotonic() < until_s:
                    order = (candidate, rival) if self._random.random() < 0.5 else (rival, candidate)
                    found = {one: self._add(one, history) for one in order}
                    if found[candidate] is None or found[rival] is None:
                        return False
                    times.append(found[candidate] or 0.0)
                    others.append(found[rival] or 0.0)
                if is_faster(times, others, level / len(_LOOKS)):
                    return True
                if len(times) < pairs:  # the time is over
                    return is_apart(times, others)
                if find_gain(times, others) <= 1.0:
                    return False
        finally:
            if self._restore is not None:
                self._restore()
        return False

    def _settle(self, batch: Sequence[Candidate], history: History) -> None:
        """Call something once: after a fork memory is copied when it is first written to, and threads start anew."""
        for candidate in batch:
            if candidate in self._known and history.time_ns(candidate) < _SETTLING_NS:
                try:
                    self._time(self._known[candidate][0], 1)
                except Exception:  # which it will raise again
                    pass
                return

    def _add(self, candidate: Candidate, history: History) -> float | None:
        """Add a sample, or the reason why there is none."""
        try:
            time_ns = self._sample(candidate, history)
        except Exception as error:
            history.fail(candidate, describe_error(error))
            return None
        history.add(candidate, time_ns)
        return time_ns

    def _sample(self, candidate: Candidate, history: History) -> float:
        if candidate in self._known:
            call, count = self._known[candidate]
            return self._time(call, count)[0] / count
        call = self._run(candidate)
        self._time(call, 1)
        best = history.best()
        limit_ns = inf if best is None else _FAR * history.time_ns(best)
        count = 1
        while True:
            timed_ns, whole_ns = self._time(call, count)
            self._known[candidate] = call, count
            most = max(1, min(_MOST_CALLS, int(count * _LONGEST_NS / max(whole_ns, 1))))
            if timed_ns >= _SAMPLE_NS or timed_ns > limit_ns * count or count >= most:
                return timed_ns / count
            count = min(most, 10 * count, int(1.2 * count * _SAMPLE_NS / max(timed_ns, 1)) + 1)

    def _time(self, call: Callable[[], object], count: int) -> tuple[int, int]:
        """The nanoseconds of so many calls; the same with what is done between them."""
        restore, was_enabled = self._restore, gc.isenabled()
        timed_ns = 0
        gc.disable()
        try:
            first_ns = start_ns = perf_counter_ns()
            if restore is None:
                for _ in repeat(None, count):
                    call()
                timed_ns = perf_counter_ns() - start_ns
                return timed_ns, timed_ns
            for _ in repeat(None, count):
                restore()
                start_ns = perf_counter_ns()
                call()
                timed_ns += perf_counter_ns() - start_ns
            return timed_ns, perf_counter_ns() - first_ns
        finally:
            if was_enabled:
                gc.enable()


def is_faster(times: Sequence[float], others: Sequence[float], level: float = LEVEL) -> bool:
    """Whether the first times are smaller than the others beyond the noise.

    Parameters
    ----------
    times, others : sequence of float
        Samples in pairs: the i-th of both were taken one right after the other, in random order.
    level : float, default 0.01
        The probability, at most, of True when there is no difference.

    Notes
    -----
    Wilcoxon's signed-rank test, one-sided, on the logarithms of the ratios. The order within a pair is a fair coin, so that under "no difference" each sign is one,
    too, whatever the noise is like: heavy tails, drift and bursts only make it harder to see a difference. Up to 20 pairs the probability is exact. At the default
    level 7 pairs are the fewest that can decide.

    References
    ----------
    F. Wilcoxon, Individual comparisons by ranking methods, Biometrics Bulletin 1 (1945).

    Examples
    --------
    >>> is_faster([10.0, 11.0, 10.0, 12.0, 10.0, 11.0, 10.0], [12.0, 13.0, 12.0, 14.0, 12.0, 13.0, 12.0])
    True
    >>> is_faster([10.0, 13.0, 10.0, 14.0], [12.0, 11.0, 12.0, 12.0])
    False
    """
    ratios = [log(max(one, 1e-9) / max(other, 1e-9)) for one, other in zip(times, others, strict=True)]
    ratios = sorted([ratio for ratio in ratios if ratio], key=abs)
    return bool(ratios) and _probability(ratios, _rank(ratios)) <= level


def is_apart(times: Sequence[float], others: Sequence[float]) -> bool:
    """Whether the first times are smaller than the others by more than either of them spread; at least three of each.

    Parameters
    ----------
    times, others : sequence of float
        Samples in pairs, as in `is_faster`.

    Notes
    -----
    A rule for samples too few for a test. When there is no difference, three pairs satisfy it in 0.4 % of all cases if the noise is normal or has heavy tails,
    five in less than 0.01 %; there are noises, such as one that slows down every other sample, with which it is up to one in eight (three pairs) or 32 (five).

    Examples
    --------
    >>> is_apart([10.0, 11.0, 10.5], [13.0, 12.5, 13.0]), is_apart([10.0, 11.0, 10.5], [11.5, 12.0, 11.5])
    (True, False)
    """
    if min(len(times), len(others)) < _FEWEST or min(*times, *others) <= 0.0:
        return False
    lows, highs = (min(times), min(others)), (max(times), max(others))
    spread = max(high / low for low, high in zip(lows, highs, strict=True))
    return lows[1] / highs[0] > spread


def _rank(ratios: list[float]) -> list[int]:
    """Twice the rank of each of some numbers that are sorted by size; equal ones share theirs."""
    ranks: list[int] = []
    while len(ranks) < len(ratios):
        size, start = abs(ratios[len(ranks)]), len(ranks)
        count = sum(abs(ratio) == size for ratio in ratios[start:])
        ranks += [2 * start + count + 1] * count
    return ranks


def _probability(ratios: list[float], ranks: list[int]) -> float:
    """How likely the ranks of the positive numbers add up to so little when signs are coins."""
    positive = sum(rank for rank, ratio in zip(ranks, ratios, strict=True) if ratio > 0.0)
    if len(ranks) > _EXACT:
        deviation = sqrt(sum(rank * rank for rank in ranks)) / 2.0
        return 0.5 * erfc((sum(ranks) / 2.0 - positive - 1.0) / deviation / sqrt(2.0))  # sums differ by 2: half a step is 1
    ways = {0: 1}
    for rank in ranks:
        added = dict(ways)
        for total, count in ways.items():
            added[total + rank] = added.get(total + rank, 0) + count
        ways = added
    return float(sum(count for total, count in ways.items() if total <= positive) / 2 ** len(ranks))


def find_gain(times: Sequence[float], others: Sequence[float]) -> float:
    """How many times as fast the first are: the median of the ratios of pairs.

    Examples
    --------
    >>> find_gain([10.0, 10.0, 10.0], [20.0, 19.0, 90.0])
    2.0
    """
    ratios = [log(max(other, 1e-9) / max(one, 1e-9)) for one, other in zip(times, others, strict=True)]
    return round(exp(median(ratios)), 9) if ratios else 1.0


def find_noise(times: Sequence[float]) -> float:
    """The spread of samples of one thing: the middle half of them, as a part of their median.

    Examples
    --------
    >>> find_noise([10.0, 10.0, 10.0, 11.0, 11.0, 11.0, 90.0])
    0.09090909090909091
    """
    if len(times) < 2:
        return 0.0
    lower, middle, upper = quantiles(times, n=4)
    return (upper - lower) / middle if middle > 0.0 else 0.0


def is_noisy(times: Sequence[float]) -> bool:
    """Whether samples of one thing spread by more than a tenth, so that small differences can't be seen on this machine now.

    Examples
    --------
    >>> is_noisy([10.0, 10.1, 10.0, 10.2, 10.1, 10.0, 10.1, 10.0]), is_noisy([10.0, 14.0, 12.0, 19.0, 10.0, 15.0, 11.0, 13.0])
    (False, True)
    """
    return len(times) >= 8 and find_noise(times) > _NOISY
