"""This package holds the problem `matmul_naive`: its arguments, and one file per implementation."""
