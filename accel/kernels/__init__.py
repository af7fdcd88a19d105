"""This package is ready-made kernels, written with accel's public decorators and types alone."""

from accel.kernels.activations import gelu
from accel.kernels.attending import attention
from accel.kernels.bodies import gravity
from accel.kernels.convolutions import conv2d
from accel.kernels.distances import nearest_neighbours, pairwise_distances
from accel.kernels.escapes import mandelbrot
from accel.kernels.histograms import bincount, histogram
from accel.kernels.normalised import layer_norm, log_softmax, softmax
from accel.kernels.products import matmul
from accel.kernels.reductions import argmax, argmin, max, mean, min, std, sum, var
from accel.kernels.scans import cumsum
from accel.kernels.stencils import stencil

__all__ = [
    "argmax", "argmin", "attention", "bincount", "conv2d", "cumsum", "gelu", "gravity", "histogram", "layer_norm", "log_softmax", "mandelbrot", "matmul", "max", "mean", "min",
    "nearest_neighbours", "pairwise_distances", "softmax", "std", "stencil", "sum", "var",
]  # fmt: skip
