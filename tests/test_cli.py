"""The `accel` command."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys
import accel

@accel.fn
def total(n):
    s = 0
    for i in range(n):
        s += i
    return s

@accel.fn
def listed(n):
    return [n]

@accel.fn
def unused(x):
    return x

print(total(10), *[listed(1) for _ in range(10)][:1], sys.argv[1:], __name__)
if "fail" in sys.argv:
    1 / 0
if "leave" in sys.argv:
    sys.exit("bye")
"""


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def accel(*arguments, status=0):
    done = subprocess.run([sys.executable, "-W", "ignore", "-m", "accel", *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == status, done.stderr
    return done


def test_run(program):
    done = accel("run", program, "-x", "1")
    assert done.stdout == "45 [1] ['-x', '1'] __main__\n"
    states = {line.split()[1]: " ".join(line.split()[2:]) for line in done.stderr.splitlines()[1:4]}
    assert states == {"total": "compiled (int)", "listed": "CPython lists", "unused": "not compiled"}
    assert done.stderr.splitlines()[-1].endswith("3 decorated")


def test_run_of_a_failing_program(program):
    done = accel("run", program, "fail", status=1)
    assert "ZeroDivisionError" in done.stderr and "cli.py" not in done.stderr and "compiled" in done.stderr


def test_run_of_a_leaving_program(program):
    done = accel("run", program, "leave", status=1)
    assert "bye" in done.stderr


def test_run_of_no_program(tmp_path):
    assert accel("run", tmp_path / "none.py", status=2).stderr == f"accel: can't open {tmp_path}/none.py: No such file or directory\n"


def test_explain(program):
    assert "(int) -> int" in accel("explain", f"{program}:total").stdout
    assert "[unsupported-expression]" in accel("explain", program).stdout
    assert "decorates no function missing" in accel("explain", f"{program}:missing", status=1).stderr


def test_doctor():
    told = accel("doctor").stdout
    assert "machine code is made, runs and agrees with CPython" in told
    for word in ("Python", "llvmlite", "numpy", "processor", "cache"):
        assert word in told


def test_cache(program, tmp_path, monkeypatch):
    monkeypatch.setenv("ACCEL_CACHE_DIR", str(tmp_path / "cache"))
    accel("run", program)
    assert accel("cache", "path").stdout.splitlines()[0] == str(tmp_path / "cache" / "code")
    assert accel("cache", "info").stdout.splitlines()[1].split()[1] == "1"
    assert accel("cache", "prune").stdout == "0 entries removed\n"
    assert accel("cache", "clear").stdout == "1 entries removed\n"


def test_usage():
    assert "accel 0." in accel("--version").stdout
    assert "usage: accel" in accel("frobnicate", status=2).stderr
