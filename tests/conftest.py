"""For all tests: a cache folder of their own, and no switch from outside."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest

from accel.options import SWITCHES

_folder = tempfile.mkdtemp(prefix="accel-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)


def pytest_configure(config: pytest.Config) -> None:
    for name in SWITCHES:
        os.environ.pop(name, None)
    os.environ["ACCEL_CACHE_DIR"] = _folder


@pytest.fixture(autouse=True)
def _first_hints() -> Iterator[None]:
    """A test sees the hints of its own functions, whatever earlier tests have said about the same lines."""
    from accel.explain import hints

    hints._given.clear()
    yield
