"""Text read in advance is what it was then, decoded as CPython decodes it."""

import importlib.util
import linecache

import pytest

from accel.analysis.text import decode_text, read_raw, read_text


def load(path):
    spec = importlib.util.spec_from_file_location("told", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.f


@pytest.mark.parametrize(
    "raw",
    [b"def f(): return 1\n", b"# coding: latin-1\ndef f(): return '\xe4'", b"\xef\xbb\xbfdef f():\r\n    return 'b'\r\n", b"def f(): return 2"],
)
def test_decoded_as_linecache_does(tmp_path, raw):
    path = tmp_path / "told.py"
    path.write_bytes(raw)
    function = load(path)
    early = read_raw(function)
    assert early == raw and str(path) not in linecache.cache
    assert decode_text(early) == read_text(function)
    path.write_text("changed = True\n")
    assert decode_text(early) == read_text(function) == decode_text(read_raw(function))


def test_cells_and_nothing():
    space = {}
    exec(compile("def f(): return 1\n", "<cell 1>", "exec"), space)
    assert read_raw(space["f"]) is None and decode_text(None) is None
    linecache.cache["<cell 1>"] = 18, None, ["def f(): return 1\n"], "<cell 1>"
    try:
        assert decode_text(read_raw(space["f"])) == "def f(): return 1\n"
    finally:
        del linecache.cache["<cell 1>"]


def test_what_is_no_text():
    assert decode_text(b"# coding: no-such-code\n") is None and decode_text(b"\xff\xfe") is None
