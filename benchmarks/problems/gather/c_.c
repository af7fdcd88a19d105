void gather(const double *x, const long *index, double *out, long n) {
    for (long i = 0; i < n; i++) out[i] = x[index[i]];
}
