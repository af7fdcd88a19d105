"""The stopwatch calls what it should, how often it should; the test of which of two is faster keeps its level under any noise."""

import gc
import itertools
import random
from math import comb, exp

import pytest

from accel.tuning import History, measure
from accel.tuning.measure import LEVEL, Stopwatch, find_gain, find_noise, is_apart, is_faster, is_noisy

A, B, C = (0,), (1,), (2,)


class Clock:
    """A clock that calls move."""

    def __init__(self, monkeypatch):
        self.now_ns = 0
        monkeypatch.setattr(measure, "perf_counter_ns", lambda: self.now_ns)
        monkeypatch.setattr(measure, "monotonic", lambda: self.now_ns / 1e9)

    def calls(self, costs_ns, log=None):
        """A call of each candidate takes what it costs."""

        def run(candidate):
            def call():
                if log is not None:
                    log.append(candidate)
                cost = costs_ns[candidate]
                if isinstance(cost, BaseException):
                    raise cost
                self.now_ns += cost() if callable(cost) else cost

            return call

        return run


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


def test_times_are_those_of_one_call(clock):
    history = History()
    watch = Stopwatch(clock.calls({A: 100, B: 70_000, C: 3_000_000}))
    for _ in range(3):
        watch.measure([A, B, C], history)
    assert history.times_ns == {A: [100.0] * 3, B: [70_000.0] * 3, C: [3_000_000.0] * 3}


def test_samples_are_long_enough_for_the_clock(clock):
    log = []
    watch = Stopwatch(clock.calls({A: 100, B: 5_000_000}, log))
    watch.measure([A], History())
    log.clear()
    watch.measure([A], History())
    assert 2_000 <= len(log) <= 3_000  # 200 us, and somewhat more
    watch.measure([B], History())
    log.clear()
    watch.measure([B], History())
    assert len(log) == 1


def test_a_first_call_is_not_timed(clock):
    first = iter([10_000_000])
    history = History()
    Stopwatch(clock.calls({A: lambda: next(first, 500_000)})).measure([A], history)
    assert history.times_ns == {A: [500_000.0]}


def test_candidates_are_interleaved_in_random_order(clock):
    log = []
    watch = Stopwatch(clock.calls({A: 300_000, B: 300_000, C: 300_000}, log))
    watch.measure([A, B, C], History())
    log.clear()
    for _ in range(60):
        watch.measure([A, B, C], History())
    rounds = [tuple(log[at : at + 3]) for at in range(0, len(log), 3)]
    assert all(sorted(order) == [A, B, C] for order in rounds)
    assert set(rounds) == set(itertools.permutations([A, B, C]))


def test_the_same_seed_gives_the_same_order(clock):
    logs = [[], [], []]
    for log, seed in zip(logs, (1, 1, 2), strict=True):
        watch = Stopwatch(clock.calls(dict.fromkeys([A, B, C], 300_000), log), seed=seed)
        for _ in range(10):
            watch.measure([A, B, C], History())
    assert logs[0] == logs[1] != logs[2]


def test_a_candidate_may_be_asked_for_twice(clock):
    history = History()
    Stopwatch(clock.calls({A: 300_000})).measure([A, A], history)
    assert history.times_ns == {A: [300_000.0] * 2}


@pytest.mark.parametrize("cost_ns", [100, 300_000])
def test_arguments_are_put_back_before_each_call(clock, cost_ns):
    log = []

    def restore():
        clock.now_ns += 1_000
        log.append("restore")

    history = History()
    watch = Stopwatch(clock.calls({A: cost_ns}, log), restore=restore)
    watch.measure([A], history)
    watch.measure([A], history)
    assert history.times_ns == {A: [float(cost_ns)] * 2}
    calls = [at for at, what in enumerate(log) if what == A]
    assert all(log[at - 1] == "restore" for at in calls)
    assert log[-1] == "restore"
    assert len(calls) > 2_000 if cost_ns == 100 else len(calls) == 4


