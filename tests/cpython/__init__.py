"""The interpreter's own tests, with every function in them decorated: `python -m tests.cpython`."""
