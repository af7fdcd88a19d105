"""This package holds the problem `tuning_quality`: six kernels with parameters, the times of all their candidates, and strategies that search among these."""
