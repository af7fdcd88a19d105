"""Whatever happens to the record: no exception, no entry of another function or machine, and what can be kept is kept."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import warnings
from contextlib import contextmanager
from pathlib import Path

import pytest

from accel.errors import FallbackHint
from accel.tuning import database as database_module
from accel.tuning import record as record_module
from accel.tuning.entry import Entry
from accel.tuning.machine import Machine
from accel.tuning.record import Record
from tests.architecture.modules import ROOT

ASKED = ("work:f", "c0", "avx2-0")


def entry(key="[100]", tile=32, **fields):
    given = {"function": "work:f", "content": "c0", "machine": "avx2-0", "tried": [[{"tile": tile}, 800.0], [{"tile": 7}, "raised ValueError: 7"]]} | fields
    return Entry(**{"key": key, "arguments": {"tile": tile}, "time_ns": 800.0, "default_ns": 1200.0, "trials": 12} | given)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "tuning.db"


@pytest.fixture
def record(path):
    return Record(str(path))


@pytest.fixture(autouse=True)
def _hints_anew(monkeypatch):
    monkeypatch.setattr(record_module, "_said", set())


def tiles(record, *asked):
    return [e.arguments["tile"] for e in record.load(*(asked or ASKED))]


def forget_quick(path):
    """Have the next load ask SQLite."""
    for file in Path(f"{path}-quick").glob("*"):
        file.unlink()


# -- what it is for


def test_nothing_is_known_at_first(record, path):
    assert record.load(*ASKED) == [] == record.entries() and record.forget(None) == 0 and not record.fault
    assert not path.parent.exists()


def test_saved_and_loaded_in_both_ways(record, path):
    assert record.save(entry()) and record.save(entry("[200]", 64)) and not record.fault
    assert tiles(record) == [32, 64] == tiles(Record(str(path)))
    forget_quick(path)
    assert tiles(Record(str(path))) == [32, 64]


def test_what_is_left_empty_is_filled_in(record):
    record.save(entry(machine=Machine().digest))
    (found,) = record.entries()
    assert found.version == "0.1.0" and found.python == sys.version.split()[0] and found.when.endswith("Z") and found.hardware == Machine().description
    assert found.tried == [[{"tile": 32}, 800.0], [{"tile": 7}, "raised ValueError: 7"]] and record.load(*ASKED[:2], Machine().digest)[0].tried == []
    record.save(entry(version="9", when="then"))
    assert [(e.version, e.when, e.hardware) for e in record.load(*ASKED)] == [("9", "then", "")]


def test_the_last_of_a_key_counts(record):
    record.save(entry(tile=16))
    record.save(entry(tile=64))
    assert tiles(record) == [64] and len(record.entries()) == 1


@pytest.mark.parametrize("other", [{"function": "work:g"}, {"content": "c1"}, {"machine": "avx2-1"}])
def test_entries_of_others_are_not_taken(record, path, other):
    record.save(entry(**other))
    assert record.load(*ASKED) == []
    forget_quick(path)
    assert record.load(*ASKED) == [] and len(record.entries()) == 1


def test_a_record_copied_from_another_machine(record, path, tmp_path):
    record.save(entry(machine="avx512-1"))
    os.rename(path.parent, tmp_path / "here")
    copied = Record(str(tmp_path / "here" / "tuning.db"))
    assert copied.load("work:f", "c0", Machine().digest) == [] and tiles(copied, "work:f", "c0", "avx512-1") == [32]


def test_forgotten(record, path):
    for function in ("work:f", "work:g"):
        for key in ("[1]", "[2]"):
            record.save(entry(key, function=function))
    assert record.forget("work:f") == 2 and record.load(*ASKED) == [] and len(record.load("work:g", *ASKED[1:])) == 2
    assert record.forget("work:unknown") == 0 and record.forget(None) == 2 and record.entries() == []


def test_old_versions_of_a_function_are_given_up(record, monkeypatch):
    monkeypatch.setattr(database_module, "_CONTENTS_KEPT", 3)
    for number in range(5):
        record.save(entry(content=f"c{number}"))
        record.save(entry(content=f"c{number}", machine="avx2-1"))
    assert sorted((e.content, e.machine) for e in record.entries()) == [(f"c{n}", m) for n in (2, 3, 4) for m in ("avx2-0", "avx2-1")]


def test_arguments_that_are_no_json(record):
    assert record.save(entry(arguments={"sort": sorted, "kind": Entry, "pair": (1, 2.5), "none": None, "inf": float("inf")}))
    (found,) = record.load(*ASKED)
    assert found.arguments == {"sort": "builtins:sorted", "kind": "accel.tuning.entry:Entry", "pair": [1, 2.5], "none": None, "inf": "inf"}
    assert not record.save(entry("[2]", arguments={"x": object()})) and record.fault == "a value of class object can't be written down"
    assert not record.save(entry("[2]", time_ns=float("nan"))) and record.fault == "`time_ns` is no number from 0"
    assert not record.save(entry("\udcff")) and "surrogates not allowed" in record.fault
    assert not record.save("no entry") and record.fault
    assert len(record.entries()) == 1


def test_the_place_is_beside_that_for_machine_code(monkeypatch, tmp_path):
    monkeypatch.setenv("ACCEL_CACHE_DIR", str(tmp_path / "cache"))
    record = Record()
    assert record.paths == (str(tmp_path / "cache" / "tuning" / "tuning.db"),)
    assert record.save(entry()) and tiles(Record()) == [32]
    assert os.stat(tmp_path / "cache" / "tuning").st_mode & 0o777 == 0o700


def test_a_folder_that_others_can_write_to_is_not_trusted(monkeypatch, tmp_path):
    monkeypatch.setenv("ACCEL_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    assert Record().save(entry())
    os.chmod(tmp_path / "cache" / "tuning", 0o777)
    record = Record()
    assert record.load(*ASKED) == [] == record.entries()
    assert not record.save(entry()) and "can't be trusted" in record.fault


def test_a_program_that_finds_its_entries_loads_neither_sqlite_nor_json(record, path):
    record.save(entry())
    program = f"""