def test_putting_back_is_not_done_for_long(clock):
    log = []

    def restore():
        clock.now_ns += 8_000_000
        log.append("restore")

    Stopwatch(clock.calls({A: 100}), restore=restore).measure([A], History())
    assert len(log) < 10


def test_a_candidate_that_is_far_slower_is_called_no_more_than_it_must_be(clock):
    log = []
    history = History()
    watch = Stopwatch(clock.calls({A: 100, B: 10_000}, log))
    watch.measure([A], history)
    log.clear()
    watch.measure([B], history)
    assert (log, history.times_ns[B]) == ([B, B], [10_000.0])


def test_a_candidate_that_raises_is_out(clock):
    history = History()
    calls = iter([None, None, None])

    def later():
        raise_ = next(calls, ValueError("later"))
        if raise_ is not None:
            raise raise_
        return 300_000

    watch = Stopwatch(clock.calls({A: ValueError("tile"), B: later, C: 300_000}))
    for _ in range(4):
        watch.measure([A, B, C], history)
    assert history.failures == {A: "raised ValueError: tile", B: "raised ValueError: later"}
    assert history.times_ns == {C: [300_000.0] * 4}
    assert history.count == 1 + 2 + 4


def test_what_gives_no_call_is_out():
    history = History()
    Stopwatch(lambda candidate: {}[candidate]).measure([A], history)
    assert history.failures == {A: "raised KeyError: (0,)"}


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3)])
@pytest.mark.parametrize("restored", [True, False])
def test_interrupts_get_out_and_leave_everything_in_order(clock, error, restored):
    log = []
    history = History()
    watch = Stopwatch(clock.calls({A: 300_000, B: error}), restore=(lambda: log.append(len(log))) if restored else None)
    watch.measure([A], history)
    for measure_ in (lambda: watch.measure([B], history), lambda: watch.beats(A, B, history)):
        log.clear()
        with pytest.raises(type(error)):
            measure_()
        assert bool(log) == restored
        assert gc.isenabled()
    assert history.failures == {}


def test_the_collector_rests_and_stays_as_it_was(clock):
    seen = []
    watch = Stopwatch(lambda candidate: lambda: seen.append(gc.isenabled()) or setattr(clock, "now_ns", clock.now_ns + 300_000))
    watch.measure([A], History())
    assert set(seen) == {False}
    assert gc.isenabled()
    gc.disable()
    try:
        watch.measure([A], History())
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_measurement_ends_in_time(clock):
    history = History()
    watch = Stopwatch(clock.calls(dict.fromkeys([A, B, C], 1_000_000_000)))
    watch.measure([A, B, C], history, until_s=2.5)
    assert history.count == 2
    watch.measure([A, B, C], history, until_s=0.0)
    assert history.count == 2


def test_real_calls():
    history = History()
    watch = Stopwatch(lambda candidate: lambda: sum(range(candidate[0])))
    for _ in range(5):
        watch.measure([(10,), (10_000,)], history)
    assert history.ranked() == [(10,), (10_000,)]
    assert watch.beats((10,), (10_000,), history)
    assert not watch.beats((10_000,), (10,), history)


# -- comparison


def test_the_fewest_pairs_that_can_decide():
    assert not is_faster([1.0] * 6, [2.0] * 6)
    assert is_faster([1.0] * 7, [2.0] * 7)
    assert is_faster([1.0], [2.0], level=0.5)
    assert not is_faster([1.0], [2.0], level=0.49)
    assert not is_faster([], [])
    assert not is_faster([1.0] * 50, [1.0] * 50)
    assert not is_faster([2.0] * 50, [1.0] * 50)
    assert is_faster([0.0] * 50, [1.0] * 50)


def test_samples_come_in_pairs():
    with pytest.raises(ValueError, match="zip"):
        is_faster([1.0], [1.0, 2.0])


