"""Files that carry results from one machine to another."""

import json
import os
import sys
import types
import warnings
import zipfile

import pytest

from accel.errors import FallbackHint, RecordError
from accel.tuning import Entry, Machine, exchange, export, import_
from accel.tuning.exchange import find_shipped, rank_entries


def entry(function="work:f", machine="avx2-0", **fields):
    given = {"content": "c0", "key": "[100]", "arguments": {"tile": 32}, "time_ns": 800.0, "default_ns": 1200.0, "trials": 12, "tried": [[{"tile": 32}, 800.0]]}
    return Entry(**{"function": function, "machine": machine} | given | fields)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "accel-tuning.json"


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch):
    monkeypatch.setattr(exchange, "_shipped", {})


def test_there_and_back(path):
    entries = [entry(key=key, arguments={"sort": sorted, "n": (1, 2)}) for key in ("[2]", "[1]", '["µ"]')]
    assert export(entries, path) == 3
    found = import_(path)
    assert [e.key for e in found] == ['["µ"]', "[1]", "[2]"] and found[0].arguments == {"sort": "builtins:sorted", "n": [1, 2]} and found[0].tried == []
    assert export(entries[::-1], path.with_name("b")) == 3 and path.with_name("b").read_bytes() == path.read_bytes()
    assert export(entries, str(path), with_tried=True) == 3 and import_(path)[0].tried == [[{"tile": 32}, 800.0]]
    assert sorted(os.listdir(path.parent)) == ["accel-tuning.json", "b"]


def test_what_can_not_be_written_leaves_the_file_as_it_was(path):
    export([entry()], path)
    with pytest.raises(ValueError, match="class object can't be written down"):
        export([entry(arguments={"x": object()})], path)
    assert len(import_(path)) == 1 and os.listdir(path.parent) == [path.name]
    with pytest.raises(OSError):
        export([entry()], path / "below")
    with pytest.raises(OSError):
        export([entry()], path.parent)  # a folder
    assert os.listdir(path.parent) == [path.name]


GOOD = json.loads(exchange.write_text([entry()]))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "it is no JSON: Expecting value, line 1"),
        (b'{"format": 1,\n  "entries": [}', "^ it is no JSON: Expecting value"),
        (b"[]", "it has no `format` and `entries`"),
        (b"{}", "it has no `format` and `entries`"),
        (b'{"format": true, "entries": []}', "it has no `format` and `entries`"),
        (b'{"format": 1, "entries": {}}', "it has no `format` and `entries`"),
        (b'{"format": 2, "entries": [], "accel": "7.0"}', "a newer version of accel has written it (7.0)"),
        (b'{"format": 2, "entries": []}', "a newer version of accel has written it (unknown)"),
        (b"\xff\xfe\xff", "can't decode"),
        (b"[" * 100_000, "recursion"),
        (b'{"format": 1, "entries": [17]}', "entry 1: an entry is no object"),
        (json.dumps(GOOD | {"entries": [*GOOD["entries"], GOOD["entries"][0] | {"time_ns": "fast"}]}).encode(), "entry 2: `time_ns` is no number from 0"),
        (json.dumps(GOOD | {"entries": [GOOD["entries"][0] | {"time_ns": float("nan")}]}).encode(), "entry 1: `time_ns` is no number from 0"),
    ],
)
def test_bad_files(path, content, told):
    path.write_bytes(content)
    with pytest.raises(RecordError) as caught:
        import_(path)
    text = str(caught.value)
    assert text.startswith("this is no file of results of tuning [tuning-file]\n") and told in text and str(path) in text
    (found,) = caught.value.diagnostics
    assert found.slug == "tuning-file" and found.filename == str(path)


def test_the_place_of_an_error(path):
    path.write_text('{"format": 1,\n  "entries": [}')
    with pytest.raises(RecordError) as caught:
        import_(path)
    (found,) = caught.value.diagnostics
    assert (found.line, found.column, found.source_line) == (2, 14, '  "entries": [}')


