"""One machine is told from another."""

import os
import re
import subprocess
import sys

import pytest

from accel.runtime import cpu
from accel.tuning import Machine
from accel.tuning import machine as machine_module
from accel.tuning.machine import instructions_of


def test_it_is_the_same_in_another_process():
    program = "from accel.tuning import Machine; print(Machine().digest, Machine().description)"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert told == f"{Machine().digest} {Machine().description}\n"
    assert re.fullmatch(r"(avx512|avx2|sse)-[0-9a-f]{12}", Machine().digest)
    assert repr(Machine()) == f"Machine({Machine().digest!r}, {Machine().description!r})"


def test_what_it_depends_on(monkeypatch):
    here = Machine()
    changes = {
        "usable_cores": lambda: here.cores + 1,
        "_find_caches": lambda: ("1K", "2K"),
        "fingerprint": lambda: "another processor",
    }
    found = [here.digest]
    for name, change in changes.items():
        with monkeypatch.context() as patched:
            patched.setattr(machine_module, name, change)
            found.append(Machine().digest)
    assert len(set(found)) == 4


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two cores")
def test_fewer_cores_are_another_machine():
    program = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); from accel.tuning import Machine; print(Machine().digest, Machine().description)"
    digest, _, description = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.partition(" ")
    assert digest != Machine().digest and ", 1 core, " in description


@pytest.mark.parametrize(("name", "instructions"), [("x86-64", "SSE"), ("x86-64-v3", "AVX2"), ("x86-64-v4", "AVX-512")])
def test_a_processor_that_is_asked_for(monkeypatch, name, instructions):
    monkeypatch.setenv("ACCEL_CPU", name)
    assert Machine().instructions == instructions and Machine().description.endswith(f"{instructions}, as {name}")
    assert instructions_of(Machine().digest) == instructions.lower().replace("-", "")


def test_a_system_that_tells_nothing(monkeypatch):
    monkeypatch.setattr(machine_module, "_caches", [])
    monkeypatch.setattr(cpu, "_found", [""])
    monkeypatch.setattr(machine_module, "read_text", lambda path: "")
    assert Machine().caches == () and Machine().description.startswith("unknown processor, ") and Machine().instructions == "SSE"


@pytest.mark.parametrize(
    ("line", "shown"),
    [("Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz", "Intel Xeon Platinum 8481C"), ("AMD EPYC", "AMD EPYC"), ("AMD Ryzen 9 7950X 16-Core Processor", "AMD Ryzen 9 7950X 16-Core")],
)
def test_the_name_of_the_processor(monkeypatch, line, shown):
    monkeypatch.setattr(machine_module, "read_text", lambda path: f"processor\t: 0\nmodel\t\t: 1\nmodel name\t: {line}\n")
    assert machine_module._find_model() == shown
