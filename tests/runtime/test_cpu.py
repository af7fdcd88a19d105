"""What tells one processor from another."""

import os

from accel.runtime.cpu import fingerprint


def test_fingerprint(monkeypatch):
    monkeypatch.delenv("ACCEL_CPU", raising=False)
    plain = fingerprint()
    assert fingerprint() == plain
    if os.path.exists("/proc/cpuinfo"):
        assert "flags" in plain and plain.count("model\t") <= 1
    monkeypatch.setenv("ACCEL_CPU", "x86-64-v3")
    assert fingerprint() == plain + "x86-64-v3"
