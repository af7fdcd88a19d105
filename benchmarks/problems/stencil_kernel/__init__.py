"""This package holds the problem `stencil_kernel`: its arguments, and one file per implementation."""
