"""This package holds the problem `dot`: its arguments, and one file per implementation."""
