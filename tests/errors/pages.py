"""The pages of docs/errors: their code blocks, read, run and updated."""

from __future__ import annotations

import linecache
import re
import warnings
from pathlib import Path

import accel

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "errors"
NAME = "example.py"
BLOCK = re.compile(r"^```(python fails|python mended|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def page_slugs():
    return sorted(p.stem for p in PAGES.glob("*.md") if p.stem != "README")


def code_slugs():
    """Every slug the package can give a Diagnostic: second argument of Diagnostic, third of Fault, of `refuse`."""
    found = set()
    for path in (ROOT / "accel").rglob("*.py"):
        text = path.read_text()
        if "Diagnostic" in text or "Fault" in text or "refuse" in text:
            found |= set(re.findall(r'"((?:[a-z]+-)+[a-z]+|generator)"', text))
    return found - NOT_SLUGS


NOT_SLUGS = {"dist-packages", "site-packages"}


def blocks(slug):
    """(kind, text) of each code block, in order."""
    return BLOCK.findall((PAGES / f"{slug}.md").read_text())


def run(code, folder):
    """Run a block as a file of its own; the diagnostics it gave (raised or hinted) and the text a user sees."""
    path = folder / NAME
    path.write_text(code)
    linecache.checkcache()
    space = {"__name__": "example", "__file__": str(path)}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            exec(compile(code, str(path), "exec", dont_inherit=True), space)
        except accel.AccelError as error:
            return error.diagnostics, shown(f"accel.{type(error).__name__}: {error}", folder)
        except TypeError as error:  # of a function or class that is called with the wrong values
            return error.diagnostics, shown(f"TypeError: {error}", folder)
    hints = [str(w.message) for w in caught if w.category is accel.FallbackHint]
    return hints, shown("\n".join(hints), folder)


def shown(text, folder):
    return re.sub(r"0x[0-9a-f]+", "0x...", text.replace(f"{folder}/", "")).rstrip() + "\n"


def update(folder):
    """Write what failing blocks say into the text blocks behind them."""
    for slug in page_slugs():
        path = PAGES / f"{slug}.md"
        last = [""]

        def renew(match, last=last):
            kind, text = match.groups()
            if kind == "python fails":
                last[0] = run(text, folder)[1]
            return match.group() if kind != "text" else f"```text\n{last[0]}```"

        path.write_text(BLOCK.sub(renew, path.read_text()))
