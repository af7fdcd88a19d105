"""This package is ready-made kernels, written with accel's public decorators and types alone."""

from accel.kernels.activations import gelu
from accel.kernels.attending import attention
from accel.kernels.normalised import layer_norm, log_softmax, softmax
from accel.kernels.products import matmul

__all__ = ["attention", "gelu", "layer_norm", "log_softmax", "matmul", "softmax"]
