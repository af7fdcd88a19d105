"""Orders, dominators and loops of small graphs."""

from accel.graphs import find_dominators, find_natural_loop, reverse_postorder

AFTER = {"in": ["head"], "head": ["a", "b", "out"], "a": ["join"], "b": ["join", "out"], "join": ["head"], "out": [], "lost": ["out"]}
BEFORE = {name: [p for p, following in AFTER.items() if name in following and p != "lost"] for name in AFTER}


def test_an_order_in_which_ways_lead_down():
    order = reverse_postorder("in", AFTER.__getitem__)
    assert order[:2] == ["in", "head"] and sorted(order) == ["a", "b", "head", "in", "join", "out"]
    assert order.index("join") > max(order.index("a"), order.index("b")) and order.index("out") > order.index("b")


def test_dominators():
    found = find_dominators(reverse_postorder("in", AFTER.__getitem__), BEFORE)
    assert found["join"] == {"in", "head", "join"} and found["out"] == {"in", "head", "out"} and found["in"] == {"in"}


def test_natural_loops():
    assert find_natural_loop("head", ["join"], BEFORE) == {"head", "a", "b", "join"}
    assert find_natural_loop("a", ["a"], {"a": ["in", "a"]}) == {"a"}
