"""What stands in files: nothing about the place where they were written, no line nobody can read."""

import re
import subprocess

import pytest

from tests.architecture.modules import ROOT

# Put together from pieces, so that this file passes its own test.
WORKPLACE = re.compile("|".join(("/" + "work/", "/" + r"tmp/(v|brief|accept)", "HOUSE" + r"\.md", "sub" + "agent", "issue" + r" #?\d+\b", "Clau" + "de", r"\bLL" + r"M\b")))
TEXTS = (".py", ".md", ".cfg", ".toml", ".txt", ".c", ".sh", "")


def files():
    found = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode:
        return []
    return [n for n in found.stdout.split("\0") if n and (ROOT / n).is_file() and (ROOT / n).suffix in TEXTS]


@pytest.mark.parametrize("name", files())
def test_no_words_of_a_workplace(name):
    text = (ROOT / name).read_text(errors="replace")
    found = [f"{name}:{text[: m.start()].count(chr(10)) + 1}: {m.group()}" for m in WORKPLACE.finditer(text)]
    assert found == []


@pytest.mark.parametrize("name", [n for n in files() if n.startswith("accel/")])
def test_no_work_left_in_comments(name):
    assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b", (ROOT / name).read_text())
