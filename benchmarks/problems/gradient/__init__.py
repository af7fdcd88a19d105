"""This package holds the problem `gradient`: derivatives by `grad` against the functions themselves, and one file per implementation."""
