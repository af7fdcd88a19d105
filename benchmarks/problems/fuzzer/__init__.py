"""This package holds the problem `fuzzer`: its arguments, and one file per implementation."""
