"""This package holds the problem `region`: parallel regions back to back, and one file per implementation."""
