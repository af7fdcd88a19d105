"""The pages of docs/ and the README: their code blocks, run as files."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from tests.architecture.modules import ROOT

PAGES = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md", *ROOT.glob("*/README.md"), *(ROOT / "docs" / "errors").glob("*.md")])
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
TIME = re.compile(r"\d+(\.\d+)?(e-\d+)? (s|ms|µs)\b")


def programs(path):
    """One program per page: all its Python blocks, and what they print as the `text` blocks directly behind them say."""
    blocks = BLOCK.findall(path.read_text())
    code = [text for kind, text in blocks if kind == "python"]
    printed = [text for (before, _), (kind, text) in zip(blocks, blocks[1:], strict=False) if (before, kind) == ("python", "text")]
    return "\n".join(code), "".join(printed)


def links(path):
    """Where the links of a page lead; `T[int](3)` in code is none."""
    return LINK.findall(CODE.sub("", path.read_text()))


def run(code, folder):
    """Output of a program in a process of its own, hints included."""
    path = folder / "example.py"
    path.write_text(code)
    done = subprocess.run([sys.executable, path.name], cwd=folder, env=environment(), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.replace(f"{folder}/", "")


def environment():
    return {**os.environ, "PYTHONPATH": str(ROOT), "ACCEL_HINTS": "0"}


def without_times(text):
    return TIME.sub("0 s", text)
