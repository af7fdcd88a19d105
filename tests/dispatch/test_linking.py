"""Every symbol of machine code gets its address, what stands at addresses lives as long, and what nobody knows is an error."""

from types import FunctionType

import pytest

import accel
from accel import pipeline
from accel.dispatch.arguments import find_signature
from accel.dispatch.dispatcher import Dispatcher
from accel.dispatch.linking import Linking
from accel.errors import CompileError
from accel.values import replace

SCALE = 2.5


def scaled(n, by=3, *, plus=1):
    total = 0.0
    for i in range(n):
        total += i * by * SCALE + plus
    return total


@pytest.fixture
def dispatcher():
    made = FunctionType(scaled.__code__, globals(), "scaled", (3,))
    made.__kwdefaults__ = {"plus": 1}
    owner = Dispatcher(made, accel.options.FnOptions(cache=False))
    owner.user = made  # it keeps no function alive
    return owner


@pytest.fixture
def lowered(dispatcher):
    return pipeline.specialize(dispatcher.function, find_signature([4, 3, 1]), dispatcher.options)


def test_addresses(dispatcher, lowered):
    linking = Linking(dispatcher, lowered)
    loaded = linking.load(0)
    assert loaded["entry"] and loaded["throttle"]
    function = dispatcher.function
    assert linking.address("function") == id(function) and linking.address("code") == id(function.__code__)
    assert linking.address("default.1") == id(3) and linking.address("default.2") == id(1) and linking.address("default.0") == 0
    assert linking.address("parameter.0") == id("n") and linking.address("PyFloat_FromDouble")
    (number,) = [k for k, guard in enumerate(lowered.guards) if guard.name == "SCALE"]
    assert linking.address(f"guard.{number}.dict") == id(globals()) and linking.address(f"guard.{number}.value") == id(SCALE)


def test_a_symbol_nobody_knows(dispatcher, lowered):
    linking = Linking(dispatcher, lowered)
    linking.load(0)
    with pytest.raises(KeyError, match="no_such_function"):
        linking.address("no_such_function_anywhere")


def test_no_executable_memory(dispatcher, lowered, monkeypatch):
    def refuse(self, countdown):
        raise OSError("not permitted")

    monkeypatch.setattr(Linking, "load", refuse)
    with pytest.raises(CompileError, match="not permitted"):
        dispatcher.make_entry(lowered.signature)


def test_it_runs(dispatcher, lowered):
    dispatcher.attach()
    made = dispatcher.function
    assert made(4) == scaled(4) and made(4, 2, plus=5) == scaled(4, 2, plus=5) and made(n=3) == scaled(3)
    assert dispatcher.entries and dispatcher.resumers and not any(count for r in dispatcher.resumers for count in r.counts)
    assert made(4, 2**62) == scaled(4, 2**62) and any(count for r in dispatcher.resumers for count in r.counts)
    assert replace(lowered, text="").image == lowered.image
