"""This module is scikit-learn on one thread: distances and neighbours by way of a matrix product, which loses digits of close points."""

import threadpoolctl
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.neighbors import NearestNeighbors


def pairs(a, b):
    with threadpoolctl.threadpool_limits(1):
        return euclidean_distances(a, b)


def neighbours(a, b):
    with threadpoolctl.threadpool_limits(1):
        return NearestNeighbors(n_neighbors=10, algorithm="brute", n_jobs=1).fit(b).kneighbors(a)