import sys
from accel.tuning.machine import Machine
from accel.tuning.record import Record
Machine()
assert Record({str(path)!r}).load(*{ASKED!r}), "not found"
assert not Record({str(path)!r}).load("work:unknown", "c", "m") or True
print(*({{"json", "re", "datetime", "random", "statistics"}} & set(sys.modules)))
"""
    assert in_a_process(program.replace('assert not Record', '#')) == "\n"


def in_a_process(program, status=0, **options):
    done = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, timeout=100, env={**os.environ, "PYTHONPATH": str(ROOT)}, **options)
    assert done.returncode == status, done.stderr
    return done.stdout


# -- damaged


def is_right_or_nothing(path):
    record = Record(str(path))
    found = record.load(*ASKED)
    assert found == [] or [(e.key, e.arguments, e.time_ns) for e in found] == [("[100]", {"tile": 32}, 800.0)]
    assert all(e.arguments == {"tile": 32} for e in record.entries())
    return bool(found)


@pytest.mark.parametrize("loads_first", [True, False])
@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0", b"\0" * 100_000, b"SQLite format 3\0" + b"\xff" * 8000])
def test_garbage(record, path, content, loads_first):
    path.parent.mkdir()
    path.write_bytes(content)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if loads_first:
            assert record.load(*ASKED) == [] and record.load(*ASKED) == [] and record.entries() == []
        assert record.save(entry()) and not record.fault and tiles(record) == [32] == tiles(Record(str(path)))
    said = [str(w.message) for w in caught]
    if content:
        assert len(said) == 1 and "the record of tuning was damaged" in said[0] and f"it is now {path}.damaged" in said[0]
        assert Path(f"{path}.damaged").read_bytes() == content
        assert caught[0].category is FallbackHint and caught[0].filename == __file__
    else:
        assert said == []


def test_truncated_anywhere(record, path):
    record.save(entry())
    whole = path.read_bytes()
    for length in [0, 1, 50, 99, 100, 101, 1000, 4095, 4096, 4097, 8192, len(whole) - 1]:
        for keeps_quick in (True, False):
            path.write_bytes(whole[:length])
            if not keeps_quick:
                forget_quick(path)
            is_right_or_nothing(path)
            assert Record(str(path)).save(entry("[100]")), (length, keeps_quick)
            assert is_right_or_nothing(path)


def test_bits_that_flip(record, path):
    record.save(entry())
    whole = path.read_bytes()
    for place in range(0, len(whole), 61):
        damaged = bytearray(whole)
        damaged[place] ^= 0x15
        for ending in ("-wal", "-shm"):
            Path(f"{path}{ending}").unlink(missing_ok=True)
        path.write_bytes(damaged)
        is_right_or_nothing(path)
        forget_quick(path)
        is_right_or_nothing(path)


def test_a_digit_that_flips_in_a_row(record, path):
    record.save(entry())
    connection = sqlite3.connect(path)
    connection.execute("UPDATE entries SET decided = replace(decided, '32', '33')")
    connection.commit()
    connection.close()
    forget_quick(path)
    assert record.load(*ASKED) == [] == record.entries()


@pytest.mark.parametrize("column", ["decided", "tried", "digest", "content"])
@pytest.mark.parametrize("value", [b"\xff\xfe", 17, "[[[[", "{}", "null"])
def test_rows_of_another_kind(record, path, column, value):
    record.save(entry())
    connection = sqlite3.connect(path)
    connection.execute(f"UPDATE entries SET {column} = ?", (value,))
    connection.commit()
    connection.close()
    forget_quick(path)
    found = record.load(*ASKED)
    assert found == [] or (column == "tried" and [e.arguments for e in found] == [{"tile": 32}])
    assert record.entries() == [] and record.save(entry()) and tiles(record) == [32]


def test_quick_files_that_are_damaged(record, path):
    record.save(entry())
    (file,) = Path(f"{path}-quick").iterdir()
    whole = file.read_bytes()
    for damaged in (b"", whole[:-1], whole + b"\0", whole[:40] + b"\xff" + whole[41:], b"\0" * 100):
        file.write_bytes(damaged)
        assert tiles(record) == [32]
        assert file.read_bytes() == whole  # made anew


def test_a_quick_file_that_others_can_write_to_is_not_read(record, path):
    record.save(entry())
    (file,) = Path(f"{path}-quick").iterdir()
    file.chmod(0o666)
    path.write_bytes(b"")
    assert record.load(*ASKED) == []


def test_deleted_replaced_and_brought_back(record, path):
    record.save(entry())
    kept = path.read_bytes()
    path.unlink()
    assert record.load(*ASKED) == []
    assert record.save(entry("[200]", 64)) and tiles(record) == [64]
    path.unlink()
    other = Record(str(path.parent / "other.db"))
    other.save(entry("[300]", 8))
    os.replace(path.parent / "other.db", path)
    assert tiles(record) == [8]
    path.write_bytes(kept)
    assert tiles(record) == [32]


def test_deleted_while_it_is_open(record, path, monkeypatch):
    record.save(entry())

    def delete(*given):
        path.unlink()

    with monkeypatch.context() as patched:
        patched.setattr(database_module, "read_file", delete)
        record.save(entry("[200]", 64))  # goes with the file
    assert record.load(*ASKED) == [] and record.save(entry("[300]", 8)) and tiles(record) == [8]


def test_a_database_of_another_kind_is_left_alone(record, path):
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    content = path.read_bytes()
    assert record.load(*ASKED) == [] and not record.save(entry()) and record.fault == f"{path}: it is a database of another kind"
    assert record.forget(None) == 0 and path.read_bytes() == content


def test_a_newer_version_is_left_alone(record, path):
    record.save(entry())
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    content = path.read_bytes()
    with pytest.warns(FallbackHint, match="a newer version of accel has written it"):
        assert not record.save(entry("[200]", 64))
    assert record.load(*ASKED) == [] and record.entries() == [] and record.forget(None) == 0
    assert record.fault == f"{path}: a newer version of accel has written it" and path.read_bytes() == content


def test_something_else_in_its_stead(record, path):
    path.mkdir(parents=True)
    assert record.load(*ASKED) == [] and not record.save(entry()) and record.fault == f"{path}: it is no file" and path.is_dir()
    path.rmdir()
    os.mkfifo(path)
    assert record.load(*ASKED) == [] and not record.save(entry()) and not path.is_file() and path.exists()


# -- what can't be written


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux")
def test_dev_full():
    record = Record("/dev/full")
    assert record.load(*ASKED) == [] and not record.save(entry()) and record.fault == "/dev/full: it is no file" and os.path.exists("/dev/full")


@pytest.mark.parametrize("limit_bytes", [0, 100, 5000, 20_000])
def test_a_disk_that_is_full(record, path, limit_bytes):
    record.save(entry())
    program = f"""
