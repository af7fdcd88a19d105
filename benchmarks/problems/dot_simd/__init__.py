"""This package holds the problem `dot_simd`: its arguments, and one file per implementation."""
