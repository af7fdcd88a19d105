"""What `autotune` is told: budgets, keys, domains, conditions, and what it refuses."""

import pytest

import accel
from accel.tuning import Choice, Int
from accel.tuning.settings import Budget, read_budget, read_settings, with_defaults


def slug_of(raised):
    (found,) = raised.value.diagnostics
    return found.slug


@pytest.mark.parametrize(
    "given, budget",
    [(3, Budget(3.0)), (0.5, Budget(0.5)), (0, Budget(0.0)), ("5s", Budget(5.0)), ("500 ms", Budget(0.5)), ("2min", Budget(120.0)), ("1h", Budget(3600.0)),
     ("1.5", Budget(1.5)), ("200 trials", Budget(float("inf"), 200)), ("1 trial", Budget(float("inf"), 1))],
)  # fmt: skip
def test_budgets(given, budget):
    assert read_budget(given) == budget


@pytest.mark.parametrize("given", [-1, "5 parsecs", "", "trials", True, None, [5], float("nan")])
def test_what_is_no_budget(given):
    with pytest.raises(accel.OptionError, match="`budget` takes a number that is not negative") as raised:
        read_settings({"n": [1], "budget": given})
    assert slug_of(raised) == "option-value"


def test_parameters_with_the_names_of_options():
    settings = read_settings({"space": {"key": [1, 2], "budget": Int(1, 3)}, "n": Choice("a", "b"), "budget": "1s"})
    assert settings.space.names == ("n", "key", "budget") and settings.budget == Budget(1.0)


@pytest.mark.parametrize(
    "options, match, slug",
    [
        ({}, "is given no parameter to search", "empty-space"),
        ({"n": []}, "`n` has no values to try", "empty-space"),
        ({"n": Int(3, 2)}, "`n` has no values to try", "empty-space"),
        ({"n": Choice()}, "`n` has no values to try", "empty-space"),
        ({"n": [1, 2], "where": lambda n: n > 2}, "no candidate meets the condition", "empty-space"),
        ({"n": [1, 2], "where": lambda m: m > 2}, "`where` asks for `m`", "tuned-parameter"),
        ({"n": [1, 2], "where": True}, "`where` takes a function", "option-value"),
        ({"n": 5}, "`n` takes the values to try, not 5", "option-value"),
        ({"n": "abc"}, "`n` takes the values to try, not 'abc'", "option-value"),
        ({"n": [1, 2], "default": {"n": 3}}, "`default` is no candidate", "option-value"),
        ({"n": [1, 2], "default": {"n": 2}, "where": lambda n: n < 2}, "`default` is no candidate", "option-value"),
        ({"n": [1, 2], "default": {"m": 1}}, "`default` takes a value for each parameter", "option-value"),
        ({"n": [1, 2], "default": 1}, "`default` takes a value for each parameter", "option-value"),
        ({"n": [1, 2], "bugdet": 1}, "or did you mean the option `budget`", "option-value"),
        ({"space": [1]}, "`space` takes a dict", "option-value"),
        ({"n": [1, 2], "seed": "x"}, "`seed` takes a whole number", "option-value"),
        ({"n": [1, 2], "key": ("shape", 3)}, "`key` takes names or a function", "option-value"),
        ({"n": [1, 2], "rtol": -1.0}, "`rtol` takes a number that is not negative", "option-value"),
        ({"n": [1, 2], "strategy": "fastest"}, "`strategy` takes the name of a strategy or a class, not 'fastest'", "option-value"),
        ({"n": [1, 2], "strategy": 3}, "`strategy` takes the name of a strategy or a class, not 3", "option-value"),
        ({"n": [1, 2], "memory": "lots"}, "`memory` takes a number", "option-value"),
    ],
)
def test_what_is_refused(options, match, slug):
    with pytest.raises(accel.OptionError, match=match) as raised:
        read_settings(options)
    assert slug_of(raised) == slug


def test_units_of_other_options():
    settings = read_settings({"n": [1], "timeout": "250ms", "memory": "2GB", "rtol": 1e-6, "atol": 1, "seed": 7})
    assert (settings.timeout_s, settings.memory_bytes, settings.rtol, settings.atol, settings.seed) == (0.25, 2 << 30, 1e-6, 1.0, 7)


def plain(x, *, tile=32, unroll=3, other=None):
    return x


def test_the_default_is_the_functions_own_where_it_is_a_candidate():
    def default_of(**options):
        settings = with_defaults(read_settings(options), plain)
        return settings.space.arguments(settings.space.default)

    assert default_of(tile=[16, 32, 64]) == {"tile": 32}
    assert default_of(tile=[16, 64]) == {"tile": 16}
    assert default_of(tile=[16, 32], unroll=[1, 2]) == {"tile": 16, "unroll": 1}
    assert default_of(tile=[16, 32], unroll=[1, 3]) == {"tile": 32, "unroll": 3}
    assert default_of(tile=[16, 32], default={"tile": 16}) == {"tile": 16}
    assert default_of(tile=[16, 32], where=lambda tile: tile < 32) == {"tile": 16}


@pytest.mark.parametrize(
    "options, match",
    [({"size": [1]}, "has no parameter `size`"), ({"x": [1]}, "`x` of `plain` is not keyword-only"), ({"tile": [1], "key": "y"}, "`key` names `y`"),
     ({"tile": [1], "key": ("shape", "tile")}, "`key` names `tile`")],
)  # fmt: skip
def test_parameters_the_function_does_not_have(options, match):
    with pytest.raises(accel.OptionError, match=match) as raised:
        with_defaults(read_settings(options), plain)
    (found,) = raised.value.diagnostics
    assert found.slug == "tuned-parameter" and found.source_line.startswith("def plain") and found.filename == __file__
