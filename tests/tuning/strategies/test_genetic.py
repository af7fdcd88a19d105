"""Children of the fastest."""

from accel.tuning import Choice, Int, Space
from accel.tuning.strategies.genetic import Genetic
from tests.tuning.strategies.searches import bowl, search

SPACE = Space({name: Int(0, 15) for name in "abcd"})


def test_it_beats_chance():
    best = [bowl(search(Genetic, SPACE, bowl, trials=300, seed=seed)[0].best()) for seed in range(5)]
    assert max(best) < 30.0  # 1 candidate in 150


def test_children_have_the_values_of_their_parents_when_none_changes():
    searching = Genetic(SPACE, trials=100, mutation=0.0)
    children = searching.breed([(1, 1, 1, 1), (2, 2, 2, 2)], 10)
    assert len(set(children)) == 10 and {place for child in children for place in child} == {1, 2}


def test_values_change_to_near_ones_where_there_is_an_order():
    searching = Genetic(Space({"n": Int(0, 99), "algorithm": Choice(*range(100))}), trials=100)
    near = [abs(searching.mutate(50, 100, is_ordered=True) - 50) for _ in range(500)]
    far = [abs(searching.mutate(50, 100, is_ordered=False) - 50) for _ in range(500)]
    assert 1 <= min(near) and sum(near) < sum(far) and max(far) > 40


def test_population_of_ones_own():
    assert len(search(Genetic, SPACE, bowl, trials=300, population=5)[1][0]) == 10
