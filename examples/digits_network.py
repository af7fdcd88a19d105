"""Handwritten digits told apart by a small network on accel.kernels: it is trained with their matrix products, and its answers come from them alone.

Two convolutions, two dense layers, softmax: 26,000 weights. The same network in NumPy, and in PyTorch where that is installed, has to give the same answers.
"""

import sys
import time

import numpy as np

from accel import num_threads, parallel
from accel.kernels import argmax, conv2d, matmul, softmax

SIZES = ((3, 3, 1, 16), (3, 3, 16, 32), (512, 40), (40, 10))  # of the weights; the second convolution takes every second place
TESTED = 360


def load(seed=0):
    """Pictures and labels to learn from, and others to test, shuffled."""
    from sklearn.datasets import load_digits

    pictures, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(labels))
    pictures = (pictures[order] / 16).astype(np.float32).reshape(-1, 8, 8, 1)
    return pictures[TESTED:], labels[order][TESTED:], pictures[:TESTED], labels[order][:TESTED]


def infer(network, pictures):
    """The chance of each digit for each picture, by accel.kernels."""
    (w1, b1), (w2, b2), (w3, b3), (w4, b4) = network
    x = conv2d(pictures, w1, b1, padding=1, activation="relu")
    x = conv2d(x, w2, b2, stride=2, padding=1, activation="relu")
    x = matmul(x.reshape(len(x), -1), w3, bias=b3, activation="relu")
    return softmax(matmul(x, w4, bias=b4))


def infer_with_numpy(network, pictures):
    """The same in NumPy."""
    made = forward(network, pictures)[-1]
    made = np.exp(made - made.max(1, keepdims=True))
    return made / made.sum(1, keepdims=True)


def make_torch(network):
    """The same as a function of a tensor, in PyTorch, which wants channels in front."""
    import torch
    from torch.nn import functional

    (w1, b1), (w2, b2), (w3, b3), (w4, b4) = ((torch.from_numpy(w), torch.from_numpy(b)) for w, b in network)
    w1, w2 = (w.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last) for w in (w1, w2))

    def infer_with_torch(pictures):
        with torch.inference_mode():
            x = functional.relu(functional.conv2d(torch.from_numpy(pictures).permute(0, 3, 1, 2), w1, b1, padding=1))
            x = functional.relu(functional.conv2d(x, w2, b2, stride=2, padding=1))
            x = functional.relu(x.permute(0, 2, 3, 1).reshape(len(x), -1) @ w3 + b3)
            return functional.softmax(x @ w4 + b4, 1).numpy()

    return infer_with_torch


def patches_of(x, stride):
    """All patches of 3 x 3 places, with zeros around the pictures, as rows."""
    wide = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    found = np.lib.stride_tricks.sliding_window_view(wide, (3, 3), axis=(1, 2))[:, ::stride, ::stride]
    return found.transpose(0, 1, 2, 4, 5, 3).reshape(-1, 9 * x.shape[3])


def forward(network, pictures, multiply=np.matmul):
    """What the layers give before their relu, and the rows they are products of, in turns."""
    (w1, b1), (w2, b2), (w3, b3), (w4, b4) = network
    rows1 = patches_of(pictures, 1)
    made1 = multiply(rows1, w1.reshape(9, -1)) + b1
    rows2 = patches_of(np.maximum(made1, 0).reshape(-1, 8, 8, 16), 2)
    made2 = multiply(rows2, w2.reshape(144, -1)) + b2
    rows3 = np.maximum(made2, 0).reshape(-1, 512)
    made3 = multiply(rows3, w3) + b3
    rows4 = np.maximum(made3, 0)
    return rows1, made1, rows2, made2, rows3, made3, rows4, multiply(rows4, w4) + b4


def find_slopes(network, pictures, labels):
    """The derivatives of the mean of -log(chance of the right digit), weights and biases of each layer."""
    rows1, made1, rows2, made2, rows3, made3, rows4, made4 = forward(network, pictures, matmul)
    chances = np.exp(made4 - made4.max(1, keepdims=True))
    back4 = (chances / chances.sum(1, keepdims=True) - np.eye(10, dtype=np.float32)[labels]) / len(labels)
    back3 = matmul(back4, network[3][0].T) * (made3 > 0)
    back2 = matmul(back3, network[2][0].T).reshape(made2.shape) * (made2 > 0)
    taps = matmul(back2, network[1][0].reshape(144, -1).T).reshape(-1, 4, 4, 3, 3, 16)
    wide = np.zeros((len(labels), 10, 10, 16), np.float32)
    for i in range(3):
        for j in range(3):
            wide[:, i : i + 7 : 2, j : j + 7 : 2] += taps[:, :, :, i, j]
    back1 = wide[:, 1:9, 1:9].reshape(made1.shape) * (made1 > 0)
    layers = ((rows1, back1), (rows2, back2), (rows3, back3), (rows4, back4))
    return [(matmul(rows.T, back).reshape(size), back.sum(0)) for (rows, back), size in zip(layers, SIZES, strict=True)]


def train(pictures, labels, epochs=12, seed=0):
    """Weights and biases, learnt by Adam in steps of 32 pictures that get smaller."""
    rng = np.random.default_rng(seed)
    network = [
        ((rng.standard_normal(size) * np.sqrt(2 / np.prod(size[:-1]))).astype(np.float32), np.zeros(size[-1], np.float32)) for size in SIZES
    ]
    means = [[np.zeros_like(part), np.zeros_like(part)] for layer in network for part in layer]
    step, steps = 0, epochs * (len(labels) // 32)
    for _ in range(epochs):
        order = rng.permutation(len(labels))
        for some in order[: len(labels) // 32 * 32].reshape(-1, 32):
            step += 1
            rate = 0.003 * (1 - (step - 1) / steps) * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
            slopes = [slope for layer in find_slopes(network, pictures[some], labels[some]) for slope in layer]
            parts = [part for layer in network for part in layer]
            for part, slope, (mean, square) in zip(parts, slopes, means, strict=True):
                mean += 0.1 * (slope - mean)
                square += 0.001 * (slope * slope - square)
                part -= np.float32(rate) * mean / (np.sqrt(square) + 1e-7)
    return network


def fastest(function, *arguments, rounds=30):
    """Seconds of the fastest of some rounds."""
    best = np.inf
    for _ in range(rounds):
        start = time.perf_counter()
        function(*arguments)
        best = min(best, time.perf_counter() - start)
    return best


def main(epochs=12):
    known, labels, pictures, truth = load()
    start = time.perf_counter()
    network = train(known, labels, epochs)
    print(f"trained on {len(labels)} pictures in {time.perf_counter() - start:.1f} s")
    chances = infer(network, pictures)
    print(f"{np.mean(argmax(chances, axis=1) == truth):.1%} of {len(truth)} other pictures are told right")
    rivals = {"accel.kernels": lambda x: infer(network, x), "NumPy": lambda x: infer_with_numpy(network, x)}
    try:
        rivals["PyTorch"] = make_torch(network)
    except ImportError:
        print("PyTorch is not installed")
    for name, rival in rivals.items():
        if not np.allclose(rival(pictures), chances, rtol=1e-4, atol=1e-6):
            print(f"{name} gives other chances")
            return 1
    print(f"the chances are the same up to roundings: {', '.join(rivals)}")
    for batch in (1, 64):
        with parallel(num_threads() if batch > 1 else 1):
            times = [f"{name} {fastest(rival, pictures[:batch]) * 1e6:.0f}" for name, rival in rivals.items()]
        print(f"{batch} at a time, microseconds: {', '.join(times)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
