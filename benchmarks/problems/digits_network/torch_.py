"""This module is PyTorch on the processor, on one thread; weights are brought into its order once."""

import torch
from torch.nn import functional

torch.set_num_threads(1)
torch.inference_mode().__enter__()  # and stays
of = torch.from_numpy
_kept = {}


def arrange(*weights):
    """Weights as PyTorch wants them, of the last call where these are the same arrays."""
    if _kept.get("weights") is None or any(a is not b for a, b in zip(_kept["weights"], weights, strict=True)):
        w1, b1, w2, b2, w3, b3, w4, b4 = map(of, weights)
        w1, w2 = (w.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last) for w in (w1, w2))
        _kept["weights"], _kept["made"] = weights, (w1, b1, w2, b2, w3.T.contiguous(), b3, w4.T.contiguous(), b4)
    return _kept["made"]


def infer(pictures, *weights):
    w1, b1, w2, b2, w3, b3, w4, b4 = arrange(*weights)
    x = functional.relu(functional.conv2d(of(pictures).permute(0, 3, 1, 2), w1, b1, padding=1), inplace=True)
    x = functional.relu(functional.conv2d(x, w2, b2, stride=2, padding=1), inplace=True)
    x = functional.relu(functional.linear(x.permute(0, 2, 3, 1).reshape(len(pictures), -1), w3, b3), inplace=True)
    return functional.softmax(functional.linear(x, w4, b4), 1).numpy()