def test_too_large(path, monkeypatch):
    monkeypatch.setattr(exchange, "_LARGEST_BYTES", 1 << 20)
    path.write_text('{"format": 1, "entries": []}' + " " * (1 << 20))
    with pytest.raises(RecordError, match="it is larger than 1 MB"):
        import_(path)


def test_unknown_fields_and_older_files_are_taken(path):
    path.write_text(json.dumps(GOOD | {"more": 1, "entries": [GOOD["entries"][0] | {"colour": "red"}]}))
    assert len(import_(path)) == 1
    older = {name: value for name, value in GOOD["entries"][0].items() if name != "hardware"}
    path.write_text(json.dumps(GOOD | {"entries": [older]}))
    assert import_(path)[0].hardware == ""


# -- what ships with a package


@pytest.fixture
def package(tmp_path, monkeypatch):
    """pack/, pack/deep/, pack/deep/work.py."""
    (tmp_path / "pack" / "deep").mkdir(parents=True)
    for name in ("pack/__init__.py", "pack/deep/__init__.py", "pack/deep/work.py"):
        (tmp_path / name).write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    __import__("pack.deep.work")
    yield tmp_path / "pack"
    for name in ("pack", "pack.deep", "pack.deep.work"):
        sys.modules.pop(name, None)


def functions(module):
    return [e.function for e in find_shipped(module)]


def test_found_beside_the_module_and_in_the_outermost_package(package):
    assert find_shipped("pack.deep.work") == ()
    exchange._shipped.clear()
    export([entry("pack.deep.work:outer")], package / "accel-tuning.json")
    assert functions("pack.deep.work") == ["pack.deep.work:outer"] == functions("pack")
    exchange._shipped.clear()
    export([entry("pack.deep.work:inner")], package / "deep" / "accel-tuning.json")
    assert functions("pack.deep.work") == ["pack.deep.work:inner", "pack.deep.work:outer"]
    (package / "accel-tuning.json").unlink()
    assert len(functions("pack.deep.work")) == 2  # read once
    assert functions("pack.nowhere") == [] == functions("no.module") == functions("")


def test_a_script(tmp_path, monkeypatch):
    script = types.ModuleType("__main__")
    script.__file__, script.__spec__ = str(tmp_path / "program.py"), None
    monkeypatch.setitem(sys.modules, "__main__", script)
    assert functions("__main__") == []
    exchange._shipped.clear()
    export([entry("__main__:f")], tmp_path / "accel-tuning.json")
    assert functions("__main__") == ["__main__:f"]


def test_in_an_archive(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "pack.zip", "w") as archive:
        archive.writestr("zipped/__init__.py", "")
        archive.writestr("zipped/accel-tuning.json", exchange.write_text([entry("zipped:f")]))
        archive.writestr("bare/__init__.py", "")
    monkeypatch.syspath_prepend(tmp_path / "pack.zip")
    __import__("zipped"), __import__("bare")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert functions("zipped") == ["zipped:f"] and functions("bare") == []


@pytest.mark.parametrize("content", ["", "{", '{"format": 9, "entries": []}', '{"format": 1, "entries": [1]}'])
def test_a_bad_file_gives_a_hint(package, content):
    (package / "accel-tuning.json").write_text(content)
    with pytest.warns(FallbackHint, match="what ships with the package is not used") as caught:
        assert functions("pack.deep.work") == [] == functions("pack.deep.work")
    assert len(caught) == 1 and "tuning-file" in str(caught[0].message)


def test_a_file_that_can_not_be_read_gives_a_hint(package):
    (package / "accel-tuning.json").mkdir()
    with pytest.warns(FallbackHint, match="can't be read: Is a directory"):
        assert functions("pack.deep.work") == []


def test_own_entries_first_then_those_of_machines_alike():
    own = Machine().digest
    alike, other = f"{own.partition('-')[0]}-other", "neon-1"
    entries = [entry(machine=machine, key=key) for key in ("[1]", "[2]") for machine in (other, alike, own)]
    assert [(e.machine, e.key) for e in rank_entries(entries)] == [(own, "[1]"), (own, "[2]"), (alike, "[1]"), (alike, "[2]")]
    assert rank_entries([]) == []
