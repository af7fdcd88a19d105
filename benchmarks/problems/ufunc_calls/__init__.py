"""This package holds the problem `ufunc_calls`: its arguments, and one file per implementation."""
