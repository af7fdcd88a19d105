"""This package holds the problem `stencil2d`: its arguments, and one file per implementation."""
