"""Whatever happens to the files: never an exception, never another payload than the one that was saved."""

from __future__ import annotations

import errno
import logging
import os
import random
import threading
from pathlib import Path
from typing import Any

import pytest

from accel.cache import Store, build
from accel.cache import store as store_module
from accel.cache.content import compute_digest
from accel.cache.store import DEFAULT_LIMIT_BYTES, find_limit_bytes
from accel.ir import Signature
from accel.types.kinds import Float, Int
from tests.cache.lowering import lower

SIGNATURE = Signature((Float(), Int()))
IMAGE = random.Random(1).randbytes(3000)


def total(x: float, n: int) -> float:
    return x + n


def other(x: float, n: int) -> float:
    return x - n


@pytest.fixture
def path(store: Store, folder: Path) -> Path:
    """The file of the one entry."""
    assert store.save(total, lower(total, image=IMAGE))
    (found,) = folder.iterdir()
    return found


def is_right_or_missing(store: Store) -> bool:
    found = store.load(total, SIGNATURE)
    return found is None or (found.image == IMAGE and found.exits == lower(total).exits)


def test_saved_and_loaded(store: Store, path: Path) -> None:
    found = store.load(total, SIGNATURE)
    assert found is not None and found.image == IMAGE and found.result == Float()
    assert store.load(other, SIGNATURE) is None
    assert Store().load(total, SIGNATURE) is not None


def test_truncated_anywhere(store: Store, path: Path) -> None:
    whole = path.read_bytes()
    for length in [*range(0, len(whole), 64), *range(1, 40), len(whole) - 1]:
        path.write_bytes(whole[:length])
        assert store.load(total, SIGNATURE) is None
    path.write_bytes(whole + b"\0")
    assert store.load(total, SIGNATURE) is None
    path.write_bytes(whole)
    assert store.load(total, SIGNATURE) is not None


def test_flipped_bits(store: Store, path: Path) -> None:
    whole = path.read_bytes()
    for position in [*range(80), *range(80, len(whole), 41)]:
        damaged = bytearray(whole)
        damaged[position] ^= 1 << position % 8
        path.write_bytes(damaged)
        assert store.load(total, SIGNATURE) is None
    path.write_bytes(bytes(len(whole)))
    assert store.load(total, SIGNATURE) is None


def test_right_digest_over_nonsense(store: Store, path: Path) -> None:
    """Such a file is not made by damage; still nothing is raised."""
    import marshal

    whole = path.read_bytes()[32:]
    key = marshal.loads(whole)[1]
    for content in (
        b"",
        b"x",
        b"(",
        marshal.dumps(1),
        marshal.dumps((1, key, b"", b"")),
        marshal.dumps((1, key, 2, 3)),
        whole[:-9],
    ):
        path.write_bytes(compute_digest(content) + content)
        assert store.load(total, SIGNATURE) is None


def test_an_entry_under_another_name(store: Store, folder: Path, path: Path) -> None:
    store.save(other, lower(other))
    first, second = sorted(folder.iterdir())
    first.rename(folder / "x")
    second.rename(first)
    (folder / "x").rename(second)
    assert store.load(total, SIGNATURE) is None and store.load(other, SIGNATURE) is None


def test_an_entry_of_another_format(store: Store, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "FORMAT", build.FORMAT + 1)
    assert store.load(total, SIGNATURE) is None
    assert store.save(total, lower(total, image=b"new")) and store.load(total, SIGNATURE) is not None


@pytest.mark.parametrize("instead", ["folder", "full folder", "fifo", "socket folder", "device"])
def test_something_else_in_the_place_of_the_file(store: Store, path: Path, instead: str) -> None:
    path.unlink()
    if "folder" in instead:
        path.mkdir()
    if instead == "full folder":
        (path / "file").write_text("")
    if instead == "fifo":
        os.mkfifo(path)
    if instead == "device":
        path.symlink_to("/dev/zero")
    assert store.load(total, SIGNATURE) is None
    assert store.save(total, lower(total, image=IMAGE)) is ("folder" not in instead)
    assert is_right_or_missing(store)


def test_unreadable(store: Store, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (errno.EACCES, errno.EIO, errno.EMFILE, errno.ESTALE):

        def fail(*_: Any, number: int = number, **__: Any) -> Any:
            raise OSError(number, os.strerror(number))

        for name in ("open", "read", "fstat", "stat"):
            with monkeypatch.context() as patch:
                patch.setattr(os, name, fail)
                assert store.load(total, SIGNATURE) is None
    assert store.load(total, SIGNATURE) is not None


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("name", ["open", "write", "replace", "close", "mkdir"])
def test_a_full_or_failing_disk(store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, number: int) -> None:
    genuine = getattr(os, name)

    def fail(*arguments: Any, **_: Any) -> Any:
        if name == "write" and len(arguments[1]) > 1000:
            return genuine(arguments[0], arguments[1][:1000])
        if name == "close":
            genuine(*arguments)
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, name, fail)
        assert not store.save(total, lower(total, image=IMAGE))
    assert not folder.exists() or list(folder.iterdir()) == []
    assert store.save(total, lower(total, image=IMAGE)) and store.load(total, SIGNATURE) is not None


