"""This package holds the problem `axpy`: its arguments, and one file per implementation."""
