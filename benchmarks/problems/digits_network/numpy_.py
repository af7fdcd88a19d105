"""This module is NumPy: patches of the pictures as rows, and products of matrices."""

import numpy as np


def find_patches(x, stride):
    wide = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    found = np.lib.stride_tricks.sliding_window_view(wide, (3, 3), axis=(1, 2))[:, ::stride, ::stride]
    return found.transpose(0, 1, 2, 4, 5, 3).reshape(-1, 9 * x.shape[3])


def infer(pictures, w1, b1, w2, b2, w3, b3, w4, b4):
    x = np.maximum(find_patches(pictures, 1) @ w1.reshape(9, -1) + b1, 0).reshape(-1, 8, 8, 16)
    x = np.maximum(find_patches(x, 2) @ w2.reshape(144, -1) + b2, 0).reshape(len(pictures), -1)
    x = np.maximum(x @ w3 + b3, 0) @ w4 + b4
    made = np.exp(x - x.max(1, keepdims=True))
    return made / made.sum(1, keepdims=True)
