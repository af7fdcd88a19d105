long collatz(long n) {
    long longest = 0;
    for (long start = 1; start < n; start++) {
        long k = start, length = 0;
        while (k != 1) {
            k = k % 2 == 0 ? k / 2 : 3 * k + 1;
            length++;
        }
        if (length > longest) longest = length;
    }
    return longest;
}
