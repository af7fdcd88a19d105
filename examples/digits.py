"""Handwritten digits told apart by their nearest neighbours, on scikit-learn's bundled pictures: plain loops over arrays."""

import numpy as np

from accel import fn


@fn
def nearest(pictures, labels, picture, k):
    """The label that most of the k nearest pictures have."""
    n, size = pictures.shape
    distances = np.zeros(n)
    for i in range(n):
        total = 0.0
        for j in range(size):
            difference = pictures[i, j] - picture[j]
            total += difference * difference
        distances[i] = total
    votes = np.zeros(10, np.int64)
    for _ in range(k):
        best = 0
        for i in range(n):
            if distances[i] < distances[best]:
                best = i
        votes[labels[best]] += 1
        distances[best] = np.inf
    winner = 0
    for digit in range(10):
        if votes[digit] > votes[winner]:
            winner = digit
    return winner


def load(tested=100):
    """Known pictures and labels, and pictures and labels to test."""
    from sklearn.datasets import load_digits

    pictures, labels = load_digits(return_X_y=True)
    pictures, labels = np.ascontiguousarray(pictures, np.float64), labels.astype(np.int64)
    return pictures[tested:], labels[tested:], pictures[:tested], labels[:tested]


def recognise(known, labels, pictures, k=5):
    return [nearest(known, labels, picture, k) for picture in pictures]


def main(tested=100):
    known, labels, pictures, truth = load(tested)
    found = recognise(known, labels, pictures)
    print(f"{sum(a == b for a, b in zip(found, truth, strict=True))} of {len(truth)} right")


if __name__ == "__main__":
    main()