import resource
from accel.tuning import Entry, Record
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit_bytes}, {limit_bytes}))
record = Record({str(path)!r})
print(record.save(Entry(*{ASKED[:2]!r}, "[200]", "avx2-0", {{"text": "x" * 50_000}}, 1.0, 2.0, 1)), bool(record.fault), [e.key for e in record.load(*{ASKED!r})])
other = Record({str(path) + "-new"!r})
print(other.save(Entry(*{ASKED[:2]!r}, "[200]", "avx2-0", {{"text": "x" * 50_000}}, 1.0, 2.0, 1)), other.load(*{ASKED!r}))
"""
    assert in_a_process(program) == "False True ['[100]']\nFalse []\n"
    assert tiles(record) == [32] and [e.key for e in record.entries()] == ["[100]"]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_a_commit_that_fails(record, path, monkeypatch):
    record.save(entry())

    class Connection(sqlite3.Connection):
        def execute(self, query, *given):
            if query == "COMMIT":
                raise sqlite3.OperationalError("database or disk is full")
            return super().execute(query, *given)

    connect = sqlite3.connect
    with monkeypatch.context() as patched, pytest.warns(FallbackHint, match="can't be kept"):
        patched.setattr(sqlite3, "connect", lambda *given, **named: connect(*given, factory=Connection, **named))
        assert not record.save(entry("[200]", 64)) and record.fault == f"{path}: database or disk is full"
        assert [e.key for e in record.entries()] == ["[100]"]
    assert {32} <= set(tiles(record)) <= {32, 64}


AS_NOBODY = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs another user")


@contextmanager
def as_nobody():
    """As a user without rights, for the file system; what is imported late has to be there, as that user may not be able to read it."""
    import accel.explain.hints
    import accel.tuning.database

    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@AS_NOBODY
@pytest.mark.parametrize("with_quick", [True, False])
@pytest.mark.parametrize(
    ("file_mode", "folder_mode", "found"),
    [(0o444, 0o555, 1), (0o444, 0o755, 1), (0o000, 0o555, 0), (0o000, 0o777, 0), (0o444, 0o000, 0), (0o644, 0o711, 1)],
)
def test_modes(file_mode, folder_mode, found, with_quick):
    top = Path(tempfile.mkdtemp(dir="/var/tmp"))  # the folders above it are for everyone
    top.chmod(0o755)
    path = top / "tuning.db"
    record = Record(str(path))
    try:
        record.save(entry())
        if not with_quick:
            forget_quick(path)
        path.chmod(file_mode)
        top.chmod(folder_mode)
        with as_nobody():
            assert tiles(record) == [32] * found
            assert not record.save(entry("[200]", 64)) and record.fault
            assert len(record.entries()) == found and record.forget(None) == 0 and bool(record.fault) == bool(folder_mode)
        top.chmod(0o755)
        path.chmod(0o644)
        assert tiles(record) == [32]
    finally:
        shutil.rmtree(top)


def test_a_folder_that_can_not_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    record = Record(str(tmp_path / "file" / "tuning.db"))
    assert record.load(*ASKED) == [] and not record.save(entry()) and record.fault and record.entries() == [] and record.forget(None) == 0
    assert not Record("/proc/nowhere/tuning.db").save(entry()) and not Record("a\0b").save(entry()) and Record("a\0b").load(*ASKED) == []


def test_what_can_not_be_kept_is_said_once(tmp_path):
    (tmp_path / "file").write_text("")
    record = Record(str(tmp_path / "file" / "tuning.db"))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert not record.save(entry()) and not record.save(entry())
    assert ["what was tuned can't be kept" in str(w.message) for w in caught] == [True]


@pytest.mark.parametrize("name", ["a b.db", "100%.db", "what?.db", "a#b.db", "µ.db", "x%3f.db", "file:x.db"])
def test_names_of_files(tmp_path, name):
    record = Record(str(tmp_path / name))
    assert record.save(entry()) and tiles(record) == [32] and len(record.entries()) == 1 and (tmp_path / name).exists()
    forget_quick(tmp_path / name)
    assert tiles(record) == [32]


def test_the_working_directory_is_gone(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    record = Record("tuning.db")
    assert record.load(*ASKED) == [] and not record.save(entry()) and record.fault
    monkeypatch.setenv("ACCEL_CACHE_DIR", "relative")
    assert Record().load(*ASKED) == [] and not Record().save(entry())


def test_a_python_without_sqlite(record, monkeypatch):
    record.save(entry())
    monkeypatch.setitem(sys.modules, "sqlite3", None)
    assert tiles(record) == [32] and not record.save(entry("[200]", 64)) and "sqlite3" in record.fault and record.entries() == []


# -- several at once


def test_a_process_that_is_killed(record, path):
    record.save(entry())
    program = PROGRAM.replace("range(25)", "range(10_000)").replace("time.sleep(0.03)", "number or print('begun', flush=True)")
    with subprocess.Popen([sys.executable, "-c", program, str(path), "1"], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}) as other:
        assert other.stdout.readline() == "begun\n"
        while len(record.load(*ASKED)) < 3:
            pass
        other.kill()
    found = record.load(*ASKED)
    assert len(found) >= 3 and not record.fault and record.save(entry("[200]", 64)) and tiles(record)[-1] == 64
    kept, known = [{e.key for e in entries} for entries in (record.entries(), record.load(*ASKED))]
    assert kept <= known and len(known - kept) <= 1  # one that was about to be kept


def test_locked_by_another_process(record, path, monkeypatch):
    monkeypatch.setattr(database_module, "_LONG_S", 1.0)
    record.save(entry())
    program = f"""
