"""This package holds the problem `gather`: its arguments, and one file per implementation."""
