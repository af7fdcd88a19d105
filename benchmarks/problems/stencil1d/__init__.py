"""This package holds the problem `stencil1d`: its arguments, and one file per implementation."""
