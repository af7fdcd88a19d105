"""This package holds the problem `mandelbrot_lanes`: its arguments, and one file per implementation."""
