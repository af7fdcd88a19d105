"""`python -m tests.errors`: write into docs/errors what the failing examples say now."""

import tempfile
from pathlib import Path

from tests.errors.pages import update

with tempfile.TemporaryDirectory() as made:
    update(Path(made))
