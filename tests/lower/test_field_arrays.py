"""Arrays that are fields of structs in machine code: registers, selects or memory, and objects that are whole or not there."""

import os
import subprocess
import sys
import textwrap

import pytest

from accel.lower.field_arrays import emit_field_item, field_attribute, view_shape
from accel.lower.layout import components
from accel.lower.text import Emitter, Module
from accel.types.kinds import FieldArray, Scalar, Tuple
from tests.architecture.modules import ROOT


def text_of(e: Emitter) -> str:
    e.do("ret void")
    return e.function("define void @f(i64 %i, i64 %j)")


def registers(kind: FieldArray) -> tuple[str, ...]:
    return tuple(f"%v{k}" for k in range(len(components(kind))))


def test_a_known_element_is_a_register() -> None:
    e = Emitter(Module())
    kind = FieldArray("d", (2, 3))
    assert emit_field_item(e, kind, registers(kind), ["1", "-1"]) == ("%v5",)
    assert emit_field_item(e, kind, registers(kind), ["-1"]) == ("%v3", "%v4", "%v5")
    waves = FieldArray("D", (2,))
    assert emit_field_item(e, waves, registers(waves), ["1"]) == ("%v2", "%v3")
    assert "store" not in text_of(e)


def test_one_of_few_elements_is_selected() -> None:
    e = Emitter(Module())
    e.exit_label = "out"
    kind = FieldArray("f", (4,))
    emit_field_item(e, kind, registers(kind), ["%i"])
    text = text_of(e)
    assert text.count("select i1") == 3 and "alloca" not in text


def test_one_of_more_is_found_in_memory() -> None:
    e = Emitter(Module())
    e.exit_label = "out"
    kind = FieldArray("h", (2, 3))
    assert len(emit_field_item(e, kind, registers(kind), ["%i", "%j"])) == 1
    text = text_of(e)
    assert text.count("store i16") == 6 and text.count("load i16") == 1 and "alloca [12 x i8]" in text


def test_a_row_that_is_not_known_is_loaded() -> None:
    e = Emitter(Module())
    e.exit_label = "out"
    kind = FieldArray("d", (2, 2))
    assert len(emit_field_item(e, kind, registers(kind), ["%i"])) == 2
    assert text_of(e).count("load double") == 2


def test_sizes() -> None:
    kind = FieldArray("f", (2, 3))
    assert view_shape(kind) == ("2", "3", "12", "4")
    assert (field_attribute(kind, "shape"), field_attribute(kind, "ndim"), field_attribute(kind, "size")) == (("2", "3"), ("2",), ("6",))
    assert components(kind) == components(kind.rows) == ("float",) * 6 and kind.rows == Tuple((FieldArray("f", (3,)),) * 2)
    assert FieldArray("d", (2,)).rows == Tuple((Scalar("d"),) * 2) and FieldArray("d", (0, 3)).size == 0


WITHOUT_MEMORY = """
    import _testcapi
    import accel
    from accel.types import SIMD, Float64, Tensor

    @accel.struct
    class Body:
        x: Tensor[Float64, 3]
        v: SIMD[Float64, 2]

    @accel.fn(strict=True, cache=False)
    def make(b, n):
        return Body((b.x[0] + n, 1.5, b.x[2]), b.v + 1), b.x

    body = Body((1, 2, 3), SIMD[Float64, 2](4, 5))
    expected = repr(make(body, 7))
    assert make.accel.compiled
    failed = 0
    for k in range(40):
        _testcapi.set_nomemory(k, k + 1)
        try:
            got = make(body, 7)
        except MemoryError:
            got = None
        finally:
            _testcapi.remove_mem_hooks()
        failed += got is None
        assert got is None or repr(got) == expected, (k, got)
    print(failed > 0)
"""


def test_memory_that_runs_out_is_a_memory_error(tmp_path) -> None:
    pytest.importorskip("_testcapi")
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(WITHOUT_MEMORY))
    done = subprocess.run([sys.executable, str(path)], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.split()) == (0, ["True"]), done.stderr[-2000:]
