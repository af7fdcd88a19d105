"""This module makes the environments of the rivals, one for each, with pip: `scripts/bench-setup`."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Callable

from benchmarks.harness.rivals import RIVALS, RivalError, find_home, mark_of

TRIAL_S = 120.0


def make_environment(name: str) -> bool:
    """Make the environment of a rival, unless it is there as it would be made now; whether it was made.

    Raises
    ------
    RivalError
        if the rival can't be installed or does not work; its environment is gone then, what was said is in a file beside it
    """
    rival, mark, folder = RIVALS[name], mark_of(name), find_home() / name
    recipe = " ".join((f"{sys.version_info.major}.{sys.version_info.minor}", *rival.packages))
    if mark.exists() and mark.read_text() == recipe:
        return False
    shutil.rmtree(folder, ignore_errors=True)
    programs = folder / "bin"
    log = folder.with_suffix(".log")
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with log.open("w") as said:
            run_step([sys.executable, "-m", "venv", str(folder)], said)
            run_step([str(programs / "python"), "-m", "pip", "install", "--disable-pip-version-check", *rival.packages], said)
            run_step([str(programs / rival.trial[0]), *rival.trial[1:]], said, limit_s=TRIAL_S)
    except (OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        note = f" ({rival.note})" if rival.note else ""
        raise RivalError(f"{name} can't be installed{note}; {log} says why") from error
    mark.write_text(recipe)
    log.unlink()
    return True


def run_step(command: list[str], said: object, limit_s: float | None = None) -> None:
    """Run a command whose output is kept; one that fails raises."""
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, timeout=limit_s, check=True)  # type: ignore[call-overload]


def main(arguments: list[str] | None = None, make: Callable[[str], bool] = make_environment) -> int:
    """Make the environments that are asked for; 1 if one that was named is left out."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench-setup",
        description="Make an environment for each rival of the benchmarks, in .bench or in $ACCEL_BENCH_HOME. One that can't be installed is left out.",
    )
    parser.add_argument("--only", nargs="+", choices=list(RIVALS), metavar="RIVAL", help=", ".join(RIVALS))
    options = parser.parse_args(arguments)
    left_out = 0
    for name in options.only or RIVALS:
        try:
            print(f"{name}: {'made' if make(name) else 'is there'}", flush=True)
        except RivalError as error:
            left_out += 1
            print(f"{name}: left out: {error}", flush=True)
    return int(bool(left_out and options.only))


if __name__ == "__main__":
    sys.exit(main())
