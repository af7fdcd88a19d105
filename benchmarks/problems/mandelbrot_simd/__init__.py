"""This package holds the problem `mandelbrot_simd`: its arguments, and one file per implementation."""
