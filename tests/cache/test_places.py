"""Folders in order of preference, and only those nobody else can write to."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from accel.cache import Place, Store, find_places
from tests.cache.lowering import lower

is_root = os.geteuid() == 0


def total(x: float, n: int) -> float:
    return x + n


def folders() -> list[str]:
    return [place.folder for place in find_places()]


@pytest.fixture
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No ACCEL_CACHE_DIR; home, XDG_CACHE_HOME and TMPDIR in a folder of the test."""
    monkeypatch.delenv("ACCEL_CACHE_DIR")
    for variable, name in (("HOME", "home"), ("XDG_CACHE_HOME", "xdg"), ("TMPDIR", "tmp")):
        monkeypatch.setenv(variable, str(tmp_path / name))
        (tmp_path / name).mkdir()
    return tmp_path


def test_order(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user = f"tmp/accel-{os.geteuid()}/code"
    assert folders() == [str(homes / end) for end in ("xdg/accel/code", "home/.cache/accel/code", user)]
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert folders() == [str(homes / end) for end in ("home/.cache/accel/code", user)]
    monkeypatch.setenv("ACCEL_CACHE_DIR", str(homes / "own" / "deep"))
    assert folders() == [str(homes / "own" / "deep" / "code")]
    (homes / "own").write_text("a file")
    monkeypatch.setenv("ACCEL_CACHE_DIR", str(homes / "own" / "deep" / "er"))
    assert folders()[1:] == [str(homes / end) for end in ("home/.cache/accel/code", user)]
    monkeypatch.setenv("ACCEL_CACHE_DIR", "")
    assert len(folders()) == 2


def test_no_home_no_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCEL_CACHE_DIR", "XDG_CACHE_HOME", "HOME", "TMPDIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.setattr(os.path, "isdir", lambda path: False)
    assert folders() == []
    store = Store()
    lowered = lower(total)
    assert not store.save(total, lowered)
    assert store.load(total, lowered.signature) is None
    assert (store.info(), store.clear()) == ((), 0)


@pytest.mark.parametrize("broken", ["file", "link to nowhere", "loop", "others may write", "null", "too long"])
def test_a_broken_place_is_passed_over(homes: Path, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    first = homes / "first"
    if broken == "file":
        first.write_text("")
    elif broken == "link to nowhere":
        first.symlink_to(homes / "nowhere" / "at all")
        (homes / "nowhere").write_text("")
    elif broken == "loop":
        first.symlink_to(first)
    elif broken == "others may write":
        (first / "code").mkdir(parents=True)
        (first / "code").chmod(0o777)
    monkeypatch.setenv("ACCEL_CACHE_DIR", str(homes / ("a" * 5000)) if broken == "too long" else str(first))
    places = (Place(str(first / "code") + "\0"), *find_places()) if broken == "null" else None
    store, lowered = Store(places), lower(total)
    assert store.save(total, lowered)
    found = store.load(total, lowered.signature)
    assert found is not None and found.image == lowered.image
    assert sum(place.count for place in store.info()) == 1
    if broken == "others may write":
        assert list((first / "code").iterdir()) == []


def test_folders_and_files_are_for_the_owner_alone(store: Store, folder: Path) -> None:
    before = os.umask(0)
    try:
        assert store.save(total, lower(total))
    finally:
        os.umask(before)
    assert [path.stat().st_mode & 0o777 for path in (folder, folder.parent, *folder.iterdir())] == [0o700, 0o700, 0o600]


@pytest.mark.parametrize("mode", [0o666, 0o620, 0o602])
def test_a_file_others_may_write_is_not_trusted(store: Store, folder: Path, mode: int) -> None:
    lowered = lower(total)
    store.save(total, lowered)
    next(folder.iterdir()).chmod(mode)
    assert store.load(total, lowered.signature) is None
    assert store.save(total, lowered)
    assert store.load(total, lowered.signature) is not None


@pytest.mark.skipif(not is_root, reason="only the administrator can give files away")
def test_a_file_or_folder_of_another_owner_is_not_trusted(store: Store, folder: Path) -> None:
    lowered = lower(total)
    store.save(total, lowered)
    path = next(folder.iterdir())
    for given, back in ((path, path), (folder, folder)):
        os.chown(given, 12345, 12345)
        assert store.load(total, lowered.signature) is None
        os.chown(back, 0, 0)
        assert store.load(total, lowered.signature) is not None
    os.chown(folder, 12345, 12345)
    assert not store.save(total, lowered)


def test_links_are_not_followed_where_all_users_write(tmp_path: Path) -> None:
    (tmp_path / "real" / "code").mkdir(parents=True, mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "code").chmod(0o700)
    lowered = lower(total)
    assert not Store((Place(str(tmp_path / "link" / "code2"), is_shared=True),)).save(total, lowered)
    assert Store((Place(str(tmp_path / "link" / "code3")),)).save(total, lowered)
    (tmp_path / "code").symlink_to(tmp_path / "real" / "code")
    assert not Store((Place(str(tmp_path / "code"), is_shared=True),)).save(total, lowered)


def test_a_linked_file_is_a_miss(store: Store, folder: Path) -> None:
    lowered = lower(total)
    store.save(total, lowered)
    path = next(folder.iterdir())
    path.rename(folder / "moved")
    path.symlink_to(folder / "moved")
    assert store.load(total, lowered.signature) is None
    assert store.save(total, lowered)
    assert not path.is_symlink() and store.load(total, lowered.signature) is not None


@pytest.fixture
def reachable(homes: Path) -> Iterator[Path]:
    """Folders that another user can reach."""
    top = Path(tempfile.gettempdir())
    modes = {path: path.stat().st_mode for path in (homes, *(p for p in homes.parents if top in p.parents))}
    for path, mode in modes.items():
        path.chmod(mode | 0o055)
    yield homes
    for path, mode in modes.items():
        path.chmod(mode)


def in_child(action: Callable[[], bool]) -> int:
    """The exit status of a forked child that is not the administrator and runs `action`."""
    child = os.fork()
    if not child:
        try:
            if is_root:
                os.setgid(54321)
                os.setuid(54321)
            os._exit(0 if action() else 1)
        except BaseException:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the suite has threads, the child uses none
def test_read_only_places_are_read_and_the_next_is_written(reachable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    homes = reachable
    baked, later = lower(total), lower(total, image=b"later")
    first = homes / "baked"
    monkeypatch.setenv("ACCEL_CACHE_DIR", str(first))
    assert Store().save(total, baked)
    for path in (first, first / "code"):
        path.chmod(0o555)
    for path in (first / "code").iterdir():
        path.chmod(0o444)
    if is_root:
        os.chown(homes / "xdg", 54321, 54321)

    def use() -> bool:
        store = Store()
        found = store.load(total, baked.signature)
        saved = store.save(total, later, {"other": 1})
        again = store.load(total, baked.signature, {"other": 1})
        places = [place.folder for place in store.info() if place.count]
        expected = [str(first / "code"), str(homes / "xdg" / "accel" / "code")]
        return bool(found and found.image == baked.image and saved and again and again.image == b"later" and places == expected)

    assert in_child(use) == 0


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_nothing_can_be_written_anywhere(reachable: Path) -> None:
    for name in ("home", "xdg", "tmp"):
        (reachable / name).chmod(0o555)
    assert in_child(lambda: not Store().save(total, lower(total)) and Store().load(total, lower(total).signature) is None) == 0
