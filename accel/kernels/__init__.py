"""This package is ready-made kernels, written with accel's public decorators and types alone."""

from accel.kernels.convolutions import conv2d
from accel.kernels.distances import nearest_neighbours, pairwise_distances
from accel.kernels.products import matmul

__all__ = ["conv2d", "matmul", "nearest_neighbours", "pairwise_distances"]
