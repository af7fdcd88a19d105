"""Fixtures: a store in a temporary folder, and modules written to disk for a test."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from accel.cache import Store

_counter = itertools.count()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the entries of this test lie."""
    monkeypatch.setenv("ACCEL_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("ACCEL_CACHE_SIZE", raising=False)
    return tmp_path / "cache" / "code"


@pytest.fixture
def store() -> Store:
    """A store without a memory of earlier tests."""
    return Store()


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Callable[..., ModuleType]]:
    """Write a module and import it; under the same name again it is as an edited file in a new process."""
    names = []

    def write_module(text: str, name: str = "") -> ModuleType:
        name = name or f"written_{next(_counter)}"
        folder = tmp_path / f"source{next(_counter)}"
        folder.mkdir()
        path = folder / f"{name}.py"
        path.write_text(text)
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        names.append(name)
        spec.loader.exec_module(module)
        return module

    yield write_module
    for name in names:
        sys.modules.pop(name, None)
