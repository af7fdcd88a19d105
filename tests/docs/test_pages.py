"""The examples of the pages run and print what the pages say; links and paths lead somewhere."""

import os
import re

import pytest

from tests.architecture.modules import ROOT
from tests.docs.pages import PAGES, links, programs, run, without_times

NAMES = [str(p.relative_to(ROOT)) for p in PAGES]
PATH = re.compile(r"`((?:accel|tests|docs|scripts|examples|benchmarks|design|changelog\.d)/[\w./-]*)[`:]")


SLOW = ("docs/kernels.md",)  # compiles all kernels


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] * (n in SLOW)) for n in NAMES if programs(ROOT / n)[0]])
def test_examples_run_and_print_what_the_page_says(name, tmp_path):
    code, printed = programs(ROOT / name)
    assert without_times(run(code, tmp_path)) == without_times(printed)


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name):
    page = ROOT / name
    assert [link for link in links(page) if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("name", [*NAMES, "ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_paths_exist(name):
    assert [path for path in PATH.findall((ROOT / name).read_text()) if not (ROOT / path).exists()] == []


def test_the_index_lists_every_page():
    index = (ROOT / "docs" / "README.md").read_text()
    assert [p.name for p in (ROOT / "docs").glob("*.md") if p.name != "README.md" and f"({p.name})" not in index] == []


@pytest.mark.parametrize("name", ["demo", "test", "install", "lint", "bench", "bench-setup", "docs", "check"])
def test_scripts_say_what_they_do(name):
    path = ROOT / "scripts" / name
    first, second = path.read_text().splitlines()[:2]
    assert os.access(path, os.X_OK) and first == "#!/usr/bin/env bash" and second.startswith(f"# {name}")


def test_the_readme_names_the_two_commands():
    text = (ROOT / "README.md").read_text()
    assert "\nscripts/demo " in text and "\nscripts/test " in text


def test_architecture_names_every_stage():
    text = (ROOT / "ARCHITECTURE.md").read_text()
    parts = {p.name for p in (ROOT / "accel").iterdir() if p.name[0] not in "_." and (p.suffix == ".py" or (p / "__init__.py").exists())}
    assert {p for p in parts if f"`{p}`" not in text and f"`{p}/`" not in text} == set()
