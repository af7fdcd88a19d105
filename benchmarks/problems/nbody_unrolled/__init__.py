"""This package holds the problem `nbody_unrolled`: its arguments, and one file per implementation."""
