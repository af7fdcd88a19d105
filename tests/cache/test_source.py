"""The text of a function: all of it, and nothing of its neighbours."""

from __future__ import annotations

import linecache
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from accel.cache import Store
from accel.cache.source import find_source
from accel.ir import Signature
from accel.types.kinds import Float, Int
from tests.cache.lowering import lower

BLOCKS = [
    "def f(x): return x",
    "def f(x):\n    return x",
    "def f(x,\n  y=(\n1)\n):\n    return x",
    "@mark\n@mark\ndef f(x):\n    return x",
    "@mark(\n1)\n\n# note\ndef f(x):\n    return x",
    "async def f(x):\n    return x",
    'def f(x):\n    """Text\nat the margin.\n"""\n    return x',
    "def f(x):\n    return x\n    '''\nafter the end\n'''",
    "def f(x):\n    return x\n    (1,\n2)",
    "def f(x):\n    return x\n    1 + \\\n2",
    'def f(x):\n    y = \'(\'  # unmatched [ { """\n\n# at the margin\n    return x',
    "def f(x):\n    if x:\n        return 1\n    else:\n        return 2",
    "if 1:\n    def f(x):\n        return x\n        '''\n  left\n'''",
    "f = lambda x: x",
    "f = mark(lambda x: (x +\n1),\n2)",
]


@pytest.mark.parametrize("after", ["", "\n", "\n\n# about g\ndef g(): pass\n", "\ny = 1\n", "\n@mark\ndef g(): pass\n"])
@pytest.mark.parametrize("block", BLOCKS)
def test_text_of_a_block(write: Callable[..., ModuleType], block: str, after: str) -> None:
    before = "def mark(f, *_): return f if callable(f) else mark\n\n"
    function = write(before + block + after).f
    expected = block.removeprefix("if 1:\n")
    assert find_source(function.__code__, function.__globals__) == expected.encode()


def test_line_ends_do_not_count(write: Callable[..., ModuleType], tmp_path: Path) -> None:
    module = write("def f(x):\n    return x\n")
    before = find_source(module.f.__code__, {})
    Path(str(module.__file__)).write_bytes(b"def f(x):\r\n    return x\r\n")
    assert find_source(module.f.__code__, {}) == before


def test_an_edited_file_is_read_again(write: Callable[..., ModuleType]) -> None:
    module = write("def f(x):\n    return x\n")
    assert find_source(module.f.__code__, {}) == b"def f(x):\n    return x"
    Path(str(module.__file__)).write_text("def f(x):\n    return -x\n")
    assert find_source(module.f.__code__, {}) == b"def f(x):\n    return -x"
    Path(str(module.__file__)).unlink()
    assert find_source(module.f.__code__, {}) is None


def run_cell(text: str, filename: str) -> Any:
    linecache.cache[filename] = len(text), None, text.splitlines(keepends=True), filename
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(text, filename, "exec", dont_inherit=True), names)
    return names["f"]


def test_a_notebook_cell_is_kept_by_content(store: Store) -> None:
    text = "\n\ndef f(x):\n    return x * 2\n"
    first = run_cell(text, "<ipython-input-1-abc>")
    assert store.save(first, lower(first))
    assert store.load(run_cell("a = 1\n" + text, "/tmp/ipykernel_1/22.py"), Signature((Float(), Int()))) is not None
    assert store.load(run_cell(text.replace("2", "3"), "<ipython-input-3-abc>"), Signature((Float(), Int()))) is None


def test_a_zipped_module_is_kept_by_content(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "def f(x):\n    return x * 2\n"
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as archive:
        archive.writestr("zipped_program.py", text)
    monkeypatch.syspath_prepend(str(tmp_path / "app.zip"))
    import zipped_program  # type: ignore[import-not-found]

    assert find_source(zipped_program.f.__code__, vars(zipped_program)) == text.rstrip().encode()
    assert store.save(zipped_program.f, lower(zipped_program.f))
    assert store.load(run_cell(text, "<cell>"), Signature((Float(), Int()))) is not None
