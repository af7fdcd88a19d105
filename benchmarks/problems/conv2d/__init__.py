"""This package holds the problem `conv2d`: its arguments, and one file per implementation."""
