"""Compiled code that keeps leaving is timed against CPython, and retired when it is slower."""

import gc
import weakref

import pytest

import accel
from accel.dispatch import meter, trial


def overflows(x):
    return x * x


def leaves_late(n):
    total = 0
    for i in range(n):
        total += i % 7
    return total << 60


BIG = 2**62


def test_what_only_leaves_is_retired():
    made = accel.fn(overflows)
    for _ in range(2000):
        assert made(BIG) == BIG * BIG
    assert made.accel.counters["retired"] == 1 and not made.accel.signatures
    assert "times as long as in CPython" in made.accel.explain()
    made.accel.recompile()
    assert made(3) == 9 and made.accel.signatures and "times as long" not in made.accel.explain()


def test_what_is_faster_all_the_same_is_not():
    made, want = accel.fn(leaves_late), leaves_late(20000)
    for _ in range(300):
        assert made(20000) == want
    assert not made.accel.counters["retired"] and made.accel.signatures
    assert made(3) == leaves_late(3)


class Owner:
    """What serves calls, and notes where they are sent."""

    def __init__(self, serving=True):
        self.serving, self.sent, self.slower = serving, [], None

    def compiled_address(self):
        return 1000 if self.serving else 0

    def counting_address(self, calls):
        self.sent.append(("count", calls))
        return 2000 if self.serving else 0

    def detour(self, address):
        self.sent.append(address)

    def retire(self, slower):
        self.slower = slower


class FakeMeter:
    def __init__(self):
        self.finished = 0, 0
        self.target = 0

    def send_to(self, target):
        self.target = target
        return 1

    def pass_calls(self, calls, each_ns):
        self.finished = self.finished[0] + calls, self.finished[1] + calls * each_ns


@pytest.fixture
def timed(monkeypatch):
    """A trial whose meter says what it is told to, and whose clock moves by what is asked."""
    clock = [0]
    monkeypatch.setattr(meter, "Meter", FakeMeter)
    monkeypatch.setattr(trial, "perf_counter_ns", lambda: clock[0])

    def start(owner, gap_ns=1000):
        made = trial.Trial()
        for _ in range(trial._WATCHED):
            clock[0] += gap_ns
            made.note_exit(owner)
        return made

    return start


def run(made, owner, compiled_ns, plain_ns, calls=40):
    made._meter.pass_calls(calls, compiled_ns)
    for _ in range(trial._TIMED):
        made.note_exit(owner)
    turns = 0
    while made.is_plain:
        made.answer_call(owner)
        made._meter.pass_calls(owner.sent[-2][1] if owner.sent[-1] == 1 else 0, plain_ns)
        turns += 1
        assert turns < 50
    return turns


@pytest.mark.parametrize(("compiled_ns", "plain_ns", "slower"), [(3000, 1000, 3.0), (1000, 3000, None), (1000, 1000, None), (1000, 10**9, None)])
def test_the_slower_one_goes(timed, compiled_ns, plain_ns, slower):
    owner = Owner()
    made = timed(owner)
    assert made._meter.target == 1000
    turns = run(made, owner, compiled_ns, plain_ns)
    assert owner.slower == slower and (owner.sent[-1] is None) == (slower is None)
    if plain_ns > 10**6:
        assert turns == 2  # CPython is given no more time than compiled code took
    assert made._watched == 4 * trial._WATCHED  # the next look is later


def test_rare_exits_are_no_matter(timed):
    owner = Owner()
    made = timed(owner, gap_ns=2 * trial._LONGEST_GAP_NS)
    assert made._meter is None and owner.sent == []


def test_nothing_to_time(timed):
    owner = Owner(serving=False)
    assert not timed(owner).is_plain and owner.sent == [None] and owner.slower is None
    owner = Owner()
    made = timed(owner)
    for _ in range(trial._TIMED):
        made.note_exit(owner)
    made.answer_call(owner)  # no call of compiled code has ended
    assert owner.sent[-1] is None and owner.slower is None


def test_calls_that_never_come_to_cpython_end_the_trial(timed):
    owner = Owner()
    made = timed(owner)
    for _ in range(3 * trial._TIMED):
        made.note_exit(owner)
    assert not made.is_plain and owner.sent[-1] is None


def test_a_trial_keeps_nobody_alive():
    made = accel.fn(type(overflows)(overflows.__code__, globals(), "overflows"))
    for _ in range(trial._WATCHED + 3):
        made(BIG)
    gone = weakref.ref(made.accel._dispatcher)
    gc.disable()
    try:
        del made
        assert gone() is None
    finally:
        gc.enable()
