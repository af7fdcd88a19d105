"""What tells one processor from another."""

import os

import pytest

from accel.runtime import cpu
from accel.runtime.cpu import fingerprint, usable_cores


def test_fingerprint(monkeypatch):
    monkeypatch.delenv("ACCEL_CPU", raising=False)
    plain = fingerprint()
    assert fingerprint() == plain
    if os.path.exists("/proc/cpuinfo"):
        assert "flags" in plain and plain.count("model\t") <= 1
    monkeypatch.setenv("ACCEL_CPU", "x86-64-v3")
    assert fingerprint() == plain + "x86-64-v3"


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({}, 8), ({"cpu.max": "max 100000"}, 8), ({"cpu.max": "250000 100000"}, 3), ({"cpu.max": "1000 100000"}, 1), ({"cpu.max": "9900000 100000"}, 8),
        ({"cpu.max": "x"}, 8), ({"cpu.max": "1 0"}, 8), ({"cpu/cpu.cfs_quota_us": "200000", "cpu/cpu.cfs_period_us": "100000"}, 2),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 8),
    ],
)  # fmt: skip
def test_what_the_control_group_allows(monkeypatch, tmp_path, files, cores):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    read = cpu.read_text
    monkeypatch.setattr(cpu.os, "sched_getaffinity", lambda process: set(range(8)))
    monkeypatch.setattr(cpu, "read_text", lambda path: read(path.replace("/sys/fs/cgroup", str(tmp_path))))
    assert usable_cores() == cores


def test_texts_of_the_system(tmp_path):
    (tmp_path / "text").write_bytes(b"x: \xff\n" + b"y" * 20_000 + b"\n\nmore")
    assert cpu.read_text(str(tmp_path / "text")) == "x: \ufffd\n" + "y" * 20_000
    assert cpu.read_text(str(tmp_path / "none")) == "" == cpu.read_text(str(tmp_path))
