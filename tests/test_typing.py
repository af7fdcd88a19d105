"""Type checkers see through the decorators: a file of typical uses, in which what must be an error is marked as one."""

import shutil
import subprocess
import sys

import pytest

from tests.architecture.modules import ROOT

FOLDER = ROOT / "tests" / "typing"
USES = FOLDER / "uses.py"


def check(*command):
    return subprocess.run([sys.executable, "-m", *map(str, command)], cwd=ROOT, capture_output=True, text=True, timeout=300)


@pytest.mark.slow
def test_mypy(tmp_path):
    pytest.importorskip("mypy")
    done = check("mypy", "--strict", "--warn-unused-ignores", "--cache-dir", tmp_path, USES)
    assert done.returncode == 0, done.stdout + done.stderr


def test_pyright():
    pytest.importorskip("pyright")
    if shutil.which("node") is None:
        pytest.skip("pyright needs node, which is not here")
    try:
        is_there = check("pyright", "--version").returncode == 0
    except subprocess.TimeoutExpired:
        is_there = False
    if not is_there:
        pytest.skip("pyright fetches itself at its first run, which is not possible here")
    done = check("pyright", "-p", FOLDER, "--pythonpath", sys.executable)
    assert done.returncode == 0, done.stdout + done.stderr


def test_wrong_uses_are_marked_for_both():
    wrong = [line for line in USES.read_text().splitlines() if "ignore[" in line]
    assert len(wrong) >= 10
    assert all("# type: ignore[" in line and "# pyright: ignore[" in line for line in wrong)
