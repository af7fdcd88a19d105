"""Run one module of the test package in this process and print what came of each test as one line of JSON."""

from __future__ import annotations

import faulthandler
import json
import os
import resource
import sys
import tempfile
import unittest
import weakref
from collections.abc import Callable
from typing import Any

from tests.cpython.modules import SHARED, UNDECORATED
from tests.cpython.rewrite import DecoratingFinder
from tests.differential.counters import count_exits, has_compiled, hasten
from tests.differential.decorators import find_decorator

__all__ = ["MARKER", "run_module"]

MARKER = "@@accel-results "


class _Recorder(unittest.TestResult):
    """Keeps one word per test: passed, skipped, failed, error; the worst of its subtests counts."""

    def __init__(self) -> None:
        super().__init__()
        self.words: dict[str, str] = {}
        self.texts: dict[str, str] = {}

    def note(self, test: Any, word: str, error: Any = None) -> None:
        """Keep the word; a failure is never covered up."""
        name = test.id()
        if self.words.get(name) not in ("failed", "error"):
            self.words[name] = word
        if error is not None and name not in self.texts:
            text = self._exc_info_to_string(error, test)  # type: ignore[attr-defined]
            self.texts[name] = text if len(text) < 2500 else f"{text[:1200]}\n  ...\n{text[-1200:]}"

    def addSuccess(self, test: unittest.TestCase) -> None:
        self.note(test, "passed")

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        self.note(test, "skipped")

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        self.note(test, "failed", err)

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        self.note(test, "error", err)

    def addExpectedFailure(self, test: unittest.TestCase, err: Any) -> None:
        self.note(test, "passed")

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        self.note(test, "failed")

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:
        if err is not None:
            self.note(test, "failed", err)


def _counting(decorate: Callable[..., Any], codes: set[Any], made: list[Any]) -> Callable[..., Any]:
    def counted(function: Any) -> Any:
        result = decorate(function)
        hasten(result)
        codes.add((function.__code__.co_filename, function.__code__.co_firstlineno, function.__qualname__))
        try:
            made.append(weakref.ref(result))
        except TypeError:
            pass
        return result

    return counted


def run_module(name: str, decorator: str, outermost: bool) -> None:
    """Import `test.<name>`, decorated unless `decorator` is "none", and run its tests."""
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
    from test import support

    support.use_resources = []
    support.verbose = 0
    made: list[Any] = []
    codes: set[Any] = set()
    if decorator != "none":
        skipped: dict[str, list[str]] = {}
        for place in UNDECORATED:
            module, _, function = place.partition(":")
            skipped.setdefault(module, []).append(function)
        DecoratingFinder({f"test.{name}", *SHARED}, _counting(find_decorator(decorator), codes, made), skipped, outermost).install()
    recorder = _Recorder()
    with tempfile.TemporaryDirectory(prefix="accel-cpython-") as folder:
        os.chdir(folder)
        unittest.defaultTestLoader.loadTestsFromName(f"test.{name}").run(recorder)
        os.chdir("/")
    functions = [f for f in (reference() for reference in made) if f is not None]
    row = {"words": recorder.words, "texts": recorder.texts, "decorated": len(codes)}
    row |= {"compiled": sum(map(has_compiled, functions)), "exits": dict(count_exits(functions))}
    sys.__stdout__.write("\n" + MARKER + json.dumps(row) + "\n")  # type: ignore[union-attr]
    sys.__stdout__.flush()  # type: ignore[union-attr]
    os._exit(0)
