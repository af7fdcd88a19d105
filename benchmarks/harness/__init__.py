"""This package loads implementations, checks their answers, times them in turns and prints what came out."""
