"""This package holds the problem `nbody`: its arguments, and one file per implementation."""
