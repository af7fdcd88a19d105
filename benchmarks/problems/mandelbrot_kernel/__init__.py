"""This package holds the problem `mandelbrot_kernel`: its arguments, and one file per implementation."""
