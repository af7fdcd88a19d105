"""This module is a five-point blur of a picture in whole tensors of PyTorch."""

import torch


def stencil2d(src, dst):
    src, dst = torch.from_numpy(src), torch.from_numpy(dst)
    dst[1:-1, 1:-1] = 0.2 * (src[1:-1, 1:-1] + src[:-2, 1:-1] + src[2:, 1:-1] + src[1:-1, :-2] + src[1:-1, 2:])
