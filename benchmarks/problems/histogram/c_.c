void histogram(const long *x, long *bins, long n) {
    for (long i = 0; i < n; i++) bins[x[i]] += 1;
}
