"""This package holds the problem `gravity_kernel`: its arguments, and one file per implementation."""