import sqlite3, sys
connection = sqlite3.connect({str(path)!r}, isolation_level=None)
connection.execute("PRAGMA locking_mode = EXCLUSIVE")
connection.execute("BEGIN EXCLUSIVE")
connection.execute("DELETE FROM entries")
print("locked", flush=True)
sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "locked\n"
        assert tiles(record) == [32] and not record.fault
        forget_quick(path)
        assert tiles(record) in ([], [32])  # SQLite lets it be read, or not
        for _ in range(3):  # the first waits longer
            assert not record.save(entry("[200]", 64)) and record.fault == f"{path}: another process has locked it"
        assert record.forget(None) == 0 and record.fault
        assert record_module._locked == {str(path)}
        other.kill()
    assert tiles(record) == [32] and record.save(entry("[200]", 64)) and tiles(record) == [32, 64] and not record_module._locked


PROGRAM = """
import sys, time
from accel.tuning import Entry, Record
record, me = Record(sys.argv[1]), sys.argv[2]
missed = 0
for number in range(25):
    time.sleep(0.03)
    own = f"[{me}, {number}]"
    saved = record.save(Entry("work:f", "c0", own, "avx2-0", {"tile": number}, 1.0, 2.0, 1))
    found = {e.key for e in record.load("work:f", "c0", "avx2-0")}
    missed += not saved or own not in found
print(missed)
"""


