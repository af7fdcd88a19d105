"""This package holds the problem `lanes`: a scalar function with a loop, on vectors, against intrinsics in C."""
