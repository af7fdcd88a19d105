"""`@autotune` as its user sees it: what wins, what is left out, what is remembered, and that answers and arguments stay what they are."""

import asyncio
import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import accel
from accel import Comptime
from accel.tuning import Choice, Int, Record, Strategy


@pytest.fixture(autouse=True)
def record(tmp_path, monkeypatch):
    """A record of each test's own, and no bars."""
    monkeypatch.setenv("ACCEL_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("ACCEL_PROGRESS", "0")


def reasons_of(tuned):
    (entry,) = [e for e in Record().entries() if e.function.endswith(tuned.__qualname__)]
    return {arguments["how"]: outcome for arguments, outcome in entry.tried if isinstance(outcome, str)}


def test_the_fast_candidate_wins_and_bad_ones_are_left_out():
    runs = []

    @accel.autotune(how=["plain", "fast", "wrong", "nan", "raises", "exits", "crashes", "other", "mutates"], budget=20.0)
    def double(x, out, *, how="plain"):
        runs.append(how)
        out[:] = x * 2.0
        if how == "plain":
            time.sleep(0.003)
        elif how == "wrong":
            out[0] += 1e-9
        elif how == "nan":
            out[-1] = float("nan")
        elif how == "raises":
            raise RuntimeError("broken")
        elif how == "exits":
            os._exit(3)
        elif how == "crashes":
            os.abort()
        elif how == "mutates":
            x[0] = 5.0
        return out if how == "other" else None

    x, out = np.arange(100.0), np.zeros(100)
    assert double(x, out) is None and out.tolist() == [2.0 * i for i in range(100)] and x.tolist() == list(range(100))
    assert double.tuning.choose(x, out) == {"how": "fast"} and runs[-1] == "fast"
    found = reasons_of(double)
    assert found.keys() == {"wrong", "nan", "raises", "exits", "crashes", "other", "mutates"}
    assert found["wrong"].startswith("gave another result: argument 2, element 0:") and found["raises"] == "raised RuntimeError: broken"
    assert found["exits"] == "exited with status 3" and "SIGABRT" in found["crashes"] and "argument 1" in found["mutates"]
    del runs[:]
    double(x, out)
    assert runs == ["fast"]


def test_a_candidate_that_hangs_is_left_out():
    @accel.autotune(how=["plain", "hangs"], budget="100 trials", timeout="300ms")
    def f(x, *, how="plain"):
        while how == "hangs":
            pass
        return x + 1

    assert f(1) == 2 and reasons_of(f) == {"hangs": "took more than 0.3 s"}


def test_a_candidate_that_eats_memory_is_left_out():
    @accel.autotune(how=["plain", "eats"], budget="100 trials", memory="200MB", timeout="60s")
    def f(x, *, how="plain"):
        held = [b""]
        while how == "eats":
            held.append(b"x" * (1 << 20))
        return x + len(held)

    assert f(1) == 2 and reasons_of(f) == {"eats": "ran out of memory"}


def test_tolerances():
    def f(x, *, how="plain"):
        if how == "plain":
            time.sleep(0.002)
        return x * (1.0 + 1e-9) if how == "near" else x

    exact, loose = [accel.autotune(how=["plain", "near"], budget=5.0, **options)(f) for options in ({}, {"rtol": 1e-6})]
    assert exact(2.0) == 2.0 and exact.tuning.choose(2.0) == {"how": "plain"}
    loose.tuning.forget()
    loose(2.0)
    assert loose.tuning.choose(2.0) == {"how": "near"}


def test_the_default_is_kept_when_others_are_slower():
    @accel.autotune(delay=[0.004, 0.001, 0.002], budget=3.0)
    def f(x, *, delay=0.001):
        time.sleep(delay)
        return x

    assert f(1) == 1 and f.tuning.choose(1) == {"delay": 0.001}


def test_what_the_default_raises_comes_out_with_nothing_decided():
    @accel.autotune(n=[1, 2])
    def f(x, *, n=1):
        x.append(1)
        raise KeyError("gone")

    items = []
    with pytest.raises(KeyError, match="gone"):
        f(items)
    assert items == [1] and f.tuning.decisions == {} and Record().entries() == []


def test_compiled_functions_with_values_known_while_compiling():
    @accel.autotune(tile=[1, 16], budget=5.0)
    @accel.fn
    def total(x, *, tile: Comptime[int] = 1):
        s = 0
        for i in range(0, len(x), tile):
            for j in range(i, min(i + tile, len(x))):
                s += x[j]
        return s

    x = np.arange(1000)
    assert [total(x) for _ in range(5)] == [499500] * 5 and total(x[:10]) == 45
    assert set(total.tuning.decisions) == {(("int64", 10),), (("int64", 3),)}
    assert total.accel is total.__wrapped__.accel and total.accel.compiled and type(total(x)) is np.int64


def test_methods_static_and_class_methods():
    class Scaler:
        factor = 3

        def __init__(self):
            self.calls = 0

        @accel.autotune(n=[1, 2], budget="10 trials")
        def scale(self, x, *, n=1):
            self.calls += 1
            return x * self.factor

        @accel.autotune(n=[1, 2], budget="10 trials")
        @staticmethod
        def twice(x, *, n=1):
            return 2 * x

        @classmethod
        @accel.autotune(n=[1, 2], budget="10 trials")
        def thrice(cls, x, *, n=1):
            return cls.factor * x

    scaler = Scaler()
    assert (scaler.scale(5), Scaler.twice(5), Scaler.thrice(5), scaler.twice(6)) == (15, 10, 15, 12)
    assert scaler.calls == 1, "an attribute that trials changed was put back"


def test_parallel_loops_and_number_of_threads():
    @accel.autotune(block=[16, 64], budget=3.0)
    @accel.parallelize
    def double(x, out, *, block=16):
        for i in range(len(x)):
            out[i] = 2.0 * x[i]

    x, out = np.arange(5000.0), np.zeros(5000)
    for threads in (1, 2):
        with accel.parallel(threads):
            double(x, out)
        assert out.tolist() == (2.0 * x).tolist()
    assert [key[-1] for key in double.tuning.decisions] == [("threads", 1), ("threads", 2)]


def test_choice_of_an_algorithm_and_any_callable():
    def slow(x):
        time.sleep(0.002)
        return sorted(x)

    def fast(x):
        return sorted(x)

    class Sorter:
        def __call__(self, x, *, algorithm):
            return algorithm(x)

    tuned = accel.autotune(algorithm=Choice(slow, fast), budget=5.0)(Sorter())
    assert tuned([3, 1, 2]) == [1, 2, 3] and tuned.tuning.choose([3, 1, 2]) == {"algorithm": fast}
    assert tuned([3, 1, 2], algorithm=slow) == [1, 2, 3]


def test_without_parentheses():
    def count(n, *, step=1):
        return len(range(0, n, step)) * step

    tuned = accel.autotune(count, step=[1, 1], budget=0)
    assert tuned(6) == 6 and tuned.tuning.space.names == ("step",) and tuned.__wrapped__ is count
    with pytest.raises(accel.OptionError, match="is given no parameter to search") as raised:
        accel.autotune(count)
    assert "@autotune(tile=" in str(raised.value)


def test_conditions():
    seen = set()

    @accel.autotune(a=Int(1, 4), b=Int(1, 4), where=lambda a, b: a + b == 5, default={"a": 2, "b": 3}, budget="50 trials", strategy="exhaustive")
    def f(x, *, a, b):
        seen.add((a, b))
        return x

    assert f(7) == 7 and seen == {(2, 3)} | {(a, b) for a, b in seen if a + b == 5}
    (entry,) = Record().entries()
    assert sorted((t["a"], t["b"]) for t, _ in entry.tried) == [(1, 4), (2, 3), (3, 2), (4, 1)]


def test_given_values_count():
    @accel.autotune(a=[1, 2], b=[1, 2], budget=0)
    def f(x, *, a, b=2):
        return x, a, b

    assert f(0) == (0, 1, 2) and f(0, a=9) == (0, 9, 2) and f(0, b=9) == (0, 1, 9) and f(0, a=7, b=8) == (0, 7, 8)


def test_without_a_budget_the_nearest_key_counts():
    runs = []

    def f(x, *, how="plain"):
        runs.append(how)
        if how == "plain":
            time.sleep(0.002)
        return len(x)

    searched = accel.autotune(how=["plain", "fast"], budget=5.0)(f)
    searched([0] * 1000)
    assert searched.tuning.choose([0] * 1000) == {"how": "fast"}
    kept = accel.autotune(how=["plain", "fast"], budget=0)(f)
    del runs[:]
    assert kept([0] * 50_000) == 50_000 and runs == ["fast"]
    assert kept((0,) * 50_000) == 50_000 and runs == ["fast", "plain"], "a tuple is no list"


def test_another_text_is_another_function():
    def make(body):
        space = {"accel": accel}
        text = f"@accel.autotune(n=[1, 2], budget='10 trials')\ndef f(x, *, n=1):\n    return {body}\n"
        import linecache

        name = f"<text {body}>"
        linecache.cache[name] = len(text), None, text.splitlines(True), name
        exec(compile(text, name, "exec"), space)
        return space["f"]

    assert make("x + 1")(1) == 2 and make("x + 1")(1) == 2 and len(Record().entries()) == 1
    assert make("x + 2")(1) == 3 and len(Record().entries()) == 2


def test_arguments_that_can_not_be_copied_are_not_tuned(recwarn, monkeypatch):
    monkeypatch.setenv("ACCEL_HINTS", "1")
    runs = []

    @accel.autotune(n=[1, 2], budget=5.0)
    def consume(items, *, n=1):
        runs.append(n)
        return list(items)

    assert consume(i for i in range(3)) == [0, 1, 2] and runs == [1]
    assert [(hint.category, hint.filename) for hint in recwarn] == [(accel.FallbackHint, __file__)]  # at the line of the call
    assert consume(i for i in range(4)) == [0, 1, 2, 3] and runs == [1, 1]


def test_switched_off(monkeypatch):
    runs = []

    @accel.autotune(n=[1, 2], budget=5.0)
    def f(x, *, n=1):
        runs.append(n)
        return x

    with accel.disabled():
        assert f(1) == 1 and runs == [1] and f.tuning.decisions == {}
    monkeypatch.setenv("ACCEL", "0")
    assert f(1) == 1 and runs == [1, 1] and f.tuning.decisions == {}


def test_recursion_uses_the_default_meanwhile():
    @accel.autotune(n=[1, 2], budget="20 trials")
    def depth(x, *, n=1):
        return 0 if x == 0 else 1 + depth(x - 1)

    assert depth(5) == 5 and depth(20) == 20


def test_threads_do_not_search_the_same_key_twice():
    started, runs = threading.Event(), []

    @accel.autotune(how=["plain", "fast"], budget="20 trials")
    def f(x, *, how="plain"):
        runs.append((threading.get_ident(), how))
        started.set()
        time.sleep(0.002)
        return x

    thread = threading.Thread(target=f, args=(1,))
    thread.start()
    started.wait()
    assert f(2) == 2
    thread.join()
    mine = [how for who, how in runs if who == threading.get_ident()]
    assert mine == ["plain"] or len(f.tuning.decisions) == 1
    assert len(Record().entries()) == 1


class Interrupting(Strategy):
    """Presses Ctrl-C."""

    asked = 0

    def ask(self, history):
        self.asked += 1
        if self.asked > 3:
            raise KeyboardInterrupt
        return [c for c in self.space if c not in history.failures]


def test_ctrl_c_leaves_the_best_so_far():
    @accel.autotune(how=["plain", "fast"], budget=20.0, strategy=Interrupting)
    def f(x, *, how="plain"):
        if how == "plain":
            time.sleep(0.003)
        x.append(1)
        return len(x)

    items = []
    with pytest.raises(KeyboardInterrupt):
        f(items)
    assert items == [] and f.tuning.choose(items) == {"how": "fast"} and f(items) == 1


def test_what_a_strategy_raises_comes_out_and_arguments_are_intact():
    class Broken(Strategy):
        def ask(self, history):
            raise ZeroDivisionError("strategy")

    @accel.autotune(n=[1, 2], strategy=Broken)
    def f(x, *, n=1):
        x.append(n)

    items = []
    with pytest.raises(ZeroDivisionError, match="strategy"):
        f(items)
    assert items == [] and f.tuning.decisions == {}


def test_search_forget_and_report():
    @accel.autotune(n=[1, 2, 3], budget=0)
    def f(x, *, n=1):
        if n == 1:
            time.sleep(0.002)
        x.append(0)
        return len(x)

    items = []
    assert f.tuning.search(items, budget="60 trials")["n"] in (2, 3) and items == []
    assert f(items) == 1 and items == [0]
    text = str(f.tuning.report())
    assert "n=1" in text and "racing" in text and "<table" in f.tuning.report().to_html()
    f.tuning.forget()
    assert f.tuning.decisions == {} and Record().entries() == [] and f(items) == 2 and f.tuning.choose(items) == {"n": 1}


def test_real_calls_are_the_measurements():
    runs = []

    @accel.autotune(how=["plain", "fast", "wrong", "crashes", "later"], budget="120 trials", strategy="bandit")
    def f(x, out, *, how="plain"):
        runs.append(how)
        if how == "plain":
            time.sleep(0.002)
        elif how == "crashes":
            os.abort()
        elif how == "later" and len(runs) > 20:
            raise ValueError("only sometimes")
        out[0] += x + (how == "wrong")
        return out[0]

    out = np.zeros(1)
    for count in range(1, 160):
        assert f(2.0, out) == 2.0 * count and len(runs) - runs.count("later") <= count
    assert "wrong" not in runs and "crashes" not in runs and f.tuning.choose(2.0, out) == {"how": "fast"}
    (entry,) = Record().entries()
    assert entry.strategy == "bandit" and 120 <= entry.trials < 150


def test_real_calls_with_more_values_known_while_compiling_than_one_function_may_have():
    @accel.autotune(extra=list(range(20, -1, -1)), budget="300 trials", strategy="bandit")
    @accel.fn
    def work(x, *, extra: Comptime[int] = 20):
        total = 0
        for i in range(len(x)):
            total += x[i] + extra - extra
        return total

    x = np.arange(200)
    assert [work(x) for _ in range(250)] == [19900] * 250
    assert len(work.__wrapped__.accel.signatures) <= 2, "candidates are copies"


def test_real_calls_with_arguments_that_can_not_be_copied():
    @accel.autotune(n=[1, 2], budget="20 trials", strategy="bandit")
    def consume(items, *, n=1):
        return list(items)

    for _ in range(5):
        assert consume(i for i in range(3)) == [0, 1, 2]
    assert consume.tuning.choose(iter(())) == {"n": 1}


@pytest.mark.parametrize("thing", [5, int, None, "text"])
def test_what_can_not_be_tuned(thing):
    with pytest.raises(accel.DecorationError, match="`autotune` decorates"):
        accel.autotune(n=[1])(thing)


def test_suspended_functions_can_not_be_tuned():
    with pytest.raises(accel.DecorationError, match="calling it does not run it"):

        @accel.autotune(n=[1, 2])
        def numbers(x, *, n=1):
            yield x

    with pytest.raises(accel.DecorationError, match="calling it does not run it"):

        @accel.autotune(n=[1, 2])
        async def later(x, *, n=1):
            return x

    assert asyncio is not None


def test_arguments_by_every_way_of_passing():
    @accel.autotune(n=[1, 2], budget="6 trials")
    def f(a, /, b=2, *rest, c, n=1, **more):
        return a, b, rest, c, more

    assert f(1, c=3) == (1, 2, (), 3, {}) and f(1, 5, 6, 7, c=3, z=8) == (1, 5, (6, 7), 3, {"z": 8})
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'c'"):
        f(1)


def test_zero_sizes_strides_and_overlapping_outputs():
    @accel.autotune(step=[1, 8, 64], budget="30 trials")
    def shift(x, out, *, step=8):
        for i in range(0, len(x), step):
            out[i : i + step] = x[i : i + step] + 1.0
        return out

    empty = np.zeros(0)
    assert shift(empty, empty).shape == (0,)
    base, want = np.arange(20.0), np.arange(20.0)
    shift.__wrapped__(want[::-2], want[1::2])
    shift(base[::-2], base[1::2])
    assert base.tolist() == want.tolist() != np.arange(20.0).tolist()
    fixed = np.arange(4.0)
    fixed.flags.writeable = False
    assert shift(fixed, np.zeros(4)).tolist() == [1.0, 2.0, 3.0, 4.0]


PROGRAM = """
import sys, time
import accel
runs = []
@accel.autotune(how=["plain", "fast"], budget=5.0)
def f(x, *, how="plain"):
    runs.append(how)
    if how == "plain":
        time.sleep(0.003)
    return x
assert f(5) == 5
print(runs[-1], len(runs) if {again} else "", "sqlite3" in sys.modules if {again} else "")
"""


def test_another_process_remembers(tmp_path):
    environment = os.environ | {"PYTHONPATH": os.path.dirname(accel.__path__[0])}
    told = []
    for again in (False, True):
        (tmp_path / "program.py").write_text(PROGRAM.format(again=again).replace("if False else", "if 0 else"))
        run = [sys.executable, str(tmp_path / "program.py")]
        told.append(subprocess.run(run, env=environment, capture_output=True, text=True, check=True).stdout.split())
    assert told == [["fast"], ["fast", "1", "False"]]
