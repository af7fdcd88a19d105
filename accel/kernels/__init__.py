"""This package is ready-made kernels, written with accel's public decorators and types alone."""

from accel.kernels.activations import gelu
from accel.kernels.attending import attention
from accel.kernels.histograms import bincount, histogram
from accel.kernels.normalised import layer_norm, log_softmax, softmax
from accel.kernels.products import matmul
from accel.kernels.reductions import argmax, argmin, max, mean, min, std, sum, var
from accel.kernels.scans import cumsum

__all__ = [
    "argmax", "argmin", "attention", "bincount", "cumsum", "gelu", "histogram", "layer_norm", "log_softmax", "matmul", "max", "mean", "min", "softmax", "std",
    "sum", "var",
]  # fmt: skip
