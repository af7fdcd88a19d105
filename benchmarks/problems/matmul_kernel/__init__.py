"""This package holds the problem `matmul_kernel`: its arguments, and one file per implementation."""
