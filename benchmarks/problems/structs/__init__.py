"""This package holds the problem `structs`: objects in CPython, structs in compiled code, and one file per implementation."""
