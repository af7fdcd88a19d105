"""This package holds the problem `digits_network`: its arguments, and one file per implementation."""
