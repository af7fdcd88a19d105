"""This module is a matrix product by PyTorch's own, added in the array of the caller."""

import torch


def matmul(a, b, c):
    a, b, c = map(torch.from_numpy, (a, b, c))
    c.addmm_(a, b)
