"""This package holds the problem `ownership`: the statements, and one file per implementation."""
