"""`accel tune`."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from accel.tune_command import count_own, name_action
from accel.tuning import Entry, Machine, Record, export
from tests.architecture.modules import ROOT

WORK = """
import sys, time
import accel

@accel.autotune(step=[0.004, 0.001], budget=0)
def work(n, *, step=0.004):
    time.sleep(step)
    return n

@accel.autotune(step=[1, 2])
def unused(n, *, step):
    return n

print(work(3), sys.argv[1:], __name__)
if "fail" in sys.argv:
    work(4.5)
    sys.exit(7)
"""


@pytest.fixture(autouse=True)
def record(tmp_path, monkeypatch):
    monkeypatch.setenv("ACCEL_CACHE_DIR", str(tmp_path / "cache"))
    return Record()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pack").mkdir()
    (tmp_path / "program.py").write_text(WORK)
    (tmp_path / "pack" / "__init__.py").write_text("")
    (tmp_path / "pack" / "work.py").write_text(WORK)
    (tmp_path / "pack" / "__main__.py").write_text("import pack.work\nprint(__name__, __package__)\n")
    return tmp_path


def tune(folder, *words, status=0):
    command = [sys.executable, "-W", "ignore", "-m", "accel", "tune", *map(str, words)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == status, done.stderr
    return done


def entry(function="pack.work:f", machine="avx2-0", key="[100]", tile=32):
    return Entry(function, "c0", key, machine, {"tile": tile}, 800.0, 1200.0, 4, [[{"tile": 16}, 1200.0], [{"tile": tile}, 800.0]], "racing")


# -- accel tune program


def test_a_program(folder, record):
    done = tune(folder, "--budget", "10 trials", "program.py", "-x", "--budget", "show")
    assert done.stdout == "3 ['-x', '--budget', 'show'] __main__\n"
    lines = done.stderr.splitlines()
    assert lines[0] == "" and lines[1].startswith("function ") and lines[2].startswith("__main__:work ") and len(lines) == 4 and lines[3].endswith(" s, 1 search")
    (found,) = record.entries()
    assert found.function == "__main__:work" and 2 <= found.trials <= 40 and found.machine == Machine().digest


def test_what_was_tuned_is_used_and_tuned_anew(folder, record):
    first = tune(folder, "program.py", "--budget=10 trials") and record.entries()[0].when
    text = (folder / "program.py").read_text().replace("print(", "assert work.tuning.choose(3) == eval(sys.argv[1])\nprint(")
    (folder / "again.py").write_text(text)
    record.save(Entry(**{name: getattr(record.entries()[0], name) for name in Entry.__match_args__} | {"arguments": {"step": 0.001}}))
    done = subprocess.run([sys.executable, "again.py", "{'step': 0.001}"], cwd=folder, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr
    tune(folder, "program.py", "--budget", "12 trials")
    (found,) = record.entries()
    assert found.when >= first and found.trials != 0


def test_a_module_and_a_package(folder, record):
    done = tune(folder, "pack.work", "--budget", "10 trials", "a")
    assert done.stdout == "3 ['a'] __main__\n" and "pack.work:work " in done.stderr
    assert tune(folder, "--budget", "10 trials", "pack").stdout == "3 [] pack.work\n__main__ pack\n"
    assert [e.function for e in record.entries()] == ["pack.work:work"]


def test_the_status_is_that_of_the_program(folder):
    done = tune(folder, "program.py", "--budget", "10 trials", "fail", status=7)
    assert done.stderr.endswith(" s, 2 searches\n")


def test_programs_that_tune_nothing(folder):
    (folder / "idle.py").write_text("print('idle')")
    done = tune(folder, "idle.py", status=1)
    assert done.stdout == "idle\n" and done.stderr.endswith(" s, no function under @autotune was called\n")
    (folder / "broken.py").write_text("1 / 0")
    assert "ZeroDivisionError" in tune(folder, "broken.py", status=1).stderr


def test_no_program(folder):
    assert tune(folder, "none.py", status=2).stderr == "accel: can't open none.py: No such file or directory\n"
    assert tune(folder, "pack/", status=2).stderr == "accel: can't open pack/: Is a directory\n"
    assert tune(folder, "no.module", status=2).stderr == "accel: can't run no.module: ModuleNotFoundError: No module named 'no'\n"
    assert tune(folder, "none", status=2).stderr == "accel: can't run none: no module named none that could be run\n"
    assert tune(folder, "sys", status=2).stderr == "accel: can't run sys: no module named sys that could be run\n"
    (folder / "pack" / "__init__.py").write_text("1 / 0")
    assert tune(folder, "pack.work", status=2).stderr == "accel: can't run pack.work: ZeroDivisionError: division by zero\n"


def test_no_budget(folder):
    assert "[option-value]" in tune(folder, "program.py", "--budget", "never", status=2).stderr
    assert "expected one argument" in tune(folder, "program.py", "--budget", status=2).stderr


def test_a_record_that_can_not_be_written(folder, record):
    os.makedirs(record.paths[0])
    done = tune(folder, "program.py", "--budget", "10 trials")
    assert done.stdout == "3 [] __main__\n" and "1 search\n" in done.stderr and done.stderr.endswith("accel: not all of it could be kept\n")


@pytest.mark.slow
def test_interrupted(folder, record):
    (folder / "program.py").write_text(WORK.replace("[0.004, 0.001]", "[0.004] + [k * 1e-3 for k in range(1, 60)]") + "\nwork('x')\n")
    command = [sys.executable, "-W", "ignore", "-m", "accel", "tune", "--budget", "60s", "program.py"]
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    time.sleep(4)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 130 and "KeyboardInterrupt" in err and len(record.entries()) == 1


def test_words():
    assert name_action(["tune"]) == ["tune"] and name_action(["tune", "show", "x"]) == ["tune", "show", "x"] and name_action(["tune", "--help"]) == ["tune", "--help"]
    assert name_action(["tune", "./show"]) == ["tune", "run", "./show"] and name_action(["tune", "--budget", "1", "p"])[1] == "run"
    for words, own in [
        ("p a b", 1), ("--budget 1 p --budget", 3), ("p --budget 1 a", 3), ("p --budget=1 --budget 2 a", 2), ("-- p -x", 2), ("p -- a", 1), ("--frob p", 2), ("p -x --budget 1", 1), ("", 0), ("p --budget", 2),
    ]:  # fmt: skip
        assert count_own(["tune", "run", *words.split()]) == 2 + own, words


# -- accel tune show, export, import, forget


def test_show(folder, record):
    assert tune(folder, "show").stdout == "nothing is tuned\n"
    record.save(entry()), record.save(entry("pack.other:Matrix.dot", Machine().digest))
    lines = tune(folder, "show").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["function", "pack.work:f", "pack.other:Matrix.dot"] and "1.50x" in lines[1] and Machine().description in lines[2]
    for name in ("dot", "Matrix.dot", "pack.other:Matrix.dot", "pack.other"):
        text = tune(folder, "show", name).stdout
        assert text.startswith("Matrix.dot [100]\n  chosen   tile=32\n") and "  tile=16    1.2 µs  1.00x" in text and "\nf [" not in text
    assert tune(folder, "show", "pack").stdout.count("chosen") == 2
    assert tune(folder, "show", "ot", status=2 - 1).stderr == "accel: nothing is known of ot; of pack.work:f, pack.other:Matrix.dot\n"
    assert tune(folder, "show", "--html", "report.html", "f").stdout == "" and "<!DOCTYPE html>" in (folder / "report.html").read_text()
    assert tune(folder, "show", "--html", ".", status=1).stderr == "accel: can't write .: Is a directory\n"


def test_show_a_record_that_can_not_be_read(folder, record):
    os.makedirs(record.paths[0])
    assert tune(folder, "show").stderr == f"accel: can't read the record: {record.paths[0]}: it is no file\n"


def test_export_and_import(folder, record):
    here, alike = Machine().digest, f"{Machine().digest.partition('-')[0]}-other"
    for machine in (here, alike, "neon-1"):
        record.save(entry(machine=machine))
    record.save(entry("other:g", here))
    assert tune(folder, "export", "all.json").stdout == "4 entries written to all.json\n"
    assert tune(folder, "export", "--here", "here.json", "pack").stdout == "1 entry written to here.json\n"
    told = json.loads(tune(folder, "export", "--tried", "-", "f").stdout)
    assert [e["machine"] for e in told["entries"]] == sorted([here, alike, "neon-1"]) and len(told["entries"][0]["tried"]) == 2
    assert tune(folder, "export", ".", status=1).stderr.startswith("accel: can't write .: ")
    assert tune(folder, "export", "x.json", "none", status=1).stderr.startswith("accel: nothing is known of none; of ") and not (folder / "x.json").exists()
    assert tune(folder, "forget", "--all").stdout == "4 entries forgotten\n"
    assert tune(folder, "import", "all.json").stdout == "4 entries imported: 2 of this machine, 1 of machines with the same instructions, 1 of others\n"
    assert len(record.entries()) == 4 and [e.arguments for e in record.load("other:g", "c0", here)] == [{"tile": 32}]


def test_import_says_what_is_wrong(folder, record):
    (folder / "bad.json").write_text('{"format": 1, "entries": [{}]}')
    told = tune(folder, "import", "bad.json", status=1).stderr
    assert told.startswith("accel: this is no file of results of tuning [tuning-file]\n") and "entry 1: `function` is missing" in told
    assert tune(folder, "import", "none.json", status=1).stderr == "accel: can't open none.json: No such file or directory\n"
    export([entry()], folder / "good.json")
    os.makedirs(record.paths[0])
    done = tune(folder, "import", "good.json", status=1)
    assert done.stdout.startswith("0 entries imported") and done.stderr.startswith("accel: not all of it could be kept: ")


def test_forget(folder, record):
    for key in ("[1]", "[2]"):
        record.save(entry(key=key)), record.save(entry("other:g", key=key))
    assert tune(folder, "forget", "pack").stdout == "2 entries forgotten\n" and {e.function for e in record.entries()} == {"other:g"}
    assert tune(folder, "forget", status=2).stderr == tune(folder, "forget", "--all", "g", status=2).stderr == "accel: name functions to forget, or --all\n"
    assert tune(folder, "forget", "f", status=1).stderr == "accel: nothing is known of f; of other:g\n"
    assert tune(folder, "forget", "--all").stdout == "2 entries forgotten\n" and tune(folder, "forget", "--all").stdout == "0 entries forgotten\n"
    os.remove(record.paths[0])
    os.makedirs(record.paths[0])
    assert tune(folder, "forget", "--all", status=1).stderr == f"accel: not all of it could be forgotten: {record.paths[0]}: it is no file\n"


def test_usage(folder):
    assert "usage: accel tune [--budget BUDGET] program|module ..." in tune(folder, "--help").stdout
    assert "required: action" in tune(folder, status=2).stderr
    assert "required: program" in tune(folder, "--budget", "3", status=2).stderr
    assert "unrecognized arguments: --frob" in tune(folder, "--frob", "program.py", status=2).stderr
