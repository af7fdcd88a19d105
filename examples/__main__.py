"""Runs the demo: `python -m examples` from the repository's root."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import demo

sys.exit(demo.main())