@pytest.mark.slow
@pytest.mark.parametrize("damaged", [False, True])
def test_eight_processes_at_once(record, path, damaged):
    if damaged:
        path.parent.mkdir()
        path.write_bytes(b"no database")
    others = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", PROGRAM, str(path), str(me)], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
        )
        for me in range(8)
    ]
    missed = [int(other.communicate(timeout=300)[0]) for other in others]
    assert [other.returncode for other in others] == [0] * 8
    if damaged:  # each may lose what it saved into the file that another moved aside
        assert record.save(entry()) and entry().key in {e.key for e in record.load(*ASKED)}
        return
    assert missed == [0] * 8
    wanted = {f"[{me}, {number}]" for me in range(8) for number in range(25)}
    assert {e.key for e in record.load(*ASKED)} == wanted == {e.key for e in record.entries()}
    forget_quick(path)
    assert {e.key for e in record.load(*ASKED)} == wanted


def test_two_processes_create_it_at_once(path):
    program = PROGRAM.replace("range(25)", "range(3)")
    others = [subprocess.Popen([sys.executable, "-c", program, str(path), str(me)], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}) for me in (1, 2)]
    assert [other.communicate(timeout=100)[0] for other in others] == ["0\n", "0\n"]
    assert len(Record(str(path)).entries()) == 6


def test_threads(record):
    faults = []

    def work(me):
        for number in range(5):
            if not record.save(entry(f"[{me}, {number}]")) or f"[{me}, {number}]" not in {e.key for e in record.load(*ASKED)}:
                faults.append((me, number))

    threads = [threading.Thread(target=work, args=(me,)) for me in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == [] and len(record.entries()) == 20


def test_no_lock_is_given_up_by_reading_the_file_meanwhile(record, path, monkeypatch):
    """Closing any descriptor of a file gives up the locks of the process; the files beside are written while the record is locked."""
    record.save(entry())
    opened, open_ = [], os.open
    monkeypatch.setattr(os, "open", lambda name, *given: opened.append(os.fspath(name)) or open_(name, *given))
    assert record.save(entry("[200]", 64)) and str(path) not in opened and any(name.startswith(f"{path}-quick") for name in opened)
    forget_quick(path)
    database_module.Database(str(path)).load(*ASKED)
    assert str(path) not in opened


def test_a_child_that_is_forked_while_the_record_is_used(record):
    record.save(entry())
    with record_module._lock:
        child = os.fork()
        if not child:
            os._exit(0 if tiles(record) == [32] and record.save(entry("[200]", 64)) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert tiles(record) == [32, 64]


def test_nothing_stays_open(record, path):
    record.save(entry())
    forget_quick(path)
    record.load(*ASKED), record.entries(), record.forget("work:unknown")
    held = [os.readlink(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd") if os.path.lexists(f"/proc/self/fd/{number}")]
    assert not [name for name in held if name.startswith(str(path))]
