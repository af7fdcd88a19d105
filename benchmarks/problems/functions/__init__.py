"""This package holds the problem `functions`: its arguments, and one file per implementation."""
