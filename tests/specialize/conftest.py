"""Hints of functions that stay in CPython are no part of what is compared."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _surroundings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCEL_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "accel-cache"))
    monkeypatch.setenv("ACCEL_HINTS", "0")
