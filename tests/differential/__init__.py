"""Random programs, run plain and decorated, must give the same answer: `python -m tests.differential`."""
