"""This package holds the problem `histogram`: its arguments, and one file per implementation."""
