"""This module writes and reads the JSON record of a run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.harness.figures import Figure
from benchmarks.harness.machine import describe_machine
from benchmarks.harness.problem import Row, Settings

FOLDER = Path(__file__).parents[1] / "results"


def choose_path(record: dict[str, object]) -> Path:
    """File of a run in the results folder, named by its date and interpreter."""
    date, python = str(record["date"]).replace(":", "").replace("+0000", "Z"), record["versions"]["python"]  # type: ignore[index]
    return FOLDER / f"{date}-python{python}.json"


def write_record(rows: Sequence[Row], figures: Sequence[Figure], settings: Settings, path: Path | None, **more: object) -> Path:
    """Write machine, versions, date, rows, figures and what else is known of the run; the place that was written."""
    record = describe_machine() | more | {
        "settings": asdict(settings),
        "figures": [asdict(figure) for figure in figures],
        "rows": [row.to_json() for row in rows],
    }
    path = path or choose_path(record)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n")
    return path
