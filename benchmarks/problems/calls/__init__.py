"""This package holds the problem `calls`: its arguments, and one file per implementation."""
