"""Several processes with one cache: shared, killed half-way, saving the same at once; and what a warm one imports."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import accel
from accel.cache import Store
from accel.ir import Signature
from accel.types.kinds import Float, Int
from tests.cache.lowering import lower

ROOT = str(Path(accel.__path__[0]).parent)
SIGNATURE = Signature((Float(), Int()))
PROGRAM = """
def total(x, n):
    return x + n * SCALE

SCALE = 3
"""
WRITER = """
import sys
from accel.cache import Store
from tests.cache.lowering import lower
from program import total
images = [bytes([number]) * 200_000 for number in range(4)]
print("ready", flush=True)
while True:
    for image in images:
        Store().save(total, lower(total, image=image))
"""


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a process that can import `program`."""
    (tmp_path / "program.py").write_text(PROGRAM)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "program", raising=False)
    return {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}


def is_whole(image: bytes) -> bool:
    return len(image) == 200_000 and image == image[:1] * 200_000


def start(environment: dict[str, str]) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", WRITER], env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "ready\n"
    return process


def test_a_new_process_finds_what_another_saved(environment: dict[str, str]) -> None:
    from program import total  # type: ignore[import-not-found]

    assert Store().save(total, lower(total, image=b"from another process"))
    command = """
import sys
from program import total
from accel.cache import Store
from accel.ir import Signature
from accel.types.kinds import Float, Int
found = Store().load(total, Signature((Float(), Int())))
assert found.guards[0].holder is vars(sys.modules["program"])
print(found.image.decode())
print(*[name for name in ("numpy", "numba", "llvmlite", "pickle", "subprocess", "hashlib", "_hashlib", "logging", "tempfile",
                          "accel.lower", "accel.analysis") if name in sys.modules])
"""
    told = subprocess.run([sys.executable, "-c", command], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.splitlines() == ["from another process", ""]


def test_killed_while_writing(environment: dict[str, str], folder: Path) -> None:
    from program import total

    seen = 0
    for turn in range(8):
        process = start(environment)
        time.sleep(0.003 * turn)
        process.send_signal(signal.SIGKILL)
        process.wait()
        if process.stdout:
            process.stdout.close()
        found = Store().load(total, SIGNATURE)
        assert found is None or is_whole(found.image)
        seen += found is not None
    assert seen
    Store().prune()
    assert Store().info()[0].count == 1


def test_two_processes_save_the_same_at_once(environment: dict[str, str]) -> None:
    from program import total

    writers = [start(environment) for _ in range(2)]
    store, images = Store(), set()
    try:
        deadline = time.monotonic() + 1.0
        found = None
        while time.monotonic() < deadline:
            found = store.load(total, SIGNATURE) or found
            if found is not None:
                assert is_whole(found.image)
                images.add(found.image[:1])
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
            if writer.stdout:
                writer.stdout.close()
    assert len(images) > 1
