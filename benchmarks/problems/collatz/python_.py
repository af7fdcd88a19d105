"""This module is the longest Collatz sequence, as plain Python."""


def collatz(n):
    longest = 0
    for start in range(1, n):
        k, length = start, 0
        while k != 1:
            k = k // 2 if k % 2 == 0 else 3 * k + 1
            length += 1
        if length > longest:
            longest = length
    return longest