def test_a_full_place_is_followed_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = tuple(store_module.Place(str(tmp_path / name)) for name in ("brimful", "free"))
    genuine = os.open

    def open_(path: Any, *arguments: Any, **named: Any) -> int:
        if "brimful" in str(path) and arguments[0] & os.O_CREAT:
            raise OSError(errno.ENOSPC, "full")
        return genuine(path, *arguments, **named)

    monkeypatch.setattr(os, "open", open_)
    store = Store(places)
    assert store.save(total, lower(total)) and store.load(total, SIGNATURE) is not None
    assert [place.count for place in store.info()] == [0, 1]


def test_the_disk_writes_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "write", lambda *_: 0)
    assert not store.save(total, lower(total))


def test_the_folder_vanishes(store: Store, folder: Path, path: Path) -> None:
    path.unlink()
    folder.rmdir()
    folder.parent.rmdir()
    assert store.load(total, SIGNATURE) is None and store.info()[0].count == 0 and store.clear() == 0
    assert store.save(total, lower(total)) and store.load(total, SIGNATURE) is not None


def test_what_changes_while_it_is_compiled_is_not_saved(store: Store) -> None:
    names: dict[str, Any] = {"scale": 1}
    exec("def f(x):\n    return x * scale\n", names)
    lowered = lower(names["f"])
    lowered.exits.clear()
    assert store.load(names["f"], SIGNATURE) is None
    names["scale"] = 2
    assert not store.save(names["f"], lowered)
    assert not Store().save(names["f"], lowered)  # the guards were made for the old value
    names["scale"] = 1
    assert store.save(names["f"], lowered)


@pytest.mark.parametrize("function", [None, 3, len, "text", type, object()])
def test_nonsense_is_no_error(store: Store, function: Any) -> None:
    assert store.load(function, SIGNATURE) is None and not store.save(function, lower(total))
    assert store.load(total, function) is None and not store.save(total, function)
    assert store.load(total, SIGNATURE, object()) is None and not store.save(total, lower(total), object())


def test_the_reason_is_told_at_debug_level(store: Store, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "accel.cache"):
        path.write_bytes(b"short")
        store.load(total, SIGNATURE)
        store.save(total, lower(total), object())
    assert [(r.levelname, r.name) for r in caplog.records] == [("DEBUG", "accel.cache")] * 2
    assert "of total is passed over: damaged" in caplog.text
    assert "total is not saved: object object that has no content to compare" in caplog.text


def fill(store: Store, count: int, size_bytes: int = 1000) -> list[dict[str, int]]:
    """Save entries under different options, the first used longest ago."""
    options = [{"number": number} for number in range(count)]
    for number, option in enumerate(options):
        assert store.save(total, lower(total, image=bytes(size_bytes)), option)
        for entry in store.places[0].folder and Path(store.places[0].folder).iterdir():
            if entry.stat().st_mtime > 2_000_000_000 - 1 or entry.stat().st_mtime > 10**6:
                os.utime(entry, (number, number))
    return options


def test_prune_removes_what_was_used_longest_ago(store: Store, folder: Path) -> None:
    options = fill(store, 6)
    size_bytes = store.info()[0].size_bytes
    (folder / "notes.txt").write_text("of the user")
    assert store.load(total, SIGNATURE, options[0]) is not None  # used: now the latest
    assert store.prune(size_bytes // 2) == 3
    assert [n for n, option in enumerate(options) if store.load(total, SIGNATURE, option)] == [0, 4, 5]
    assert store.clear() == 3 and [path.name for path in folder.iterdir()] == ["notes.txt"]
    assert store.info()[0].size_bytes == 0


def test_saving_keeps_the_limit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCEL_CACHE_SIZE", "8k")
    monkeypatch.setattr(store_module, "_SAVES_PER_PRUNE", 2)
    fill(store, 40)
    assert 4000 < store.info()[0].size_bytes <= 8192 + 2000
    monkeypatch.setenv("ACCEL_CACHE_SIZE", "0")
    assert not store.save(total, lower(total))
    assert store.prune() > 0 and store.info()[0].count == 0


def test_leftovers_of_killed_processes_go(store: Store, folder: Path, path: Path) -> None:
    old, new = folder / ".abc.1.tmp", folder / ".abc.2.tmp"
    for leftover in (old, new):
        leftover.write_bytes(b"half")
    os.utime(old, (1, 1))
    store.prune()
    assert not old.exists() and new.exists() and path.exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", DEFAULT_LIMIT_BYTES), ("100", 100), ("1k", 1024), ("1.5 MB", 3 << 19), ("2GiB", 2 << 30), ("1T", 1 << 40), ("-5", 0)]
    + [(text, DEFAULT_LIMIT_BYTES) for text in ("much", "nan", "inf", "M", "1e", "KK", "1KM", "B")],
)
def test_sizes(monkeypatch: pytest.MonkeyPatch, text: str, expected: int) -> None:
    monkeypatch.setenv("ACCEL_CACHE_SIZE", text)
    assert find_limit_bytes() == expected


def test_threads(store: Store) -> None:
    wrong: list[object] = []

    def work(number: int) -> None:
        for turn in range(20):
            option = {"number": (number + turn) % 4}
            store.save(total, lower(total, image=str(option).encode() * 500), option)
            found = store.load(total, SIGNATURE, option)
            if found is None or found.image != str(option).encode() * 500:
                wrong.append(found)
            store.prune(1 << 30)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [] and store.info()[0].count == 4
