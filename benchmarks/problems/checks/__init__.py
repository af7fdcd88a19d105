"""This package holds the problem `checks`: its arguments, and one file per implementation."""
