"""This package holds the problem `loops`: its arguments, and one file per implementation."""
