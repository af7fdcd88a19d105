"""Compiled code without the GIL."""

import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import accel
from accel.lower.detached import find_python_call


def spin(n):
    """Some seconds of work."""
    s = 0.0
    for i in range(n):
        s = s * 0.5 + i
    return s


def exports(function):
    """Names in the machine code of a decorated function."""
    return [set(entry.loaded.image.exports) for entry in getattr(function.accel, "_dispatcher").entries]


def test_other_threads_run_meanwhile():
    compiled, results = accel.fn(nogil=True)(spin), []
    compiled(10)
    thread = threading.Thread(target=lambda: results.append(compiled(1_000_000_000)))
    thread.start()
    time.sleep(0.01)  # needs the GIL afterwards
    assert thread.is_alive()
    thread.join()
    assert len(results) == 1
    assert all("nogil" in names for names in exports(compiled))


def leave(x, n):
    """Leaves compiled code on the way, for various reasons."""
    total = 0
    for i in range(n):
        total += int(x[i]) * 2**40
        if total < 0:
            raise ValueError(total)
    return total, helper(x[0], n)


def helper(x, n):
    """Leaves, too."""
    return int(x) ** n


@pytest.mark.parametrize("values", [[1, 2, 3], [2**30, 2**30, 5], [-1, 2, 3], [5]])
def test_it_goes_on_in_cpython(values):
    compiled = accel.fn(nogil=True)(leave)
    x = np.array(values, np.int64)
    for n in (0, 1, 3, 40):
        try:
            want = leave.__wrapped__(x, n) if hasattr(leave, "__wrapped__") else plain(leave)(x, n)
        except Exception as error:
            with pytest.raises(type(error), match=str(error).replace("(", r"\(")):
                compiled(x, n)
        else:
            assert compiled(x, n) == want


def plain(function):
    """The function, not compiled."""

    def call(*arguments):
        with accel.disabled():
            return function(*arguments)

    return call


def test_what_touches_python_objects_keeps_the_gil():
    @accel.fn(nogil=True)
    def whole(x, n):
        for _ in range(n):
            x = x + 1.0
        return x

    for _ in range(3):
        assert whole(np.zeros(3), 2).tolist() == [2, 2, 2]
    assert exports(whole) and not any("nogil" in names for names in exports(whole))


def test_the_text_tells():
    direct = 'define i32 @f() {\nentry:\n  %a = call ptr @"PyLong_FromLong"(i64 1)\n  ret i32 0\n}'
    attached = 'define i32 @f() {\nentry:\n  call void @"accel.attach"(ptr %state)\n  %a = call ptr @PyLong_FromLong(i64 1)\n  ret i32 0\n}'
    later = attached.replace("ret i32 0", "br label %b\nb:\n  %c = call ptr @PyLong_FromLong(i64 1)\n  ret i32 0")
    through = "define i32 @g() {\nentry:\n  %a = call i32 @f()\n  ret i32 0\n}"
    unknown = "define i32 @f() {\nentry:\n  %a = call i32 %p()\n  ret i32 0\n}"
    assert find_python_call([direct], ["f"]) == "PyLong_FromLong"
    assert find_python_call([attached], ["f"]) == ""
    assert find_python_call([later], ["f"]) == "PyLong_FromLong"
    assert find_python_call([through, direct], ["g"]) == "PyLong_FromLong"
    assert find_python_call([through, attached], ["g"]) == ""
    assert find_python_call([unknown], ["f"]) == "a function known by its address only"


INTERRUPT = """
import os, signal, threading
import numpy as np
import accel

@accel.fn(nogil=True)
def spin(flag):
    n = 0
    while flag[0] == 0:
        n += 1
    return n

spin(np.ones(1))
threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    spin(np.zeros(1))
except KeyboardInterrupt:
    print("stopped")
"""


def test_signals(tmp_path):
    (tmp_path / "spin.py").write_text(INTERRUPT)
    found = subprocess.run([sys.executable, str(tmp_path / "spin.py")], capture_output=True, text=True, timeout=60, check=True)
    assert found.stdout.split() == ["stopped"]
