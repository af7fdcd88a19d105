"""This module makes pages of a record: HTML that needs nothing beside it, and Markdown with its pictures beside it."""

from __future__ import annotations

import argparse
import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.harness.plots import Plot, draw_all
from benchmarks.harness.problem import Row
from benchmarks.harness.report import format_time
from benchmarks.harness.results import FOLDER

TEMPLATES = Path(__file__).with_name("templates")
BUSY = 0.5  # of the cores have something to do


def write_pages(record: dict[str, Any], html: Path | None, markdown: Path | None) -> list[Path]:
    """Write the pages that have a place, and the pictures of the Markdown page; all files that were written."""
    rows = [Row.from_json(fields) for fields in record["rows"]]
    plots = draw_all(rows, record.get("roof", {})) if html or markdown else []
    written: list[Path] = []
    if html:
        written.append(write(html, render("report.html", record, rows, plots)))
    if markdown:
        names = {plot.name: f"{markdown.stem}-{plot.name}.svg" for plot in plots}
        written += [write(markdown.with_name(names[plot.name]), plot.svg) for plot in plots]
        written.append(write(markdown, render("report.md", record, rows, plots, names=names)))
    return written


def render(template: str, record: dict[str, Any], rows: Sequence[Row], plots: Sequence[Plot], **more: Any) -> str:
    """A page as text."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"time": format_time, "cell": format_cell, "spread": format_spread}
    problems: dict[str, list[Row]] = {}
    for row in rows:
        problems.setdefault(row.problem, []).append(row)
    measured = [figure for figure in record["figures"] if figure["holds"] is not None]
    return environment.get_template(template).render(record=record, problems=problems, figures=measured, plots=plots, busy=is_busy(record), **more)


def is_busy(record: dict[str, Any]) -> bool:
    """Whether other programs ran when the measurement began, after which the load is its own, too."""
    machine = record["machine"]
    return bool(record.get("load_before", machine["load"]) > BUSY * (machine["cores"] or 1))


def format_cell(text: object) -> str:
    """Text in a cell of a table of Markdown."""
    return str(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def format_spread(quartiles: tuple[float, float] | None) -> str:
    """Quartiles of ratios, empty where there are none."""
    return "" if quartiles is None else "{:.2f} to {:.2f}".format(*quartiles)


def write(path: Path, text: str) -> Path:
    """Write a file, whose folder may be new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def find_newest() -> Path | None:
    """The record of the last run in the results folder."""
    return max(FOLDER.glob("*.json"), default=None)  # names begin with the date


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the pages go."""
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page of HTML that needs no other file")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write a page of Markdown, and its pictures (SVG) beside it")


def check_arguments(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Refuse pages that can't be made, before anything is measured for them."""
    if (options.html or options.markdown) and importlib.util.find_spec("jinja2") is None:
        parser.error('pages are made with jinja2, and pictures with matplotlib: `pip install "accel-jit[bench]"`')


def main(arguments: list[str]) -> int:
    """The command `python -m benchmarks report`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks report", description="Make pages of a record that was measured before.")
    parser.add_argument("record", type=Path, nargs="?", default=find_newest(), help="what `--json` wrote (default: the newest in benchmarks/results)")
    add_arguments(parser)
    options = parser.parse_args(arguments)
    check_arguments(parser, options)
    if not (options.html or options.markdown):
        parser.error("say where the page goes: --html FILE, --markdown FILE")
    if options.record is None:
        parser.error("there is no record in benchmarks/results")
    try:
        record = json.loads(options.record.read_text())
    except (OSError, ValueError) as error:
        parser.error(f"{options.record} is no record: {error}")
    for path in write_pages(record, options.html, options.markdown):
        print(f"page: {path}")
    return 0
