"""This package holds the problem `mandelbrot`: its arguments, and one file per implementation."""
