"""What a program pays for `import accel`."""

import subprocess
import sys

HEAVY = "{'numpy', 'numba', 'llvmlite', 'inspect', 'dataclasses', 're', 'typing', 'asyncio'}"


def loaded_by(program):
    script = f"import sys; before = set(sys.modules); {program}; print(*sorted(({HEAVY} & set(sys.modules)) - before))"
    found = subprocess.run([sys.executable, "-S", "-c", script], capture_output=True, text=True, check=True)
    return found.stdout.split()


def test_import_is_light():
    assert loaded_by("import accel") == []


def test_decorating_imports_no_compiler_and_no_numpy():
    assert not {"numpy", "numba", "llvmlite"} & set(loaded_by("import accel\n@accel.fn\ndef f(x): return x\nf(1)"))