@pytest.mark.parametrize("count", [5, 8])
def test_probabilities_are_exact(count):
    sizes = [1.0, 1.0, 2.0, 3.0, 5.0, 8.0, 8.0, 9.0][:count]
    ranks = measure._rank([size / 10 for size in sizes])
    for signs in itertools.product((1, -1), repeat=count):
        positive = sum(r for r, sign in zip(ranks, signs, strict=True) if sign > 0)
        as_low = sum(sum(r for r, other in zip(ranks, o, strict=True) if other > 0) <= positive for o in itertools.product((1, -1), repeat=count))
        ratios = [sign * size / 10 for sign, size in zip(signs, sizes, strict=True)]
        assert measure._probability(ratios, ranks) == as_low / 2**count


def test_ranks_of_equal_sizes_are_shared():
    assert measure._rank([0.1, -0.1, 0.2, 0.3, -0.3, 0.3]) == [3, 3, 6, 10, 10, 10]
    assert sum(measure._rank([0.1] * 100)) == 100 * 101


def test_many_pairs_are_judged_as_few_are(monkeypatch):
    rng = random.Random(1)
    for _ in range(200):
        ratios = sorted((rng.gauss(-0.3, 1.0) for _ in range(20)), key=abs)
        ranks = measure._rank(ratios)
        exact = measure._probability(ratios, ranks)
        with monkeypatch.context() as context:
            context.setattr(measure, "_EXACT", 0)
            assert measure._probability(ratios, ranks) == pytest.approx(exact, abs=0.006)


def normal(rng):
    while True:
        yield exp(rng.gauss(0.0, 0.05))


def heavy(rng):
    while True:
        yield 1.0 + 0.01 * rng.paretovariate(1.1)


def drifting(rng):
    level = 1.0
    while True:
        level *= rng.choice((0.9, 1.12))
        yield level * exp(rng.gauss(0.0, 0.01))


def rising(rng):
    for at in itertools.count():
        yield 1.0 + 0.01 * at


def bursts(rng):
    while True:
        slow = rng.choice((1.0, 1.0, 1.0, 7.0))
        for _ in range(rng.randrange(1, 30)):
            yield slow * exp(rng.gauss(0.0, 0.01))


def two_speeds(rng):  # every other sample is slow, as when something runs at a fixed rate
    for at in itertools.count():
        yield (1.0, 1.5)[at % 2] * exp(rng.gauss(0.0, 0.001))


NOISES = [normal, heavy, drifting, rising, bursts, two_speeds]


def wins(noise, factor, rounds, level, monkeypatch, seed=0):
    """How often a candidate that takes `factor` times as long as its rival beats it under some noise."""
    found = 0
    for at in range(rounds):
        samples = noise(random.Random(1000 * seed + at))
        watch = Stopwatch(lambda candidate: None, seed=at)
        monkeypatch.setattr(watch, "_sample", lambda candidate, history: 1e6 * next(samples) * (factor if candidate == A else 1.0))
        found += watch.beats(A, B, History(), level=level)
    return found


@pytest.mark.parametrize("noise, level", [*((noise, 0.05) for noise in NOISES), (normal, LEVEL), (heavy, LEVEL)])
def test_false_alarms_are_rarer_than_the_level(noise, level, monkeypatch):
    rounds = 500
    allowed = next(n for n in range(rounds) if sum(comb(rounds, k) * level**k * (1 - level) ** (rounds - k) for k in range(n + 1)) > 0.9999)
    assert wins(noise, 1.0, rounds, level, monkeypatch) <= allowed


@pytest.mark.parametrize("noise", NOISES)
def test_one_that_is_slower_hardly_ever_wins(noise, monkeypatch):
    assert wins(noise, 1.05, 200, 0.05, monkeypatch) <= 10


@pytest.mark.parametrize("noise, factor", [(normal, 0.95), (heavy, 0.93), (drifting, 0.9), (rising, 0.9), (bursts, 0.9), (two_speeds, 0.6)])
def test_one_that_is_faster_mostly_wins(noise, factor, monkeypatch):
    assert wins(noise, factor, 50, LEVEL, monkeypatch) >= 40


