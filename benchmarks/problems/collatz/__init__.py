"""This package holds the problem `collatz`: its arguments, and one file per implementation."""
