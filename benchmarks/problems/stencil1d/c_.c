void stencil1d(const double *src, double *dst, long n) {
    for (long i = 1; i < n - 1; i++) dst[i] = (src[i - 1] + src[i] + src[i + 1]) / 3.0;
}
