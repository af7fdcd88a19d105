"""This module puts an empty `accel` in the place of the real one, so that the benchmarks can be tried without a compiler."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

TEXT = '''"""An accel that does nothing."""
import contextlib


def fn(function=None, /, **options):
    return function if function is not None else lambda function: function


parallelize = fn


def vectorize(function=None, /, **options):
    import numpy

    def decorate(function):
        def loop(*operands):
            columns = [operand.ravel() for operand in numpy.broadcast_arrays(*operands)]
            return numpy.array([function(*elements) for elements in zip(*columns)])

        return loop

    return decorate(function) if function is not None else decorate


@contextlib.contextmanager
def disabled():
    yield
'''


def install() -> None:
    """Let `import accel` find the stand-in, here and in processes started from here."""
    folder = tempfile.mkdtemp(prefix="accel-stand-in-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Path(folder, "accel.py").write_text(TEXT)
    sys.path.insert(0, folder)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (folder, os.environ.get("PYTHONPATH", ""))))
