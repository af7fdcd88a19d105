"""This module is PyTorch's convolution on one thread: oneDNN's, with channels last in memory, without a graph of gradients."""

import torch

torch.set_num_threads(1)
torch.inference_mode().__enter__()  # and stays
_taps = {}  # weights as PyTorch wants them, which users keep


def conv2d(x, weight):
    if id(weight) not in _taps:
        _taps.clear()
        _taps[id(weight)] = weight, torch.from_numpy(weight).permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
    images = torch.from_numpy(x).permute(0, 3, 1, 2)  # channels last, as it lies
    return torch.nn.functional.conv2d(images, _taps[id(weight)][1], padding="same").permute(0, 2, 3, 1).numpy()
