"""A key is equal in every process for equal content, and different for whatever changes the machine code."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy
import pytest

from accel.cache import Store, build
from accel.cache.content import NotCacheable
from accel.cache.key import Key
from accel.ir import Signature
from accel.types.kinds import Array, Float, Int, Static, Tuple
from tests.cache.lowering import lower

Write = Callable[..., ModuleType]
SIGNATURE = Signature((Float(), Int()))

HELPERS = """
import math
OFFSET = 0.5
UNUSED = 1

def deep(x):
    return x + OFFSET

def unused(x):
    return x
"""

PROGRAM = """
import math
from {helpers} import deep
import {helpers} as tools

SCALE = 3
TABLE = (1, 2.0, (3, "a"))
UNUSED = 1

class Point:
    size = 2
    def norm(self):
        return self.size

def mark(function):
    return function

def helper(x):
    return deep(x) * SCALE + TABLE[0]

# a comment
@mark
def f(x, n=2, *, step=1):
    for i in range(n):
        x = helper(x) + math.sqrt(x) + tools.OFFSET + step
        assert isinstance(x, Point) or x != 1
    return x if x in {{1.0, 2.0, "a", b"b", None}} else -x
    if 0: n.first.second

def other(x):
    return x
"""

CHANGES = [
    ("x if x in", "x  if x in"),  # another table of columns
    ("else -x", "else +x"),
    ('"a", b"b"', '"a", b"c"'),
    ("n.first.second", "n.first.secon_"),  # only in the text: no byte code
    ("n.first.second", "n.first_second"),
    ("if 0: n.first.second", '"""\ntext\n"""'),
    ("x != 1", "x != 1.0"),
    ("x != 1", "x != True"),
    ("n=2", "n=3"),
    ("n=2", "n=2.0"),
    ("step=1", "step=True"),
    ("f(x, n", "f(x: int, n"),
    ("def f(", "def renamed("),
    ("@mark\n", "@mark\n@mark\n"),
    ("SCALE = 3", "SCALE = 4"),
    ("SCALE = 3", "SCALE = 3.0"),
    ("SCALE = 3", "SCALE = True"),
    ('(3, "a")', '(3, "b")'),
    ("2.0, (3", "2.0, -0.0, (3"),
    ("deep(x) * SCALE", "deep(x) - SCALE"),
    ("deep(x) * SCALE", "deep(x)*SCALE"),
    ("import math\nfrom", "import cmath as math\nfrom"),
    ("size = 2", "size = 3"),
    ("return self.size", "return self.size + 1"),
    ("class Point:", "class Point(int):"),
    ("import math\nfrom", "import math\nrange = reversed\nfrom"),
]

SAME = [
    ("\nUNUSED = 1", "\n\n\nUNUSED = 2\n\n"),  # moves everything down
    ("# a comment\n", "# another comment\n"),
    ("def other(x):\n    return x", "def other(x):\n    return -x"),
    ("\n\ndef other", "\n\n# nothing\n\ndef other"),
]


def make(write: Write, change: tuple[str, str] = ("", ""), helpers: str = HELPERS) -> Any:
    """The function `f` of the program with one change."""
    text = PROGRAM.format(helpers="written_helpers")
    assert change[0] in text
    write(helpers, "written_helpers")
    module = write(text.replace(*change) if change[0] else text, "written_program")
    return getattr(module, "f", None) or module.renamed


def digest(function: Any, signature: Signature = SIGNATURE, options: Any = None) -> bytes:
    return Key(function, signature, options).digest


@pytest.mark.parametrize("change", CHANGES, ids=lambda c: c[1].strip())
def test_a_change_is_a_miss(write: Write, store: Store, change: tuple[str, str]) -> None:
    before = make(write)
    assert store.save(before, lower(before))
    after = make(write, change)
    assert store.load(after, SIGNATURE) is None
    assert digest(before) != digest(after)


@pytest.mark.parametrize("change", SAME, ids=lambda c: c[1].strip())
def test_what_does_not_matter_is_a_hit(write: Write, store: Store, change: tuple[str, str]) -> None:
    before = make(write)
    assert store.save(before, lower(before))
    after = make(write, change)
    assert after is not before
    assert store.load(after, SIGNATURE) is not None


@pytest.mark.parametrize("change", [("OFFSET = 0.5", "OFFSET = 0.25"), ("x + OFFSET", "x - OFFSET")])
def test_a_change_in_another_module_is_a_miss(write: Write, store: Store, change: tuple[str, str]) -> None:
    before = make(write)
    assert store.save(before, lower(before))
    assert store.load(make(write, helpers=HELPERS.replace(*change)), SIGNATURE) is None
    unrelated = HELPERS.replace("UNUSED = 1", "UNUSED = 2").replace("return x\n", "return -x\n")
    assert unrelated != HELPERS and store.load(make(write, helpers=unrelated), SIGNATURE) is not None


def test_rebinding_in_the_process_is_a_miss_and_back_a_hit(write: Write, store: Store) -> None:
    function = make(write)
    module = sys.modules["written_program"]
    assert store.save(function, lower(function))
    for name, value in (("SCALE", 5), ("helper", lambda x: x), ("math", None), ("TABLE", [1]), ("deep", abs)):
        kept = getattr(module, name)
        setattr(module, name, value)
        assert store.load(function, SIGNATURE) is None, name
        setattr(module, name, kept)
        assert store.load(function, SIGNATURE) is not None
    function.__kwdefaults__ = {"step": 2}
    assert store.load(function, SIGNATURE) is None


def test_closure_values(write: Write, store: Store) -> None:
    text = "def make(k):\n    def f(x):\n        return x * k\n    return f\nmakers = [make(v) for v in (2, 2.0, 3, True, (2,), -0.0, 0.0)]\n"
    made = write(text).makers
    assert len({digest(f) for f in made}) == len(made)
    assert digest(write(text).makers[2]) == digest(made[2])
    for number, function in enumerate(made):
        assert store.load(function, SIGNATURE) is None
        assert store.save(function, lower(function, image=bytes([number])))
    loaded = [store.load(function, SIGNATURE) for function in made]
    assert [found.image for found in loaded if found] == [bytes([number]) for number in range(len(made))]


def test_same_name_line_and_size(write: Write, store: Store) -> None:
    one, other = write("def f(x):\n    return x + 1\n"), write("def f(x):\n    return x - 1\n")
    for path in (one.__file__, other.__file__):
        os.utime(str(path), (10**9, 10**9))
    assert store.save(one.f, lower(one.f))
    assert store.load(other.f, SIGNATURE) is None
    pair = write("f, g = (lambda x: x + 1), (lambda x: x + 2)\n")
    assert digest(pair.f) != digest(pair.g)


def test_signature_and_options(write: Write) -> None:
    function = make(write)
    signatures = [
        SIGNATURE,
        Signature((Int(), Float())),
        Signature((Float(),)),
        Signature((Array("d", 1), Int())),
        Signature((Array("d", 1, "A"), Int())),
        Signature((Array("d", 1, "C", False), Int())),
        Signature((Tuple((Int(),)), Int())),
        Signature((Static(strict), Int())),
        Signature((Static(relaxed), Int())),
    ]
    assert len({digest(function, s) for s in signatures}) == len(signatures)
    options = [None, True, 1, {"relaxed": True}, {"relaxed": False}, {"inline": True}, (1,), Options(True), Options(False)]
    assert len({digest(function, options=o) for o in options}) == len(options) - 2  # the last two equal two before
    with pytest.raises(NotCacheable, match="object that has no content to compare"):
        digest(function, options={"hook": object()})
    with pytest.raises(NotCacheable, match="list object that has no content"):
        digest(function, Signature((Static([1]),)))


def relaxed(x: float) -> float:
    return x


def strict(x: float) -> float:
    return -x


class Options:
    __slots__ = ("relaxed",)

    def __init__(self, relaxed: bool) -> None:
        self.relaxed = relaxed


def test_processor_and_compiler(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    function = make(write)
    found = set()
    for name, value in (("fingerprint", "x"), ("FORMAT", 0), ("_find_own_files", ()), ("find_library_version", b"1")):
        found.add(digest(function))
        with monkeypatch.context() as patch:
            patch.setattr(build, name, (lambda *_, v=value: v) if name != "FORMAT" else value)
            patch.setattr(build, "_builds", {})
            found.add(digest(function))
    assert len(found) == 5
    package = tmp_path / "package"
    (package / "inner").mkdir(parents=True)
    (package / "a.py").write_text("one")
    (package / "inner" / "b.py").write_text("two")
    before = build._find_own_files(str(package))
    assert len(before) == 2
    (package / "inner" / "b.py").write_text("three")
    assert build._find_own_files(str(package)) != before


def test_files_without_a_plausible_time_count_by_content(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    found = []
    for text in ("one", "two", "one"):
        path.write_text(text)
        os.utime(path, (1, 1))
        found.append(build._find_own_files(str(tmp_path)))
    assert found[0] == found[2] != found[1]
    assert build._find_own_files(str(path / "inside" / "archive"))[0][0] == "archive"


def test_numpy_values(write: Write) -> None:
    text = "import numpy as np\nV = {value}\ndef f(x):\n    return V + np.sin(x)\n"
    values = ["np.float32(1)", "np.float64(1)", "1.0", "np.int64(1)", "np.longlong(1)", "np.float64(-0.0)", "np.float64(0.0)"]
    values += ["np.sin", "np.cos", "np.float64", "np.float32", "np.dtype('f4')", "np.dtype('f8')", "np.dtype('>f8')"]
    values += ["np.array([1, 2])", "np.array([[1, 2]])", "np.array([1., 2.])", "np.linalg.norm"]
    assert len({digest(write(text.format(value=value)).f) for value in values}) == len(values)
    assert digest(write(text.format(value=values[0])).f) == digest(write(text.format(value=values[0])).f)


def test_arrays_count_by_dtype_and_layout(write: Write) -> None:
    text = "import numpy as np\nV = {value}\ndef f(x):\n    return V[0] + x\n"
    assert digest(write(text.format(value="np.array([1, 2])")).f) != digest(write(text.format(value="np.array([1, 2], 'f4')")).f)
    made = write("import numpy as np\nV = np.array([1, 2])\ndef f(x):\n    return V[0] + x\n")
    before = digest(made.f)
    made.V[0] = 5  # its items are read at each call
    assert digest(made.f) == before


@pytest.mark.parametrize(
    "value", ["[1]", "{1: [2]}", "object()", "open", "__import__('decimal').Decimal(1)", "[].append"]
)
def test_what_has_no_content_is_not_kept(write: Write, store: Store, value: str) -> None:
    function = write(f"import numpy as np\nV = {value}\ndef f(x):\n    return V\n").f
    assert store.save(function, lower(function)) is (value == "open")
    assert store.load(function, SIGNATURE) is None or value == "open"


def test_tables_count_by_what_is_in_them(write: Write, store: Store) -> None:
    text = "V = {table}\ndef f(x):\n    return V\n"
    function = write(text.format(table="{int: (1, 2), 'b': {3: 4.0}}")).f
    assert store.save(function, lower(function)) and store.load(function, SIGNATURE) is not None
    for other in ("{int: (1, 2), 'b': {3: 5.0}}", "{float: (1, 2), 'b': {3: 4.0}}", "{'b': {3: 4.0}, int: (1, 2)}"):
        assert store.load(write(text.format(table=other)).f, SIGNATURE) is None
    function.__globals__["V"]["b"][3] = 5.0
    assert store.load(function, SIGNATURE) is None


def test_what_is_only_mentioned_may_be_anything(write: Write, store: Store) -> None:
    text = "import logging\nlog = logging.getLogger('x')\nseen = []\ndef f(x):\n    log.debug('x')\n    seen.append(x)\n    return x\n"
    function = write(text).f
    assert store.save(function, lower(function, guards=()))
    assert store.load(write(text).f, SIGNATURE) is not None


def test_cycles_and_odd_things(write: Write) -> None:
    text = """
