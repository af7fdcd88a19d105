"""This module is PyTorch's convolution on one thread: oneDNN's, with channels last in memory, without a graph of gradients."""

import torch


def prepare(x, weight):
    torch.set_num_threads(1)
    images = torch.from_numpy(x).permute(0, 3, 1, 2)  # channels last, as it lies
    taps = torch.from_numpy(weight).permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)

    def call():
        with torch.inference_mode():
            return torch.nn.functional.conv2d(images, taps, padding="same").permute(0, 2, 3, 1).numpy()

    return call
