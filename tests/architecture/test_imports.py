"""What a program pays for `import accel`, and for compiled code that is in the cache."""

import subprocess
import sys

import pytest

from tests.architecture.modules import imports_of, module_names

HEAVY = "{'numpy', 'numba', 'llvmlite', 'inspect', 'dataclasses', 're', 'typing', 'asyncio'}"


def loaded_by(program, *options):
    script = f"import sys; before = set(sys.modules); {program}; print(*sorted(({HEAVY} & set(sys.modules)) - before))"
    found = subprocess.run([sys.executable, *options, "-c", script], capture_output=True, text=True, check=True)
    return found.stdout.split()


def test_import_is_light():
    assert loaded_by("import accel", "-S") == []


def test_decorating_imports_no_compiler_and_no_numpy():
    assert not {"numpy", "numba", "llvmlite"} & set(loaded_by("import accel\n@accel.fn\ndef f(x): return x\nf(1)"))


PROGRAM = """
import accel
@accel.fn
def f(x):
    for i in range(3): x += i
    return x
f(1)
assert f.accel.compiled
"""


def test_what_a_warm_process_imports(tmp_path, monkeypatch):
    monkeypatch.setenv("ACCEL_CACHE_DIR", str(tmp_path / "cache"))
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    run = f"exec(compile({PROGRAM!r}, {str(path)!r}, 'exec'))"
    assert "llvmlite" in loaded_by(run)
    assert loaded_by(run) == []


@pytest.mark.parametrize("name", sorted({*module_names()} - {"accel.dispatch.structs"}))  # which makes structs of them, for those who have some
def test_value_classes_are_of_one_kind(name):
    """`dataclasses` is slow, and its `replace` takes no others."""
    assert [line for module, line, _, typing_only in imports_of(name) if module == "dataclasses" and not typing_only] == []
