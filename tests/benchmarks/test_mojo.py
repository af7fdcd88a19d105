"""Mojo as a rival: where it is looked for, and what is said of one that is missing or rejects its source. None is needed here."""

import importlib
import pathlib
import sys

import pytest

from benchmarks.harness import mojo
from benchmarks.harness.elements import load_checked
from benchmarks.harness.machine import describe_machine
from benchmarks.problems import PROBLEMS

LANES = PROBLEMS["mandelbrot_lanes"]
FILE = importlib.import_module("benchmarks.problems.mandelbrot_lanes").__file__


def put_compiler(path, *lines):
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return str(path)


def test_it_is_on_the_path_or_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("ACCEL_MOJO", raising=False)
    assert mojo.find_mojo() is None
    on_path = put_compiler(tmp_path / "mojo")
    assert mojo.find_mojo() == on_path
    named = put_compiler(tmp_path / "other", "echo Mojo 7")
    monkeypatch.setenv("ACCEL_MOJO", named)
    assert mojo.find_mojo() == named
    assert describe_machine()["versions"]["mojo"] == "Mojo 7"


def test_one_that_is_missing_is_a_fault(monkeypatch):
    monkeypatch.setenv("ACCEL_MOJO", "there-is-no-such-mojo")
    monkeypatch.delitem(sys.modules, "benchmarks.problems.mandelbrot_lanes.mojo_", raising=False)
    functions, faults = load_checked(LANES, "f64", LANES.cases["f64"].make(5))
    assert faults["mojo"] == "RuntimeError: no mojo on this machine"
    assert "accel" in functions
    assert describe_machine()["versions"]["mojo"] == "absent"


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (("echo note >&2", "echo 'a.mojo:1:1: error: no such name' >&2", "echo more >&2", "exit 1"), "mojo: a.mojo:1:1: error: no such name"),
        (("echo killed >&2", "exit 1"), "mojo: killed"),
        (("exit 3",), "mojo: ended with status 3"),
    ],
)
def test_what_it_says_of_a_source_is_told(monkeypatch, tmp_path, lines, fault):
    monkeypatch.setenv("ACCEL_MOJO", put_compiler(tmp_path / "mojo", *lines))
    with pytest.raises(RuntimeError) as caught:
        mojo.build(FILE)
    assert str(caught.value) == fault


def test_the_arithmetic_is_not_fused(monkeypatch, tmp_path):
    monkeypatch.setenv("ACCEL_MOJO", put_compiler(tmp_path / "mojo", 'echo "$*" >&2', "exit 1"))
    with pytest.raises(RuntimeError, match=r"build --emit shared-lib --fp-mode contract=off --target-cpu x .*mojo_\.mojo -o "):
        mojo.build(FILE, ("--target-cpu", "x"))
    assert pathlib.Path(FILE).with_name("mojo_.mojo").exists()
