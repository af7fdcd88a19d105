"""This module is counting values by PyTorch, added in the array of the caller."""

import torch


def histogram(x, bins):
    bins = torch.from_numpy(bins)
    bins += torch.bincount(torch.from_numpy(x), minlength=len(bins))
