"""This package holds the problem `sieve`: its arguments, and one file per implementation."""
