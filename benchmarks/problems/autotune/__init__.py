"""This problem is what tuning costs once it is decided, and what it brings for sizes it has not seen."""
