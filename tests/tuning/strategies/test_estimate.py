"""What a candidate is expected to take, by those like it."""

from random import Random

from accel.tuning import Choice, History, Int, Space
from accel.tuning.strategies import strategy
from accel.tuning.strategies.estimate import make_estimate
from accel.tuning.strategies.racing import Racing

SPACE = Space({"tile": Int(0, 49), "algorithm": Choice("a", "b", "c")})


def history_of(times):
    history = History()
    for candidate, time_ns in times.items():
        history.add(candidate, time_ns)
    return history


def test_near_ones_count_more_where_values_are_in_order():
    estimate = make_estimate(SPACE, history_of({(0, 0): 100.0, (49, 0): 900.0}), Random(0))
    assert estimate((5, 0)) < estimate((20, 0)) < estimate((40, 0))


def test_the_same_value_counts_where_there_is_no_order():
    estimate = make_estimate(SPACE, history_of({(10, 0): 900.0, (10, 1): 500.0, (10, 2): 100.0}), Random(0))
    assert estimate((12, 2)) < estimate((12, 1)) < estimate((12, 0))


def test_nothing_known_and_times_of_nothing():
    assert make_estimate(SPACE, History(), Random(0))((1, 1)) == 0.0
    assert make_estimate(SPACE, history_of({(1, 1): 0.0}), Random(0))((1, 1)) < 0.0


def test_thousands_of_known_ones_are_asked_for_a_part_with_the_fastest():
    space = Space({"n": Int(0, 9999)})
    history = history_of({(n,): 1000.0 if n != 7000 else 1.0 for n in range(0, 10_000, 2)})
    estimate = make_estimate(space, history, Random(0))
    assert estimate((7001,)) < estimate((2001,))


def test_more_of_those_that_join_are_like_the_fast_ones(monkeypatch):
    space = Space({"tile": Int(0, 99), "unroll": Int(0, 99)})
    racing = Racing(space, trials=1000)
    racing.history = history_of({(a, b): 100.0 + a + b for a in range(5, 100, 10) for b in range(5, 100, 10)})

    def find_mean():
        joining = [c for _ in range(20) for c in racing.beside([(45, 45), (95, 95), (5, 95), (95, 5), (5, 45)], 12)]
        return sum(map(sum, joining)) / len(joining)

    chosen = find_mean()
    monkeypatch.setattr(strategy, "make_estimate", lambda *_: lambda _: 0.0)
    assert chosen < 0.95 * find_mean()