import enum
class Color(enum.Enum):
    RED = {red}
class Meta(type):
    def __hash__(cls): return 1
class Odd(metaclass=Meta):
    me = None
    @property
    def p(self): return f
    @staticmethod
    def s(): return Odd
    @classmethod
    def c(cls): return Color
Odd.me = Odd
class Lazy:
    @property
    def __class__(self): raise RuntimeError("asked for its class")
lazy = Lazy()
def even(n): return n == 0 or odd(n - 1)
def odd(n): return n != 0 and even(n - 1)
def f(x):
    return even, odd, f, Odd, Color.RED, lazy, slice, range
"""
    assert digest(write(text.format(red=1)).f) == digest(write(text.format(red=1)).f)
    assert digest(write(text.format(red=1)).f) != digest(write(text.format(red=2)).f)


def test_many_functions_end(write: Write) -> None:
    text = "".join(f"def f{n}(x):\n    return f{n + 1}(x)\n" for n in range(3000)) + "def f3000(x): return 1\n"
    assert digest(write(text).f0) == digest(write(text).f0)


def test_code_without_source_is_kept_only_without_exits(store: Store) -> None:
    names: dict[str, Any] = {}
    # not "<string>": under that name Python 3.13 knows the text it was started with by -c
    exec(compile("def f(x):\n    return x\n", "<no source>", "exec"), names)
    function, lowered = names["f"], lower(names["f"])
    assert not store.save(function, lowered)
    lowered.exits.clear()
    assert store.save(function, lowered)
    assert store.load(function, SIGNATURE) is not None


def test_a_key_is_the_same_in_every_process(write: Write, tmp_path: Path) -> None:
    function = make(write)
    folders = ":".join({str(Path(sys.modules[name].__file__ or "").parent) for name in ("written_program", "written_helpers")})
    root = str(Path(build.__file__).parents[2])
    command = (
        "from accel.cache.key import Key; from accel.ir import Signature; from accel.types.kinds import *; import written_program;"
        "print(Key(written_program.f, Signature((Float(), Int())), None).digest.hex())"
    )
    for seed in ("0", "1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": f"{root}:{folders}"}
        told = subprocess.run([sys.executable, "-c", command], env=environment, capture_output=True, text=True, check=True)
        assert told.stdout.strip() == digest(function).hex()


def test_numpy_imported_or_not_is_no_difference(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    function = make(write)
    signature = Signature((Array("d", 1),))
    before = digest(function, signature)
    assert numpy and build.find_library_version("numpy")
    monkeypatch.delitem(sys.modules, "numpy")
    assert digest(function, signature) == before