def test_a_comparison_ends_soon_when_it_is_clear(clock):
    history = History()
    watch = Stopwatch(clock.calls({A: 1_000_000, B: 2_000_000}))
    assert watch.beats(A, B, history)
    assert [len(history.times_ns[one]) for one in (A, B)] == [10, 10]
    assert not watch.beats(B, A, history)
    assert [len(history.times_ns[one]) for one in (A, B)] == [20, 20]


def test_a_comparison_without_time_keeps_the_rival(clock):
    watch = Stopwatch(clock.calls({A: 1_000_000_000, B: 2_000_000_000}))
    history = History()
    assert not watch.beats(A, B, history, until_s=8.0)
    assert len(history.times_ns[A]) == len(history.times_ns[B]) < 3
    assert watch.beats(A, B, history, until_s=clock.now_ns / 1e9 + 30.0)


def test_a_comparison_with_little_time(clock):
    watch = Stopwatch(clock.calls({A: 1_000_000_000, B: 1_500_000_000, C: 1_400_000_000}))
    history = History()
    watch.measure([A, B, C], history)
    assert watch.beats(A, B, history, until_s=clock.now_ns / 1e9 + 7.0)
    assert not watch.beats(B, A, history, until_s=clock.now_ns / 1e9 + 7.0)
    assert not watch.beats(A, B, history, until_s=clock.now_ns / 1e9 + 4.0)


def test_few_that_are_far_apart():
    assert is_apart([1.0, 1.1, 1.05], [1.3, 1.25, 1.3])
    assert not is_apart([1.0, 1.1, 1.05], [1.2, 1.15, 1.2])
    assert not is_apart([1.0, 1.0], [9.0, 9.0])
    assert not is_apart([1.0, 1.0, 1.0], [9.0, 1.2, 9.0])
    assert not is_apart([2.0, 2.0, 2.0], [1.0, 1.0, 1.0])
    assert not is_apart([0.0, 0.0, 0.0], [1.0, 1.0, 1.0])
    assert not is_apart([], [])


@pytest.mark.parametrize("noise, most", [(normal, 30), (heavy, 30), (drifting, 40), (rising, 10), (bursts, 30), (two_speeds, 450)])
def test_few_are_seldom_apart_by_chance(noise, most):
    found = 0
    for at in range(3000):
        rng, samples = random.Random(at), noise(random.Random(-at))
        pairs = [rng.sample((next(samples), next(samples)), 2) for _ in range(3)]
        found += is_apart(*zip(*pairs, strict=True))
    assert found <= most


def test_calls_after_a_fork_are_not_the_first(clock):
    log = []
    history = History()
    watch = Stopwatch(clock.calls({A: 300_000, B: 30_000_000}, log))
    watch.measure([A, B], history)
    log.clear()
    watch.measure([A], history)
    watch.measure([B], history)
    assert log == [A, A, B]


def test_one_that_raises_beats_nobody(clock):
    history = History()
    watch = Stopwatch(clock.calls({A: ValueError("x"), B: 1_000_000}))
    assert not watch.beats(A, B, history)
    assert not watch.beats(B, A, history)
    assert history.failures == {A: "raised ValueError: x"}


def test_gain():
    assert find_gain([1.0, 2.0], [2.0, 4.0]) == 2.0
    assert find_gain([], []) == 1.0


def test_noise():
    assert find_noise([]) == find_noise([1.0]) == find_noise([5.0] * 10) == 0.0
    assert find_noise([0.0] * 10) == 0.0
    rng = random.Random(0)
    assert is_noisy([exp(rng.gauss(0.0, 0.15)) for _ in range(50)])
    assert not is_noisy([exp(rng.gauss(0.0, 0.02)) for _ in range(50)])
    assert not is_noisy([1.0, 2.0, 4.0])  # too few to tell
    assert not is_noisy([1.0] * 20 + [100.0])  # a single outlier is no noise
