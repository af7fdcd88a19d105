"""Every public name is in the reference, with a docstring that is complete and whose examples run."""

import doctest
import importlib
import inspect
import os
import re
import warnings

import pytest

from accel.explain.inspect import Inspection
from accel.options import FnOptions
from tests.architecture.modules import ROOT
from tests.docs.reference import PAGE, PUBLIC, entries, members, public_names, public_things, sections, write_reference

THINGS = [pytest.param(value, id=f"{module}.{name}") for module, name, value in public_things()]
EXAMPLES = [pytest.param(*thing.values, id=thing.id, marks=[pytest.mark.slow] * thing.id.startswith("accel.kernels.")) for thing in THINGS]  # kernels compile for seconds


def test_reference_is_what_the_docstrings_say():
    assert PAGE.read_text() == write_reference(), "run python -m tests.docs"


def test_reference_has_every_public_name():
    listed = set(re.findall(r"^### `(\w+)`", PAGE.read_text(), re.MULTILINE))
    assert listed == {name for module in PUBLIC for name in importlib.import_module(module).__all__}
    assert public_names("accel.errors") == ["render_diagnostic"]


@pytest.mark.parametrize("thing", THINGS)
def test_docstring(thing):
    found = sections(thing.__doc__)
    summary = found[""].split("\n\n")[0]
    assert summary.endswith((".", ".)")) and "\n" not in summary, "one line, one sentence"
    assert ">>>" in found["Examples"]
    if inspect.isfunction(thing) or "__init__" in vars(thing):
        taken = [n for n in inspect.signature(thing).parameters if n not in ("options", "dispatcher")]
        if taken == ["given", "named"]:  # a value class
            taken = list(thing.__match_args__)
        told = [name.lstrip("*") for group, *_ in entries(found.get("Parameters", "")) for name in group.split(", ") if name]
        if taken and "Attributes" not in found:
            assert told[: len(taken)] == taken
    if isinstance(thing, type):
        for name, text in members(thing):
            assert text.endswith("."), name


@pytest.mark.parametrize("thing", EXAMPLES)
def test_examples(thing):
    home = importlib.import_module(thing.__module__)
    space = {**vars(home), thing.__name__: thing, "__name__": "__main__"}
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    (test,) = doctest.DocTestFinder(recurse=False).find(thing, thing.__name__, module=False, globs=space)
    assert test.examples
    said = []
    with warnings.catch_warnings():
        runner.run(test, out=said.append)
    assert runner.failures == 0, "".join(said)


def test_the_page_of_fn_names_every_option_and_attribute():
    page = (ROOT / "docs" / "fn.md").read_text()
    for name in FnOptions.__slots__:
        assert f"`{name}`" in page, name
    for name, _ in members(Inspection):
        if name not in ("watch()", "tell_of()"):
            assert f"`{name}`" in page, name


def test_switches_have_the_defaults_the_page_says():
    from accel.options import SWITCHES

    page = (ROOT / "docs" / "fn.md").read_text()
    assert set(re.findall(r"^\| `(ACCEL\w*)`", page, re.MULTILINE)) == set(SWITCHES)
    assert os.environ.get("ACCEL_CACHE_SIZE") is None and "(512M)" in page and SWITCHES["ACCEL_CACHE_SIZE"].default == "512M"
