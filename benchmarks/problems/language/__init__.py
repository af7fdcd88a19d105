"""This package holds the problem `language`: its arguments, and one file per implementation."""
