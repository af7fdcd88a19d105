"""This package holds the problem `elementwise`: its arguments, and one file per implementation."""
