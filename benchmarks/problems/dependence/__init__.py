"""This package holds the problem `dependence`, which is its command."""
