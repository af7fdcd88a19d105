"""This package holds the problem `fallback`: its arguments, and one file per implementation."""
