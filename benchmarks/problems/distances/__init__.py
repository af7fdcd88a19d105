"""This package holds the problem `distances`: its arguments, and one file per implementation."""
