"""Values become objects: of exactly their type and value, and nothing half made when memory runs out."""

import os
import subprocess
import sys
import textwrap

import numpy
import pytest

from accel.lower.box import is_boxable
from accel.types.kinds import Int, NoneKind, Range, RangeIterator, Slice, Static, Tuple, join_kinds
from tests.architecture.modules import ROOT
from tests.exactness.agreement import agree_compiled, decorated

SCALARS = [numpy.dtype(char).type(1) for char in "?bBhHiIlLqQefdFD"]
ARRAY = numpy.ones((3, 4))


def one(x):
    for _ in range(1):
        pass
    return x


def several(x):
    return x, (x, None), (), True


def either(x, n):
    if n > 1:
        return x
    if n > 0:
        return n
    return None


def view(x):
    return x[1:, ::-1]


@pytest.mark.parametrize("function", [one, several], ids=["one", "several"])
@pytest.mark.parametrize("value", [3, -(2**63), 1.5, -0.0, True, 2j, *SCALARS, (1, (2.5, False))], ids=repr)
def test_values_keep_their_type(function, value):
    agree_compiled(function, lambda: (value,))


def test_a_value_of_one_of_several_kinds():
    agree_compiled(either, *[lambda n=n: (0.5, n) for n in range(3)])


def test_an_array_is_itself_and_a_view_is_a_view():
    same, part = decorated(one), decorated(view)
    assert same(ARRAY) is ARRAY and same.accel.compiled
    got = part(ARRAY)
    assert numpy.shares_memory(got, ARRAY) and (got == view(ARRAY)).all() and got.strides == view(ARRAY).strides
    assert part.accel.compiled
    before = sys.getrefcount(ARRAY)
    kept = [part(ARRAY) for _ in range(10)]
    assert sys.getrefcount(ARRAY) == before + 10
    del kept
    assert sys.getrefcount(ARRAY) == before


def test_which_kinds_are_objects():
    assert is_boxable(Range()) and is_boxable(Slice(Int(), NoneKind(), Int())) and is_boxable(join_kinds(Int(), NoneKind()))
    assert not is_boxable(RangeIterator()) and not is_boxable(Static(len)) and not is_boxable(Tuple((Int(), Static(len))))


WITHOUT_MEMORY = """
    import _testcapi
    import sys
    import accel
    import numpy

    @accel.fn(strict=True, cache=False)
    def parts(x):
        return x * 1000003, (x + 0.5, x - 1000), 2j * x

    @accel.fn(strict=True, cache=False)
    def view(a, n):
        return a[n:], a[:n], n + 1000

    @accel.fn(strict=True, cache=False)
    def step(a, n):
        b = a + (n + 1000)           # NumPy's, on objects made for it
        return b[0] + 1.0

    array = numpy.arange(5.0)
    for function, arguments in ((parts, (7,)), (view, (array, 2)), (step, (array, 3))):
        expected = repr(function(*arguments))
        assert function.accel.compiled
        failed = 0
        for k in range(60):
            _testcapi.set_nomemory(k, k + 1)
            try:
                got = function(*arguments)
            except MemoryError:
                got = None
            finally:
                _testcapi.remove_mem_hooks()
            failed += got is None
            assert got is None or repr(got) == expected, (function, k, got)
        print(function.__name__, failed > 0)
"""


def test_memory_that_runs_out_is_a_memory_error(tmp_path):
    pytest.importorskip("_testcapi")
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(WITHOUT_MEMORY))
    done = subprocess.run([sys.executable, str(path)], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["parts", "True", "view", "True", "step", "True"]
