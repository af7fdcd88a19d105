"""This package holds the problem `ufunc_calls`: what a call of a ufunc costs."""
