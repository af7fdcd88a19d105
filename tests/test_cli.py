"""The `accel` command."""

import re
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

@accel.fn
def numbers(n):
    yield n

def make(k):
    @accel.fn
    def adder(x):
        return x + k
    return adder

make(1)(2), make(2)(3)
print(total(10), *[listed(1) for _ in range(10)][:1], sys.argv[1:], __name__)
if "fail" in sys.argv:
    1 / 0
if "thread" in sys.argv:
    import threading, time
    def late():
        time.sleep(0.2)
        for _ in range(100):
            total(3)
        print("finished")
    threading.Thread(target=late).start()
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


def rows(done):
    """Function -> its other columns, of the table that stands on the error stream."""
    lines = done.stderr.splitlines()
    title = next(k for k, line in enumerate(lines) if line.startswith("where "))
    columns = [m.start() for m in re.finditer(r"(?<=  )\S|^\S", lines[title])]
    cells = [[line[a:b].strip() for a, b in zip(columns, [*columns[1:], None], strict=True)] for line in lines[title + 1 : -1]]
    return {row[1]: [row[0], *row[2:]] for row in cells}


def test_run(program):
    done = accel("run", program, "-x", "--", "1", "--help")
    assert done.stdout == "45 [1] ['-x', '--', '1', '--help'] __main__\n"
    found = rows(done)
    assert {name: row[1:4] for name, row in found.items()} == {
        "total": ["compiled", "(int)", "1"], "listed": ["CPython", "lists", "10"], "unused": ["not called", "", "0"],
        "numbers": ["CPython", "a generator or coroutine", ""], "make.<locals>.adder (2 times)": ["CPython", "called once: compiled at the second call", "2"],
    }  # fmt: skip
    assert found["total"][0].endswith("program.py:5") and found["total"][4].endswith("s") and found["total"][5].endswith("s")
    assert done.stderr.splitlines()[-1].endswith("1 of 5 decorated functions compiled")


def test_run_waits_for_threads(program):
    done = accel("run", program, "thread")
    assert done.stdout.endswith("finished\n") and rows(done)["total"][3] == "101"


def test_run_counts_nested_calls_and_times_the_outermost(tmp_path):
    path = tmp_path / "program.py"
    path.write_text("""
import accel, time
@accel.fn
def count(n):
    [n]
    time.sleep(0.01)
    return n and count(n - 1)
for _ in range(3):
    count(4)
""")
    done = accel("run", path)
    place, state, why, calls, took, *_ = rows(done)["count"]
    assert (state, why, calls) == ("CPython", "lists", "15")
    number, unit = took.split()
    whole = re.search(r": ([0-9.]+) s", done.stderr.splitlines()[-1])
    assert float(number) * {"s": 1, "ms": 1e-3}[unit] <= float(whole.group(1)) + 0.01  # a call contains those below it: they count once


def test_run_of_a_failing_program(program):
    done = accel("run", program, "fail", status=1)
    assert "ZeroDivisionError" in done.stderr and "explain" not in done.stderr and rows(done)["total"][1] == "compiled"


@pytest.mark.parametrize(("code", "status", "said"), [("'bye'", 1, "bye"), ("3", 3, ""), ("", 0, ""), ("[1]", 1, "[1]"), ("None", 0, "")])
def test_run_of_a_leaving_program(tmp_path, code, status, said):
    path = tmp_path / "program.py"
    path.write_text(f"import sys\nsys.exit({code})")
    done = accel("run", path, status=status)
    assert done.stderr.splitlines()[:-1] == said.splitlines() and done.stderr.endswith("s, no function decorated\n")


@pytest.mark.parametrize("text", [b"x = = 1", b"\x00"])
def test_run_of_what_is_no_program(tmp_path, text):
    path = tmp_path / "program.py"
    path.write_bytes(text)
    assert "SyntaxError" in accel("run", path, status=1).stderr


def test_run_of_no_file(tmp_path):
    for command in ("run", "explain"):
        told = accel(command, tmp_path / "none.py", status=2).stderr
        assert told == f"accel: can't open {tmp_path}/none.py: No such file or directory\n"
    assert accel("run", tmp_path, status=2).stderr == f"accel: can't open {tmp_path}: Is a directory\n"


def test_run_while_accel_is_off(program, monkeypatch):
    monkeypatch.setenv("ACCEL", "0")
    assert accel("run", program).stderr.endswith("ACCEL=0 switches accel off\n")


def test_explain(program):
    told = accel("explain", f"{program}:total").stdout
    assert "(int) -> int" in told and "listed" not in told
    assert "[unsupported-expression]" in accel("explain", program).stdout
    assert "make.<locals>.adder: 0 compiled" in accel("explain", f"{program}:adder").stdout
    told = accel("explain", f"{program}:missing", status=1).stderr
    assert told.endswith("decorates no function missing; it decorates total, listed, unused, numbers, make.<locals>.adder\n")


def test_explain_into_a_closed_pipe(program):
    command = f"{sys.executable} -W ignore -m accel explain {program} | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.stderr == "" and done.stdout.count("\n") == 1


def test_doctor():
    told = accel("doctor").stdout
    assert "machine code is made, runs and agrees with CPython" in told
    for word in ("accel", "Python", "llvmlite", "numba", "numpy", "processor", "threads", "cache"):
        assert re.search(rf"^{word} +\S", told, re.MULTILINE), word


def test_doctor_tells_what_does_not_work(monkeypatch):
    monkeypatch.setenv("ACCEL", "0")
    told = accel("doctor", status=1).stdout
    assert re.search(r"^ACCEL +0$", told, re.MULTILINE) and "ACCEL=0 switches accel off" in told


def test_cache(program, tmp_path, monkeypatch):
    monkeypatch.setenv("ACCEL_CACHE_DIR", str(tmp_path / "cache"))
    accel("run", program)
    assert accel("cache", "path").stdout.splitlines()[0] == str(tmp_path / "cache" / "code")
    assert accel("cache", "info").stdout.splitlines()[1].split()[1] == "1"
    assert accel("cache", "prune").stdout == "0 entries removed\n"
    assert accel("cache", "clear").stdout == "1 entry removed\n"


def test_usage():
    assert "accel 0." in accel("--version").stdout
    assert "usage: accel" in accel("frobnicate", status=2).stderr
    assert "the following arguments are required: program\n" in accel("run", status=2).stderr
    assert "invalid choice: 'burn'" in accel("cache", "burn", status=2).stderr
    assert "usage: accel run program ..." in accel("run", "--help").stdout
