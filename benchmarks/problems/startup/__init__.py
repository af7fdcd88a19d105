"""This package holds the problem `startup`: its arguments, and one file per implementation."""
