"""Every candidate is measured, and the fastest again."""

from accel.tuning import Int, Space
from accel.tuning.strategies.exhaustive import Exhaustive
from tests.tuning.strategies.searches import bowl, search

SPACE = Space({"tile": Int(0, 19), "unroll": Int(0, 9)}, where=lambda tile, unroll: tile + unroll < 20)


def test_each_candidate_once_before_any_is_measured_again():
    history, steps = search(Exhaustive, SPACE, bowl, trials=1000)
    assert sorted(history.times_ns) == sorted(SPACE)
    first = [c for step in steps for c in step][: len(SPACE) - 1]
    assert len(set(first)) == len(SPACE) - 1
    assert history.best() == (6, 5) and history.count < len(SPACE) + 50


def test_fewer_trials_than_candidates_do_not_look_at_one_corner():
    history, _ = search(Exhaustive, SPACE, bowl, trials=40)
    assert history.count == len(history.times_ns) == 40
    assert {c[0] // 10 for c in history.times_ns} == {0, 1} == {c[1] // 5 for c in history.times_ns}
