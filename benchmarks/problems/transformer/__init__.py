"""This package holds the problem `transformer`: its arguments, and one file per implementation."""
