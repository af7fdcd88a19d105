"""Numeric types that are library code: structs whose operators are methods, written with the public decorators and types alone.

One file each; `accel.types` offers them. `protocol` says what makes a struct a number, `accel.testing.check_numeric_type` holds it to that.
"""
