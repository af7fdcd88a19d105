"""Writes the reference of all public names from their docstrings."""

from __future__ import annotations

import importlib
import inspect
import re

from tests.architecture.modules import ROOT

PAGE = ROOT / "docs" / "reference.md"
PUBLIC = {  # module -> what stands above its names
    "accel": "Everything a program needs.",
    "accel.types": "What parameters are annotated with. The scalar types are NumPy's own: [types](types.md).",
    "accel.kernels": "Ready-made kernels: [kernels](kernels.md).",
    "accel.tuning": "What `@accel.autotune` is made of, and what strategies and records of one's own need: [`@autotune`](autotune.md).",
    "accel.testing": "Contracts that kernels, types and strategies of one's own have to keep to.",
    "accel.explain.inspect": "The class of `f.accel`.",
    "accel.errors": "What `accel` offers of errors, and the renderer of a Diagnostic.",
    "accel.cache": "The folders with machine code, for programs that look after them. The command is [`accel cache`](command-line.md).",
}
HEAD = """# Reference

Every public name, from its docstring. What is not listed here is internal and may change. [`@fn`](fn.md) has the options at a glance.
"""
SECTION = re.compile(r"^(Parameters|Attributes|Returns|Raises|Notes|Examples|References)\n-+\n", re.MULTILINE)


def public_names(module):
    """The names of `__all__` that are not offered by an earlier module, in order."""
    earlier = [m for m in list(PUBLIC)[: list(PUBLIC).index(module)]]
    shown = {n for m in earlier for n in importlib.import_module(m).__all__}
    return [n for n in importlib.import_module(module).__all__ if n not in shown]


def public_things():
    """(module, name, value) of all that has a docstring of its own."""
    for module in PUBLIC:
        for name in public_names(module):
            value = getattr(importlib.import_module(module), name)
            if name != "__version__" and is_own(value):
                yield module, name, value


def is_own(value):
    """Whether a value is ours, and not another name of something of NumPy's."""
    return getattr(value, "__module__", "accel").partition(".")[0] == "accel"


def sections(text):
    """Title -> text of a numpydoc docstring; what stands first has no title."""
    parts = SECTION.split(inspect.cleandoc(text))
    return {"": parts[0].strip(), **{title: body.strip("\n") for title, body in zip(parts[1::2], parts[2::2], strict=True)}}


def entries(text):
    """(name, type, meaning) of the entries of a section such as Parameters."""
    found = []
    for block in re.split(r"\n(?=\S)", text):
        first, _, rest = block.partition("\n")
        name, _, kind = first.partition(" : ")
        found.append((name, kind, " ".join(rest.split())))
    return found


def members(class_):
    """(name, first line) of what a class offers beyond its constructor."""
    for name, value in vars(class_).items():
        text = getattr(value, "__doc__", None)
        if not name.startswith("_") and isinstance(value, (property, classmethod, staticmethod, type(members))):
            yield name + ("" if isinstance(value, property) else "()"), text.split("\n\n")[0].replace("\n", " ").strip()


def joined(text):
    """Paragraphs of one line each."""
    return re.sub(r"(?<!\n)\n(?=\S)", " ", text)


def write_thing(name, value):
    found = sections(value.__doc__)
    lines = [f"### `{name}`", "", joined(found[""]), ""]
    if isinstance(value, type) and issubclass(value, BaseException):
        lines += [f"Base classes: {', '.join(f'`{b.__name__}`' for b in value.__bases__)}.", ""]
    for title in ("Parameters", "Attributes", "Returns", "Raises"):
        if title in found and not (title == "Attributes" and list(members(value))):
            told = [f"- `{n}`{f' ({kind})' if kind else ''}{f': {meaning}' if meaning else ''}" for n, kind, meaning in entries(found[title])]
            lines += [f"**{title}**", "", *told, ""]
    listed = list(members(value)) if isinstance(value, type) else []
    if listed:
        lines += ["| | |", "|---|---|", *[f"| `{n}` | {told} |" for n, told in listed], ""]
    if "Notes" in found:
        lines += [joined(found["Notes"]), ""]
    lines += ["```pycon", found["Examples"].strip(), "```", ""]
    return lines


def write_reference():
    """The text of the page."""
    lines = [HEAD]
    for module, told in PUBLIC.items():
        lines += [f"## {module}", "", told, ""]
        if "__version__" in public_names(module):
            lines += ["### `__version__`", "", "The version, a text.", ""]
        for name in public_names(module):
            value = getattr(importlib.import_module(module), name)
            if name != "__version__":
                lines += write_thing(name, value) if is_own(value) else [f"### `{name}`", "", f"`numpy.{value.__name__}`.", ""]
    return "\n".join(lines).rstrip() + "\n"
