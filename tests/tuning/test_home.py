"""Which module a function belongs to."""

import json
import subprocess
import sys
import types

from accel.tuning.home import find_home, home_of
from tests.architecture.modules import ROOT

PROGRAM = """
import multiprocessing, os, sys
from accel.tuning.home import find_home, home_of

def f():
    pass

def tell(queue):
    queue.put((home_of(f), find_home(home_of(f)) is sys.modules[f.__module__], f.__module__))

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    child = context.Process(target=tell, args=(queue,))
    child.start()
    print(*queue.get())
    child.join()
    tell(context.Queue())
    print(home_of(f), find_home(home_of(f)) is sys.modules["__main__"])
"""


def run(folder, *words):
    done = subprocess.run([sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=100, env={"PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_module_that_is_the_program(tmp_path):
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").write_text("")
    (tmp_path / "pack" / "work.py").write_text(PROGRAM)
    assert run(tmp_path, "-m", "pack.work") == ["pack.work True __mp_main__", "pack.work True"]
    assert run(tmp_path / "pack", "work.py") == ["__main__ True __mp_main__", "__main__ True"]


def test_others():
    assert home_of(json.dumps) == "json" and find_home("json") is json
    assert home_of(types.SimpleNamespace(__module__=None)) == "None" and find_home("no.module") is None
