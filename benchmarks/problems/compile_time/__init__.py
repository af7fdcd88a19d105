"""This package holds the problem `compile_time`: its arguments, and one file per implementation."""
