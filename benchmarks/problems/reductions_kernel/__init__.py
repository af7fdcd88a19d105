"""This package holds the problem `reductions_kernel`: its arguments, and one file per implementation."""
